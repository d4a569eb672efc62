#include "mapping/check/pointer.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "mapping/check/scalar_places.h"

namespace navette {

Diagnostic& Pointer::say(Severity severity, std::string_view code, const Place& place,
                         std::string found) {
  if (severity == Severity::kError) ++errors_;
  return severity == Severity::kError ? report_.error(code, place, std::move(found))
                                      : report_.note(code, place, std::move(found));
}

Diagnostic& Pointer::say(Severity severity, std::string_view code, const Text& text, std::size_t at,
                         std::size_t length, std::string found) {
  const auto places = scalar_places(source_, text.place, text.value);
  if (!places || places->empty()) return say(severity, code, text.place, std::move(found));
  // What is missing at the end is shown behind the last character.
  const std::size_t last = places->size() - 1;
  Place place = (*places)[std::min(at, last)];
  if (at > last) ++place.column;
  const std::size_t begin = std::min(at, text.value.size());
  std::size_t end = std::min(begin + length, text.value.size());
  for (std::size_t i = begin; i < end; ++i) {
    if ((*places)[i].line != place.line) end = i;
  }
  Diagnostic& out = say(severity, code, place, std::move(found));
  const std::size_t characters = utf8_length(text.value.substr(begin, end - begin));
  out.length = static_cast<int>(std::max<std::size_t>(1, characters));
  return out;
}

std::size_t byte_of_unit(std::string_view text, int unit) {
  std::size_t at = 0;
  for (int units = 0; at < text.size() && units < unit;) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const std::size_t size = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
    units += size == 4 ? 2 : 1;
    at += size;
  }
  return std::min(at, text.size());
}

}  // namespace navette
