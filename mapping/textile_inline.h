// What stands inside a paragraph of Redmine's Textile.

#pragma once

#include <string_view>
#include <vector>

#include "mapping/document.h"

namespace navette {

std::vector<Inline> read_textile_inlines(std::string_view text, Losses* losses);

}  // namespace navette
