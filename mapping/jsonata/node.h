// The compiled expression: immutable, shared by all threads that evaluate it.

#pragma once

#include <bitset>
#include <memory>

#include "mapping/jsonata/regex.h"
#include "mapping/jsonata/signature.h"
#include "mapping/jsonata/symbols.h"
#include "mapping/jsonata/syntax.h"

namespace navette::jsonata {

enum class Kind : unsigned char {
  kPath,
  kName,
  kString,
  kNumber,
  kConstant,  // true, false, null
  kVariable,
  kContext,  // $
  kWildcard,
  kDescendant,
  kParent,
  kRegex,
  kNegate,
  kArray,
  kObject,
  kBinary,
  kBind,
  kApply,
  kCondition,
  kBlock,
  kCall,
  kPartial,
  kPlaceholder,
  kLambda,
  kTransform,
  kSort,
};

inline constexpr std::size_t kBuiltinsMax = 80;

// Where a % finds its object: the label under which a step keeps its context.
struct Slot {
  Symbol label;
  int level;
  Slot* joined = nullptr;  // the slot whose label is used instead
};

inline Symbol label_of(const Slot* slot) {
  while (slot->joined != nullptr) slot = slot->joined;
  return slot->label;
}

struct Node;

struct Stage {
  Node* filter;  // nullptr: an index binding
  Symbol index;
};
struct NodePair {
  Node* key;
  Node* value;
};
struct NodeTerm {
  Node* expression;
  bool descending;
};
struct Group {
  List<NodePair> pairs;
  int position;
};

struct Node {
  Kind kind;
  Op op = Op::kNone;
  bool brackets = false;        // written as [..]: stays an array within an array
  bool keep_array = false;      // followed by []
  bool keep_singleton = false;  // kPath: one of its steps is followed by []
  bool constructed = false;     // an array constructor as first or last step
  bool tuple = false;           // kPath: hands on its tuples. A step: works on tuples
  bool plain = false;           // kPath: names only
  bool tail = false;            // kCall: in tail position of a lambda
  bool leaf = false;            // its value is always `value`
  bool distinct_keys = false;   // kObject: every key is another literal
  bool equals_literal = false;  // kBinary: name = literal
  bool names_only = false;      // kPath: plain names, nothing else
  bool otherwise = false;       // kCondition: `right` when it is there (or true), else `third`
  unsigned number = 0;          // kName: among all names of the program
  unsigned names = 0;           // kPath: how many plain names it starts with
  int start = 0;                // of its token, UTF-16 units
  int position = -1;            // the end of its token; -1: none
  Value value{};                // name, literal
  Value token{};                // what errors show
  Symbol symbol = kNoSymbol;    // kVariable, kBind
  Symbol focus = kNoSymbol;     // a step followed by @$v
  Symbol index = kNoSymbol;     // a step followed by #$i
  Slot* slot = nullptr;         // kParent
  Slot* ancestor = nullptr;     // a step whose context some % asks for
  Node* left = nullptr;         // kCall, kPartial: what is called. kTransform: pattern
  Node* right = nullptr;        // kTransform: update. kLambda: body. kCondition: then
  Node* third = nullptr;        // kTransform: delete. kCondition: else
  List<Node*> items{};          // steps, arguments, items, statements
  List<Stage> predicates{};     // of an operand
  List<Stage> stages{};         // of a step
  Group* group = nullptr;
  List<NodePair> pairs{};
  List<NodeTerm> terms{};
  List<Symbol> parameters{};
  const Signature* signature = nullptr;
  const Regex* regex = nullptr;
  List<Slot*> seeking{};  // while compiling: parents still to be found
  bool seeks = false;
};

// What compiling leaves behind.
struct Program {
  Arena arena;
  Node* root = nullptr;
  // Built-in functions whose name a variable, a parameter ... of the program has, too.
  std::bitset<kBuiltinsMax> hidden;
  unsigned name_count = 0;
};

// The name of a node's type as the language's errors give it.
std::string_view type_name(const Node& node);

// Note about a finished program what makes running it quick.
void prepare(Program& program);

// Parse, lower and prepare. False: `failure` is set; its values live in the program's arena.
bool compile(std::string_view source, Program& program, Symbols& symbols, Failure& failure);

}  // namespace navette::jsonata
