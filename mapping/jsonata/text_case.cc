#include <algorithm>

#include "mapping/jsonata/text.h"
#include "mapping/jsonata/unicode_case.h"

namespace navette::jsonata {
namespace {

std::uint32_t map_one(const CaseTable& table, std::uint32_t code) {
  // Ranges of step 2 may interleave, so a few before the nearest are looked at as well.
  const CaseRange* found =
      std::upper_bound(table.ranges, table.ranges + table.range_count, code,
                       [](std::uint32_t c, const CaseRange& range) { return c < range.first; });
  for (int back = 0; back < 3 && found != table.ranges; ++back) {
    --found;
    if (code <= found->last && (code - found->first) % found->step == 0) {
      return static_cast<std::uint32_t>(static_cast<std::int64_t>(code) + found->delta);
    }
  }
  return code;
}

bool in_ranges(const CodeTable& table, std::uint32_t code) {
  const CodeRange* after =
      std::upper_bound(table.ranges, table.ranges + table.count, code,
                       [](std::uint32_t c, const CodeRange& range) { return c < range.first; });
  return after != table.ranges && code <= (after - 1)->last;
}

void map_into(std::string& out, const CaseTable& table, std::uint32_t code) {
  const CaseSpecial* end = table.specials + table.special_count;
  const CaseSpecial* special =
      std::lower_bound(table.specials, end, code,
                       [](const CaseSpecial& entry, std::uint32_t c) { return entry.code < c; });
  if (special == end || special->code != code) {
    append_utf8(out, map_one(table, code));
    return;
  }
  for (const std::uint32_t part : special->becomes) {
    if (part != 0) append_utf8(out, part);
  }
}

bool cased(std::uint32_t code) {
  return in_ranges(cased_letters(), code);
}
bool ignorable(std::uint32_t code) {
  return in_ranges(case_ignorable(), code);
}

// A sigma ends a word when a letter with case stands before it and none after it.
bool is_final_sigma(std::string_view text, std::size_t sigma_at) {
  bool before = false;
  for (std::size_t at = 0; at < sigma_at;) {
    const std::uint32_t code = next_code_point(text, at);
    if (!ignorable(code)) before = cased(code);
  }
  if (!before) return false;
  for (std::size_t at = sigma_at + 2; at < text.size();) {
    const std::uint32_t code = next_code_point(text, at);
    if (!ignorable(code)) return !cased(code);
  }
  return true;
}

}  // namespace

std::string to_upper(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (static_cast<unsigned char>(c) < 0x80) {
      out.push_back(c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c);
      ++at;
    } else {
      map_into(out, upper_table(), next_code_point(text, at));
    }
  }
  return out;
}

std::string to_lower(std::string_view text) {
  constexpr std::uint32_t kSigma = 0x3A3;
  constexpr std::uint32_t kFinalSigma = 0x3C2;
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (static_cast<unsigned char>(c) < 0x80) {
      out.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
      ++at;
      continue;
    }
    const std::size_t start = at;
    const std::uint32_t code = next_code_point(text, at);
    if (code == kSigma && is_final_sigma(text, start)) {
      append_utf8(out, kFinalSigma);
    } else {
      map_into(out, lower_table(), code);
    }
  }
  return out;
}

namespace {

// Letters from `first` to `last` change by 32.
bool ascii_case(std::string_view text, char* out, char first, char last) {
  unsigned seen = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    seen |= static_cast<unsigned char>(c);
    out[i] = static_cast<char>(c >= first && c <= last ? c ^ 0x20 : c);
  }
  return seen < 0x80;
}

}  // namespace

bool ascii_upper(std::string_view text, char* out) {
  return ascii_case(text, out, 'a', 'z');
}

bool ascii_lower(std::string_view text, char* out) {
  return ascii_case(text, out, 'A', 'Z');
}

char16_t fold_unit(char16_t unit) {
  if (unit < 0x80) {
    return unit >= u'a' && unit <= u'z' ? static_cast<char16_t>(unit - 32) : unit;
  }
  const CaseTable table = upper_table();
  const CaseSpecial* end = table.specials + table.special_count;
  const bool becomes_several = std::binary_search(
      table.specials, end, CaseSpecial{unit, {}},
      [](const CaseSpecial& a, const CaseSpecial& b) { return a.code < b.code; });
  if (becomes_several) return unit;
  const std::uint32_t upper = map_one(table, unit);
  // A letter beyond ASCII never matches one within.
  return upper < 0x80 || upper > 0xFFFF ? unit : static_cast<char16_t>(upper);
}

}  // namespace navette::jsonata
