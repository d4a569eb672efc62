#include "tests/bench/pipeline/board.h"

#include <charconv>
#include <optional>
#include <utility>

#include "tests/bench/mapping/tickets.h"

namespace navette::bench {
namespace {

constexpr std::size_t kFirstNumber = 10'000;  // of append_ticket()
constexpr std::string_view kSummary = R"("summary":")";
constexpr std::string_view kTitle = R"("title":"r)";
constexpr std::size_t kDigits = 6;

void answer_with(int status, std::string_view body, std::string& answer) {
  answer += status == 201   ? "HTTP/1.1 201 Created\r\n"
            : status == 200 ? "HTTP/1.1 200 OK\r\n"
                            : "HTTP/1.1 404 Not Found\r\n";
  answer += "Content-Type: application/json\r\nContent-Length: ";
  answer += std::to_string(body.size());
  answer += "\r\n\r\n";
  answer += body;
}

std::optional<std::size_t> number_after(std::string_view text, std::string_view what) {
  const std::size_t at = text.find(what);
  if (at == std::string_view::npos) return std::nullopt;
  std::size_t number = 0;
  const char* first = text.data() + at + what.size();
  if (std::from_chars(first, text.data() + text.size(), number).ec != std::errc{}) {
    return std::nullopt;
  }
  return number;
}

std::string_view header_of(const Message& request, std::string_view name) {
  const std::size_t at = request.headers.find(name);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = request.headers.substr(at + name.size());
  return rest.substr(0, rest.find("\r\n"));
}

// The members of an object, each as its text: {"name", value}.
std::vector<std::pair<std::string_view, std::string_view>> members_of(std::string_view object) {
  std::vector<std::pair<std::string_view, std::string_view>> members;
  std::size_t at = object.find('{') + 1;
  while (at < object.size() && object[at] != '}') {
    const std::size_t name_end = object.find('"', at + 1) + 1;
    const std::size_t begin = name_end + 1;
    std::size_t end = begin;
    int depth = 0;
    for (bool quoted = false; end < object.size(); ++end) {
      const char c = object[end];
      if (quoted && c == '\\') {
        ++end;
      } else if (c == '"') {
        quoted = !quoted;
      } else if (!quoted && (c == '{' || c == '[')) {
        ++depth;
      } else if (!quoted && (c == '}' || c == ']') && depth-- == 0) {
        break;
      } else if (!quoted && c == ',' && depth == 0) {
        break;
      }
    }
    members.emplace_back(object.substr(at, name_end - at), object.substr(begin, end - begin));
    at = end < object.size() && object[end] == ',' ? end + 1 : object.size();
  }
  return members;
}

std::string merged(std::string_view known, std::string_view change) {
  auto members = members_of(known);
  for (const auto& [name, value] : members_of(change)) {
    bool there = false;
    for (auto& [old_name, old_value] : members) {
      if (old_name != name) continue;
      old_value = value;
      there = true;
    }
    if (!there) members.emplace_back(name, value);
  }
  std::string out = "{";
  for (const auto& [name, value] : members) {
    if (out.size() > 1) out += ',';
    out.append(name).append(":").append(value);
  }
  return out += '}';
}

}  // namespace

Board::Board(std::size_t tickets, std::uint64_t seed, std::function<void(std::size_t)> delivered)
    : entries_(tickets), delivered_(std::move(delivered)) {
  for (std::size_t i = 0; i < tickets; ++i) {
    Entry& entry = entries_[i];
    append_ticket(seed, i, {}, &entry.source);
    entry.source.pop_back();
    const std::size_t at = entry.source.find(kSummary);
    if (at == std::string::npos) give_up("a ticket has no summary");
    entry.source.insert(at + kSummary.size(), "r" + std::string(kDigits, '0') + " ");
    entry.revision_at = at + kSummary.size() + 1;
  }
}

std::string_view Board::change(std::size_t ticket) {
  Entry& entry = entries_[ticket];
  // As many digits each time, so that the text keeps its length.
  entry.source.replace(entry.revision_at, kDigits,
                       std::to_string(1'000'000 + ++entry.revision).substr(1));
  return entry.source;
}

