// Walks a compiled expression without running it: where could each value come from in the input,
// and of which types could it be? A value that is compared, printed, handed to a function whose
// inside is not known ... counts as read whole; what stays unclear ends as "the whole input".
//
// Variables and parameters are joined over all places that set them, round after round until
// nothing new is found.

#pragma once

#include <map>
#include <set>
#include <span>
#include <string_view>
#include <tuple>
#include <vector>

#include "mapping/jsonata/eval.h"
#include "mapping/jsonata/jsonata.h"
#include "mapping/jsonata/node.h"

namespace navette::jsonata {

// What is known about a value.
struct Origin {
  std::vector<int> places;  // of the input, where it may be or what may hold it
  std::vector<const Node*> lambdas;
  std::vector<Symbol> builtins;
  std::vector<std::string_view> hosts;  // names that are neither built in nor set here
  bool unknown = false;                 // may be a function of which nothing is known
  Types types = 0;
  const Node* literal = nullptr;  // it is this text
};

// Add what is known about another value that may stand in the same place; says whether that is new.
bool merge(Origin& into, const Origin& from);
// A value made of others that were read whole.
Origin derived(unsigned types);
inline Origin anything() {
  return derived(255);
}
inline bool only(Types types, unsigned allowed) {
  return (types & ~allowed) == 0;
}

class Analyser {
 public:
  Analyser(const Program& program, const Symbols& symbols, std::span<const HostFunction> hosts);
  Analysis run();

 private:
  struct Place {
    int parent;
    std::string_view name;
    int start;
    int depth;
    bool whole = false;
    bool touched = false;
    bool extended = false;
  };
  struct Lambda {
    Origin input;    // where it is written
    Origin context;  // where it is called
    Origin result;
    bool escaped = false;
  };

  // Into something that the next round looks at: whether it grows is noted.
  void join(Origin& into, const Origin& from);
  // Everything at and below where the value comes from is read.
  void consume(const Origin& value, const Node* by);
  void read_all(const Node* by);
  // Whether it is there, of what type it is or how many items it has is read.
  void touch(const Origin& value, const Node* by);
  Origin child(const Origin& of, std::string_view name, int start);
  bool recurs(int place, std::string_view name, int start) const;
  void escape(const Node* lambda);
  void lose_function();
  void risk(const Node* at, const char* code, std::string_view function = {});
  void called(const Node* name, bool host);

  Origin eval(const Node* node, const Origin& input);
  Origin dispatch(const Node* node, const Origin& input);
  Origin negate(const Node* node, const Origin& input);
  Origin array(const Node* node, const Origin& input);
  Origin bind(const Node* node, const Origin& input);
  Origin path(const Node* node, const Origin& input);
  Origin step(const Node* node, const Origin& input);
  void sort_terms(const Node* node, const Origin& input);
  void filters(const List<Stage>& stages, const Origin& input, Origin& result);
  void pairs(const List<NodePair>& pairs, const Origin& input);
  Origin binary(const Node* node, const Origin& input);
  Origin condition(const Node* node, const Origin& input);
  Origin variable(const Node* node);
  Origin lambda(const Node* node, const Origin& input);
  Origin transform(const Node* node);
  Origin partial(const Node* node, const Origin& input);
  Origin apply_operator(const Node* node, const Origin& input);

  // analyse_call.cc
  using Origins = std::vector<Origin>;
  Origin call(const Node* node, const Origin& input, const Origin* first);
  Origin apply(const Origin& function, const Origins& given, const Origin& context,
               const Node* node);
  Origin apply_lambda(const Node* lambda, const Origins& given, const Origin& context,
                      const Node* node);
  Origin apply_host(std::string_view name, const Origins& given, const Origin& context,
                    const Node* node);
  Origin apply_builtin(Symbol symbol, Origins given, const Origin& context, const Node* node);
  void fill_context(const Signature& signature, Origins& given, const Origin& context,
                    const Node* node);
  void check_types(const Builtin& builtin, const Signature& signature, const Origins& given,
                   const Node* node);
  void check_values(std::string_view name, const Origins& given, const Node* node);
  void check_pictures(std::string_view name, const Origins& given, const Node* node);
  bool higher_order(std::string_view name, const Origins& given, const Node* node, Origin& result);
  Origin reduce(const Origins& given, const Node* node);
  Origin look_up(const Origins& given, const Node* node);
  void consume_all(const Origins& given, const Node* node);

  const Program& program_;
  const Symbols& symbols_;
  std::span<const HostFunction> hosts_;
  std::vector<Place> places_;
  std::map<std::tuple<int, std::string_view, int>, int> place_index_;
  std::map<int, bool> root_reads_;  // start -> whole
  std::map<Symbol, Origin> variables_;
  std::map<const Node*, Lambda> lambdas_;
  std::set<std::tuple<int, std::string_view, std::string_view>> risks_;
  std::map<int, std::pair<std::string_view, bool>> calls_;
  std::map<int, std::string_view> unset_;
  std::map<int, std::string_view> overfull_;
  const Node* lambda_ = nullptr;  // the one whose body is looked at
  bool quiet_ = true;             // only variables are looked at
  bool contextual_ = false;
  bool changed_ = false;
  bool gave_up_ = false;
  int depth_ = 0;
  std::uint64_t steps_ = 0;
};

}  // namespace navette::jsonata
