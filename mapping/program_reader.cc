#include "mapping/program_reader.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include <simdjson.h>

namespace navette::program {
namespace {

using Kind = Slot::Kind;

}  // namespace

Node& Node::child(const std::string& name) {
  for (Child& child : children) {
    if (child.name.text == name) return *child.node;
  }
  const NameKey key = NameKey::of(name, name.data() + name.size());
  std::uint8_t& bucket = buckets[key.hash() >> 56];
  children.push_back({{key, name}, std::make_unique<Node>(), bucket - 1});
  bucket = static_cast<std::uint8_t>(children.size());
  leaf = false;
  return *children.back().node;
}

void Node::learn(const NameKey& key, std::string_view name, std::size_t nth, Node* node) {
  // Documents whose members have no order of their own are not worth learning.
  constexpr std::size_t kMissesMax = 2048;
  constexpr std::size_t kGuessesMax = 128;
  constexpr std::size_t kNameMax = 128;
  if (++misses == kMissesMax) {
    learns = false;
    guesses.clear();  // from here on they would only be in the way
    return;
  }
  if (name.size() > kNameMax) return;
  Guess guess{{key, std::string(name)}, node};
  if (nth < guesses.size()) {
    guesses[nth] = std::move(guess);
  } else if (nth == guesses.size() && nth < kGuessesMax) {
    guesses.push_back(std::move(guess));
  }
}

// ---- where paths lead
// ----------------------------------------------------------------------------

std::optional<int> Layout::slot_of(const Path& path) {
  return slot_of_steps(path.steps(), 0, &root_);
}

std::optional<int> Layout::slot_of_steps(const std::vector<Path::Step>& steps, std::size_t from,
                                         Node* node) {
  constexpr std::size_t kChildrenMax = 100;
  for (std::size_t i = from; i < steps.size(); ++i) {
    if (node->children.size() >= kChildrenMax || has_backslash(steps[i].name)) return std::nullopt;
    node = &node->child(steps[i].name);
    if (node->items != nullptr) return std::nullopt;
    if (!steps[i].filters.empty()) return picked_slot(steps, i, node);
    if (node->picked != nullptr) return std::nullopt;
  }
  if (node->slot < 0) node->slot = new_slot();
  return node->slot;
}

std::optional<int> Layout::picked_slot(const std::vector<Path::Step>& steps, std::size_t at,
                                       Node* node) {
  const bool elsewise = !node->children.empty() || node->slot >= 0;
  if (steps[at].filters.size() != 1 || elsewise) return std::nullopt;
  const Path::Filter& filter = steps[at].filters.front();
  Node::Branch branch;
  branch.by_index = filter.by_index;
  branch.index = filter.index;
  branch.literal = filter.literal;
  const bool fits = filter.by_index ? filter.index >= 0 : !filter.literal.is_double();
  if (!fits) return std::nullopt;
  if (node->picked == nullptr) node->picked = std::make_unique<Layout>();
  node->leaf = false;
  Layout& item = *node->picked;
  if (!filter.by_index) {
    branch.literal_text = filter.literal.text();
    if (filter.literal.is_int()) branch.literal_number = filter.literal.as_int();
    Node& member = item.root_.child(filter.member);
    if (member.slot < 0) member.slot = item.new_slot();
    branch.member = member.slot;
  }
  const auto inner = item.slot_of_steps(steps, at + 1, &item.root_);
  if (!inner) return std::nullopt;
  const auto same = [&branch](const Node::Branch& known) {
    return known.by_index == branch.by_index && known.index == branch.index &&
           known.member == branch.member && known.literal == branch.literal;
  };
  auto known = std::find_if(node->branches.begin(), node->branches.end(), same);
  if (known == node->branches.end()) {
    node->branches.push_back(std::move(branch));
    known = node->branches.end() - 1;
  }
  for (const auto& [from, to] : known->moves) {
    if (from == *inner) return to;
  }
  known->moves.emplace_back(*inner, new_slot());
  return known->moves.back().second;
}

std::optional<int> Layout::items_of(const Path& path, Layout** items) {
  Node* node = &root_;
  for (const Path::Step& step : path.steps()) {
    const bool named = step.filters.empty() && !has_backslash(step.name);
    if (!named || node->items != nullptr || node->picked != nullptr) return std::nullopt;
    node = &node->child(step.name);
  }
  if (!node->leaf || node->slot >= 0) return std::nullopt;
  node->items = std::make_unique<Layout>();
  node->leaf = false;
  node->slot = new_slot();
  *items = node->items.get();
  return node->slot;
}

// ---- the walk
// ------------------------------------------------------------------------------------

Reader::Reader() = default;
Reader::~Reader() = default;

bool Reader::scan() {
  if (text_.size() >= std::numeric_limits<std::uint32_t>::max() - 64) return false;
  if (text_.size() > capacity_ || parser_ == nullptr) {
    capacity_ = std::max<std::size_t>(text_.size() + text_.size() / 2, 16384);
    parser_.reset();
    const auto error = simdjson::get_active_implementation()->create_dom_parser_implementation(
        capacity_, 16, parser_);
    if (error != simdjson::SUCCESS) {
      parser_.reset();
      return false;
    }
  }
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast)
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text_.data());
  if (parser_->stage1(bytes, text_.size(), simdjson::stage1_mode::regular) != simdjson::SUCCESS) {
    return false;
  }
  tokens_ = parser_->structural_indexes.get();
  last_ = tokens_ + parser_->n_structural_indexes;
  return true;
}

