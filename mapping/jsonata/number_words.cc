#include "mapping/jsonata/number_words.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <vector>

#include "mapping/jsonata/text.h"

namespace navette::jsonata {
namespace {

constexpr std::string_view kSmall[] = {"Zero",    "One",     "Two",       "Three",    "Four",
                                       "Five",    "Six",     "Seven",     "Eight",    "Nine",
                                       "Ten",     "Eleven",  "Twelve",    "Thirteen", "Fourteen",
                                       "Fifteen", "Sixteen", "Seventeen", "Eighteen", "Nineteen"};
constexpr std::string_view kSmallOrdinals[] = {
    "Zeroth",     "First",     "Second",    "Third",       "Fourth",     "Fifth",     "Sixth",
    "Seventh",    "Eighth",    "Ninth",     "Tenth",       "Eleventh",   "Twelfth",   "Thirteenth",
    "Fourteenth", "Fifteenth", "Sixteenth", "Seventeenth", "Eighteenth", "Nineteenth"};
constexpr std::string_view kTens[] = {"Twenty", "Thirty",  "Forty",  "Fifty",
                                      "Sixty",  "Seventy", "Eighty", "Ninety"};
constexpr std::string_view kGreat[] = {"Thousand", "Million", "Billion", "Trillion"};

// `after`: something stands before it already.
std::string words(double value, bool after, bool ordinal) {
  if (value <= 19) {
    const auto index = static_cast<std::size_t>(value);
    return std::string(after ? " and " : "") +
           std::string(ordinal ? kSmallOrdinals[index] : kSmall[index]);
  }
  if (value < 100) {
    std::string out(after ? " and " : "");
    out += kTens[static_cast<std::size_t>(value / 10) - 2];
    const double rest = std::fmod(value, 10);
    if (rest > 0) return out + "-" + words(rest, false, ordinal);
    if (ordinal) {
      out.pop_back();
      out += "ieth";
    }
    return out;
  }
  double unit = 100;
  std::string_view name = "Hundred";
  if (value >= 1000) {
    const double power = std::min(std::floor(std::log10(value) / 3), 4.0);
    unit = std::pow(10, power * 3);
    name = kGreat[static_cast<std::size_t>(power) - 1];
  }
  const double count = std::floor(value / unit);
  const double rest = value - count * unit;
  std::string out(after ? ", " : "");
  out += words(count, false, false) + " " + std::string(name);
  if (rest > 0) return out + words(rest, true, ordinal);
  return ordinal ? out + "th" : out;
}

const std::map<std::string, double, std::less<>>& values() {
  static const auto kTable = [] {
    std::map<std::string, double, std::less<>> out;
    for (std::size_t i = 0; i < 20; ++i) {
      out[to_lower(kSmall[i])] = static_cast<double>(i);
      out[to_lower(kSmallOrdinals[i])] = static_cast<double>(i);
    }
    for (std::size_t i = 0; i < 8; ++i) {
      const std::string name = to_lower(kTens[i]);
      out[name] = static_cast<double>(i + 2) * 10;
      out[name.substr(0, name.size() - 1) + "ieth"] = out[name];
    }
    out["hundred"] = out["hundredth"] = 100;
    for (std::size_t i = 0; i < 4; ++i) {
      const std::string name = to_lower(kGreat[i]);
      out[name] = out[name + "th"] = std::pow(10, static_cast<double>(i + 1) * 3);
    }
    return out;
  }();
  return kTable;
}

// Cut at ", ", " and ", blanks and hyphens.
std::vector<std::string_view> parts_of(std::string_view text) {
  std::vector<std::string_view> out;
  std::size_t start = 0;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t length = 0;
    const std::string_view rest = text.substr(at);
    if (rest.substr(0, 2) == ", ") {
      length = 2;
    } else if (rest.substr(0, 5) == " and ") {
      length = 5;
    } else if (rest[0] == ' ' || rest[0] == '-' || rest[0] == '\\') {
      length = 1;
    }
    if (length == 0) {
      ++at;
      continue;
    }
    out.push_back(text.substr(start, at - start));
    at += length;
    start = at;
  }
  out.push_back(text.substr(start));
  return out;
}

}  // namespace

std::string number_in_words(double value, bool ordinal) {
  if (!std::isfinite(value)) return number_text(value);
  return words(value, false, ordinal);
}

std::string number_words_pattern() {
  std::vector<std::string> all;
  for (const auto& entry : values()) all.push_back(entry.first);
  // Longer ones first, so that "sixth" is not read as "six".
  std::sort(all.begin(), all.end(),
            [](const auto& a, const auto& b) { return a.size() > b.size(); });
  std::string out = "(?:";
  for (const std::string& word : all) out += word + "|";
  return out + "and|[\\-, ])+";
}

double words_value(std::string_view text) {
  std::vector<double> sums{0};
  for (const std::string_view part : parts_of(text)) {
    const auto found = values().find(part);
    if (found == values().end()) return std::numeric_limits<double>::quiet_NaN();
    const double value = found->second;
    if (value >= 100) {
      sums.back() *= value;
    } else if (sums.back() >= 1000) {
      sums.push_back(value);
    } else {
      sums.back() += value;
    }
  }
  double total = 0;
  for (const double sum : sums) total += sum;
  return total;
}

}  // namespace navette::jsonata
