// An expression on the first line, its input on the others: it is parsed, analysed and evaluated
// within limits, once over the whole document and once over only those members of its text that
// the expression reads. Both must say the same.

#include <string>
#include <string_view>

#include "navette/json.h"

#include "mapping/jsonata/jsonata.h"
#include "mapping/jsonata/session.h"
#include "tests/fuzz/fuzz_target.h"

namespace navette::fuzz {
namespace {

jsonata::Limits small_limits() {
  jsonata::Limits limits;
  limits.steps_max = 20'000;
  limits.depth_max = 500;
  limits.memory_bytes_max = 32U << 20;
  limits.regex_steps_max = 20'000;
  return limits;
}

bool is_limit(const std::string& code) {
  return code == "U1001" || code == "U1002";
}

// Another value at each call.
bool is_unsteady(std::string_view source) {
  return source.find("random") != std::string_view::npos ||
         source.find("shuffle") != std::string_view::npos;
}

void compare(const jsonata::Expression& expression, std::string_view text, const Json& document) {
  jsonata::Bindings bindings;
  bindings.now =
      std::chrono::system_clock::time_point(std::chrono::milliseconds(1'790'000'000'000));
  const jsonata::Outcome whole = expression.evaluate(&document, bindings, small_limits());
  jsonata::Session session(expression, bindings, small_limits());
  std::string out;
  const auto answer = session.evaluate_text(text, &out);
  using Answer = jsonata::Session::Answer;
  expect(answer != Answer::kUnreadable, "what Json::parse() reads, a session reads");
  const std::string wanted = whole.error ? whole.error->code : "";
  const std::string found = answer == Answer::kFailed ? session.error().code : "";
  if (is_limit(wanted) || is_limit(found)) return;
  expect(wanted == found, "both fail alike", "document: " + wanted + ", text: " + found);
  expect(whole.value.has_value() == (answer == Answer::kValue), "both are undefined alike");
  if (!whole.value) return;
  const auto read = Json::parse(out);
  expect(bool(read), "a result is JSON", out);
  expect(read->dump() == whole.value->dump() || *read == *whole.value, "both say the same",
         out + "\n" + whole.value->dump());
}

}  // namespace
}  // namespace navette::fuzz

// NOLINTNEXTLINE(readability-identifier-naming): the name is libFuzzer's
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace fuzz = navette::fuzz;
  namespace jsonata = navette::jsonata;
  const std::string_view text = fuzz::text_of(data, size);
  const std::size_t end = text.find('\n');
  const std::string_view source = text.substr(0, end);
  const auto compiled = jsonata::Expression::compile(source);
  if (!compiled) {
    fuzz::expect(!compiled.error().code.empty(), "an error has a code");
    return 0;
  }
  const jsonata::Analysis analysis = compiled->analyse();
  for (const jsonata::FunctionUse& use : analysis.calls) {
    fuzz::expect(use.start >= 0, "a call stands somewhere");
  }
  if (fuzz::is_unsteady(source)) return 0;
  const std::string_view rest = end == std::string_view::npos ? "" : text.substr(end + 1);
  const auto document = navette::Json::parse(rest);
  if (document) {
    fuzz::compare(*compiled, rest, *document);
  } else {
    (void)compiled->evaluate(nullptr, {}, fuzz::small_limits());
  }
  return 0;
}
