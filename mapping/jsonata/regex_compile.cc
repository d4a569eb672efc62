#include <algorithm>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "mapping/jsonata/regex.h"
#include "mapping/jsonata/text.h"

namespace navette::jsonata {
namespace {

using Kind = Instruction::Kind;
constexpr std::uint32_t kForever = std::numeric_limits<std::uint32_t>::max();
constexpr int kNestingMax = 200;
constexpr std::uint32_t kCodeMax = 100'000;

struct Set {
  std::vector<CharClass::Range> ranges;
  void add(std::uint32_t first, std::uint32_t last) {
    ranges.push_back({static_cast<char16_t>(first), static_cast<char16_t>(last)});
  }
  void sort() {
    std::sort(ranges.begin(), ranges.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<CharClass::Range> merged;
    for (const auto& range : ranges) {
      if (!merged.empty() && range.first <= merged.back().last + 1) {
        merged.back().last = std::max(merged.back().last, range.last);
      } else {
        merged.push_back(range);
      }
    }
    ranges = std::move(merged);
  }
  void invert() {
    sort();
    std::vector<CharClass::Range> rest;
    std::uint32_t next = 0;
    for (const auto& range : ranges) {
      if (range.first > next)
        rest.push_back({static_cast<char16_t>(next), static_cast<char16_t>(range.first - 1)});
      next = range.last + 1U;
    }
    if (next <= 0xFFFF) rest.push_back({static_cast<char16_t>(next), u'\xFFFF'});
    ranges = std::move(rest);
  }
};

Set escape_set(char16_t letter) {
  Set set;
  switch (letter | 0x20) {
    case u'd':
      set.add('0', '9');
      break;
    case u'w':
      set.add('0', '9');
      set.add('A', 'Z');
      set.add('_', '_');
      set.add('a', 'z');
      break;
    default:
      set.add(9, 13);
      for (const std::uint32_t blank :
           {0x20U, 0xA0U, 0x1680U, 0x202FU, 0x205FU, 0x3000U, 0xFEFFU}) {
        set.add(blank, blank);
      }
      set.add(0x2000, 0x200A);
      set.add(0x2028, 0x2029);
  }
  if (letter < u'a') set.invert();
  return set;
}

// Where a piece of code begins and what it captured, to build loops around it.
struct Piece {
  std::uint32_t begin;
  std::uint32_t first_group;
  bool single;  // consumes exactly one unit
};

using Code = std::vector<Instruction>;

class Compiler {
 public:
  Compiler(std::u16string pattern, std::string_view flags, Arena& arena)
      : text_(std::move(pattern)), arena_(arena) {
    ignore_case_ = flags.find('i') != std::string_view::npos;
    multiline_ = flags.find('m') != std::string_view::npos;
  }

  const Regex* run(std::string_view source) {
    count_groups();
    Code code;
    code.push_back(save(0));
    if (!alternatives(code, 0) || at_ != text_.size()) return nullptr;
    code.push_back(save(1));
    code.push_back(Instruction{Kind::kMatch});
    auto* copy = arena_.array<Instruction>(code.size());
    std::copy(code.begin(), code.end(), copy);
    auto* regex = arena_.make<Regex>();
    *regex = {copy,
              static_cast<std::uint32_t>(code.size()),
              groups_ + 1,
              registers_,
              ignore_case_,
              multiline_,
              arena_.copy(source)};
    return regex;
  }

 private:
  char16_t peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : u'\0';
  }
  bool more() const { return at_ < text_.size(); }
  bool take(std::u16string_view what) {
    if (std::u16string_view(text_).substr(at_, what.size()) != what) return false;
    at_ += what.size();
    return true;
  }
  Instruction save(std::int32_t slot) const {
    Instruction instruction{Kind::kSave};
    instruction.a = slot;
    return instruction;
  }

