// The peers, each started once for a test program.

#pragma once

#include <memory>

#include "tests/connectors/declarative/real_system.h"

namespace navette::test {

RealSystem& request_tracker();
RealSystem& redmine();
RealSystem& tryton();

}  // namespace navette::test