bool Reader::read(std::string_view text, Layout* layout) {
  text_ = text;
  bytes_ = text.data();
  if (!scan()) return false;
  slots_.clear();
  slots_.resize(static_cast<std::size_t>(layout->slots()));
  if (sign(tokens_) != '{') return false;
  return object(layout->root(), tokens_, 0, ++stamp_) == last_;
}

namespace {

enum class First : std::uint8_t { kPlain, kBracket, kNone };

// What the first character of a token that should be a value says.
constexpr std::array<First, 256> kFirsts = [] {
  std::array<First, 256> table{};
  for (const char c : {',', ':', '}', ']'}) table[static_cast<unsigned char>(c)] = First::kNone;
  for (const char c : {'{', '['}) table[static_cast<unsigned char>(c)] = First::kBracket;
  return table;
}();

}  // namespace

Reader::At Reader::object(Node& node, At at, std::size_t base, std::uint32_t stamp) {
  ++at;
  if (sign(at) == '}') return at + 1;
  const char* const readable = bytes_ + text_.size();
  const Node::Guess* guess = node.guesses.data();
  const Node::Guess* guess_end = guess + node.guesses.size();
  for (std::size_t nth = 0;; ++nth) {
    // A name, a colon, a value, and what comes behind it.
    if (last_ - at < 4) return nullptr;
    const char* const start = bytes_ + at[0] + 1;
    const char* end = bytes_ + at[1];
    if (start[-1] != '"' || *end != ':') return nullptr;
    while (static_cast<unsigned char>(*--end) <= ' ') continue;
    const std::string_view name(start, static_cast<std::size_t>(end - start));
    const NameKey key = NameKey::of(name, readable);
    Node* child = nullptr;
    if (guess != guess_end && guess->name.is(key, name)) {
      child = guess++->node;
    } else {
      bool escaped = false;
      child = node.find(key, name, nth, &escaped);
      if (escaped) return nullptr;
      if (guess != guess_end || node.learns) {
        guess_end = node.guesses.data() + node.guesses.size();
        guess = std::min<const Node::Guess*>(node.guesses.data() + nth + 1, guess_end);
      }
    }
    at += 2;
    const char* const first = bytes_ + *at;
    if (child == nullptr) {
      const First sort = kFirsts[static_cast<unsigned char>(*first)];
      if (sort == First::kNone) return nullptr;
      at = sort == First::kPlain ? at + 1 : skip_bracket(at);
    } else if (*first == '"' && child->leaf) {  // most values
      const char* quote = bytes_ + at[1];
      while (static_cast<unsigned char>(*--quote) <= ' ') continue;
      Slot& slot = slots_[base + static_cast<std::size_t>(child->slot)];
      slot.at = first + 1;
      slot.size = static_cast<std::uint32_t>(quote - first - 1);
      slot.kind = Kind::kText;
      ++at;
    } else {
      at = value(*child, at, base, stamp);
    }
    if (at == nullptr) return nullptr;
    const char after = sign(at++);
    if (after == ',') continue;
    return after == '}' ? at : nullptr;
  }
}