  // How many groups there are, and their names: both matter before they are reached.
  void count_groups() {
    bool in_class = false;
    for (std::size_t i = 0; i < text_.size(); ++i) {
      if (text_[i] == u'\\') {
        ++i;
      } else if (text_[i] == u'[') {
        in_class = true;
      } else if (text_[i] == u']') {
        in_class = false;
      } else if (text_[i] == u'(' && !in_class) {
        const bool named = i + 3 < text_.size() && text_[i + 1] == u'?' && text_[i + 2] == u'<' &&
                           text_[i + 3] != u'=' && text_[i + 3] != u'!';
        if (named || i + 1 >= text_.size() || text_[i + 1] != u'?') ++all_groups_;
        if (!named) continue;
        const std::size_t end = text_.find(u'>', i);
        if (end != std::u16string::npos) names_[text_.substr(i + 3, end - i - 3)] = all_groups_;
      }
    }
  }

  bool alternatives(Code& out, int depth);
  bool sequence(Code& out, int depth);
  bool term(Code& out, int depth);
  bool atom(Code& out, int depth, Piece& piece);
  bool group(Code& out, int depth, Piece& piece);
  bool look(Code& out, int depth, bool behind, bool negate);
  bool quantifier(Code& out, std::uint32_t begin, const Piece& piece);
  bool read_bounds(std::uint32_t& min, std::uint32_t& max, bool& valid);
  bool read_braces(std::uint32_t& min, std::uint32_t& max);
  bool atom_escape(Code& out, Piece& piece);
  bool back_reference(Code& out, Piece& piece);
  char16_t char_escape();
  bool hex(std::size_t digits, char16_t& unit);
  bool char_class(Code& out);
  bool class_item(Set& set, bool& is_set, char16_t& unit);
  void emit_set(Code& out, Set set, bool negate);
  void emit_unit(Code& out, char16_t unit);

