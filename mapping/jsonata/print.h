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

// Whether the text stands in JSON as it is: see Value::plain_text().
bool is_plain(std::string_view text);

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
  void string(Value value);
  std::size_t plain_run(const char* from, std::size_t size);
  std::size_t awkward(std::string_view rest);
  void number(double number);
  void literal(std::string_view text);
  void put(char c) {
    reserve(1);
    *at_++ = c;
  }
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
