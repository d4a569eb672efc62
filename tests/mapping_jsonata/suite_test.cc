// Goal: every case of the language's own test suite passes, strictly: undefined is not null, and
// error codes and tokens match. Method: run all of them, print the score and what differs.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "mapping/jsonata/jsonata.h"
#include "mapping/jsonata/session.h"
#include "prune.h"

namespace navette::jsonata {
namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
    text.replace(at, what.size(), by);
  }
}

// Two files hold a lone surrogate, which JSON text in UTF-8 cannot; it travels as a private
// character through the parser and is put back into the expression afterwards.
constexpr std::string_view kSurrogate = "\\uD800";
constexpr std::string_view kStandIn = "\\uE123";

Json read_json(const fs::path& path) {
  std::string text = read_file(path);
  replace_all(text, kSurrogate, kStandIn);
  auto json = Json::parse(text, path.string());
  EXPECT_TRUE(json) << (json ? "" : json.error().message);
  return json ? *json : Json();
}

class Suite {
 public:
  explicit Suite(fs::path root) : root_(std::move(root)) {}

  void run() {
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(root_ / "groups")) {
      if (entry.path().extension() == ".json") files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    for (const fs::path& file : files) run_file(file);
  }

  int total = 0;
  int passed = 0;
  std::size_t whole_size = 0;
  std::size_t pruned_size = 0;
  std::string report;

 private:
  void run_file(const fs::path& file) {
    const Json content = read_json(file);
    if (!content.is_array()) return run_case(file, content, 0);
    for (std::size_t i = 0; i < content.items().size(); ++i) {
      run_case(file, content.items()[i], i);
    }
  }

  void run_case(const fs::path& file, const Json& test, std::size_t index) {
    ++total;
    std::string source(test.at("expr").as_string());
    if (const Json* name = test.find("expr-file"); name != nullptr) {
      source = read_file(file.parent_path() / std::string(name->as_string()));
    }
    replace_all(source, "\xEE\x84\xA3", "\xED\xA0\x80");
    const Outcome outcome = evaluate(test, source);
    std::string trouble = judge(test, outcome);
    if (trouble.empty()) trouble = judge_analysis(test, source, outcome);
    if (trouble.empty()) trouble = judge_session(test, source, outcome);
    if (trouble.empty()) {
      ++passed;
      return;
    }
    report += fs::relative(file, root_).string() + "[" + std::to_string(index) + "] " + source +
              "\n    " + trouble + "\n";
  }

  const Json* input_of(const Json& test) {
    if (const Json* data = test.find("data"); data != nullptr) return data;
    const Json* name = test.find("dataset");
    if (name == nullptr || name->is_null()) return nullptr;
    const std::string key(name->as_string());
    auto found = datasets_.find(key);
    if (found == datasets_.end()) {
      found = datasets_.emplace(key, read_json(root_ / "datasets" / (key + ".json"))).first;
    }
    return &found->second;
  }

  Outcome evaluate(const Json& test, const std::string& source) {
    const auto compiled = Expression::compile(source);
    if (!compiled) return Outcome{std::nullopt, compiled.error()};
    return evaluate(test, *compiled, input_of(test));
  }

  // Nothing but what the analysis says is read can matter, and what it calls safe cannot fail.
  std::string judge_analysis(const Json& test, const std::string& source, const Outcome& outcome) {
    const auto compiled = Expression::compile(source);
    if (!compiled) return "";
    const Analysis analysis = compiled->analyse();
    const bool limit = outcome.error && outcome.error->code[0] == 'U';
    // D1001, D3001: a number grew beyond all bounds.
    const bool overflow =
        outcome.error && (outcome.error->code == "D1001" || outcome.error->code == "D3001");
    if (outcome.error && !limit && !overflow && !analysis.fallible()) {
      return "the analysis says that it cannot fail";
    }
    const Json* input = input_of(test);
    if (input == nullptr || !is_repeatable(source, outcome)) return "";
    const Json pruned = prune(*input, analysis);
    whole_size += input->dump().size();
    pruned_size += pruned.dump().size();
    const Outcome again = evaluate(test, *compiled, &pruned);
    const bool same = outcome.value == again.value &&
                      outcome.error.has_value() == again.error.has_value() &&
                      (!outcome.error || outcome.error->code == again.error->code);
    return same ? "" : "with only what it reads: " + pruned.dump();
  }

