// A file of tests.

#include <array>
#include <filesystem>
#include <utility>

#include "base/clock.h"
#include "base/text.h"
#include "config/cases.h"
#include "config/loading.h"
#include "config/publish.h"
#include "config/shapes.h"

namespace navette {
namespace {

namespace fs = std::filesystem;

constexpr std::array kEndings = {".yaml", ".yml"};
constexpr std::string_view kMark = ".test";
constexpr std::size_t kCasesMax = 10'000;

const Shape& case_shape() {
  return member_shape(cases_shape(), "cases").parts[0];
}

Json document_of(const YamlNode& node) {
  if (node.is_list()) {
    Json list = Json::array();
    for (const YamlNode& item : node.items) list.push(document_of(item));
    return list;
  }
  if (!node.is_map()) return to_json(node);
  Json map = Json::object();
  for (const YamlMember& member : node.members) map.set(member.key.text, document_of(member.value));
  return map;
}

// The documents of a JSON file, or of each line of an NDJSON file with the number of the line.
struct Documents {
  std::vector<Json> all;
  std::vector<int> lines;  // empty: one document, the whole file
};

class CaseReader {
 public:
  CaseReader(Loading& loading, const YamlNode& node, std::vector<MappingCase>* out)
      : loading_(loading), node_(node), reader_(&node, case_shape()), out_(out) {}

  void read() {
    case_.name = reader_.text_or_empty("name");
    case_.place = node_.place;
    case_.from = reader_.text("from") == "provider" ? Side::kProvider : Side::kClient;
    if (const auto now = parse_rfc3339(reader_.text_or_empty("now"))) case_.now = *now;
    case_.zone = reader_.text_or_empty("zone");
    case_.creating = reader_.boolean("creating");
    case_.back = reader_.boolean("back");
    read_people();
    read_existing();
    read_wanted();
    check_wanted();
    read_inputs();
  }

 private:
  Diagnostic& contradiction(const YamlNode& at, const std::string& found) {
    return loading_.report.error("CFG036", at, found);
  }

  std::optional<Json> inline_document(const std::string& key) {
    const YamlNode* node = reader_.find(key);
    if (node == nullptr || !node->is_map()) return std::nullopt;
    return document_of(*node);
  }

  // People are found by whatever attribute a rule asks for.
  static std::vector<std::pair<std::string, std::string>> known_as(const std::string& name) {
    return {{"name", name}, {"id", name}, {"login", name}, {"email", name}};
  }

  void read_people() {
    const YamlNode* people = reader_.find("people");
    if (people == nullptr || people->is_scalar()) return;
    case_.people.emplace();
    for (const YamlMember& pair : people->members) {
      case_.people->push_back({{known_as(pair.key.text), known_as(pair.value.text)}});
    }
    for (const YamlNode& pair : people->items) case_.people->push_back(read_pair_of_people(pair));
  }

  void read_existing() {
    case_.existing = inline_document("existing");
    const YamlNode* file = file_of("existing");
    if (file == nullptr) return;
    Documents documents = read_documents(*file);
    if (documents.all.size() == 1) case_.existing = std::move(documents.all.front());
  }

  // The node of KEY_file; standing beside KEY it is a mistake.
  const YamlNode* file_of(const std::string& key) {
    const YamlNode* file = reader_.find(key + "_file");
    if (file == nullptr || !file->is_scalar() || file->text.empty()) return nullptr;
    if (reader_.find(key) != nullptr) {
      contradiction(*file, "the case has both \"" + key + "\" and \"" + key + "_file\"").advice =
          "keep one of the two";
    }
    return file;
  }

  std::string path_of(const YamlNode& file) const {
    return (loading_.folder / file.text).generic_string();
  }

  void unreadable(const YamlNode& at, const std::string& what) {
    loading_.report.error("CFG001", at, what).advice =
        "a relative path starts at the folder of the file of tests";
  }

  Documents read_documents(const YamlNode& file) {
    Documents documents;
    const std::string path = path_of(file);
    const auto text = read_document_file(path);
    if (!text) {
      unreadable(file, "the file \"" + path + "\" does not exist or cannot be read");
      return documents;
    }
    const bool lines = path.ends_with(".ndjson");
    int number = 0;
    for (const std::string& part : lines ? split(*text, '\n') : std::vector{*text}) {
      ++number;
      if (lines && trim(part).empty()) continue;
      auto document = Json::parse(part, lines ? path + ":" + std::to_string(number) : path);
      if (!document || !document->is_object()) {
        unreadable(file, "the file \"" + path + "\" holds no JSON object" +
                             (lines ? " in line " + std::to_string(number) : "") +
                             (document ? "" : ": " + document.error().message));
        return {};
      }
      documents.all.push_back(std::move(*document));
      if (lines) documents.lines.push_back(number);
    }
    return documents;
  }

  void read_wanted() {
    case_.contains = inline_document("contains");
    case_.expect = inline_document("expect");
    for (const YamlMember& member : node_.members) {
      if (member.key.text == "expect") case_.expect_key = member.key.place;
    }
    if (const YamlNode* file = file_of("expect")) {
      case_.expect_file = path_of(*file);
      expected_ = read_documents(*file);
      if (expected_.lines.empty() && !expected_.all.empty()) case_.expect = expected_.all.front();
    }
    case_.check = reader_.text_or_empty("check");
    case_.check_place = reader_.place("check");
    const YamlNode* rejects = reader_.find("rejects");
    if (rejects == nullptr) return;
    if (rejects->is_scalar()) case_.rejects.push_back(rejects->text);
    for (const YamlNode& rule : rejects->items) case_.rejects.push_back(rule.text);
  }

