// The type signature of a function, "<s-n?:s>": compiled once into a small matcher that checks the
// arguments of a call, fills in the context and wraps single values as arrays.

#pragma once

#include <cstdint>
#include <string_view>

#include "mapping/jsonata/arena.h"
#include "mapping/jsonata/failure.h"
#include "mapping/jsonata/value.h"

namespace navette::jsonata {

// A set of types: one bit for each, in the order of these letters: text, number, boolean, null,
// array, object, function, undefined.
using Types = std::uint16_t;
constexpr std::string_view kTypeLetters = "snblaofm";
// The bit of a letter, 0 for a letter that is no type.
constexpr Types type_bit(char letter) {
  const std::size_t at = kTypeLetters.find(letter);
  return at == std::string_view::npos ? Types{0} : static_cast<Types>(1U << at);
}

struct Parameter {
  Types accepts = 0;
  Types context_accepts = 0;
  bool array = false;    // anything that is no array is wrapped
  bool context = false;  // `-`: taken from the context when missing
  bool optional = false;
  bool repeated = false;
  bool as_given = false;   // takes one argument and does not change it
  bool lazy = false;       // takes as few arguments as will do
  char item = '\0';        // type of the items, '\0': any
  bool item_alone = true;  // a single value of that type may stand for an array of one
};

struct Signature {
  Parameter* parameters = nullptr;
  unsigned count = 0;
  unsigned as_given_min = 0;  // so many arguments leave no question which parameter each is for
};

// nullptr: `failure` has the code, the value and, as position, the offset within `text`.
const Signature* compile_signature(std::string_view text, Arena& arena, Failure& failure);

struct Arguments {
  Value* values = nullptr;
  unsigned count = 0;
  Value operator[](unsigned i) const { return i < count ? values[i] : Value(); }
};

// Check `given` and put what the function receives into `out`. False: `failure` is set.
bool match_signature(const Signature& signature, Arguments given, Value context, Arena& arena,
                     Arguments& out, Failure& failure);

}  // namespace navette::jsonata