  // Text in, text out says the same.
  std::string judge_session(const Json& test, const std::string& source, const Outcome& outcome) {
    const auto compiled = Expression::compile(source);
    const Json* input = input_of(test);
    if (!compiled || input == nullptr || !is_repeatable(source, outcome)) return "";
    Session session(*compiled, bindings_of(test), limits_of(test));
    const std::string document = input->dump();
    std::string out;
    switch (session.evaluate_text(document, &out)) {
      case Session::Answer::kUnreadable:
        return "unreadable: " + session.unreadable().message;
      case Session::Answer::kUndefined:
        return outcome.value || outcome.error ? "as text: undefined" : "";
      case Session::Answer::kFailed: {
        const bool same = outcome.error && outcome.error->code == session.error().code &&
                          outcome.error->position == session.error().position;
        return same ? "" : "as text: " + session.error().code;
      }
      case Session::Answer::kValue:
        break;
    }
    const auto value = Json::parse(out);
    return value && outcome.value && *value == *outcome.value ? "" : "as text: " + out;
  }

  static bool is_repeatable(const std::string& source, const Outcome& outcome) {
    if (outcome.error && outcome.error->code[0] == 'U') return false;
    for (const char* name : {"$random", "$shuffle", "$millis", "$now"}) {
      if (source.find(name) != std::string::npos) return false;
    }
    return true;
  }

  Outcome evaluate(const Json& test, const Expression& compiled, const Json* input) {
    return compiled.evaluate(input, bindings_of(test), limits_of(test));
  }

  static Limits limits_of(const Json& test) {
    Limits limits;
    if (const Json* depth = test.find("depth"); depth != nullptr) {
      limits.depth_max = static_cast<int>(depth->as_int());
      limits.time_max = std::chrono::milliseconds(test.at("timelimit").as_int());
      // A case that must end within its time gets plenty: it tests what comes out, and a machine
      // that is busy with something else for a second must not change that. One that must run
      // into its limit keeps it.
      if (test.at("code").as_string() != "U1001") limits.time_max *= 60;
      // The reference counts no memory: an endless loop must reach its time limit first.
      limits.memory_bytes_max = std::size_t{8} << 30;
    }
    return limits;
  }

  static Bindings bindings_of(const Json& test) {
    Bindings bindings;
    if (const Json* values = test.find("bindings"); values != nullptr && values->is_object()) {
      for (const auto& [name, value] : values->members()) bindings.values.emplace_back(name, value);
    }
    return bindings;
  }

  static bool same(const Json& wanted, const Json& found, bool unordered) {
    if (!unordered || !wanted.is_array() || !found.is_array()) return wanted == found;
    if (wanted.size() != found.size()) return false;
    std::vector<Json> rest = found.items();
    for (const Json& item : wanted.items()) {
      const auto match = std::find(rest.begin(), rest.end(), item);
      if (match == rest.end()) return false;
      rest.erase(match);
    }
    return true;
  }

  static std::string judge(const Json& test, const Outcome& outcome) {
    std::string found = outcome.value ? outcome.value->dump() : "undefined";
    if (outcome.error) {
      found = outcome.error->code + " token " +
              (outcome.error->token ? outcome.error->token->dump() : "-") + ": " +
              outcome.error->message;
    }
    if (const Json* wanted = test.find("result"); wanted != nullptr) {
      const bool ok =
          outcome.value && same(*wanted, *outcome.value, test.at("unordered").as_bool());
      return ok ? "" : "wanted " + wanted->dump() + "\n    found  " + found;
    }
    if (test.find("undefinedResult") != nullptr) {
      const bool ok = !outcome.value && !outcome.error;
      return ok ? "" : "wanted undefined\n    found  " + found;
    }
    const Json* error = test.find("error");
    const Json& wanted = error != nullptr ? *error : test;
    bool ok = outcome.error && Json(outcome.error->code) == wanted.at("code");
    if (const Json* token = wanted.find("token"); ok && token != nullptr) {
      ok = outcome.error->token && *outcome.error->token == *token;
    }
    return ok ? "" : "wanted " + wanted.at("code").dump() + "\n    found  " + found;
  }

  fs::path root_;
  std::map<std::string, Json> datasets_;
};

TEST(JsonataSuite, EveryCasePasses) {
  const fs::path root = fs::path(NAVETTE_SOURCE_DIR) / ".." / "shared" / "jsonata-suite";
  if (!fs::exists(root / "groups")) GTEST_SKIP() << "absent: " << root;
  Suite suite(root);
  suite.run();
  std::cout << "JSONata suite: " << suite.passed << "/" << suite.total << "; of the inputs "
            << 100 * suite.pruned_size / std::max<std::size_t>(1, suite.whole_size)
            << " % are read\n";
  EXPECT_GE(suite.total, 1686);
  EXPECT_EQ(suite.passed, suite.total) << suite.report;
}

}  // namespace
}  // namespace navette::jsonata
