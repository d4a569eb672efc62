#include <algorithm>
#include <string>

#include "mapping/jsonata/regex.h"
#include "mapping/jsonata/text.h"

namespace navette::jsonata {

bool CharClass::has(char16_t unit) const {
  if (unit < 256) return ((low[unit >> 6] >> (unit & 63)) & 1) != 0;
  const Range* end = ranges + range_count;
  const Range* after = std::upper_bound(
      ranges, end, unit, [](char16_t c, const Range& range) { return c < range.first; });
  return after != ranges && unit <= (after - 1)->last;
}

Subject::Subject(std::string_view text, Arena& arena)
    : bytes_(reinterpret_cast<const unsigned char*>(text.data())), size_(text.size()) {
  if (is_ascii(text)) return;
  const std::u16string units = to_utf16(text);
  auto* copy = arena.array<char16_t>(units.size());
  std::copy(units.begin(), units.end(), copy);
  units_ = copy;
  size_ = units.size();
}

std::string_view Subject::slice(std::size_t from, std::size_t to, Arena& arena) const {
  if (ascii()) return {reinterpret_cast<const char*>(bytes_) + from, to - from};
  return arena.copy(to_utf8(std::u16string_view(units_ + from, to - from)));
}

namespace {

using Kind = Instruction::Kind;
constexpr std::size_t kBacktrackMax = 4'000'000;

bool is_word(char16_t c) {
  return (c >= u'a' && c <= u'z') || (c >= u'A' && c <= u'Z') || (c >= u'0' && c <= u'9') ||
         c == u'_';
}
bool is_line_end(char16_t c) {
  return c == u'\n' || c == u'\r' || c == 0x2028 || c == 0x2029;
}

// What to undo or where to go on when the present way fails.
struct Choice {
  enum class Kind : std::uint8_t { kBranch, kCapture, kCount, kPlace, kFewer, kMore };
  Kind kind;
  std::uint32_t at;    // instruction, capture slot or register
  std::int64_t value;  // position, or what the slot held
  std::int64_t bound;  // kFewer, kMore: how far it may go
};

template <class Unit>
class Machine {
 public:
  Machine(const Regex& regex, const Unit* text, std::size_t size, RegexBudget& budget)
      : regex_(regex),
        text_(text),
        size_(static_cast<std::int64_t>(size)),
        budget_(budget),
        captures_(std::size_t{regex.groups} * 2, -1),
        counts_(regex.registers, 0),
        places_(regex.registers, -1) {}

  bool search(std::size_t from) {
    for (auto start = static_cast<std::int64_t>(from); start <= size_; ++start) {
      std::fill(captures_.begin(), captures_.end(), -1);
      choices_.clear();
      if (run(0, start)) return true;
      if (budget_.exhausted) return false;
    }
    return false;
  }
  std::int64_t capture(std::size_t slot) const { return captures_[slot]; }

 private:
  char16_t unit_at(std::int64_t position) const {
    const auto unit = static_cast<char16_t>(text_[position]);
    return regex_.ignore_case ? fold_unit(unit) : unit;
  }

  bool word_at(std::int64_t position) const {
    return position >= 0 && position < size_ && is_word(static_cast<char16_t>(text_[position]));
  }

  // One unit, in the instruction's direction; moves the position.
  bool step(const Instruction& instruction, std::int64_t& position) const {
    const std::int64_t at = instruction.backward ? position - 1 : position;
    if (at < 0 || at >= size_) return false;
    const char16_t unit = unit_at(at);
    bool fits = false;
    switch (instruction.kind) {
      case Kind::kUnit:
        fits = unit == instruction.unit;
        break;
      case Kind::kAny:
        fits = !is_line_end(static_cast<char16_t>(text_[at]));
        break;
      default:
        fits = instruction.set->has(unit);
    }
    if (fits) position = instruction.backward ? at : at + 1;
    return fits;
  }

  bool spend() {
    if (budget_.steps == 0 || choices_.size() > kBacktrackMax) {
      budget_.exhausted = true;
      return false;
    }
    --budget_.steps;
    return true;
  }

  void push(Choice::Kind kind, std::uint32_t at, std::int64_t value, std::int64_t bound = 0) {
    choices_.push_back({kind, at, value, bound});
  }

  void set_capture(std::size_t slot, std::int64_t value) {
    push(Choice::Kind::kCapture, static_cast<std::uint32_t>(slot), captures_[slot]);
    captures_[slot] = value;
  }

