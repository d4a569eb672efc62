// The expression as written: what the parser makes and lowering turns into nodes that run.

#pragma once

#include <string_view>

#include "mapping/jsonata/lexer.h"
#include "mapping/jsonata/signature.h"

namespace navette::jsonata {

// A list in an arena, built by appending.
template <class T>
struct List {
  T* items = nullptr;
  unsigned size = 0;
  unsigned capacity = 0;

  void push(Arena& arena, T item) {
    if (size == capacity) {
      capacity = capacity == 0 ? 4 : capacity * 2;
      T* room = arena.array<T>(capacity);
      for (unsigned i = 0; i < size; ++i) room[i] = items[i];
      items = room;
    }
    items[size++] = item;
  }
  T& operator[](unsigned i) const { return items[i]; }
  T& back() const { return items[size - 1]; }
  bool empty() const { return size == 0; }
  T* begin() const { return items; }
  T* end() const { return items + size; }
};

enum class Form : unsigned char {
  kName,
  kVariable,
  kLiteral,
  kRegex,
  kWord,  // and, or, in as an operand; the ? of a partial call
  kWildcard,
  kDescendant,
  kParent,
  kNegate,
  kArray,
  kObject,
  kBinary,
  kFilter,  // left[right]
  kGroup,   // left{...}
  kSort,    // left^(...)
  kCall,
  kPartial,
  kLambda,
  kCondition,
  kBlock,
  kTransform,
  kEnd,  // an operand was expected where the expression ends
};

struct Syntax;
struct SyntaxPair {
  Syntax* key;
  Syntax* value;
};
struct SyntaxTerm {
  Syntax* expression;
  bool descending;
};

struct Syntax {
  Form form;
  Op op = Op::kNone;        // kBinary, kWord
  bool keep_array = false;  // followed by []
  int start = 0;
  int position = 0;
  int height = 1;            // of the tree below, itself included
  Value value{};             // name, literal, pattern; else what errors show as the token
  Syntax* left = nullptr;    // kCall: what is called. kCondition: the condition
  Syntax* right = nullptr;   // kLambda: the body. kCondition: then
  Syntax* third = nullptr;   // kCondition: else. kTransform: what is deleted
  std::string_view flags{};  // kRegex
  const Signature* signature = nullptr;  // kLambda
  List<Syntax*> list{};                  // arguments, items, statements
  List<SyntaxPair> pairs{};              // kObject, kGroup
  List<SyntaxTerm> terms{};              // kSort
};

// Parse a whole expression into `arena`. nullptr: `failure` is set.
Syntax* parse(std::string_view source, Arena& arena, Failure& failure);

}  // namespace navette::jsonata
