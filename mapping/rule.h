// One line under `fields:`, compiled: paths parsed, table indexed, template split.
//
// Thread safety: immutable after compile(); safe from any thread.

#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "navette/json.h"
#include "navette/result.h"

#include "config/model.h"
#include "mapping/condition.h"
#include "mapping/date.h"
#include "mapping/mapping.h"
#include "mapping/path.h"
#include "mapping/text_template.h"

namespace navette {

namespace jsonata {
class Expression;
}

class Mistakes;

class Rule {
 public:
  enum class Kind : unsigned char {
    kCopy,
    kTable,
    kPeople,
    kDate,
    kMarkup,
    kTemplate,
    kDuration,
    kNumber,
    kExpression,  // a side with an expression gets its value; the other its path's, if it has one
    kEach,
  };

  // Errors: kMisconfigured; one line for each mistake, with its place.
  static Result<Rule> compile(const FieldRule& rule, const FlowConfig& flow);

  // As Mapping's.
  Json read(Side side, const Record& record) const;
  Converted convert(Side from, const Json& value, const ConvertContext& context) const;
  bool same(Side side, const Json& a, const Json& b) const;

  // The template of {id}, when the other side's path is that ticket's `id`.
  const Template* mark() const;

  Kind kind() const { return kind_; }
  const FieldRule& said() const { return said_; }
  const std::optional<Path>& path(Side side) const { return path_[side]; }
  const std::optional<Condition>& condition(Side side) const { return condition_[side]; }
  // While it holds of that side's document, that side owns the field.
  const std::optional<Condition>& owner_condition(Side side) const { return owner_while_[side]; }
  // What `side` gets; null when it has no expression.
  const jsonata::Expression* expression(Side side) const { return expression_[side].get(); }
  const Template& text_template() const { return template_; }
  const std::vector<Rule>& inner() const { return inner_; }

  // What stands at the path in a document; of a side with a template of paths or whose other side
  // has an expression, the text or value that is made of it. Nothing: it is missing.
  // Errors: kRejected, for an expression that fails; the message names the code.
  Result<std::optional<Json>> source(Side from, const Json& document,
                                     const ConvertContext& context) const;

  // A value's row towards the other side, or null. For tables and people, by the value as text:
  // as written, else, when just one row is left so, without regard to case.
  const Json* row(Side from, const std::string& key) const;
  // Every row's text, in the order written.
  const std::vector<std::string>& known(Side from) const { return from_[from].known; }
  // Of the rows that no other row resembles but for case: the text in lower case, and as written.
  const std::map<std::string, std::string>& by_case(Side from) const { return from_[from].by_case; }
  const std::optional<Json>& fallback(Side from) const { return from_[from].fallback; }
  bool passes_unknown() const { return pass_; }

  // Whether the value is missing, null, "" or [] to conversions.
  static bool is_empty(const Json& value);
  // How tables see a value.
  static std::string as_key(const Json& value);

 private:
  // One direction of a table or of people: value as text -> value there.
  struct Direction {
    std::map<std::string, Json> exact;
    std::map<std::string, std::string> by_case;  // lower case -> key of exact
    std::vector<std::string> known;              // in the order written
    std::optional<Json> fallback;
    bool takes_empty = false;  // null or "" has a row
  };

  void take_paths(Mistakes* mistakes);
  void take_kind(const FlowConfig& flow, Mistakes* mistakes);
  void take_table(const FlowConfig& flow, Mistakes* mistakes);
  void take_template(Mistakes* mistakes);
  void take_people();
  void take_forms(Mistakes* mistakes);
  void take_dates(Mistakes* mistakes);
  void take_expressions(Mistakes* mistakes);
  void take_conditions(Mistakes* mistakes);
  void take_inner(const FlowConfig& flow, Mistakes* mistakes);
  void add_pair(const Json& client, const Json& provider);
  const std::string* spelling(Side from, const std::string& text) const;
  // The pair of the person that the value names.
  std::optional<std::size_t> person(Side from, const Json& value) const;
  Json normal(Side side, Json value) const;
  bool same_date(Side side, const Json& a, const Json& b) const;
  Converted unmatched(Side from, std::string reason) const;
  Converted look_up(Side from, const Json& value) const;
  Converted look_up_person(Side from, const Json& value) const;
  Converted convert_template(Side from, const Json& value, const ConvertContext& context) const;
  Converted convert_date(Side from, const Json& value) const;
  Converted convert_duration(Side from, const Json& value) const;
  Converted convert_number(Side from, const Json& value) const;
  Converted convert_markup_value(Side from, const Json& value) const;
  Converted convert_items(Side from, const Json& value, const ConvertContext& context) const;
  Json prepared(const Json& value, const ConvertContext& context) const;
  void finish(Side from, Converted* out) const;
  bool same_text(Side side, const std::string& a, const std::string& b) const;
  bool same_rich(Side side, const Json& a, const Json& b) const;
  // "client value "x" of Status": how messages name a value.
  std::string describe(Side from, const Json& value) const;

  FieldRule said_;
  Kind kind_ = Kind::kCopy;
  std::string name_;
  std::string table_;
  bool pass_ = false;
  Unmatched unmatched_ = Unmatched::kKeep;
  Sides<std::optional<Path>> path_;
  Sides<std::optional<Condition>> condition_;
  Sides<std::optional<Condition>> owner_while_;
  Sides<std::shared_ptr<const jsonata::Expression>> expression_;  // shared: rules are copied
  Sides<bool> extended_;   // it calls, or may call, functions that JSONata does not have
  Sides<Direction> from_;  // by the side that the value comes from
  // Attribute, line end, value in lower case -> pair.
  Sides<std::map<std::string, std::size_t>> persons_;
  Sides<std::vector<Json>> person_writes_;  // by pair: what a write there takes
  Sides<std::string> markup_;
  Sides<DateForm> date_;
  Sides<std::optional<Json>> default_;
  Sides<TextLimit> limit_;
  Template template_;
  std::vector<Rule> inner_;
};

// Rules over one document, each into its place: what Mapper does, and lists of lists.
struct FieldTrace;
struct Mapped;
struct MapOptions;
void map_fields(const std::vector<Rule>& rules, Side from, const std::optional<Side>& only_towards,
                const Json& document, const MapOptions& options, const std::string& prefix,
                Mapped* out);

}  // namespace navette
