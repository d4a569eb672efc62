// The codes that check_mapping() gives, and what their page says. Codes never change their meaning.

#pragma once

#include <string>
#include <vector>

namespace navette {

struct MappingCode {
  const char* code;
  const char* title;    // what it stands for: a sentence
  const char* about;    // why that is a mistake, or worth a word
  const char* example;  // lines of a flow that have it
  const char* mend;     // what to do
};
// In their order.
const std::vector<MappingCode>& mapping_codes();

// docs/diagnostics.md.
std::string mapping_codes_page();

}  // namespace navette
