// Expressions: MAP001 (do they compile), MAP011 (do their names exist, do they give anything).

#include <algorithm>
#include <set>
#include <utility>

#include "base/text.h"
#include "mapping/check/checker.h"
#include "mapping/jsonata/jsonata.h"

namespace navette {
namespace {

jsonata::Limits trial_limits() {
  jsonata::Limits limits;
  limits.steps_max = 2'000'000;
  limits.time_max = std::chrono::milliseconds(2000);
  limits.memory_bytes_max = 64U << 20;
  return limits;
}

bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

std::size_t name_length(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && is_name_byte(text[end])) ++end;
  return end - at;
}

// Every $name that is written in the text.
std::set<std::string> variables_in(std::string_view text) {
  std::set<std::string> out;
  for (std::size_t at = text.find('$'); at != std::string_view::npos; at = text.find('$', at + 1)) {
    out.emplace(text.substr(at + 1, name_length(text, at + 1)));
  }
  out.erase("");
  return out;
}

struct Span {
  std::size_t at = 0;
  std::size_t length = 1;
};

// What the compiler's position, the end of a token, means in bytes.
Span span_of(std::string_view text, const jsonata::JsonataError& error) {
  if (error.position < 0) return {0, text.size()};
  const std::size_t end = byte_of_unit(text, error.position);
  const std::string token = error.token && error.token->is_string() ? error.token->text() : "";
  if (!token.empty() && token.size() <= end &&
      text.substr(end - token.size(), token.size()) == token) {
    return {end - token.size(), token.size()};
  }
  if (end >= text.size() && token.empty()) return {text.size(), 1};
  std::size_t begin = end;
  while (begin > 0 && is_name_byte(text[begin - 1])) --begin;
  if (begin == end && begin > 0) --begin;
  return {begin, std::max<std::size_t>(1, end - begin)};
}

}  // namespace

void Checker::read_expressions(Item* item) {
  for (const Side to : kBothSides) {
    const std::string& text = item->said->expr[to];
    if (text.empty()) continue;
    read_expression(item, to, {item->place(std::string("expr.") + to_text(to)), text});
  }
}

void Checker::read_expression(Item* item, Side to, const Pointer::Text& text) {
  const auto compiled = jsonata::Expression::compile(text.value);
  if (!compiled) {
    const Span span = span_of(text.value, compiled.error());
    pointer_
        .say(Severity::kError, "MAP001", text, span.at, span.length,
             "the expression does not compile: " + compiled.error().message + " (" +
                 compiled.error().code + ")")
        .advice = "try it with `navette eval`";
    return;
  }
  const jsonata::Analysis analysis = compiled->analyse(options_.functions);
  const std::size_t errors = pointer_.errors();
  const bool known = check_names(text, analysis);
  for (const jsonata::Read& read : analysis.reads) {
    Use use;
    use.side = other(to);
    use.text = text;
    use.by_expression = true;
    use.everything = read.whole;
    use.at = byte_of_unit(text.value, read.start);
    for (std::size_t i = 0; i < read.names.size(); ++i) {
      Use::Step step{
          read.names[i], {}, byte_of_unit(text.value, read.starts[i]), read.names[i].size()};
      if (step.at < text.value.size() &&
          std::string_view("`\"'").find(text.value[step.at]) != std::string_view::npos) {
        step.length += 2;
      }
      use.steps.push_back(std::move(step));
    }
    // Of a function that does not exist it is not known what it would read.
    if (use.steps.empty() && !known) continue;
    if (!use.steps.empty()) check_use(item, use, false);
    item->uses.push_back(std::move(use));
  }
  if (pointer_.errors() == errors) try_expression(*item, to, text, *compiled);
}

// Says whether every name is known.
bool Checker::check_names(const Pointer::Text& text, const jsonata::Analysis& analysis) {
  std::set<std::string> here = variables_in(text.value);
  for (const jsonata::FunctionUse& unset : analysis.unset) here.erase(unset.name);
  for (const jsonata::FunctionUse& unset : analysis.unset) {
    const std::size_t at = byte_of_unit(text.value, unset.start);
    const std::size_t length = unset.name.size() + 1;
    std::size_t after = at + length;
    while (after < text.value.size() && text.value[after] == ' ') ++after;
    const bool called = after < text.value.size() && text.value[after] == '(';
    std::vector<std::string> known(here.begin(), here.end());
    const auto add_functions = [&known, this] {
      for (std::string& name : jsonata::builtin_names()) known.push_back(std::move(name));
      for (const jsonata::HostFunction& host : options_.functions) known.push_back(host.name);
    };
    if (called) add_functions();
    Diagnostic& out = pointer_.say(Severity::kError, "MAP011", text, at, length,
                                   called ? "there is no function $" + unset.name
                                          : "nothing sets the variable $" + unset.name);
    if (!called && !nearest(unset.name, known)) add_functions();
    const auto meant = function_meant(unset.name, known);
    if (meant) out.meant = "$" + *meant;
    out.advice = called ? "see https://docs.jsonata.org for the functions there are"
                        : "set it with :=, or correct the name";
  }
  for (const jsonata::FunctionUse& call : analysis.overfull) {
    pointer_
        .say(Severity::kError, "MAP011", text, byte_of_unit(text.value, call.start),
             call.name.size() + 1, "$" + call.name + " is given more arguments than it takes")
        .advice = "see https://docs.jsonata.org for what it takes";
  }
  if (options_.portable) {
    for (const jsonata::FunctionUse& use : analysis.calls) {
      if (!use.host) continue;
      pointer_
          .say(Severity::kNote, "MAP012", text, byte_of_unit(text.value, use.start),
               use.name.size() + 1, "$" + use.name + " is no function of JSONata 2.2")
          .advice = "other JSONata processors need a function of this name";
    }
  }
  return analysis.unset.empty() && analysis.overfull.empty();
}

