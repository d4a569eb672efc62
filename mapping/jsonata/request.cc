#include "mapping/jsonata/request.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/text.h"
#include "mapping/jsonata/arena.h"
#include "mapping/jsonata/convert.h"
#include "mapping/jsonata/reader.h"

namespace navette::jsonata {
namespace {

std::string failed(const JsonataError& error) {
  return Json(Json::Object{{"error", error_json(error)}}).dump();
}

std::string no_request(const char* code, std::string message) {
  JsonataError error;
  error.code = code;
  error.message = std::move(message);
  return failed(error);
}

// A number of the request within what a limit can be; nothing for another type.
std::optional<std::int64_t> limit_of(const Json& value) {
  if (!value.is_number()) return std::nullopt;
  const double number = value.as_double();
  if (!(number >= 0)) return std::nullopt;
  return static_cast<std::int64_t>(std::min(number, 1e9));
}

// What is wrong with the request; empty: nothing.
std::string read_limits(const Json& request, Limits* limits) {
  if (const Json* depth = request.find("depth"); depth != nullptr) {
    const auto levels = limit_of(*depth);
    if (!levels) return "\"depth\" is no number of levels";
    limits->depth_max = static_cast<int>(*levels);
  }
  if (const Json* time = request.find("timelimit"); time != nullptr) {
    const auto milliseconds = limit_of(*time);
    if (!milliseconds) return "\"timelimit\" is no number of milliseconds";
    limits->time_max = std::chrono::milliseconds(*milliseconds);
  }
  return {};
}

std::string evaluate(const Json& request, Limits limits,
                     const std::vector<HostFunction>& functions) {
  const Json* source = request.find("expr");
  if (source == nullptr || !source->is_string()) {
    return no_request("U1102", "the request has no text \"expr\"");
  }
  if (const std::string trouble = read_limits(request, &limits); !trouble.empty()) {
    return no_request("U1102", trouble);
  }
  Bindings bindings;
  bindings.functions = functions;
  if (const Json* values = request.find("bindings"); values != nullptr && !values->is_null()) {
    if (!values->is_object()) return no_request("U1102", "\"bindings\" is no object");
    for (const auto& [name, value] : values->members()) bindings.values.emplace_back(name, value);
  }
  const auto compiled = Expression::compile(source->as_string());
  if (!compiled) return failed(compiled.error());
  const Outcome outcome = compiled->evaluate(request.find("input"), bindings, limits);
  if (outcome.error) return failed(*outcome.error);
  if (!outcome.value) return "{\"undefined\":true}";
  return "{\"result\":" + outcome.value->dump() + "}";
}

}  // namespace

Json error_json(const JsonataError& error) {
  Json out = Json::object();
  out.set("code", error.code);
  if (error.position >= 0) out.set("position", error.position);
  if (error.token) out.set("token", *error.token);
  if (error.value) out.set("value", *error.value);
  out.set("message", error.message);
  return out;
}

std::string answer_request(std::string_view line, const Limits& limits,
                           const std::vector<HostFunction>& functions) {
  Arena arena;
  Reader reader(Reader::Surrogates::kKeep);
  Value value;
  if (!reader.read(without_byte_order_mark(line), nullptr, arena, value)) {
    return no_request("U1101", "the request is no JSON: byte " + std::to_string(reader.offset()) +
                                   ": " + reader.trouble());
  }
  std::optional<Json> request;
  if (!to_raw_json(value, request) || !request || !request->is_object()) {
    return no_request("U1101", "the request is no JSON object");
  }
  return evaluate(*request, limits, functions);
}

}  // namespace navette::jsonata
