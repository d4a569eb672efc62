#include "tools/test_update.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "config/yaml_edit.h"

namespace navette::tools {
namespace {

// `value` with members in the order of `old`, new ones after them.
Json in_order_of(const Json& old, const Json& value) {
  if (!value.is_object() || !old.is_object()) return value;
  Json out = Json::object();
  for (const auto& [name, before] : old.members()) {
    if (const Json* now = value.find(name)) out.set(name, in_order_of(before, *now));
  }
  for (const auto& [name, now] : value.members()) {
    if (out.find(name) == nullptr) out.set(name, now);
  }
  return out;
}

std::string read_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

Status write_text(const std::string& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary);
  out << text;
  out.close();
  if (out) return {};
  return Error{Fault::kRetryLater, "write " + path + ": the system refused it"};
}

class Updater {
 public:
  void add(TestedCase& one) {
    const auto wrong = std::find_if(one.result.failures.begin(), one.result.failures.end(),
                                    [](const CaseFailure& failure) { return failure.of_expect; });
    if (wrong == one.result.failures.end()) return;
    if (one.said.expect_key) {
      in_place_.push_back(&one);
    } else {
      in_files_.push_back(&one);
    }
  }

  Status write() {
    // From the end on: places before a change stay where they are.
    std::stable_sort(in_place_.begin(), in_place_.end(),
                     [](const TestedCase* a, const TestedCase* b) { return key(*a) > key(*b); });
    for (TestedCase* one : in_place_) write_key(*one);
    for (TestedCase* one : in_files_) write_file(*one);
    for (const auto& [path, text] : texts_) NAVETTE_TRY(write_text(path, text));
    return {};
  }

 private:
  static std::tuple<std::string, int, int> key(const TestedCase& one) {
    const Place& place = *one.said.expect_key;
    return {place.file, place.line, place.column};
  }

  std::string& text_of(const std::string& path) {
    const auto [found, is_new] = texts_.emplace(path, std::string());
    if (is_new) found->second = read_text(path);
    return found->second;
  }

  static Json wanted(const TestedCase& one) {
    return in_order_of(*one.said.expect, *one.result.output);
  }

  // Several cases may share one `expect`: a line of NDJSON, or a merged map.
  bool claim(const std::string& place, TestedCase& one) {
    const auto [found, is_new] = written_.emplace(place, *one.result.output);
    if (found->second == *one.result.output) return true;
    stay(one, "another case has the same `expect`, and makes something else");
    return false;
  }

  static void stay(TestedCase& one, const std::string& why) {
    one.result.failures.push_back({.what = "not updated: " + why});
  }

  static void done(TestedCase& one) {
    std::erase_if(one.result.failures,
                  [](const CaseFailure& failure) { return failure.of_expect; });
    one.updated = true;
  }

  void write_key(TestedCase& one) {
    const Place& place = *one.said.expect_key;
    const std::string name =
        place.file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
    const bool known = written_.contains(name);
    if (!claim(name, one)) return;
    if (!known) {
      std::string& text = text_of(place.file);
      auto replaced = replace_map(text, place, wanted(one));
      if (!replaced) return stay(one, replaced.error().message);
      text = std::move(*replaced);
    }
    done(one);
  }

  void write_file(TestedCase& one) {
    const std::string& path = one.said.expect_file;
    const int line = one.said.expect_line;
    if (!claim(path + ":" + std::to_string(line), one)) return;
    std::string& text = text_of(path);
    if (line == 0) {
      text = wanted(one).pretty() + "\n";
    } else {
      std::vector<std::string> lines = split(text, '\n');
      lines[static_cast<std::size_t>(line) - 1] = wanted(one).dump();
      text = join(lines, "\n");
    }
    done(one);
  }

  std::vector<TestedCase*> in_place_;
  std::vector<TestedCase*> in_files_;
  std::map<std::string, std::string> texts_;  // path -> what it will hold
  std::map<std::string, Json> written_;       // place -> what is written there
};

}  // namespace

Status update_cases(std::vector<TestedFlow>& flows) {
  Updater updater;
  for (TestedFlow& flow : flows) {
    for (TestedCase& one : flow.cases) updater.add(one);
  }
  return updater.write();
}

}  // namespace navette::tools
