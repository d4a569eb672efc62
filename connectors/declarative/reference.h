// The page about a connector in docs/connectors/, made from its catalog file.

#pragma once

#include <string>

#include "connectors/declarative/spec.h"

namespace navette::declarative {

std::string reference_page(const Spec& spec);

}  // namespace navette::declarative