void Board::arrive(std::size_t ticket, std::string_view body) {
  Entry& entry = entries_[ticket];
  const auto revision = number_after(body, kTitle);
  if (!revision || static_cast<int>(*revision) < entry.arrived ||
      static_cast<int>(*revision) > entry.revision) {
    ++counts_.wrong;
  } else if (static_cast<int>(*revision) == entry.arrived) {
    ++counts_.doubled;
  } else {
    entry.arrived = static_cast<int>(*revision);
    if (entry.arrived == entry.revision) delivered_(ticket);
  }
}

void Board::create(const Message& request, bool keyed, std::string& answer) {
  const auto number = number_after(request.body, R"("number":")");
  const std::size_t ticket = number.value_or(0) - kFirstNumber;
  if (!number || ticket >= entries_.size()) {
    ++counts_.wrong;
    return answer_with(404, "{}", answer);
  }
  Entry& entry = entries_[ticket];
  if (keyed) {
    const std::string key(header_of(request, "Idempotency-Key: "));
    if (!keys_.emplace(key, ticket).second) {
      ++counts_.repeated;
      return answer_with(201, entry.found, answer);
    }
    if (!entry.found.empty()) ++counts_.doubled;
  }
  ++counts_.created;
  entry.found = R"({"version":"1",)";
  entry.found += request.body.substr(1);
  answer_with(201, keyed ? std::string_view(entry.found) : "{}", answer);
  arrive(ticket, request.body);
}

void Board::update(std::string_view id, std::string_view body, std::string& answer) {
  const std::size_t ticket = number_after(id, "ACME-").value_or(0) - 1;
  if (ticket >= entries_.size() || entries_[ticket].found.empty()) {
    ++counts_.wrong;
    return answer_with(404, "{}", answer);
  }
  Entry& entry = entries_[ticket];
  ++counts_.updated;
  const auto version = number_after(entry.found, R"("version":")").value_or(0);
  std::string change = R"({"version":")" + std::to_string(version + 1) + "\",";
  change += body.substr(1);
  entry.found = merged(entry.found, change);
  answer_with(200, entry.found, answer);
  arrive(ticket, entry.found);
}

void Board::read(std::string_view id, bool of_board, std::string& answer) {
  ++counts_.reads;
  const std::size_t ticket =
      of_board ? number_after(id, "ACME-").value_or(0) - 1
               : number_after("/" + std::string(id), "/").value_or(0) - kFirstNumber;
  if (ticket >= entries_.size()) return answer_with(404, "{}", answer);
  const Entry& entry = entries_[ticket];
  const bool there = of_board ? !entry.found.empty() : entry.revision > 0;
  answer_with(there ? 200 : 404, !there ? "{}" : of_board ? entry.found : entry.source, answer);
}

void Board::serve(const Message& request, std::string& answer) {
  const std::string_view start = request.start;
  const std::size_t blank = start.find(' ');
  const std::string_view method = start.substr(0, blank);
  const std::string_view path = start.substr(blank + 1, start.find(' ', blank + 1) - blank - 1);
  constexpr std::string_view kDesk = "/desk/tickets/";
  constexpr std::string_view kBoard = "/board/tickets/";
  if (method == "POST" && path == "/board/tickets") return create(request, true, answer);
  if (method == "POST" && path == "/plain/tickets") return create(request, false, answer);
  if (method == "PUT" && path.starts_with(kBoard)) {
    return update(path.substr(kBoard.size()), request.body, answer);
  }
  if (path.starts_with(kDesk)) return read(path.substr(kDesk.size()), false, answer);
  if (path.starts_with(kBoard)) return read(path.substr(kBoard.size()), true, answer);
  if (path.ends_with("/me")) return answer_with(200, R"({"id":"1"})", answer);
  answer_with(200, R"({"tickets":[]})", answer);
}

}  // namespace navette::bench