Reader::At Reader::value(Node& node, At at, std::size_t base, std::uint32_t stamp) {
  const char first = sign(at);
  if (first == '{' || first == '[') return bracket(node, at, base, stamp);
  if (!single(node, first, stamp)) return nullptr;
  if (first != '"') return scalar(node, at, base);
  if (node.slot < 0) return at + 1;
  const std::string_view quoted = token(at);
  Slot& slot = slots_[base + static_cast<std::size_t>(node.slot)];
  slot.at = quoted.data() + 1;
  slot.size = static_cast<std::uint32_t>(quoted.size() - 2);
  slot.kind = Kind::kText;
  return at + 1;
}

// Whether a value that is neither list nor object may stand where lists or objects are expected.
bool Reader::single(Node& node, char first, std::uint32_t stamp) const {
  if (node.leaf) return true;
  // A second one of the same name would have to undo the first.
  if (node.stamp == stamp) return false;
  node.stamp = stamp;
  if (node.items != nullptr) return first == 'n';
  // [0] of what is no list is the thing itself.
  return std::none_of(node.branches.begin(), node.branches.end(),
                      [](const Node::Branch& branch) { return branch.by_index; });
}

Reader::At Reader::bracket(Node& node, At at, std::size_t base, std::uint32_t stamp) {
  const At first = at;
  const bool list = bytes_[*first] == '[';
  if (!node.leaf) {
    // A second one of the same name would have to undo the first.
    if (node.stamp == stamp) return nullptr;
    node.stamp = stamp;
  }
  if (node.items != nullptr) return list ? items(node, at, base) : nullptr;
  // A single object can be picked, too: rare.
  if (node.picked != nullptr) return list ? picked(node, at, base) : nullptr;
  if (node.children.empty()) {
    at = skip_bracket(at);
  } else if (list) {
    // A name asked of a list is asked of its items.
    at = sign(at + 1) == ']' ? at + 2 : nullptr;
  } else {
    at = object(node, at, base, stamp);
  }
  if (at == nullptr || node.slot < 0) return at;
  Slot& slot = slots_[base + static_cast<std::size_t>(node.slot)];
  slot.at = bytes_ + *first;
  slot.size = at[-1] + 1 - *first;
  slot.first = static_cast<std::uint32_t>(first - tokens_);
  slot.kind = list ? Kind::kArray : Kind::kObject;
  return at;
}

Reader::At Reader::items(Node& node, At at, std::size_t base) {
  const std::size_t index = base + static_cast<std::size_t>(node.slot);
  Layout& layout = *node.items;
  slots_[index].at = bytes_ + *at;
  slots_[index].kind = Kind::kItems;
  ++at;
  if (sign(at) == ']') return at + 1;
  for (std::size_t before = index;;) {
    constexpr std::size_t kSlotsMax = 1'000'000;  // 24 MB; "{}," becomes a block of them
    const std::size_t block = slots_.size();
    if (block > kSlotsMax) return nullptr;
    slots_.resize(block + 1 + static_cast<std::size_t>(layout.slots()));
    slots_[before].first = static_cast<std::uint32_t>(block);
    ++slots_[index].size;
    before = block;
    const std::uint32_t start = *at;
    if (sign(at) != '{') return nullptr;
    at = object(layout.root(), at, block + 1, ++stamp_);
    if (at == nullptr) return nullptr;
    slots_[block].at = bytes_ + start;
    slots_[block].size = at[-1] + 1 - start;
    const char after = sign(at++);
    if (after == ',') continue;
    return after == ']' ? at : nullptr;
  }
}

