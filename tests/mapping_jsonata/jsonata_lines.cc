// Reads one request a line and answers each with one line:
//   {"expr", "input"?, "bindings"?, "timelimit"?, "depth"?}
//   {"result"} | {"undefined": true} | {"error": {"code", "position"?, "token"?, "value"?,
//   "message"}}

#include <iostream>
#include <string>

#include "mapping/jsonata/jsonata.h"

namespace navette::jsonata {
namespace {

Json error_json(const JsonataError& error) {
  Json out = Json::object();
  out.set("code", error.code);
  if (error.position >= 0) out.set("position", error.position);
  if (error.token) out.set("token", *error.token);
  if (error.value) out.set("value", *error.value);
  out.set("message", error.message);
  Json answer = Json::object();
  answer.set("error", out);
  return answer;
}

Json answer(const Json& request) {
  const auto compiled = Expression::compile(request.at("expr").as_string());
  if (!compiled) return error_json(compiled.error());
  Limits limits;
  if (const Json* depth = request.find("depth"); depth != nullptr) {
    limits.depth_max = static_cast<int>(depth->as_int());
  }
  if (const Json* time = request.find("timelimit"); time != nullptr) {
    limits.time_max = std::chrono::milliseconds(time->as_int());
  }
  Bindings bindings;
  if (const Json* values = request.find("bindings"); values != nullptr && values->is_object()) {
    for (const auto& [name, value] : values->members()) bindings.values.emplace_back(name, value);
  }
  const Outcome outcome = compiled->evaluate(request.find("input"), bindings, limits);
  if (outcome.error) return error_json(*outcome.error);
  Json out = Json::object();
  if (outcome.value) {
    out.set("result", *outcome.value);
  } else {
    out.set("undefined", true);
  }
  return out;
}

}  // namespace
}  // namespace navette::jsonata

int main() {
  std::ios::sync_with_stdio(false);
  std::string line;
  while (std::getline(std::cin, line)) {
    const auto request = navette::Json::parse(line, "request");
    if (request) {
      std::cout << navette::jsonata::answer(*request).dump() << '\n' << std::flush;
    } else {
      std::cout << "{\"unreadable\":true}\n" << std::flush;
    }
  }
  return 0;
}
