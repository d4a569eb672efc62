// Text inside HTML. Thread safety: pure.

#pragma once

#include <string>
#include <string_view>

namespace navette {

// & < > " ' as references, for text and quoted attributes alike; every other byte as it is.
std::string escape_html(std::string_view text);

}  // namespace navette
