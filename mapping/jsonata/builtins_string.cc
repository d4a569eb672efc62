#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

#include "mapping/jsonata/builtins.h"
#include "mapping/jsonata/text.h"

namespace navette::jsonata {
namespace {

// How JavaScript's slice() understands an index.
std::size_t slice_index(double index, double length) {
  index = std::trunc(index);
  if (std::isnan(index)) index = 0;
  if (index < 0) index = std::max(0.0, length + index);
  return static_cast<std::size_t>(std::min(index, length));
}

// Text as plain as the one that it was made from.
Value same_kind(Value from, std::string_view text) {
  return from.is_plain() ? Value::plain_text(text) : Value(text);
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

}  // namespace

Value builtin_string(const Call& call, Arguments arguments) {
  return call.run.text_of(arguments[0], js_truthy(arguments[1]));
}

Value builtin_substring(const Call&, Arguments arguments) {
  if (arguments[0].undefined()) return Value();
  const std::string_view text = arguments[0].text();
  const auto length = static_cast<double>(count_code_points(text));
  double start = arguments[1].is_number() ? arguments[1].number() : 0;
  if (length + start < 0) start = 0;
  double end = length;
  if (arguments[2].is_number()) {
    const double wanted = arguments[2].number();
    if (wanted <= 0 || !arguments[1].is_number()) return Value(std::string_view());
    end = start >= 0 ? start + wanted : length + start + wanted;
  }
  const std::size_t from = slice_index(start, length);
  const std::size_t to = slice_index(end, length);
  if (to <= from) return Value(std::string_view());
  const std::size_t first = offset_of(text, from);
  return Value(text.substr(first, offset_of(text.substr(first), to - from)));
}

Value builtin_substring_before(const Call&, Arguments arguments) {
  if (arguments[0].undefined()) return Value();
  const std::string_view text = arguments[0].text();
  if (!arguments[1].is_string()) return arguments[0];
  return Value(text.substr(0, text.find(arguments[1].text())));
}

Value builtin_substring_after(const Call&, Arguments arguments) {
  if (arguments[0].undefined() || !arguments[1].is_string()) return arguments[0];
  const std::string_view text = arguments[0].text();
  const std::size_t found = text.find(arguments[1].text());
  if (found == std::string_view::npos) return arguments[0];
  return Value(text.substr(found + arguments[1].text().size()));
}

Value builtin_lowercase(const Call& call, Arguments arguments) {
  if (arguments[0].undefined()) return Value();
  const std::string_view text = arguments[0].text();
  char* const room = call.run.arena().array<char>(text.size() + 1);
  if (ascii_lower(text, room)) return same_kind(arguments[0], {room, text.size()});
  return new_text(call.run.arena(), to_lower(text));
}

Value builtin_uppercase(const Call& call, Arguments arguments) {
  if (arguments[0].undefined()) return Value();
  const std::string_view text = arguments[0].text();
  char* const room = call.run.arena().array<char>(text.size() + 1);
  if (ascii_upper(text, room)) return same_kind(arguments[0], {room, text.size()});
  return new_text(call.run.arena(), to_upper(text));
}

Value builtin_length(const Call&, Arguments arguments) {
  if (arguments[0].undefined()) return Value();
  return Value(static_cast<double>(count_code_points(arguments[0].text())));
}

Value builtin_trim(const Call& call, Arguments arguments) {
  if (arguments[0].undefined()) return Value();
  const std::string_view text = arguments[0].text();
  char* room = call.run.arena().array<char>(text.size() + 1);
  std::size_t size = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!is_blank(text[at])) {
      room[size++] = text[at];
    } else if (size > 0 && room[size - 1] != ' ') {
      room[size++] = ' ';
    }
  }
  if (size > 0 && room[size - 1] == ' ') --size;
  return Value(std::string_view(room, size));
}

Value builtin_pad(const Call& call, Arguments arguments) {
  if (arguments[0].undefined()) return Value();
  const std::string_view text = arguments[0].text();
  std::string_view filler = arguments[2].is_string() ? arguments[2].text() : " ";
  if (filler.empty()) filler = " ";
  const double width = arguments[1].is_number() ? std::trunc(arguments[1].number()) : 0;
  const double missing = std::fabs(width) - static_cast<double>(count_code_points(text));
  if (!(missing > 0)) return arguments[0];
  if (missing > 1e9 || !call.run.room_for(static_cast<std::size_t>(missing) *
                                              std::min<std::size_t>(4, filler.size()) +
                                          text.size())) {
    if (missing > 1e9) call.run.exceed("memory");
    return Value::fail();
  }
  const auto count = static_cast<std::size_t>(missing);
  const std::size_t period = count_code_points(filler);
  std::string padding;
  for (std::size_t i = 0; i < count / period; ++i) padding += filler;
  padding += filler.substr(0, offset_of(filler, count % period));
  return new_text(call.run.arena(),
                  width > 0 ? std::string(text) + padding : padding + std::string(text));
}

Value builtin_join(const Call& call, Arguments arguments) {
  if (arguments[0].undefined()) return Value();
  const std::string_view separator =
      arguments[1].is_string() ? arguments[1].text() : std::string_view();
  const Array& parts = *arguments[0].array();
  std::size_t size = 0;
  for (const Value part : parts) size += part.text().size() + separator.size();
  if (!call.run.room_for(size)) return Value::fail();
  char* const room = call.run.arena().array<char>(size + 1);
  char* at = room;
  bool seams = false;  // halves of a character that meet
  const auto add = [&](std::string_view part) {
    if (!part.empty()) std::memcpy(at, part.data(), part.size());
    at += part.size();
    seams = seams || ends_in_surrogate(part);
  };
  for (std::uint32_t i = 0; i < parts.size; ++i) {
    if (i > 0) add(separator);
    add(parts.items[i].text());
  }
  if (!seams) return Value(std::string_view(room, static_cast<std::size_t>(at - room)));
  std::string out;
  for (std::uint32_t i = 0; i < parts.size; ++i) {
    if (i > 0) append_text(out, separator);
    append_text(out, parts.items[i].text());
  }
  return new_text(call.run.arena(), out);
}

}  // namespace navette::jsonata
