// Reads the parts of catalog files: what is missing, of another kind or unknown is noted with its
// place, and reading goes on, so that all mistakes are told at once.

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/yaml.h"
#include "connectors/declarative/spec.h"

namespace navette::declarative {

// Threads: none.
class SpecReader {
 public:
  void note(const Place& place, const std::string& found, const std::string& expected);
  const std::vector<std::string>& troubles() const { return troubles_; }

  // Every member of `map` must be one of these.
  void only(const YamlNode& map, const std::vector<std::string>& known);
  // The member, which must be there; noted otherwise.
  const YamlNode* need(const YamlNode& map, const char* name);

  std::string text(const YamlNode& map, const char* name, const std::string& fallback = {});
  bool flag(const YamlNode& map, const char* name, bool fallback);
  std::int64_t number(const YamlNode& map, const char* name, std::int64_t fallback);
  std::chrono::milliseconds duration(const YamlNode& map, const char* name,
                                     std::chrono::milliseconds fallback);
  std::vector<std::string> texts(const YamlNode& map, const char* name);
  std::vector<int> numbers(const YamlNode& map, const char* name);
  Template template_of(const YamlNode& map, const char* name);
  std::optional<Template> optional_template(const YamlNode& map, const char* name);
  std::optional<Expression> expression(const YamlNode& map, const char* name);
  std::vector<std::pair<Template, Template>> templates(const YamlNode& map, const char* name);
  Verdict verdict(const YamlNode& map, const char* name);

  std::vector<ErrorRule> errors(const YamlNode& map, const char* name);
  RequestSpec request(const YamlNode& node);
  Steps steps(const YamlNode& map, const char* name);
  std::optional<LookupUse> lookup(const YamlNode& map, const char* name);

  // Tables that steps and fields look into, for a check at the end.
  const std::vector<std::pair<std::string, Place>>& tables_used() const { return tables_used_; }

 private:
  Step step(const YamlNode& node);
  PagesSpec pages(const YamlNode& node);

  std::vector<std::string> troubles_;
  std::vector<std::pair<std::string, Place>> tables_used_;
};

}  // namespace navette::declarative