// What people write who come from other languages.
std::optional<std::string> Checker::function_meant(const std::string& name,
                                                   const std::vector<std::string>& known) {
  static const std::map<std::string, std::string> kElsewhere = {
      {"lower", "lowercase"},    {"tolower", "lowercase"}, {"toLower", "lowercase"},
      {"upper", "uppercase"},    {"toupper", "uppercase"}, {"toUpper", "uppercase"},
      {"len", "length"},         {"size", "count"},        {"concat", "join"},
      {"substr", "substring"},   {"avg", "average"},       {"toString", "string"},
      {"toNumber", "number"},    {"parseInt", "number"},   {"typeof", "type"},
      {"typeOf", "type"},        {"isEmpty", "exists"},    {"startsWith", "contains"},
      {"includes", "contains"},  {"indexOf", "contains"},  {"formatDate", "fromMillis"},
      {"parseDate", "toMillis"}, {"unique", "distinct"},   {"values", "lookup"},
      {"strip", "trim"},         {"mean", "average"}};
  const auto found = kElsewhere.find(name);
  if (found != kElsewhere.end()) return found->second;
  return nearest(name, known);
}

void Checker::try_expression(const Item& item, Side to, const Pointer::Text& text,
                             const jsonata::Expression& expression) {
  const Side from = other(to);
  const std::vector<Json> documents = facts_[from].examples(item.base[from]);
  jsonata::Bindings bindings;
  bindings.functions = options_.functions;
  bindings.now = std::chrono::system_clock::time_point(std::chrono::seconds(1'774'000'000));
  std::size_t failed = 0;
  std::size_t nothing = 0;
  std::optional<jsonata::JsonataError> first;
  std::vector<Json> results;
  for (const Json& document : documents) {
    jsonata::Outcome outcome = expression.evaluate(&document, bindings, trial_limits());
    if (outcome.error) {
      ++failed;
      if (!first) first = std::move(outcome.error);
    } else if (!outcome.value) {
      ++nothing;
    } else {
      results.push_back(std::move(*outcome.value));
    }
  }
  if (documents.empty()) return;
  const char* tried =
      item.base[from].samples.empty() ? "a document made by the schema" : "the samples";
  if (first) {
    const Span span = span_of(text.value, *first);
    const bool always = failed == documents.size();
    pointer_
        .say(always ? Severity::kError : Severity::kNote, "MAP011", text, span.at, span.length,
             std::string("the expression fails for ") + (always ? "" : "some of ") + tried + ": " +
                 first->message + " (" + first->code + ")")
        .advice = "documents for which it fails are rejected";
    return;
  }
  if (nothing == documents.size()) {
    pointer_
        .say(Severity::kNote, "MAP011", text, 0, text.value.size(),
             std::string("the expression gives nothing for ") + tried)
        .advice = "correct it, or add a sample for which it gives something";
  }
  if (!item.path_text(to).empty()) check_results(item, to, text, results);
}

// What came out against what the other side takes.
void Checker::check_results(const Item& item, Side to, const Pointer::Text& text,
                            const std::vector<Json>& results) {
  const Facts& facts = facts_[to];
  const Spot& spot = item.spot[to];
  const unsigned kinds = facts.kinds(spot);
  const auto choices = facts.choices(spot);
  for (const Json& result : results) {
    if ((kind_of_value(result) & kinds) == 0 &&
        !(result.is_double() && (kinds & kIntegerValue) != 0 &&
          result.as_double() ==
              static_cast<double>(result.as_int(static_cast<std::int64_t>(result.as_double()))))) {
      error("MAP010", text,
            "the expression gives " + kinds_text(kind_of_value(result)) + ", such as " +
                result.dump().substr(0, 60) + ", and " + in_quotes(item.path_text(to)) + " of " +
                documents_of(to) + " takes " + kinds_text(kinds))
          .advice = "convert it, with $string or $number for instance";
      return;
    }
    if (choices && std::find(choices->begin(), choices->end(), result) == choices->end()) {
      std::vector<std::string> known;
      for (const Json& choice : *choices) known.push_back(choice.text());
      Diagnostic& out =
          error("MAP007", text,
                "the expression gives " + result.dump().substr(0, 60) + ", which " +
                    in_quotes(item.path_text(to)) + " of " + documents_of(to) + " does not take");
      out.expected = "one of: " + join(known, ", ");
      out.meant = nearest(result.text(), known).value_or("");
      return;
    }
  }
}

}  // namespace navette
