// Tables of Unicode properties that case mapping needs; their texts are in unicode_case.cc.

#pragma once

#include <cstddef>
#include <cstdint>

namespace navette::jsonata {

// Every `step`th code point from first to last maps to itself + delta.
struct CaseRange {
  std::uint32_t first;
  std::uint32_t last;
  std::uint32_t step;
  std::int32_t delta;
};
// One that becomes several; 0 ends the list.
struct CaseSpecial {
  std::uint32_t code;
  std::uint32_t becomes[3];
};
struct CodeRange {
  std::uint32_t first;
  std::uint32_t last;
};

struct CaseTable {
  const CaseRange* ranges;
  std::size_t range_count;
  const CaseSpecial* specials;  // sorted
  std::size_t special_count;
};
struct CodeTable {
  const CodeRange* ranges;  // sorted
  std::size_t count;
};

CaseTable upper_table();
CaseTable lower_table();
CodeTable cased_letters();
CodeTable case_ignorable();

}  // namespace navette::jsonata
