// Makes values out of JSON text: of all of it, or of the members that somebody wants.
//
// simdjson finds where each token starts, then one forward walk over these places makes the values.
// What is not wanted is stepped over, bracket by bracket. Texts without escapes stay where they
// are: the document's text must outlive the values.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "mapping/jsonata/jsonata.h"
#include "mapping/jsonata/value.h"

namespace navette::jsonata {

// A tree of member names; arrays on the way do not count.
class Wanted {
 public:
  Wanted() = default;
  explicit Wanted(const std::vector<Read>& reads);

  bool whole() const { return whole_; }
  std::size_t size() const { return children_.size(); }

  struct Child {
    std::unique_ptr<std::string> name;
    Value key;  // the name
    std::unique_ptr<Wanted> below;
  };
  // The child with that name, which comes as the `nth` of its object, or nullptr. `head`:
  // head_of(name).
  const Child* search(std::string_view name, std::uint64_t head, std::size_t nth);
  // Whether that name was seen there before, as it is written; it has no escapes then.
  bool guessed(std::string_view name, std::uint64_t head, std::size_t nth,
               const Child** child) const {
    if (nth >= guesses_.size() || !guesses_[nth].is(name, head)) return false;
    *child = guesses_[nth].child;
    return true;
  }
  std::size_t index_of(const Child* child) const {
    return static_cast<std::size_t>(child - children_.data());
  }

 private:
  // Members mostly come in the same order in every document.
  struct Guess {
    std::uint64_t head;
    std::string name;
    const Child* child;

    bool is(std::string_view other, std::uint64_t other_head) const {
      if (other_head != head || other.size() != name.size()) return false;
      return other.size() <= 8 || same_bytes(other.data(), name.data(), other.size());
    }
  };

  void add(const Read& read, std::size_t depth);

  bool whole_ = false;
  std::vector<Child> children_;
  std::uint64_t filter_ = 0;  // a bit for the length and first letter of each name
  std::vector<Guess> guesses_;
  std::size_t misses_ = 0;
};

// Threads: one reader belongs to one thread at a time.
class Reader {
 public:
  // What becomes of half a surrogate pair: U+FFFD, or a code point of its own.
  enum class Surrogates { kReplace, kKeep };

  explicit Reader(Surrogates surrogates = Surrogates::kReplace);
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // `wanted`: nullptr: everything. False: trouble() says why.
  bool read(std::string_view text, Wanted* wanted, Arena& arena, Value& out);

  // What is wrong with the text of the newest read(), and the byte offset where.
  const std::string& trouble() const { return trouble_; }
  std::size_t offset() const { return offset_; }

 private:
  struct Tokens;
  class Walk;

  bool scan(std::string_view text);

  Surrogates surrogates_;
  std::unique_ptr<Tokens> tokens_;
  std::string trouble_;
  std::size_t offset_ = 0;
};

}  // namespace navette::jsonata
