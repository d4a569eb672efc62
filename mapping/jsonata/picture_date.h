// Date and time pictures, as XPath's format-dateTime has them: "[D1o] [MNn] [Y0001] [H01]:[m01]".
// Times are milliseconds since 1970-01-01T00:00Z; zones are offsets, never names.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mapping/jsonata/arena.h"
#include "mapping/jsonata/picture_integer.h"
#include "mapping/jsonata/regex.h"

namespace navette::jsonata {

struct DatePart {
  enum class Names : unsigned char { kNone, kUpper, kLower, kTitle };
  std::string literal;  // when component is 0
  char component = '\0';
  std::string marker;  // how an error names the component
  std::string presentation;
  char modifier = '\0';  // second presentation modifier: a, t, c, o
  Names names = Names::kNone;
  std::optional<double> width_min;
  std::optional<double> width_max;
  bool has_integer = false;
  IntegerPicture integer;
  int year_digits = -1;  // of Y: the digits kept
};
using DatePicture = std::vector<DatePart>;

// Why a picture cannot be used.
struct PictureError {
  const char* code = nullptr;
  std::string value{};
  double number = 0;
  enum class Shown : unsigned char { kNothing, kText, kNumber } shown = Shown::kNothing;
};

bool analyse_date_picture(std::string_view text, DatePicture& picture, PictureError& error);

// The last moment that a date can have, and as far before 1970.
inline constexpr double kTimeMax = 8.64e15;

// `offset` as in "+0130": hours * 100 + minutes, both negative west of Greenwich.
bool format_date(double millis, const DatePicture& picture, double offset, std::string& out,
                 PictureError& error);

// The time that the text means. nullopt without error: the text does not match.
std::optional<double> parse_date(std::string_view text, const DatePicture& picture, double now,
                                 RegexBudget& budget, PictureError& error);

// ISO 8601 without a picture; nullopt: it is not that. What has no offset is UTC. NaN: it has the
// form, but is no date.
std::optional<double> parse_iso_date(std::string_view text);

}  // namespace navette::jsonata
