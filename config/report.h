// Collects what is wrong in all files of a configuration.
//
// Threads: one at a time.

#pragma once

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostic.h"
#include "config/yaml.h"

namespace navette {

class Report {
 public:
  // The text of a file, from which finish() takes the lines to show.
  void add_source(const std::string& file, const std::string& text);

  // The answer may be completed (expected, meant, advice); it stays valid.
  Diagnostic& error(std::string_view code, const YamlNode& node, std::string found);
  Diagnostic& error(std::string_view code, const Place& place, std::string found);
  Diagnostic& note(std::string_view code, const YamlNode& node, std::string found);
  Diagnostic& note(std::string_view code, const Place& place, std::string found);
  void add(std::vector<Diagnostic> diagnostics);

  // Star this value out of every line that is shown.
  void hide(const YamlNode& value);

  // Everything, sorted by place, each with its line.
  std::vector<Diagnostic> finish() const;

 private:
  Diagnostic& add_one(Severity severity, std::string_view code, const Place& place, int length,
                      std::string found);

  std::deque<Diagnostic> diagnostics_;
  std::map<std::string, std::vector<std::string>> sources_;
};

}  // namespace navette
