// What is wrong with a configuration, said so that it can be mended without asking anybody.

#pragma once

#include <string>
#include <vector>

#include "config/model.h"

namespace navette {

enum class Severity : unsigned char {
  kError,  // nothing is started
  kNote,   // works, but perhaps not as meant
};

struct Diagnostic {
  Severity severity = Severity::kError;
  std::string code;      // "CFG012": stable, listed in docs/configuration.md
  Place place;           // columns count characters
  int length = 1;        // characters to underline
  std::string found;     // what stands there: a sentence without a full stop
  std::string expected;  // what may stand there; may be empty
  std::string meant;     // the known word that was probably meant; may be empty
  std::string advice;    // what to do; may be empty
  std::string line;      // the line of the file, with secrets starred out
};

// Every code and what it stands for, in their order.
struct DiagnosticCode {
  const char* code;
  const char* about;
};
const std::vector<DiagnosticCode>& diagnostic_codes();

bool has_errors(const std::vector<Diagnostic>& diagnostics);

// By file, line and column. Files stay in the order in which they first appear.
void sort_by_place(std::vector<Diagnostic>& diagnostics);

// The way compilers print them: place, what was found, the line, a caret, what to do; at the end
// the number of errors. Empty when there are none.
std::string render(const std::vector<Diagnostic>& diagnostics);

// [{"severity", "code", "file", "line", "column", "found", "expected", "meant", "advice"}]
Json to_json(const std::vector<Diagnostic>& diagnostics);

}  // namespace navette
