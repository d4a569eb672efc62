// One line under `fields:`, compiled: paths parsed, table indexed, template split.
//
// Thread safety: immutable after compile(); safe from any thread.

#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "navette/json.h"
#include "navette/result.h"

#include "config/model.h"
#include "mapping/mapping.h"
#include "mapping/path.h"

namespace navette {

// "RT-{id}": a text with one placeholder, written and parsed back.
struct Template {
  std::string before;
  std::string after;
  bool of_ticket = false;          // {id}: the number of the ticket; else {value}
  Side towards = Side::kProvider;  // the side that holds the written text

  std::string write(std::string_view value) const { return before + std::string(value) + after; }
  // Nothing for a text that does not come from write(); an empty value is none either.
  std::optional<std::string> parse(std::string_view text) const;
};

class Mistakes;

class Rule {
 public:
  // Errors: kMisconfigured; one line for each mistake, with its place.
  static Result<Rule> compile(const FieldRule& rule, const FlowConfig& flow);

  Json read(Side side, const Record& record) const;
  Converted convert(Side from, const Json& value, const ConvertContext& context) const;
  bool same(Side side, const Json& a, const Json& b) const;

  // The template of {id}, when the other side's path is that ticket's `id`.
  const Template* mark() const;

 private:
  enum class Kind : unsigned char { kCopy, kTable, kPeople, kDate, kMarkup, kTemplate };
  // One direction of a table or of people: value as text -> value there.
  struct Direction {
    std::map<std::string, Json> exact;
    std::map<std::string, std::string> by_case;  // lower case -> key of exact
    std::vector<std::string> known;              // in the order written
    std::optional<Json> fallback;
  };

  void take_table(const FieldRule& rule, const FlowConfig& flow, Mistakes* mistakes);
  void take_template(const FieldRule& rule, Mistakes* mistakes);
  void take_forms(const FieldRule& rule, Mistakes* mistakes);
  void add_pair(const Json& client, const Json& provider);
  const std::string* spelling(Side from, const std::string& text) const;
  Converted look_up(Side from, const Json& value) const;
  Converted look_up_person(Side from, const Json& value) const;
  Converted convert_template(Side from, const Json& value, const ConvertContext& context) const;
  Converted convert_date(Side from, const Json& value) const;
  Converted convert_markup_value(Side from, const Json& value) const;
  void finish(Side target, Converted* out) const;
  bool same_text(Side side, const std::string& a, const std::string& b) const;
  bool same_rich(Side side, const Json& a, const Json& b) const;
  // "client value "x" of Status": how messages name a value.
  std::string describe(Side from, const Json& value) const;

  Kind kind_ = Kind::kCopy;
  std::string name_;
  std::string table_;
  Unmatched unmatched_ = Unmatched::kKeep;
  Sides<std::optional<Path>> path_;
  Sides<Direction> from_;  // by the side that the value comes from
  Sides<std::string> markup_;
  Sides<std::string> date_;
  Sides<std::optional<Json>> default_;
  Sides<TextLimit> limit_;
  Template template_;
};

}  // namespace navette
