// Tests of a flow's rules, in a file beside it: documents, and what the rules make of them.
// flows/acme.yaml has its tests in flows/acme.test.yaml.
//
// Thread safety: plain values; load_cases() may be called from any thread.

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "navette/json.h"

#include "config/diagnostic.h"
#include "config/model.h"

namespace navette {

struct MappingCase {
  std::string name;
  Place place;
  Side from = Side::kClient;  // the side of `input`
  Json input;
  std::chrono::system_clock::time_point now;
  std::string zone;                               // in place of the flow's; empty: the flow's
  std::optional<std::vector<PersonPair>> people;  // in place of every people file
  bool creating = true;
  std::optional<Json> existing;  // the other side's document as it is
  // What must hold of the output. `rejects` stands alone; the others may come together.
  std::optional<Json> expect;        // it is the output
  std::optional<Json> contains;      // its members are in the output
  std::string check;                 // JSONata of the output that must be true
  std::vector<std::string> rejects;  // rules, by name or path, that refuse the input; no other does
  bool back = false;                 // the output put onto the input leaves the input as it is

  Place check_place;
  std::optional<Place> expect_key;  // of the word `expect`, when the document stands behind it
  std::string expect_file;          // the file that holds `expect`; empty: none
  int expect_line = 0;              // its line there, when it is NDJSON
};

struct CaseFile {
  std::vector<MappingCase> cases;  // in the order written
  std::vector<Diagnostic> diagnostics;
  bool ok() const { return !has_errors(diagnostics); }
};

// Never throws. ${...} stands for itself there.
CaseFile load_cases(const std::string& path);

// Whether a file's name is one of tests: it ends with ".test.yaml" or ".test.yml".
bool is_case_file(std::string_view path);
// flows/acme.test.yaml for flows/acme.yaml, and the way back.
std::string case_file_of(const std::string& flow_file);
std::string flow_file_of(const std::string& case_file);

}  // namespace navette