  bool has(const char* key) const { return reader_.find(key) != nullptr; }

  void check_wanted() {
    const bool wants = has("expect") || has("expect_file") || has("contains") || has("check");
    if (has("rejects") && (wants || case_.back)) {
      contradiction(*reader_.find("rejects"), "a case that rejects its input has no output")
          .advice = "remove \"rejects\", or what is said about the output";
    }
    if (has("pairs") && (has("expect") || has("expect_file") || has("rejects"))) {
      contradiction(*reader_.find("pairs"), "each pair says itself what the output contains")
          .advice = "make cases of their own for what else is expected";
    }
    if (!wants && !has("rejects") && !has("pairs") && !case_.back) {
      Diagnostic& error =
          loading_.report.error("CFG005", node_, "the case does not say what is expected");
      error.expected = "expect, expect_file, contains, check, rejects, pairs or back";
      error.advice = "write \"expect: {}\" and let `navette test --update` fill it in";
    }
  }

  void add(MappingCase one) {
    if (out_->size() < kCasesMax) out_->push_back(std::move(one));
  }

  void read_inputs() {
    const YamlNode* pairs = reader_.find("pairs");
    const YamlNode* file = file_of("input");
    const auto input = inline_document("input");
    const int ways = (pairs != nullptr ? 1 : 0) + (file != nullptr || has("input") ? 1 : 0);
    if (ways != 1) {
      loading_.report
          .error(ways == 0 ? "CFG005" : "CFG036", node_,
                 ways == 0 ? "the case has no input" : "the case has an input and pairs")
          .expected = "input, input_file or pairs";
      return;
    }
    if (pairs != nullptr) return read_pairs(*pairs);
    if (file != nullptr) return read_file(*file);
    if (!expected_.lines.empty()) {
      contradiction(*reader_.find("expect_file"), "one input cannot give several outputs")
          .expected = "a JSON file, not NDJSON";
    }
    if (!input) return;
    case_.input = *input;
    add(case_);
  }

  void read_pairs(const YamlNode& pairs) {
    int number = 0;
    for (const YamlNode& pair : pairs.items) {
      if (pair.items.size() != 2) continue;
      MappingCase one = case_;
      one.name += ", pair " + std::to_string(++number);
      one.place = pair.place;
      one.input = document_of(pair.items[0]);
      one.contains = document_of(pair.items[1]);
      add(std::move(one));
    }
  }

  void read_file(const YamlNode& file) {
    Documents inputs = read_documents(file);
    const bool one_each = !expected_.lines.empty();
    if (one_each && expected_.all.size() != inputs.all.size()) {
      contradiction(file, "the input has " + std::to_string(inputs.all.size()) +
                              " documents, and the output " + std::to_string(expected_.all.size()))
          .expected = "one output for each input";
      return;
    }
    for (std::size_t i = 0; i < inputs.all.size(); ++i) {
      MappingCase one = case_;
      if (!inputs.lines.empty()) one.name += ", line " + std::to_string(inputs.lines[i]);
      one.input = std::move(inputs.all[i]);
      if (one_each) {
        one.expect = expected_.all[i];
        one.expect_line = expected_.lines[i];
      }
      add(std::move(one));
    }
  }

  Loading& loading_;
  const YamlNode& node_;
  const Reader reader_;
  std::vector<MappingCase>* out_;
  MappingCase case_;
  Documents expected_;
};

std::string with_ending(const std::string& path, std::string_view old_mark,
                        std::string_view new_mark) {
  for (const std::string_view ending : kEndings) {
    const std::string old_ending = std::string(old_mark) + std::string(ending);
    if (!path.ends_with(old_ending)) continue;
    return path.substr(0, path.size() - old_ending.size()) + std::string(new_mark) +
           std::string(ending);
  }
  return path + std::string(new_mark) + kEndings.front();
}

}  // namespace

CaseFile load_cases(const std::string& path) {
  CaseFile out;
  const fs::path file = path;
  const EmptyCatalog nothing;
  const LoadOptions options;
  Report report;
  References references([](const std::string&) { return std::nullopt; }, {}, report);
  Loading loading{nothing, options, report, references, file.parent_path(), {}, true};
  try {
    if (auto root = read_yaml_file(loading, file, nullptr, "CFG001")) {
      check_shape(*root, cases_shape(), "the file", report);
      const YamlNode* cases = root->find("cases");
      if (cases != nullptr && !has_errors(report.finish())) {
        for (const YamlNode& one : cases->items) CaseReader(loading, one, &out.cases).read();
      }
    }
  } catch (const std::exception& trouble) {
    report.error("CFG001", Place{file.generic_string(), 0, 0},
                 std::string("the tests cannot be read: ") + trouble.what());
  }
  out.diagnostics = report.finish();
  return out;
}

bool is_case_file(std::string_view path) {
  return path.ends_with(".test.yaml") || path.ends_with(".test.yml");
}

std::string case_file_of(const std::string& flow_file) {
  return with_ending(flow_file, "", kMark);
}

std::string flow_file_of(const std::string& case_file) {
  return with_ending(case_file, kMark, "");
}

}  // namespace navette
