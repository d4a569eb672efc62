// Goal: a mistake in a mapping is found before the first document runs. Method: make every mistake
// of every kind below in every realistic mapping, one at a time, and count how many are reported.
// The mappings themselves must give neither errors nor notes.

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/text.h"
#include "config/load.h"
#include "mapping/check/check_mapping.h"

namespace navette {
namespace {

namespace fs = std::filesystem;

const fs::path kHere = fs::path(NAVETTE_SOURCE_DIR) / "tests/mapping_check";
constexpr double kFoundMin = 0.95;
constexpr std::size_t kFaultsMin = 200;
constexpr std::size_t kKindsMin = 20;

std::string read_text(const fs::path& path) {
  std::ifstream input(path, std::ios::binary);
  std::ostringstream out;
  out << input.rdbuf();
  return out.str();
}

std::vector<std::string> mappings() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(kHere / "mappings")) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

// A mapping whose flow can be replaced.
class Bench {
 public:
  explicit Bench(const std::string& mapping) {
    std::string pattern = (fs::temp_directory_path() / "navette-fault-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    fs::copy(kHere / "mappings" / mapping, folder_);
    flow_ = read_text(folder_ / "flow.yaml");
  }
  ~Bench() { fs::remove_all(folder_); }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  const std::string& flow() const { return flow_; }
  std::vector<Diagnostic> check(const std::string& flow) const {
    std::ofstream(folder_ / "flow.yaml", std::ios::binary) << flow;
    LoadResult loaded = load_flow_file((folder_ / "flow.yaml").string(), process_environment());
    check_mappings(&loaded);
    return std::move(loaded.diagnostics);
  }
  std::string shown(const std::vector<Diagnostic>& diagnostics) const {
    std::string text = render(diagnostics);
    const std::string prefix = folder_.generic_string() + "/";
    for (std::size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix, at)) {
      text.erase(at, prefix.size());
    }
    return text;
  }

