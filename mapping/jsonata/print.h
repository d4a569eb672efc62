// Prints values as compact JSON text, the way JSON.stringify prints them; functions as "".

#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "mapping/jsonata/value.h"

namespace navette::jsonata {

// Half a surrogate pair is printed as U+FFFD, or as an escape sequence of its own.
enum class LoneSurrogates { kReplace, kEscape };

// Keeps its room from one value to the next.
class Printer {
 public:
  explicit Printer(LoneSurrogates surrogates = LoneSurrogates::kReplace)
      : surrogates_(surrogates) {}

  // The text is valid until the next print(). False: nested too deeply.
  // REQUIRES: the value is defined.
  bool print(Value value, std::string_view& text);

 private:
  bool value(Value value, int depth);
  bool array(const Array& array, int depth);
  bool object(const Object& object, int depth);
  void string(std::string_view text);
  void awkward(std::string_view text, std::size_t at);
  void number(double number);
  void literal(std::string_view text);
  void reserve(std::size_t bytes) {
    if (static_cast<std::size_t>(end_ - at_) < bytes) grow(bytes);
  }
  void grow(std::size_t bytes);

  LoneSurrogates surrogates_;
  std::unique_ptr<char[]> room_;
  char* at_ = nullptr;
  char* end_ = nullptr;
};

}  // namespace navette::jsonata