Reader::At Reader::picked(Node& node, At at, std::size_t base) {
  Layout& layout = *node.picked;
  ++at;
  if (sign(at) == ']') return at + 1;
  for (std::int64_t number = 0;; ++number) {
    const std::size_t block = slots_.size();
    slots_.resize(block + static_cast<std::size_t>(layout.slots()));
    at = value(layout.root(), at, block, ++stamp_);
    if (at == nullptr || !pick(node, base, block, number)) return nullptr;
    slots_.resize(block);
    const char after = sign(at++);
    if (after == ',') continue;
    return after == ']' ? at : nullptr;
  }
}

// Whether the item is one of the branch; nothing where its characters alone don't tell. `number` is
// the value of the slot `member`, if that is a short whole number: branches mostly ask for the same
// one.
std::optional<bool> Reader::fits(const Node::Branch& branch, std::size_t block, int* member,
                                 std::optional<std::int64_t>* number) const {
  const Slot& value = slots_[block + static_cast<std::size_t>(branch.member)];
  const Json& literal = branch.literal;
  switch (value.kind) {
    case Kind::kText:
      if (has_backslash(value.text())) return std::nullopt;
      return literal.is_string() && same_text(value.text(), branch.literal_text);
    case Kind::kNumber: {
      if (*member != branch.member) {
        std::int64_t whole = 0;
        *member = branch.member;
        number->reset();
        if (small_integer(value.text(), &whole)) *number = whole;
      }
      if (*number) return branch.literal_number == **number;
      if (!literal.is_number()) return false;
      if (value.text() == branch.literal_text) return true;
      if (value.text().find_first_of(".eE") != std::string_view::npos) return std::nullopt;
      if (value.text().starts_with("-0")) return std::nullopt;
      return false;
    }
    case Kind::kTrue:
    case Kind::kFalse:
      return literal.is_bool() && literal.as_bool() == (value.kind == Kind::kTrue);
    case Kind::kNull:
      return literal.is_null();
    case Kind::kMissing:
      return false;
    default:
      return std::nullopt;
  }
}

bool Reader::pick(const Node& node, std::size_t base, std::size_t block, std::int64_t index) {
  int member = -1;
  std::optional<std::int64_t> number;
  for (const Node::Branch& branch : node.branches) {
    const std::optional<bool> chosen =
        branch.by_index ? branch.index == index : fits(branch, block, &member, &number);
    if (!chosen) return false;
    if (!*chosen) continue;
    for (const auto& [from, to] : branch.moves) {
      const Slot& found = slots_[block + static_cast<std::size_t>(from)];
      if (found.kind == Kind::kMissing) continue;
      Slot& slot = slots_[base + static_cast<std::size_t>(to)];
      if (slot.kind != Kind::kMissing) return false;  // several make a list
      slot = found;
    }
  }
  return true;
}

Reader::At Reader::scalar(Node& node, At at, std::size_t base) {
  const char first = sign(at);
  if (first == '\0') return nullptr;
  const std::string_view found = token(at);
  Kind kind = Kind::kNumber;
  switch (first) {
    case 'n':
      kind = Kind::kNull;
      if (found != "null") return nullptr;
      break;
    case 't':
      kind = Kind::kTrue;
      if (found != "true") return nullptr;
      break;
    case 'f':
      kind = Kind::kFalse;
      if (found != "false") return nullptr;
      break;
    default:
      if (first != '-' && (first < '0' || first > '9')) return nullptr;
  }
  if (node.slot < 0) return at + 1;
  Slot& slot = slots_[base + static_cast<std::size_t>(node.slot)];
  slot.at = found.data();
  slot.size = static_cast<std::uint32_t>(found.size());
  slot.kind = kind;
  return at + 1;
}

Reader::At Reader::skip_bracket(At at) const {
  ++at;
  for (int open = 1; open > 0;) {
    if (at == last_) return nullptr;
    // '[' and '{', ']' and '}' differ in one bit only, and nothing else looks like them.
    const char kind = static_cast<char>(bytes_[*at++] | 0x20);
    open += kind == '{' ? 1 : 0;
    open -= kind == '}' ? 1 : 0;
  }
  return at;
}

}  // namespace navette::program