  bool back_reference(const Instruction& instruction, std::int64_t& position) const {
    const auto group = static_cast<std::size_t>(instruction.a);
    const std::int64_t begin = captures_[group * 2];
    const std::int64_t length = captures_[group * 2 + 1] - begin;
    if (begin < 0 || captures_[group * 2 + 1] < 0) return true;
    const std::int64_t from = instruction.backward ? position - length : position;
    if (from < 0 || from + length > size_) return false;
    for (std::int64_t i = 0; i < length; ++i) {
      if (unit_at(begin + i) != unit_at(from + i)) return false;
    }
    position = instruction.backward ? from : from + length;
    return true;
  }

  bool edge(const Instruction& instruction, std::int64_t position) const {
    if (instruction.kind == Kind::kWordEdge) {
      return (word_at(position - 1) != word_at(position)) != instruction.negate;
    }
    const bool start = instruction.kind == Kind::kLineStart;
    if (position == (start ? 0 : size_)) return true;
    return regex_.multiline &&
           is_line_end(static_cast<char16_t>(text_[start ? position - 1 : position]));
  }

  // The instruction after kRepeat, as often as it goes; where to continue otherwise is remembered.
  bool repeat(std::uint32_t pc, std::int64_t& position) {
    const Instruction& loop = regex_.code[pc];
    const Instruction& body = regex_.code[pc + 1];
    std::uint32_t count = 0;
    for (; count < loop.min; ++count) {
      if (!step(body, position)) return false;
    }
    if (loop.lazy) {
      if (count < loop.max) push(Choice::Kind::kMore, pc, position, loop.max - count);
      return true;
    }
    const std::int64_t least = position;
    while (count < loop.max && step(body, position)) ++count;
    const auto walked = static_cast<std::uint64_t>(std::abs(position - least));
    budget_.steps -= std::min(budget_.steps, walked / 8);
    if (position != least) push(Choice::Kind::kFewer, pc, position, least);
    return true;
  }

  // Enter or leave a counted loop.
  std::uint32_t loop(std::uint32_t pc, std::int64_t position) {
    const Instruction& instruction = regex_.code[pc];
    const auto reg = static_cast<std::size_t>(instruction.a);
    const std::uint32_t exit = pc + static_cast<std::uint32_t>(instruction.b);
    const auto count = static_cast<std::uint64_t>(counts_[reg]);
    if (count >= instruction.max) return exit;
    if (count >= instruction.min) {
      if (instruction.lazy) {
        // Coming back here means: once more. The count tells that from the first visit.
        push(Choice::Kind::kBranch, pc | kEnterLoop, position);
        return exit;
      }
      push(Choice::Kind::kBranch, exit, position);
    }
    return enter(pc, position);
  }

  std::uint32_t enter(std::uint32_t pc, std::int64_t position) {
    const auto reg = static_cast<std::size_t>(regex_.code[pc].a);
    push(Choice::Kind::kCount, static_cast<std::uint32_t>(reg), counts_[reg]);
    push(Choice::Kind::kPlace, static_cast<std::uint32_t>(reg), places_[reg]);
    ++counts_[reg];
    places_[reg] = position;
    return pc + 1;
  }

  bool look(std::uint32_t pc, std::int64_t position) {
    const Instruction& instruction = regex_.code[pc];
    const std::size_t floor = choices_.size();
    const std::vector<std::int64_t> before = captures_;
    const bool found = run(pc + static_cast<std::uint32_t>(instruction.a), position);
    choices_.resize(floor);
    const std::vector<std::int64_t> after = captures_;
    captures_ = before;
    if (budget_.exhausted) return false;
    if (found && !instruction.negate) {
      for (std::size_t slot = 0; slot < after.size(); ++slot) {
        if (after[slot] != before[slot]) set_capture(slot, after[slot]);
      }
    }
    return found != instruction.negate;
  }

  // Undo up to the newest remaining choice. False: none is left above `floor`.
  bool back(std::size_t floor, std::uint32_t& pc, std::int64_t& position) {
    while (choices_.size() > floor) {
      Choice& choice = choices_.back();
      switch (choice.kind) {
        case Choice::Kind::kCapture:
          captures_[choice.at] = choice.value;
          break;
        case Choice::Kind::kCount:
          counts_[choice.at] = choice.value;
          break;
        case Choice::Kind::kPlace:
          places_[choice.at] = choice.value;
          break;
        case Choice::Kind::kBranch:
          position = choice.value;
          pc = choice.at;
          choices_.pop_back();
          if ((pc & kEnterLoop) != 0) pc = enter(pc & ~kEnterLoop, position);
          return true;
        case Choice::Kind::kFewer: {
          const bool backward = regex_.code[choice.at + 1].backward;
          choice.value += backward ? 1 : -1;
          position = choice.value;
          pc = choice.at + 2;
          if (choice.value == choice.bound) choices_.pop_back();
          return true;
        }
        case Choice::Kind::kMore:
          position = choice.value;
          if (choice.bound == 0 || !step(regex_.code[choice.at + 1], position)) break;
          choice.value = position;
          --choice.bound;
          pc = choice.at + 2;
          return true;
      }
      choices_.pop_back();
    }
    return false;
  }