  std::u16string text_;
  Arena& arena_;
  std::size_t at_ = 0;
  bool ignore_case_ = false;
  bool multiline_ = false;
  bool backward_ = false;
  std::uint32_t groups_ = 0;
  std::uint32_t all_groups_ = 0;
  std::uint32_t registers_ = 0;
  std::map<std::u16string, std::uint32_t> names_;
};

// Code is position independent while it is built: jumps count from their own instruction.
bool Compiler::alternatives(Code& out, int depth) {
  if (depth > kNestingMax) return false;
  Code left;
  if (!sequence(left, depth)) return false;
  if (peek() != u'|' || !more()) {
    out.insert(out.end(), left.begin(), left.end());
    return true;
  }
  std::vector<Code> choices;
  choices.push_back(std::move(left));
  while (more() && peek() == u'|') {
    ++at_;
    choices.emplace_back();
    if (!sequence(choices.back(), depth)) return false;
  }
  std::size_t total = 0;
  for (const Code& choice : choices) total += choice.size() + 2;
  const std::size_t end = out.size() + total - 2;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    const bool last = i + 1 == choices.size();
    if (!last) {
      Instruction split{Kind::kSplit};
      split.a = 1;
      split.b = static_cast<std::int32_t>(choices[i].size() + 2);
      out.push_back(split);
    }
    out.insert(out.end(), choices[i].begin(), choices[i].end());
    if (!last) {
      Instruction jump{Kind::kJump};
      jump.a = static_cast<std::int32_t>(end - out.size());
      out.push_back(jump);
    }
  }
  return out.size() <= kCodeMax;
}

bool Compiler::sequence(Code& out, int depth) {
  std::vector<Code> terms;
  while (more() && peek() != u'|' && peek() != u')') {
    terms.emplace_back();
    if (!term(terms.back(), depth)) return false;
  }
  if (backward_) std::reverse(terms.begin(), terms.end());
  for (const Code& part : terms) out.insert(out.end(), part.begin(), part.end());
  return out.size() <= kCodeMax;
}

bool Compiler::term(Code& out, int depth) {
  const auto edge = [&](Kind kind, bool negate, std::size_t length) {
    at_ += length;
    Instruction instruction{kind};
    instruction.negate = negate;
    out.push_back(instruction);
    return true;
  };
  if (peek() == u'^') return edge(Kind::kLineStart, false, 1);
  if (peek() == u'$') return edge(Kind::kLineEnd, false, 1);
  if (peek() == u'\\' && peek(1) == u'b') return edge(Kind::kWordEdge, false, 2);
  if (peek() == u'\\' && peek(1) == u'B') return edge(Kind::kWordEdge, true, 2);
  if (take(u"(?<=")) return look(out, depth, true, false);
  if (take(u"(?<!")) return look(out, depth, true, true);
  Piece piece{0, groups_, false};
  if (take(u"(?=")) {
    if (!look(out, depth, false, false)) return false;
  } else if (take(u"(?!")) {
    if (!look(out, depth, false, true)) return false;
  } else if (!atom(out, depth, piece)) {
    return false;
  }
  return quantifier(out, 0, piece);
}

bool Compiler::look(Code& out, int depth, bool behind, bool negate) {
  const bool outer = backward_;
  backward_ = behind;
  Code body;
  if (!alternatives(body, depth + 1) || peek() != u')' || !more()) return false;
  ++at_;
  backward_ = outer;
  Instruction instruction{Kind::kLook};
  instruction.negate = negate;
  instruction.a = 1;
  instruction.b = static_cast<std::int32_t>(body.size() + 2);
  out.push_back(instruction);
  out.insert(out.end(), body.begin(), body.end());
  out.push_back(Instruction{Kind::kLookEnd});
  return true;
}

bool Compiler::atom(Code& out, int depth, Piece& piece) {
  const char16_t c = peek();
  switch (c) {
    case u'(':
      return group(out, depth, piece);
    case u'[':
      piece.single = true;
      return char_class(out);
    case u'\\':
      return atom_escape(out, piece);
    case u'.': {
      ++at_;
      Instruction any{Kind::kAny};
      any.backward = backward_;
      out.push_back(any);
      piece.single = true;
      return true;
    }
    case u'*':
    case u'+':
    case u'?':
      return false;
    case u'{': {
      std::uint32_t min = 0;
      std::uint32_t max = 0;
      const std::size_t start = at_;
      if (read_braces(min, max)) return false;  // nothing to repeat
      at_ = start;
      break;
    }
    default:
      break;
  }
  ++at_;
  emit_unit(out, c);
  piece.single = true;
  return true;
}

bool Compiler::group(Code& out, int depth, Piece& piece) {
  ++at_;
  piece.single = false;
  std::int32_t number = 0;
  if (take(u"?<")) {
    const std::size_t end = text_.find(u'>', at_);
    if (end == std::u16string::npos || end == at_) return false;
    at_ = end + 1;
    number = static_cast<std::int32_t>(++groups_);
  } else if (peek() == u'?') {
    if (!take(u"?:")) return false;
  } else {
    number = static_cast<std::int32_t>(++groups_);
  }
  if (number != 0) out.push_back(save(number * 2 + (backward_ ? 1 : 0)));
  if (!alternatives(out, depth + 1) || !more() || peek() != u')') return false;
  ++at_;
  if (number != 0) out.push_back(save(number * 2 + (backward_ ? 0 : 1)));
  return true;
}

bool Compiler::read_braces(std::uint32_t& min, std::uint32_t& max) {
  const auto number = [this](std::uint32_t& value) {
    const std::size_t start = at_;
    std::uint64_t read = 0;
    while (more() && peek() >= u'0' && peek() <= u'9') {
      read = std::min<std::uint64_t>(read * 10 + static_cast<unsigned>(peek() - u'0'), kForever);
      ++at_;
    }
    value = static_cast<std::uint32_t>(read);
    return at_ != start;
  };
  if (!take(u"{") || !number(min)) return false;
  max = min;
  if (take(u",") && !number(max)) max = kForever;
  return take(u"}");
}

// Whether a quantifier follows; `valid` is false when its bounds are out of order.
bool Compiler::read_bounds(std::uint32_t& min, std::uint32_t& max, bool& valid) {
  valid = true;
  if (take(u"*")) {
    min = 0;
    max = kForever;
  } else if (take(u"+")) {
    min = 1;
    max = kForever;
  } else if (take(u"?")) {
    min = 0;
    max = 1;
  } else {
    const std::size_t start = at_;
    if (!read_braces(min, max)) {
      at_ = start;
      return false;
    }
    valid = min <= max;
  }
  return true;
}

bool Compiler::quantifier(Code& out, std::uint32_t begin, const Piece& piece) {
  std::uint32_t min = 0;
  std::uint32_t max = 0;
  bool valid = true;
  if (!read_bounds(min, max, valid)) return true;
  if (!valid) return false;
  const bool lazy = take(u"?");
  const Code body(out.begin() + begin, out.end());
  out.resize(begin);
  Instruction loop{piece.single && body.size() == 1 ? Kind::kRepeat : Kind::kLoop};
  loop.min = min;
  loop.max = max;
  loop.lazy = lazy;
  if (loop.kind == Kind::kRepeat) {
    out.push_back(loop);
    out.insert(out.end(), body.begin(), body.end());
    return true;
  }
  const auto reg = static_cast<std::int32_t>(registers_++);
  Instruction start{Kind::kLoopStart};
  start.a = reg;
  out.push_back(start);
  const bool captures = groups_ > piece.first_group;
  loop.a = reg;
  loop.b = static_cast<std::int32_t>(body.size() + 2 + (captures ? 1 : 0));
  out.push_back(loop);
  if (captures) {
    Instruction clear{Kind::kClear};
    clear.a = static_cast<std::int32_t>(piece.first_group * 2 + 2);
    clear.b = static_cast<std::int32_t>(groups_ * 2 + 2);
    out.push_back(clear);
  }
  out.insert(out.end(), body.begin(), body.end());
  Instruction end{Kind::kLoopEnd};
  end.a = reg;
  end.b = 1 - loop.b;
  end.min = min;
  out.push_back(end);
  return true;
}

bool Compiler::back_reference(Code& out, Piece& piece) {
  std::uint32_t number = 0;
  if (peek() == u'k') {
    const std::size_t end = text_.find(u'>', at_);
    if (peek(1) != u'<' || end == std::u16string::npos) return false;
    const auto found = names_.find(text_.substr(at_ + 2, end - at_ - 2));
    if (found == names_.end()) return false;
    number = found->second;
    at_ = end + 1;
  } else {
    while (more() && peek() >= u'0' && peek() <= u'9') {
      number = number * 10 + static_cast<unsigned>(peek() - u'0');
      ++at_;
    }
  }
  Instruction instruction{Kind::kBackReference};
  instruction.a = static_cast<std::int32_t>(number);
  instruction.backward = backward_;
  out.push_back(instruction);
  piece.single = false;
  return true;
}

bool Compiler::atom_escape(Code& out, Piece& piece) {
  ++at_;
  if (!more()) return false;
  const char16_t c = peek();
  if (c == u'k' && !names_.empty()) return back_reference(out, piece);
  if (c >= u'1' && c <= u'9') {
    std::uint64_t number = 0;
    for (std::size_t i = 0; peek(i) >= u'0' && peek(i) <= u'9' && number < 100000; ++i) {
      number = number * 10 + static_cast<unsigned>(peek(i) - u'0');
    }
    if (number <= all_groups_) return back_reference(out, piece);
  }
  piece.single = true;
  if (std::u16string_view(u"dDwWsS").find(c) != std::u16string_view::npos) {
    ++at_;
    emit_set(out, escape_set(c), false);
  } else {
    emit_unit(out, char_escape());
  }
  return true;
}

bool Compiler::hex(std::size_t digits, char16_t& unit) {
  unsigned value = 0;
  for (std::size_t i = 1; i <= digits; ++i) {
    const char16_t c = peek(i) | 0x20;
    unsigned digit = 0;
    if (peek(i) >= u'0' && peek(i) <= u'9') {
      digit = static_cast<unsigned>(peek(i) - u'0');
    } else if (c >= u'a' && c <= u'f') {
      digit = static_cast<unsigned>(c - u'a' + 10);
    } else {
      return false;
    }
    value = value * 16 + digit;
  }
  unit = static_cast<char16_t>(value);
  at_ += digits + 1;
  return true;
}

// After the backslash.
char16_t Compiler::char_escape() {
  constexpr std::u16string_view kNames = u"fnrtv";
  constexpr std::u16string_view kMeanings = u"\f\n\r\t\v";
  const char16_t c = peek();
  char16_t unit = c;
  if (const std::size_t found = kNames.find(c); found != std::u16string_view::npos) {
    ++at_;
    return kMeanings[found];
  }
  const char16_t letter = peek(1) | 0x20;
  if (c == u'c' && letter >= u'a' && letter <= u'z') {
    at_ += 2;
    return letter & 31;
  }
  if (c == u'c') return u'\\';  // not an escape at all; the c follows
  if ((c == u'x' && hex(2, unit)) || (c == u'u' && hex(4, unit))) return unit;
  if (c >= u'0' && c <= u'7') {
    unsigned value = 0;
    for (int i = 0; i < 3 && peek() >= u'0' && peek() <= u'7' && value < 32; ++i, ++at_) {
      value = value * 8 + static_cast<unsigned>(peek() - u'0');
    }
    return static_cast<char16_t>(value);
  }
  ++at_;
  return unit;
}

bool Compiler::class_item(Set& set, bool& is_set, char16_t& unit) {
  is_set = false;
  unit = peek();
  if (unit != u'\\') {
    ++at_;
    return true;
  }
  ++at_;
  if (!more()) return false;
  const char16_t c = peek();
  if (c == u'b') {
    ++at_;
    unit = u'\b';
  } else if (std::u16string_view(u"dDwWsS").find(c) != std::u16string_view::npos) {
    ++at_;
    is_set = true;
    const Set part = escape_set(c);
    set.ranges.insert(set.ranges.end(), part.ranges.begin(), part.ranges.end());
  } else {
    unit = char_escape();
  }
  return true;
}

bool Compiler::char_class(Code& out) {
  ++at_;
  const bool negate = take(u"^");
  Set set;
  while (more() && peek() != u']') {
    bool is_set = false;
    char16_t first = 0;
    if (!class_item(set, is_set, first)) return false;
    if (peek() == u'-' && peek(1) != u']' && at_ + 1 < text_.size()) {
      ++at_;
      bool last_is_set = false;
      char16_t last = 0;
      if (!class_item(set, last_is_set, last)) return false;
      if (!is_set && !last_is_set) {
        if (last < first) return false;
        set.add(first, last);
        continue;
      }
      set.add(u'-', u'-');
      if (!last_is_set) set.add(last, last);
    }
    if (!is_set) set.add(first, first);
  }
  if (!take(u"]")) return false;
  emit_set(out, std::move(set), negate);
  return true;
}

void Compiler::emit_unit(Code& out, char16_t unit) {
  Instruction instruction{Kind::kUnit};
  instruction.unit = ignore_case_ ? fold_unit(unit) : unit;
  instruction.backward = backward_;
  out.push_back(instruction);
}

void Compiler::emit_set(Code& out, Set set, bool negate) {
  if (ignore_case_) {
    Set folded;
    for (const auto& range : set.ranges) {
      for (std::uint32_t unit = range.first; unit <= range.last; ++unit) {
        const char16_t to = fold_unit(static_cast<char16_t>(unit));
        folded.add(to, to);
      }
    }
    set = std::move(folded);
  }
  if (negate) {
    set.invert();
  } else {
    set.sort();
  }
  auto* compiled = arena_.make<CharClass>();
  std::vector<CharClass::Range> high;
  for (const auto& range : set.ranges) {
    for (std::uint32_t unit = range.first; unit <= range.last && unit < 256; ++unit) {
      compiled->low[unit >> 6] |= std::uint64_t{1} << (unit & 63);
    }
    if (range.last >= 256) high.push_back({std::max<char16_t>(range.first, 256), range.last});
  }
  auto* ranges = arena_.array<CharClass::Range>(high.size() + 1);
  std::copy(high.begin(), high.end(), ranges);
  compiled->ranges = ranges;
  compiled->range_count = static_cast<std::uint32_t>(high.size());
  Instruction instruction{Kind::kClass};
  instruction.set = compiled;
  instruction.backward = backward_;
  out.push_back(instruction);
}

}  // namespace

const Regex* compile_regex(std::string_view pattern, std::string_view flags, Arena& arena) {
  return Compiler(to_utf16(pattern), flags, arena).run(pattern);
}

}  // namespace navette::jsonata
