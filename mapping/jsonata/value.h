// The values an expression works on: 16 bytes each, in an Arena, copied freely.
//
// Beyond JSON there are: undefined (nothing there), functions, and two that never leave the
// evaluator: a tuple (one binding row of a path with @, # or %), and a fail mark, which says that
// the evaluation's error is set and every caller returns at once.
//
// Strings are UTF-8 in which lone surrogates may occur, encoded like any other code point.

#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "mapping/jsonata/arena.h"

namespace navette::jsonata {

enum class Tag : std::uint8_t {
  kUndefined,
  kNull,
  kBool,
  kNumber,
  kString,
  kArray,
  kObject,
  kFunction,
  kTuple,
  kTail,  // a call in tail position that its caller carries out
  kFail,
};

struct Array;
struct Object;
struct Function;
struct Tuple;
struct TailCall;

class Value {
 public:
  Value() : number_(0) {}
  explicit Value(double number) : tag_(Tag::kNumber), number_(number) {}
  explicit Value(bool flag) : tag_(Tag::kBool), flag_(flag), number_(0) {}
  explicit Value(std::string_view text)
      : tag_(Tag::kString), length_(static_cast<std::uint32_t>(text.size())), text_(text.data()) {}
  explicit Value(Array* array) : tag_(Tag::kArray), array_(array) {}
  explicit Value(Object* object) : tag_(Tag::kObject), object_(object) {}
  explicit Value(Function* function) : tag_(Tag::kFunction), function_(function) {}
  explicit Value(const Tuple* tuple) : tag_(Tag::kTuple), tuple_(tuple) {}
  explicit Value(const TailCall* call) : tag_(Tag::kTail), call_(call) {}
  // Text without control characters, quotes, backslashes and halves of characters: it stands in
  // JSON as it is.
  static Value plain_text(std::string_view text) {
    Value value(text);
    value.flag_ = true;
    return value;
  }
  static Value null() { return of(Tag::kNull); }
  static Value fail() { return of(Tag::kFail); }

  Tag tag() const { return tag_; }
  bool undefined() const { return tag_ == Tag::kUndefined; }
  bool defined() const { return tag_ != Tag::kUndefined; }
  bool is_null() const { return tag_ == Tag::kNull; }
  bool is_bool() const { return tag_ == Tag::kBool; }
  bool is_number() const { return tag_ == Tag::kNumber; }
  bool is_string() const { return tag_ == Tag::kString; }
  bool is_array() const { return tag_ == Tag::kArray; }
  bool is_object() const { return tag_ == Tag::kObject; }
  bool is_function() const { return tag_ == Tag::kFunction; }
  bool is_tuple() const { return tag_ == Tag::kTuple; }
  bool is_tail() const { return tag_ == Tag::kTail; }
  bool failed() const { return tag_ == Tag::kFail; }

  // REQUIRES for each: the tag of that name.
  bool flag() const { return flag_; }
  double number() const { return number_; }
  std::string_view text() const { return {text_, length_}; }
  bool is_plain() const { return flag_; }  // false: nobody knows
  Array* array() const { return array_; }
  Object* object() const { return object_; }
  Function* function() const { return function_; }
  const Tuple* tuple() const { return tuple_; }
  const TailCall* tail() const { return call_; }

 private:
  static Value of(Tag tag) {
    Value value;
    value.tag_ = tag;
    return value;
  }

  Tag tag_ = Tag::kUndefined;
  bool flag_ = false;
  std::uint32_t length_ = 0;
  union {
    double number_;
    const char* text_;
    Array* array_;
    Object* object_;
    Function* function_;
    const Tuple* tuple_;
    const TailCall* call_;
  };
};
static_assert(sizeof(Value) == 16);

// The marks travel with the array itself, whoever holds it: this is what makes one-item results
// unwrap or not.
struct Array {
  Value* items = nullptr;
  std::uint32_t size = 0;
  std::uint32_t capacity = 0;
  bool sequence = false;        // a result of several values: one item alone is that item
  bool keep_singleton = false;  // ... except when [] asked for an array
  bool constructed = false;     // written as [..] in a path: not flattened into its surroundings
  bool outer_wrapper = false;   // the one item is the input document, itself an array
  bool tuple_stream = false;    // the items are tuples

  void push(Arena& arena, Value value) {
    if (size == capacity) reserve(arena, capacity == 0 ? 4 : std::size_t{capacity} * 2);
    items[size++] = value;
  }
  void append(Arena& arena, const Array& other) {
    if (std::size_t{size} + other.size > capacity) {
      reserve(arena, (std::size_t{size} + other.size) * 3 / 2 + 1);
    }
    if (other.size > 0)
      std::memcpy(static_cast<void*>(items + size), other.items,
                  std::size_t{other.size} * sizeof(Value));
    size += other.size;
  }
  void reserve(Arena& arena, std::size_t wanted) {
    Value* room = arena.array<Value>(wanted);
    if (size > 0) std::memcpy(static_cast<void*>(room), items, std::size_t{size} * sizeof(Value));
    items = room;
    capacity = static_cast<std::uint32_t>(wanted);
  }
  Value* begin() const { return items; }
  Value* end() const { return items + size; }
};

struct Member {
  Value key;  // a string
  Value value;
};

// Members keep the order in which they were first set.
struct Object {
  Member* members = nullptr;
  std::uint32_t size = 0;
  std::uint32_t capacity = 0;
  std::uint32_t* index = nullptr;  // open addressing, positions + 1; only for many members
  std::uint32_t index_mask = 0;

  Value find(std::string_view key) const;  // undefined when missing
  Member* find_member(std::string_view key) const;
  // Add or replace; `key` must outlive the arena's use.
  void set(Arena& arena, Value key, Value value);
  // Add without looking for an equal key. REQUIRES: the key is not there yet.
  void add(Arena& arena, Value key, Value value) {
    if (size == capacity) reserve(arena, capacity == 0 ? 4 : std::size_t{capacity} * 2);
    members[size++] = Member{key, value};
    if (size >= kIndexedFrom) index_newest(arena);
  }
  void erase(Arena& arena, std::string_view key);
  void reserve(Arena& arena, std::size_t wanted);
  Member* begin() const { return members; }
  Member* end() const { return members + size; }

  static constexpr std::uint32_t kIndexedFrom = 49;

 private:
  void build_index(Arena& arena);
  void index_newest(Arena& arena);
};

inline Array* new_array(Arena& arena) {
  return arena.make<Array>();
}
inline Array* new_sequence(Arena& arena) {
  Array* array = arena.make<Array>();
  array->sequence = true;
  return array;
}
inline Array* new_sequence(Arena& arena, Value only) {
  Array* array = new_sequence(arena);
  array->reserve(arena, 1);
  array->items[array->size++] = only;
  return array;
}
inline Value new_text(Arena& arena, std::string_view text) {
  return Value(arena.copy(text));
}

// Deep comparison; functions are equal only to themselves. Sets `too_deep` when the values go
// deeper than it looks.
bool deep_equal(Value a, Value b, bool& too_deep, int depth = 0);

// A name known while compiling: variables, and the unnamed slots of % (parent).
using Symbol = std::int32_t;
inline constexpr Symbol kNoSymbol = -1;

struct Binding {
  Symbol symbol;
  Value value;
  const Binding* next;
};

// Where variables are looked up: newest binding first, then the surrounding frame.
struct Frame {
  const Frame* parent = nullptr;
  const Binding* bindings = nullptr;
};

struct Tuple {
  Value context;
  const Binding* bindings = nullptr;
};

}  // namespace navette::jsonata