  // Carry out one instruction. False: this way fails.
  bool execute(std::uint32_t& pc, std::int64_t& position) {
    const Instruction& instruction = regex_.code[pc];
    const auto reg = static_cast<std::size_t>(instruction.a);
    switch (instruction.kind) {
      case Kind::kUnit:
      case Kind::kAny:
      case Kind::kClass:
        ++pc;
        return step(instruction, position);
      case Kind::kSave:
        set_capture(reg, position);
        break;
      case Kind::kClear:
        for (auto slot = reg; slot < static_cast<std::size_t>(instruction.b); ++slot) {
          if (captures_[slot] != -1) set_capture(slot, -1);
        }
        break;
      case Kind::kJump:
        pc += static_cast<std::uint32_t>(instruction.a);
        return true;
      case Kind::kSplit:
        push(Choice::Kind::kBranch, pc + static_cast<std::uint32_t>(instruction.b), position);
        break;
      case Kind::kLoopStart:
        push(Choice::Kind::kCount, static_cast<std::uint32_t>(reg), counts_[reg]);
        push(Choice::Kind::kPlace, static_cast<std::uint32_t>(reg), places_[reg]);
        counts_[reg] = 0;
        break;
      case Kind::kLoop:
        pc = loop(pc, position);
        return true;
      case Kind::kLoopEnd:
        if (position == places_[reg] && static_cast<std::uint64_t>(counts_[reg]) > instruction.min)
          return false;
        pc += static_cast<std::uint32_t>(instruction.b);
        return true;
      case Kind::kRepeat:
        if (!repeat(pc, position)) return false;
        pc += 2;
        return true;
      case Kind::kLineStart:
      case Kind::kLineEnd:
      case Kind::kWordEdge:
        ++pc;
        return edge(instruction, position);
      case Kind::kBackReference:
        ++pc;
        return back_reference(instruction, position);
      case Kind::kLook:
        if (!look(pc, position)) return false;
        pc += static_cast<std::uint32_t>(instruction.b);
        return true;
      case Kind::kLookEnd:
      case Kind::kMatch:
        return true;
    }
    ++pc;
    return true;
  }

  bool run(std::uint32_t pc, std::int64_t position) {
    const std::size_t floor = choices_.size();
    for (;;) {
      if (!spend()) return false;
      const Kind kind = regex_.code[pc].kind;
      if (kind == Kind::kMatch || kind == Kind::kLookEnd) return true;
      if (!execute(pc, position)) {
        if (budget_.exhausted || !back(floor, pc, position)) return false;
      }
    }
  }

  static constexpr std::uint32_t kEnterLoop = 1U << 31;

  const Regex& regex_;
  const Unit* text_;
  std::int64_t size_;
  RegexBudget& budget_;
  std::vector<std::int64_t> captures_;
  std::vector<std::int64_t> counts_;
  std::vector<std::int64_t> places_;
  std::vector<Choice> choices_;
};

template <class Unit>
bool find(const Regex& regex, const Unit* text, std::size_t size, std::size_t from,
          RegexBudget& budget, std::vector<Span>& groups) {
  Machine<Unit> machine(regex, text, size, budget);
  if (!machine.search(from)) return false;
  groups.resize(regex.groups);
  for (std::size_t i = 0; i < groups.size(); ++i) {
    groups[i] = {machine.capture(i * 2), machine.capture(i * 2 + 1)};
    if (groups[i].begin < 0 || groups[i].end < 0) groups[i] = Span{};
  }
  return true;
}

}  // namespace

bool find_match(const Regex& regex, const Subject& subject, std::size_t from, RegexBudget& budget,
                std::vector<Span>& groups) {
  if (from > subject.size()) return false;
  if (subject.ascii()) {
    return find(regex, subject.bytes(), subject.size(), from, budget, groups);
  }
  return find(regex, subject.units(), subject.size(), from, budget, groups);
}

}  // namespace navette::jsonata
