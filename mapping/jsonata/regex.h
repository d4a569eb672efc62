// Regular expressions with the rules of JavaScript (no `u` flag): own backtracking matcher over
// UTF-16 units, with a step budget instead of a hope.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "mapping/jsonata/arena.h"

namespace navette::jsonata {

struct CharClass {
  struct Range {
    char16_t first;
    char16_t last;
  };
  std::uint64_t low[4];  // which of the units below 256 belong to it
  const Range* ranges;   // sorted, units from 256 up
  std::uint32_t range_count;
  bool has(char16_t unit) const;
};

struct Instruction {
  enum class Kind : std::uint8_t {
    kUnit,
    kAny,
    kClass,
    kSave,       // a: capture slot
    kClear,      // a, b: capture slots from a up to, not including, b
    kJump,       // a
    kSplit,      // try a, then b
    kLoopStart,  // a: register
    kLoop,       // a: register, b: exit; min, max
    kLoopEnd,    // a: register, b: the kLoop
    kRepeat,     // the next instruction, min to max times
    kLineStart,
    kLineEnd,
    kWordEdge,       // negate: no word edge
    kBackReference,  // a: group
    kLook,           // a: first instruction, b: where to go on; negate
    kLookEnd,
    kMatch,
  };
  Kind kind;
  bool backward = false;
  bool negate = false;
  bool lazy = false;
  char16_t unit = 0;
  std::int32_t a = 0;
  std::int32_t b = 0;
  std::uint32_t min = 0;
  std::uint32_t max = 0;
  const CharClass* set = nullptr;
};

struct Regex {
  const Instruction* code;
  std::uint32_t size;
  std::uint32_t groups;  // the whole match included
  std::uint32_t registers;
  bool ignore_case;
  bool multiline;
  std::string_view source;
};

// nullptr: the pattern is not a valid one. Everything lives in the arena.
const Regex* compile_regex(std::string_view pattern, std::string_view flags, Arena& arena);

// Work that a matcher may still do, shared by all matches of an evaluation.
struct RegexBudget {
  std::uint64_t steps;
  bool exhausted = false;
};

// A subject that several matches look at: ASCII as it is, other text as UTF-16 units.
class Subject {
 public:
  Subject(std::string_view text, Arena& arena);
  std::size_t size() const { return size_; }  // in UTF-16 units
  bool ascii() const { return units_ == nullptr; }
  const unsigned char* bytes() const { return bytes_; }
  const char16_t* units() const { return units_; }
  // The text between two positions.
  std::string_view slice(std::size_t from, std::size_t to, Arena& arena) const;

 private:
  const unsigned char* bytes_ = nullptr;
  const char16_t* units_ = nullptr;
  std::size_t size_;
};

// Begin and end of each group, in units; -1, -1 when it took no part.
struct Span {
  std::int64_t begin = -1;
  std::int64_t end = -1;
};

// The first match at or after `from`. False: there is none, or the budget is exhausted.
bool find_match(const Regex& regex, const Subject& subject, std::size_t from, RegexBudget& budget,
                std::vector<Span>& groups);

}  // namespace navette::jsonata
