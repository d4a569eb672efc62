#include "tools/ask_hub.h"

#include <fstream>
#include <istream>
#include <iterator>

#include <Poco/Exception.h>
#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/SocketAddress.h>

#include "base/clock.h"
#include "tools/hub.h"
#include "tools/secret_file.h"
#include "tools/setup.h"

namespace navette::tools {
namespace {

constexpr long kAnswerSecondsMax = 60;

Result<std::string> address_of(const std::string& folder) {
  std::ifstream file(folder + "/" + kHubAddressFile);
  std::string address;
  if (file >> address) return address;
  return Error{Fault::kRetryLater, "find the hub: another process has the store, and there is no " +
                                       folder + "/" + kHubAddressFile +
                                       " that says where it listens"};
}

Result<Json> read_answer(int status, const std::string& text) {
  auto body = Json::parse(text, "the hub's answer");
  if (status >= 200 && status < 300) return body;
  const std::string why = body ? body->at("error").text() : text;
  const bool refused = status >= 400 && status < 500;
  return Error{refused ? Fault::kRejected : Fault::kRetryLater,
               why.empty() ? "the hub answered " + std::to_string(status) : why};
}

Result<Json> ask(const std::string& folder, const LetterOrder& order) {
  const auto address = address_of(folder);
  if (!address) return address.error();
  const auto token = read_secret(folder + "/" + kAdminTokenFile);
  if (!token) return token.error();
  try {
    const Poco::Net::SocketAddress hub(*address);
    Poco::Net::HTTPClientSession session(hub);
    session.setTimeout(Poco::Timespan(kAnswerSecondsMax, 0));
    Poco::Net::HTTPRequest request(order.method, "/admin/" + order.path,
                                   Poco::Net::HTTPMessage::HTTP_1_1);
    const std::string body = order.arguments.dump();
    request.set("X-Navette-Token", *token);
    request.setContentType("application/json");
    request.setContentLength(static_cast<std::streamsize>(body.size()));
    session.sendRequest(request) << body;
    Poco::Net::HTTPResponse response;
    std::istream& in = session.receiveResponse(response);
    const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    return read_answer(static_cast<int>(response.getStatus()), text);
  } catch (const Poco::Exception& trouble) {
    return Error{Fault::kRetryLater, "ask the hub at " + *address + ": " + trouble.displayText()};
  }
}

Result<Json> answer_here(Store& store, const StoreHolder& holder, const LetterOrder& order) {
  const std::vector<FlowSides> flows = flows_of(holder.option);
  return answer_letters({store, flows, SystemClock().now()}, order);
}

}  // namespace

std::vector<FlowSides> flows_of(const StoreOption& option) {
  return sides_of(load(option.config).flows);
}

Result<Json> give_order(StoreHolder& holder, const LetterOrder& order) {
  holder.by_hub = false;
  if (only_reads(order)) {
    auto reader = open_for_reading(holder.option);
    if (!reader) return reader.error();
    return answer_here(**reader, holder, order);
  }
  const auto place = store_place(holder.option);
  if (!place) return place.error();
  // There must be one already: a word spelt wrong must not make an empty store.
  if (auto reader = open_for_reading(holder.option); !reader) return reader.error();
  auto store = open_store(*place);
  if (store) {
    // A store that hubs share is written to beside them; the one that has the flow finds it.
    holder.by_hub = (*store)->shared();
    return answer_here(**store, holder, order);
  }
  if (store.error().fault != Fault::kRetryLater) return store.error();
  auto answer = ask(store_folder(*place), order);
  holder.by_hub = static_cast<bool>(answer);
  return answer;
}

}  // namespace navette::tools
