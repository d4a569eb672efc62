// A value with holes: JSON whose texts may hold ${expressions}.
//
//   "Queue = ${ticket_sql(where.Queue)}"   a text; a text that is one expression gives its value
//   {"Subject": "...", "Due?": "..."}      a member whose name ends in ? is left out when null
//   {$each: list, $as: row, $when: row.id, $value: ...}   a list, made from a list; `row` is an
//   item
//   {$each: list, $name: "${item.name}", $value: ...}     an object, made from a list
//   {$if: expression, $then: ..., $else: ...}
//
// Thread safety: immutable after read().

#pragma once

#include <memory>
#include <string>

#include "navette/json.h"
#include "navette/result.h"

#include "config/yaml.h"
#include "connectors/declarative/expression.h"

namespace navette::declarative {

class Template {
 public:
  // Errors: kMisconfigured with the place in the file.
  static Result<Template> read(const YamlNode& node);
  // A text with holes.
  static Result<Template> text(const std::string& text);

  Json evaluate(const Scope& scope) const;
  // evaluate() as text.
  std::string text_of(const Scope& scope) const { return evaluate(scope).text(); }
  bool empty() const { return root_ == nullptr; }

  struct Node;

 private:
  std::shared_ptr<const Node> root_;  // shared: templates are copied with the spec around them
};

// "redmine.yaml:12:7: "
std::string place_text(const Place& place);

}  // namespace navette::declarative
