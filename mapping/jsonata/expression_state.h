// What an Expression is made of, for those who run it.

#pragma once

#include "mapping/jsonata/eval.h"
#include "mapping/jsonata/jsonata.h"

namespace navette::jsonata {

struct Expression::State {
  Program program;
  Symbols symbols;
};

// The failure the way callers see it.
JsonataError to_error(const Failure& failure);

}  // namespace navette::jsonata
