// Character references: "&amp;", "&#42;", "&#x2A;".

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace navette {

// Decodes the reference at the start of `rest` onto `out`; its length, or 0 when there is none that
// we know. A non-breaking space becomes a blank. Control characters and what is no character are
// not decoded.
std::size_t decode_entity(std::string_view rest, std::string* out);

}  // namespace navette
