// Finds the values that rules read, in one forward pass over a document's text. A part of Program.
//
// Paths are put together in a tree of names; the walk goes down it and notes where the text of each
// wanted value stands. What has an unusual shape (names asked of a list, duplicate members on the
// way, escapes in names) is left to whoever can read it whole: read() says so.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "navette/json.h"

#include "base/bytes.h"
#include "mapping/path.h"

namespace simdjson::internal {
class dom_parser_implementation;
}

namespace navette::program {

// Where a value stands in the text.
struct Slot {
  enum class Kind : std::uint8_t {
    kMissing,
    kNull,
    kFalse,
    kTrue,
    kNumber,  // the characters of a number, not yet checked
    kText,    // what stands between the quotes
    kObject,
    kArray,
    kItems,  // the list of an `each` rule
  };
  const char* at = nullptr;
  std::uint32_t size = 0;   // bytes; of kItems: items
  std::uint32_t first = 0;  // kObject, kArray: index of its first token; kItems: block of item 0
  Kind kind = Kind::kMissing;

  std::string_view text() const { return {at, size}; }
};

class Layout;

// A name on the way to wanted values.
struct Node {
  struct Name {
    NameKey key;
    std::string text;

    bool is(const NameKey& other, std::string_view name) const {
      return key == other && (key.size <= 16 || same_text(text, name));
    }
  };
  struct Child {
    Name name;
    std::unique_ptr<Node> node;
    int next = -1;  // in the same bucket
  };
  // Members mostly come in the same order in every document.
  struct Guess {
    Name name;
    Node* node;
  };
  // Items of a list that a path picks by a member's value or by position.
  struct Branch {
    bool by_index = false;
    std::int64_t index = 0;
    int member = -1;  // slot of an item
    Json literal;
    std::string literal_text;
    std::optional<std::int64_t> literal_number;
    std::vector<std::pair<int, int>> moves;  // slot of the item, slot of this layout
  };

  int slot = -1;
  std::unique_ptr<Layout> items;  // of an `each` rule
  std::unique_ptr<Layout> picked;
  std::vector<Branch> branches;
  std::vector<Child> children;
  std::array<std::uint8_t, 256> buckets{};  // index of a child + 1
  std::vector<Guess> guesses;
  std::size_t misses = 0;
  bool learns = true;
  std::uint32_t stamp = 0;

  bool leaf = true;  // neither children nor items nor picked
  Node& child(const std::string& name);
  // The child whose name comes as the `nth` of its object, or null. Sets `*escaped` for a name that
  // is none of them as it is written, but may be one of them when its escapes are read.
  Node* find(const NameKey& key, std::string_view name, std::size_t nth, bool* escaped) {
    for (int at = buckets[key.hash() >> 56] - 1; at >= 0;) {
      const Child& child = children[static_cast<std::size_t>(at)];
      if (child.name.is(key, name)) {
        if (learns) learn(key, name, nth, child.node.get());
        return child.node.get();
      }
      at = child.next;
    }
    *escaped = key.has_backslash(name);
    if (learns && !*escaped) learn(key, name, nth, nullptr);
    return nullptr;
  }

 private:
  void learn(const NameKey& key, std::string_view name, std::size_t nth, Node* node);
};

// The slots of a document, or of the items of one list, and the paths that fill them.
class Layout {
 public:
  // The slot that holds what Path::read() would find; nothing for a path that this can't follow.
  std::optional<int> slot_of(const Path& path);
  // The same for a path to a list whose items have slots of their own, laid out by `*items`. The
  // item's block begins with a slot for the item itself; its `first` is the next item's block, 0
  // for none.
  std::optional<int> items_of(const Path& path, Layout** items);

  int slots() const { return slots_; }
  Node& root() { return root_; }

 private:
  int new_slot() { return slots_++; }
  Node* node_of(const Path& path, std::size_t steps);
  std::optional<int> slot_of_steps(const std::vector<Path::Step>& steps, std::size_t from,
                                   Node* node);
  std::optional<int> picked_slot(const std::vector<Path::Step>& steps, std::size_t at, Node* node);

  Node root_;
  int slots_ = 0;
};

class Reader {
 public:
  Reader();
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // False: the text is no JSON object, or of a shape that only a whole reading can handle.
  bool read(std::string_view text, Layout* layout);

  // Of the newest read(): slots of the document first.
  const Slot& slot(std::size_t index) const { return slots_[index]; }
  // Where each token starts.
  const std::uint32_t* tokens() const { return tokens_; }
  const char* begin() const { return text_.data(); }
  const char* end() const { return text_.data() + text_.size(); }

 private:
  // Where the walk stands: the next token. Each step of it takes the token to start with and gives
  // the one after it; null: the walk ends here.
  using At = const std::uint32_t*;

  bool scan();
  At object(Node& node, At at, std::size_t base, std::uint32_t stamp);
  At value(Node& node, At at, std::size_t base, std::uint32_t stamp);
  At bracket(Node& node, At at, std::size_t base, std::uint32_t stamp);
  At items(Node& node, At at, std::size_t base);
  At picked(Node& node, At at, std::size_t base);
  At scalar(Node& node, At at, std::size_t base);
  bool single(Node& node, char first, std::uint32_t stamp) const;
  bool pick(const Node& node, std::size_t base, std::size_t block, std::int64_t index);
  std::optional<bool> fits(const Node::Branch& branch, std::size_t block, int* member,
                           std::optional<std::int64_t>* number) const;

  // The first character of a token; '\0' at the end.
  char sign(At at) const { return at < last_ ? bytes_[*at] : '\0'; }
  // The characters of the token at `at`, up to the next one.
  std::string_view token(At at) const {
    const char* end = at + 1 < last_ ? bytes_ + at[1] : bytes_ + text_.size();
    while (static_cast<unsigned char>(end[-1]) <= ' ') --end;
    const char* const start = bytes_ + *at;
    return {start, static_cast<std::size_t>(end - start)};
  }
  At skip_bracket(At at) const;

  std::unique_ptr<simdjson::internal::dom_parser_implementation> parser_;
  std::size_t capacity_ = 0;
  std::string_view text_;
  const std::uint32_t* tokens_ = nullptr;
  const std::uint32_t* last_ = nullptr;
  const char* bytes_ = nullptr;
  std::vector<Slot> slots_;
  std::uint32_t stamp_ = 0;
};

}  // namespace navette::program
