#include "mapping/extensions.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "mapping/date.h"
#include "mapping/jsonata/picture_date.h"

namespace navette {
namespace {

using Given = std::vector<std::optional<Json>>;
using Answer = Result<std::optional<Json>>;

// The end of the year 9999, and as far before 1970.
constexpr double kMillisMax = 253'402'300'799'999;

Error refused(std::string_view function, const Json& value, std::string_view what) {
  return Error{
      .fault = Fault::kRejected,
      .message = "$" + std::string(function) + ": " + value.dump() + " " + std::string(what)};
}

bool has(const Given& given, std::size_t index) {
  return index < given.size() && given[index].has_value();
}

Result<DateForm> form_of(const Given& given) {
  const std::string picture = has(given, 2) ? std::string(given[2]->as_string()) : "datetime";
  return DateForm::parse(picture, std::string(given[1]->as_string()));
}

std::optional<double> moment(const Json& time) {
  if (time.is_number()) return time.as_double();
  return jsonata::parse_iso_date(time.as_string());
}

Answer to_zone(const Given& given) {
  if (!has(given, 0) || !has(given, 1)) return std::optional<Json>();
  const auto form = form_of(given);
  if (!form) return form.error();
  const auto millis = moment(*given[0]);
  if (!millis || !(std::fabs(*millis) <= kMillisMax)) {
    return refused("toZone", *given[0], "is no time");
  }
  auto text = form->write(
      TimePoint(std::chrono::milliseconds(static_cast<std::int64_t>(std::floor(*millis)))));
  if (!text) return refused("toZone", *given[0], "cannot be shown by " + given[2]->dump());
  return std::optional<Json>(std::move(*text));
}

Answer from_zone(const Given& given) {
  if (!has(given, 0) || !has(given, 1)) return std::optional<Json>();
  const auto form = form_of(given);
  if (!form) return form.error();
  const auto time = form->read(*given[0]);
  if (!time) return refused("fromZone", *given[0], "is no date of the form " + form->form());
  return std::optional<Json>(Json(std::int64_t{time->time_since_epoch().count()}));
}

}  // namespace

const std::vector<jsonata::HostFunction>& expression_extensions() {
  static const std::vector<jsonata::HostFunction> kExtensions = {
      {"toZone", "<(ns)ss?:s>", 3, to_zone},
      {"fromZone", "<sss?:n>", 3, from_zone},
  };
  return kExtensions;
}

bool is_expression_extension(std::string_view name) {
  const auto& all = expression_extensions();
  return std::any_of(all.begin(), all.end(), [name](const jsonata::HostFunction& function) {
    return function.name == name;
  });
}

std::vector<jsonata::FunctionUse> extensions_used(const jsonata::Expression& expression) {
  std::vector<jsonata::FunctionUse> out;
  for (jsonata::FunctionUse& use : expression.analyse(expression_extensions()).calls) {
    if (use.host && is_expression_extension(use.name)) out.push_back(std::move(use));
  }
  return out;
}

bool may_use_extensions(const jsonata::Expression& expression) {
  const auto calls = expression.analyse(expression_extensions()).calls;
  return std::any_of(calls.begin(), calls.end(), [](const jsonata::FunctionUse& use) {
    return use.name == "eval" || (use.host && is_expression_extension(use.name));
  });
}

}  // namespace navette