 private:
  fs::path folder_;
  std::string flow_;
};

// One mistake: these bytes of the flow become others.
struct Fault {
  std::string kind;
  std::size_t at = 0;
  std::size_t length = 0;
  std::string text;
};

// A word without its third letter, or with its last letter twice.
std::string typo(const std::string& word) {
  std::string out = word;
  if (out.size() >= 4) {
    out.erase(2, 1);
    if (out != word) return out;
  }
  return word + word.back();
}

// A mistake in the text that a group of the pattern matched.
struct Kind {
  const char* name;
  const char* pattern;  // ECMAScript; the group 1 is what changes
  std::function<std::string(const std::string&)> change;
};

std::function<std::string(const std::string&)> to(const char* text) {
  return [text](const std::string&) { return text; };
}

const std::vector<Kind> kKinds = {
    {"typo in a path of the client",
     R"re(- \{?client: "?(?:[\w ]+\.)*([A-Za-z_]{3,})(?=[,\}\["]|\n))re", typo},
    {"typo in a path of the provider",
     R"re((?:- \{?|- \{client: (?:"[^"]*"|[^,{]+), |\n    )provider: )re"
     R"re("?(?:[\w ]+\.)*([A-Za-z_]{3,})(?=[,\}\["]|\n))re",
     typo},
    {"typo in the name of a table", R"re(table: (\w+))re", typo},
    {"missing row", R"re((\n      - \[[^\]]*\])(?=\n))re", to("")},
    {"typo in a row, left", R"re(      - \["?([A-Za-z ]{3,})"?, )re", typo},
    {"typo in a row, right", R"re(      - \[[^,]*, ([A-Za-z ]{3,})\])re", typo},
    {"default removed", R"re((, default: \{provider: [^}]*\}))re", to("")},
    {"wrong name of a zone", R"re(zone: \[?([A-Za-z_]+/\w+))re", typo},
    {"wrong name of a zone", R"re(zone: \[?[A-Z]+, ([A-Za-z_]+/\w+))re", typo},
    {"unknown part of a date picture", R"re(\[(D01)\])re", to("Q01")},
    {"minutes for months in a date picture", R"re(\[(M01)\][.-])re", to("m01")},
    {"date picture without its bracket", R"re(\[Y0001(\]))re", to("")},
    {"another form of date", R"re(date: \[(date), )re", to("datetime")},
    {"another form of date", R"re(date: \[(datetime), )re", to("date")},
    {"another form of date", R"re(date: \[[^,]+, (datetime)\])re", to("epoch")},
    {"another form of date", R"re(date: \[[^,]+, (date)\])re", to("epoch")},
    {"unknown form of date", R"re(date: \[(date)(?:time)?[,\]])re", to("dat")},
    {"unknown markup", R"re(markup: \[(\w+))re", typo},
    {"typo in a function", R"re(\$([a-z][A-Za-z]{4,})\()re", typo},
    {"unbalanced expression", R"re(expr:[^\n]*(\))"\}?\n)re", to("")},
    {"unbalanced text in an expression", R"re(expr: "[^"\n]*'[^']*(')[^\n]*")re", to("")},
    {"typo in a path of an expression",
     R"re(\bexpr: [^\n]*?\b(fields|caller_id|sla_due|hours|custom_fields)\b)re", typo},
    {"typo in a path of an expression",
     R"re(\n {6,8}[^-\n]*?\b(priority|short_description|spent_on)\b)re", typo},
    {"typo in a path of an expression", R"re(\n +& " \(" & (caller_id)\.)re", typo},
    {"a path of an expression in another place", R"re(comment\.(comments)\.author\.)re",
     to("comment")},
    {"variable that nothing sets", R"re((\$urgent) and)re", to("$urgnt")},
    {"internal field to everybody", R"re((, widen: [^,}]+))re", to("")},
    {"internal field to everybody",
     R"re(provider:\n  schema: [^\n]*\n  samples: [^\n]*\n)re"
     R"re((  (?:internal|shared): \[cost_centre\]\n))re",
     to("")},
    {"internal field to everybody", R"re(formatNumber\(\$number\((hours)\))re", to("rate")},
    {"internal field to everybody", R"re(template: "\{project\.identifier\}#\{(issue\.id)\}")re",
     to("user.salary_group")},
    {"internal field to everybody", R"re(client: (description), provider: details)re",
     to("work_notes")},
    {"the whole document to everybody",
     R"re(\$distinct\((\[fields\.assignee\.displayName, )re"
     R"re(fields\.comment\.comments\.author\.displayName\])\))re",
     to("[$string($)]")},
    {"the whole document to everybody", R"re(custom_fields\[name = 'Tag'\]\.\$trim\((value)\))re",
     to("$string($$)")},
    {"typo in an audience", R"re((?:internal|shared): \["?(?:[\w ]+\.)*(\w+))re", typo},
    {"key written twice", R"re(provider: \w+(,) (?:table|date|duration|number):)re",
     to(", provider: x,")},
    {"unknown key", R"re(\{client: [^,]+, provider: [^,]+, (\w+):)re", typo},
    {"value of another kind", R"re(limit: (\{[^}]*\}))re", to("[200]")},
    {"value of another kind", R"re(do: (\[[^\]]*\]))re", to("{trim: true}")},
    {"unknown step", R"re(do: \[(\w+))re", typo},
    {"two rules write one field", R"re((\n  - \{client: \w[^\n]*)(?=\n))re",
     [](const std::string& line) { return line + line; }},
    {"owner against the direction", R"re(owner: (client))re", to("client, direction: to-client")},
    {"unknown direction", R"re(direction: (to-\w+))re", typo},
    {"limit removed", R"re((, limit: \{[^}]*\}))re", to("")},
    {"limit too large", R"re(limit: \{(?:client: \d+, )?\w+: (\d+))re",
     [](const std::string& digits) { return "9" + digits; }},
    {"typo in a condition's path", R"re(when: (?:\{client: )?"(?:fields\.)?(\w+))re", typo},
    {"typo in a condition's literal", R"re(when: [^\n]*!= '(\w+)')re",
     [](const std::string& word) { return word + "x"; }},
    {"condition that cannot be read", R"re(when: [^\n]*(!=))re", to("==")},
    {"typo in a field of a template", R"re(template: "\{(\w{3,})[.\}])re",
     [](const std::string& word) { return word == "value" ? "valu" : typo(word); }},
    {"template without a bracket", R"re(template: "[^"]*(\})")re", to("")},
    {"template that cannot be read back", R"re(\{location\.building\}(-)\{)re", to("")},
    {"other unit of a duration", R"re(duration: \[(minutes|seconds), )re",
     [](const std::string& unit) { return unit == "minutes" ? "seconds" : "minutes"; }},
    {"other unit of a duration", R"re(duration: \["?[\w:]+"?, (minutes|hours)\])re",
     [](const std::string& unit) { return unit == "minutes" ? "hours" : "minutes"; }},
    {"other unit of a duration", R"re(duration: \[[^,]+, ("h:mm"|iso)\])re", to("seconds")},
    {"unknown unit of a duration", R"re(duration: \["?([\w:]+))re", typo},
    {"number into a text", R"re((, number: \[\w+, \w+\]))re", to("")},
    {"number the other way round", R"re(number: (\[text, integer\]))re", to("[integer, text]")},
    {"number the other way round", R"re(number: (\[integer, text\]))re", to("[text, integer]")},
    {"number converted no more", R"re((, duration: \[[^\]]*\]))re", to("")},
    {"date converted no more", R"re((, date: \["?(?:epoch|\[)[^\n]*?[\]"e]\])(?=,))re", to("")},
    {"table no more", R"re((, table: \w+))re", to("")},
    {"fallback no more said", R"re(date: \["?(?:date, "|\[)[^\n]*?(, unmatched: reject))re",
     to("")},
    {"fallback no more said",
     R"re(custom_fields[^\n]*number: \[text, integer\](, unmatched: reject))re", to("")},
    {"fallback no more said", R"re(number: \[integer, text\](, unmatched: reject))re", to("")},
    {"item that is not there", R"re(custom_fields\[(?:name|id) ?= ?'?(\w+))re",
     [](const std::string& word) { return word.front() == '3' ? "36100" : typo(word); }},
    {"member of a filter", R"re(custom_fields\[(name|id) ?=)re", to("nme")},
    {"list into one value", R"re((fields\.labels), provider)re", to("fields.comment.comments")},
    {"missing file", R"re(schema: (\w+)\.)re", typo},
    {"missing file", R"re(samples: (\w+)\.)re", typo},
    {"missing file", R"re(people: (\w+)\.)re", typo},
    {"no YAML", R"re(template: "[^"\n]*("))re", to("")},
    {"value that a default cannot have", R"re(default: \{provider: (Normal|3|erp|true)\})re",
     to("Ordinary")},
    {"empty default of the table", R"re(default: \{client: \w+, provider: (SW)\})re", to("SV")},
    {"rows that cannot be told apart", R"re(\n  impacts: \{1: high, 2: (medium), )re", to("high")},
    {"rows that cannot be told apart", R"re(\n  visibility: \{true: public, false: (internal))re",
     to("public")},
    {"duplicate row", R"re((\n      - \[[^\]]*\])(?=\n))re",
     [](const std::string& row) { return row + row; }},
};

// Rules without which a document lacks what its schema requires.
const std::vector<std::pair<const char*, const char*>>& required_rules() {
  static const std::vector<std::pair<const char*, const char*>> kRules = {
      {"helpdesk", "Subject"},
      {"helpdesk", "Status"},
      {"helpdesk", "CustomFields.Severity"},
      {"jira", "key"},
      {"jira", "fields.summary"},
      {"jira", "fields.status.name"},
      {"jira", "fields.created"},
      {"jira", "fields.priority.name"},
      {"erp", "number"},
      {"erp", "state"},
      {"erp", "impact"},
      {"erp", "opened_at"},
      {"erp", "active"},
      {"hours", "ref"},
      {"hours", "day"},
      {"hours", "worker"},
      {"hours", "kind"},
      {"hours", "billable"},
      {"hours", "changed"}};
  return kRules;
}

std::vector<Fault> faults_of(const std::string& mapping, const std::string& flow) {
  std::vector<Fault> out;
  for (const Kind& kind : kKinds) {
    const std::regex pattern(kind.pattern);
    for (auto found = std::sregex_iterator(flow.begin(), flow.end(), pattern);
         found != std::sregex_iterator(); ++found) {
      const std::string word = (*found)[1].str();
      out.push_back({kind.name, static_cast<std::size_t>(found->position(1)), word.size(),
                     kind.change(word)});
    }
  }
  for (const auto& [where, rule] : required_rules()) {
    if (mapping != where) continue;
    const std::size_t at = flow.find(std::string("  - {client: ") + rule + ",");
    if (at == std::string::npos) continue;
    out.push_back({"required rule removed", at, flow.find('\n', at) - at + 1, ""});
  }
  // Both paths of a rule in the other's place.
  const std::regex sides(R"re(\{client: ("[^"]*"|[^,{]+), provider: ("[^"]*"|[^,}{]+))re");
  for (auto found = std::sregex_iterator(flow.begin(), flow.end(), sides);
       found != std::sregex_iterator(); ++found) {
    if ((*found)[1].str() == (*found)[2].str()) continue;
    if (flow.compare(static_cast<std::size_t>(found->position(0)) - 4, 4, "  - ") != 0) continue;
    out.push_back({"sides swapped", static_cast<std::size_t>(found->position(0)),
                   found->str(0).size(),
                   "{client: " + (*found)[2].str() + ", provider: " + (*found)[1].str()});
  }
  return out;
}

std::string line_of(const std::string& text, std::size_t at) {
  const std::size_t begin = text.rfind('\n', at == 0 ? 0 : at - 1);
  const std::size_t first = begin == std::string::npos ? 0 : begin + 1;
  return text.substr(first, text.find('\n', std::max(first, at)) - first);
}

class Sound : public ::testing::TestWithParam<std::string> {};

TEST_P(Sound, MappingsGiveNoAlarm) {
  const Bench bench(GetParam());
  EXPECT_EQ(bench.shown(bench.check(bench.flow())), "");
}

INSTANTIATE_TEST_SUITE_P(Mappings, Sound, ::testing::ValuesIn(mappings()),
                         [](const auto& mapping) { return mapping.param; });

struct Score {
  std::size_t made = 0;
  std::size_t found = 0;
  std::size_t by_note = 0;
};

class Faults : public ::testing::TestWithParam<std::string> {};

// The kinds that an earlier mapping has too: what is said of them stands in its file.
std::set<std::string> kinds_before(const std::string& mapping) {
  std::set<std::string> out;
  for (const std::string& earlier : mappings()) {
    if (earlier >= mapping) break;
    const Bench bench(earlier);
    for (const Fault& fault : faults_of(earlier, bench.flow())) out.insert(fault.kind);
  }
  return out;
}

TEST_P(Faults, AreFoundBeforeTheFirstDocument) {
  const Bench bench(GetParam());
  std::map<std::string, Score> scores;
  std::set<std::string> shown = kinds_before(GetParam());
  std::string text;
  Score all;
  for (const Fault& fault : faults_of(GetParam(), bench.flow())) {
    std::string flow = bench.flow();
    flow.replace(fault.at, fault.length, fault.text);
    const std::vector<Diagnostic> said = bench.check(flow);
    for (Score* score : {&scores[fault.kind], &all}) {
      ++score->made;
      if (!said.empty()) ++score->found;
      if (!said.empty() && !has_errors(said)) ++score->by_note;
    }
    if (said.empty()) {
      std::cout << "missed: " << fault.kind << ": " << line_of(flow, fault.at) << "\n";
    } else if (shown.insert(fault.kind).second) {
      text += "# " + fault.kind + "\n" + bench.shown(said) + "\n";
    }
  }
  for (const auto& [kind, score] : scores) {
    std::cout << score.found << "/" << score.made << "  " << kind << "\n";
  }
  std::cout << "found " << all.found << " of " << all.made << " mistakes of " << scores.size()
            << " kinds, " << all.by_note << " of them by a note\n";
  EXPECT_GE(static_cast<double>(all.found), kFoundMin * static_cast<double>(all.made));
  const fs::path expected = kHere / "faults" / (GetParam() + ".txt");
  if (std::getenv("NAVETTE_UPDATE") != nullptr) std::ofstream(expected, std::ios::binary) << text;
  EXPECT_EQ(text, read_text(expected));
}

INSTANTIATE_TEST_SUITE_P(Mappings, Faults, ::testing::ValuesIn(mappings()),
                         [](const auto& mapping) { return mapping.param; });

TEST(Corpus, HasManyMistakesOfManyKinds) {
  std::set<std::string> kinds;
  std::size_t made = 0;
  for (const std::string& mapping : mappings()) {
    const Bench bench(mapping);
    for (const Fault& fault : faults_of(mapping, bench.flow())) {
      kinds.insert(fault.kind);
      ++made;
    }
  }
  EXPECT_GE(made, kFaultsMin);
  EXPECT_GE(kinds.size(), kKindsMin);
}

}  // namespace
}  // namespace navette
