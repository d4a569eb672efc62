// Facts about the nodes of a finished program that save work in every run.

#include <algorithm>
#include <vector>

#include "mapping/jsonata/eval.h"
#include "mapping/jsonata/node.h"
#include "mapping/jsonata/print.h"

namespace navette::jsonata {
namespace {

bool is_bare(const Node& node) {
  return node.predicates.empty() && node.group == nullptr && !node.keep_array;
}

bool is_literal(const Node& node) {
  return node.kind == Kind::kString || node.kind == Kind::kNumber || node.kind == Kind::kConstant;
}

bool is_plain_step(const Node& step) {
  return step.kind == Kind::kName && is_bare(step) && step.stages.empty() && !step.tuple &&
         step.ancestor == nullptr && step.focus == kNoSymbol && step.index == kNoSymbol;
}

class Preparer {
 public:
  explicit Preparer(Program& program) : program_(program) {}

  void run() {
    todo_.push_back(program_.root);
    while (!todo_.empty()) {
      Node* node = todo_.back();
      todo_.pop_back();
      visit(*node);
    }
    for (Node* call : calls_) note_call(*call);
    if (program_.hidden[symbol_of("exists")]) {
      for (Node* node : coalescing_) node->otherwise = false;
    }
  }

 private:
  void later(Node* node) {
    if (node != nullptr) todo_.push_back(node);
  }

  void later(const List<Stage>& stages) {
    for (const Stage& stage : stages) {
      later(stage.filter);
      hide(stage.index);
    }
  }

  void later(const List<NodePair>& pairs) {
    for (const NodePair& pair : pairs) {
      later(pair.key);
      later(pair.value);
    }
  }

  void hide(Symbol symbol) {
    if (symbol >= 0 && static_cast<std::size_t>(symbol) < kBuiltinsMax) {
      program_.hidden.set(static_cast<std::size_t>(symbol));
    }
  }

  void visit(Node& node) {
    for (Node* part : {node.left, node.right, node.third}) later(part);
    for (Node* item : node.items) later(item);
    later(node.predicates);
    later(node.stages);
    later(node.pairs);
    if (node.group != nullptr) later(node.group->pairs);
    for (const NodeTerm& term : node.terms) later(term.expression);
    for (const Symbol parameter : node.parameters) hide(parameter);
    hide(node.focus);
    hide(node.index);
    if (node.kind == Kind::kBind) hide(node.symbol);
    note(node);
  }

  static std::size_t symbol_of(std::string_view name) {
    std::size_t at = 0;
    while (builtin_at(static_cast<int>(at)).name != name) ++at;
    return at;
  }

  // The table in $lookup({"a": 1, ...}, key) is made once.
  void note_call(const Node& call) {
    const std::size_t lookup = symbol_of("lookup");
    if (call.left->kind != Kind::kVariable || program_.hidden[lookup]) return;
    if (call.left->symbol != static_cast<Symbol>(lookup) || call.items.size != 2) return;
    Node& table = *call.items[0];
    const bool constant = table.kind == Kind::kObject && is_bare(table) && table.distinct_keys &&
                          std::all_of(table.pairs.begin(), table.pairs.end(),
                                      [](const NodePair& pair) { return pair.value->leaf; });
    if (!constant) return;
    auto* object = program_.arena.make<Object>();
    for (const NodePair& pair : table.pairs) {
      object->add(program_.arena, pair.key->value, pair.value->value);
    }
    table.value = Value(object);
    table.leaf = true;
  }

  void note(Node& node) {
    if (node.kind == Kind::kName) node.number = program_.name_count++;
    if (node.kind == Kind::kCall) calls_.push_back(&node);
    if (node.kind == Kind::kCondition && node.op == Op::kCoalesce) coalescing_.push_back(&node);
    if (node.value.is_string() && is_plain(node.value.text())) {
      node.value = Value::plain_text(node.value.text());
    }
    node.leaf = is_literal(node) && is_bare(node);
    if (node.kind == Kind::kPath) note_path(node);
    if (node.kind == Kind::kCondition) note_condition(node);
    if (node.kind == Kind::kObject) node.distinct_keys = has_distinct_keys(node.pairs);
    if (node.kind != Kind::kBinary || node.op != Op::kEqual || !is_bare(node)) return;
    const Node& left = *node.left;
    node.equals_literal = left.kind == Kind::kPath && left.items.size == 1 && left.plain &&
                          is_bare(left) && !left.keep_singleton && is_plain_step(*left.items[0]) &&
                          is_literal(*node.right) && is_bare(*node.right);
  }

  static void note_path(Node& path) {
    const bool tuples = path.tuple || std::any_of(path.items.begin(), path.items.end(),
                                                  [](const Node* step) { return step->tuple; });
    if (tuples || path.keep_singleton || path.group != nullptr) return;
    if (!is_bare(path)) return;
    while (path.names < path.items.size && is_plain_step(*path.items[path.names])) ++path.names;
    path.names_only = path.names == path.items.size;
  }

  // a ?? b and a ?: b hold a twice; looking once is enough when a has no effects.
  static void note_condition(Node& node) {
    const Kind kind = node.right->kind;
    if (kind != Kind::kPath && kind != Kind::kVariable) return;
    node.otherwise = node.op == Op::kElvis || node.op == Op::kCoalesce;
  }

  static bool has_distinct_keys(const List<NodePair>& pairs) {
    std::vector<std::string_view> keys;
    for (const NodePair& pair : pairs) {
      if (pair.key->kind != Kind::kString || !is_bare(*pair.key)) return false;
      keys.push_back(pair.key->value.text());
    }
    std::sort(keys.begin(), keys.end());
    return std::adjacent_find(keys.begin(), keys.end()) == keys.end();
  }

  Program& program_;
  std::vector<Node*> todo_;
  std::vector<Node*> calls_;
  std::vector<Node*> coalescing_;
};

}  // namespace

void prepare(Program& program) {
  Preparer(program).run();
}

}  // namespace navette::jsonata
