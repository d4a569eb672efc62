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

extern const CaseRange kUpperRanges[];
extern const std::size_t kUpperRangeCount;
extern const CaseSpecial kUpperSpecials[];
extern const std::size_t kUpperSpecialCount;
extern const CaseRange kLowerRanges[];
extern const std::size_t kLowerRangeCount;
extern const CaseSpecial kLowerSpecials[];
extern const std::size_t kLowerSpecialCount;
extern const CodeRange kCased[];
extern const std::size_t kCasedCount;
extern const CodeRange kCaseIgnorable[];
extern const std::size_t kCaseIgnorableCount;
extern const CodeRange kDecimalZero[];  // runs of ten digits, 0 to 9
extern const std::size_t kDecimalZeroCount;

}  // namespace navette::jsonata
