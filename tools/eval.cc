#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "base/text.h"
#include "mapping/extensions.h"
#include "mapping/jsonata/request.h"
#include "mapping/jsonata/session.h"
#include "tools/commands.h"
#include "tools/exit.h"
#include "tools/options.h"
#include "tools/text.h"

namespace navette::tools {
namespace {

struct Asked {
  std::string expression;
  std::string file;
  std::string bindings;
  bool lines = false;
  bool pretty = false;
  std::int64_t time_ms = 10'000;
  int depth = 20'000;
  std::int64_t memory_mb = 512;
};

Result<std::string> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    return Error{Fault::kMisconfigured, "read " + path + ": it is not there or cannot be read"};
  }
  return std::string(std::istreambuf_iterator<char>(in), {});
}

jsonata::Limits limits_of(const Asked& asked) {
  jsonata::Limits limits;
  limits.time_max = std::chrono::milliseconds(asked.time_ms);
  limits.depth_max = asked.depth;
  limits.memory_bytes_max = static_cast<std::size_t>(asked.memory_mb) << 20;
  return limits;
}

int answer_lines(const Asked& asked) {
  std::ios::sync_with_stdio(false);
  const jsonata::Limits limits = limits_of(asked);
  std::string line;
  while (std::getline(std::cin, line)) {
    if (trim(line).empty()) continue;
    std::cout << jsonata::answer_request(line, limits, expression_extensions()) << '\n'
              << std::flush;
    if (!std::cout) return fail(Error{Fault::kRetryLater, "write an answer: nobody reads it"});
  }
  return kOk;
}

// The expression's lines, and a caret at the end of the token that the error is about.
std::string shown(const std::string& source, int position) {
  if (position < 0) return {};
  std::size_t line_start = 0;
  std::size_t at = 0;
  int units = 0;
  std::size_t column = 0;  // code points in the line so far
  while (at < source.size() && units < position) {
    const auto byte = static_cast<unsigned char>(source[at]);
    const std::size_t size = utf8_prefix(std::string_view(source).substr(at), 1).size();
    units += byte >= 0xF0 ? 2 : 1;
    ++column;
    if (byte == '\n') {
      line_start = at + 1;
      column = 0;
    }
    at += size == 0 ? 1 : size;
  }
  const std::size_t line_end = source.find('\n', line_start);
  std::string out = "  " + source.substr(line_start, line_end - line_start) + "\n  ";
  out += std::string(column > 0 ? column - 1 : 0, ' ') + "^\n";
  return out;
}

int tell(const std::string& source, const jsonata::JsonataError& error) {
  std::string text = "navette: " + error.code;
  if (error.position >= 0) text += " at position " + std::to_string(error.position);
  text += ": " + error.message + "\n" + shown(source, error.position);
  std::fputs(text.c_str(), stderr);
  return kBad;
}

int print_value(const Asked& asked, const std::string& text) {
  if (!asked.pretty) {
    print(text + "\n");
    return kOk;
  }
  const auto value = Json::parse(text, "the result");
  print((value ? value->pretty() : text) + "\n");
  return kOk;
}

int evaluate(const Asked& asked, const std::string& source, const jsonata::Bindings& bindings) {
  const auto compiled = jsonata::Expression::compile(source);
  if (!compiled) return tell(source, compiled.error());
  const std::string document(std::istreambuf_iterator<char>(std::cin), {});
  if (trim(document).empty()) {  // no input at all
    const jsonata::Outcome outcome = compiled->evaluate(nullptr, bindings, limits_of(asked));
    if (outcome.error) return tell(source, *outcome.error);
    return outcome.value ? print_value(asked, outcome.value->dump()) : kOk;
  }
  jsonata::Session session(*compiled, bindings, limits_of(asked));
  std::string out;
  switch (session.evaluate_text(document, &out)) {
    case jsonata::Session::Answer::kValue:
      return print_value(asked, out);
    case jsonata::Session::Answer::kUndefined:
      return kOk;
    case jsonata::Session::Answer::kFailed:
      return tell(source, session.error());
    case jsonata::Session::Answer::kUnreadable:
      break;
  }
  std::fprintf(stderr, "navette: the document on standard input is no JSON: %s\n",
               session.unreadable().message.c_str());
  return kBad;
}

int eval(const Asked& asked) {
  if (asked.lines) return answer_lines(asked);
  std::string source = asked.expression;
  if (!asked.file.empty()) {
    auto text = read_file(asked.file);
    if (!text) return fail(text.error());
    source = std::move(*text);
  }
  jsonata::Bindings bindings;
  bindings.functions = expression_extensions();
  if (!asked.bindings.empty()) {
    const auto values = Json::parse(asked.bindings, "--bindings");
    if (!values || !values->is_object()) {
      return fail(Error{Fault::kMisconfigured,
                        "read --bindings: expected a JSON object such as '{\"limit\": 3}'" +
                            (values ? std::string() : "; " + values.error().message)});
    }
    for (const auto& [name, value] : values->members()) bindings.values.emplace_back(name, value);
  }
  return evaluate(asked, source, bindings);
}

void add_limits(CLI::App& command, Asked& asked) {
  command.add_option("--time", asked.time_ms, "Milliseconds that an evaluation may take")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{3'600'000}))
      ->capture_default_str();
  command.add_option("--depth", asked.depth, "Operations within operations, at the most")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  command.add_option("--memory", asked.memory_mb, "Megabytes that an evaluation may take")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{65'536}))
      ->capture_default_str();
}

}  // namespace

void add_eval(CLI::App& root, Chosen& chosen) {
  auto asked = std::make_shared<Asked>();
  CLI::App* command = new_command(
      root, "eval",
      "Evaluates a JSONata expression over the JSON document on standard input.\n"
      "Prints the result; nothing when there is none. Without a document there is no input.\n"
      "With --ndjson each line of standard input is a request,\n"
      "  {\"expr\", \"input\"?, \"bindings\"?, \"timelimit\"? (ms), \"depth\"?}\n"
      "and is answered with one line at once:\n"
      "  {\"result\": ...}, {\"undefined\": true} or\n"
      "  {\"error\": {\"code\", \"position\"?, \"token\"?, \"value\"?, \"message\"}}",
      "  navette eval 'items[price > 3].name' < order.json\n"
      "  navette eval --file total.jsonata --pretty < order.json\n"
      "  navette eval --ndjson < requests.ndjson > answers.ndjson");
  auto* expression = command->add_option("expression", asked->expression, "The expression");
  auto* file = command->add_option("--file", asked->file, "A file that holds the expression");
  auto* lines = command->add_flag("--ndjson", asked->lines, "One request a line");
  expression->excludes(file)->excludes(lines);
  file->excludes(lines);
  command->add_option("--bindings", asked->bindings,
                      "Values for variables, as a JSON object: '{\"limit\": 3}' is $limit");
  command->add_flag("--pretty", asked->pretty, "Over several lines, two spaces a level");
  add_limits(*command, *asked);
  command->callback([asked, expression, file, lines, &chosen] {
    if (expression->count() + file->count() + lines->count() == 0) {
      throw CLI::RequiredError("an expression, --file or --ndjson");
    }
    chosen = [asked] { return eval(*asked); };
  });
}

}  // namespace navette::tools
