// Why compiling or evaluating stopped.

#pragma once

#include <string>

#include "mapping/jsonata/value.h"

namespace navette::jsonata {

struct Failure {
  const char* code = nullptr;
  int position = -1;  // -1: not known (yet)
  Value token{};      // undefined: none (yet)
  Value value{};
  bool has_value = false;
  Value value2{};
  double index = 0;  // which argument
  // The source of a message of its own ($error, $assert), instead of the text for the code.
  Value message{};
};

// The sentence for people that belongs to the code, with the values filled in.
std::string describe(const Failure& failure);

// The way a value is shown inside a message: as JSON, shortened.
std::string show(Value value);

}  // namespace navette::jsonata
