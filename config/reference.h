// ${env:NAME}, ${env:NAME:-default} and ${file:/path} in values, replaced by what they stand for.
// "$${" is a plain "${".

#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>

#include "config/report.h"
#include "config/yaml.h"

namespace navette {

using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// That of this process.
Environment process_environment();

enum class Missing : unsigned char {
  kError,  // a variable or file that is not there is reported
  kLeave,  // ... is left unresolved: nobody here needs it
};

// Threads: one at a time.
class References {
 public:
  // `folder`: where relative ${file:...} paths start. `report` outlives this.
  References(Environment environment, std::string folder, Report& report);

  // Replace in every value under `node`. What cannot be replaced is marked `unresolved`.
  void resolve(YamlNode& node, Missing missing);

  // This value is a secret: it and what its references stood for are hidden by redact().
  void keep_secret(const YamlNode& value);

  // The value with every secret and every file's content in it replaced by "***".
  Json redact(const Json& value) const;
  std::string redact(std::string text) const;

 private:
  std::optional<std::string> replace(YamlNode& node, const std::string& text, Missing missing,
                                     int depth);
  std::optional<std::string> value_of(YamlNode& node, const std::string& reference, Missing missing,
                                      int depth);
  std::optional<std::string> variable(YamlNode& node, const std::string& body, Missing missing,
                                      int depth);
  std::optional<std::string> file(YamlNode& node, const std::string& path, Missing missing);

  Environment environment_;
  std::string folder_;
  Report& report_;
  std::set<std::string> secrets_;
};

}  // namespace navette
