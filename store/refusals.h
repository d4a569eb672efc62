// Why a batch was refused, in words: who holds what it wanted. For both backends.

#pragma once

#include "store/store.h"

namespace navette {

// `refused`: what the database said, for when nobody is found. Errors of asking come back instead.
Error twin_refused(Store& store, const LinkRow& link, const Error& refused);
Error child_refused(Store& store, const ChildRow& child, const Error& refused);
// `holder`: the command that has the key; 0: none.
Error command_refused(const CommandRow& command, std::int64_t holder, const Error& refused);

}  // namespace navette
