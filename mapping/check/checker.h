// What the checks of one flow share. Not for other folders.
//
// Threads: one at a time.

#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/model.h"
#include "config/report.h"
#include "mapping/check/check_mapping.h"
#include "mapping/check/facts.h"
#include "mapping/check/pointer.h"
#include "mapping/condition.h"
#include "mapping/jsonata/jsonata.h"
#include "mapping/path.h"
#include "mapping/rule.h"
#include "mapping/text_template.h"

namespace navette {

inline constexpr std::array kBothSides = {Side::kClient, Side::kProvider};

inline std::string in_quotes(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}
// "the client's documents".
inline std::string documents_of(Side side) {
  return std::string("the ") + to_text(side) + "'s documents";
}

// One place in a text of the flow's file that names a part of a side's documents.
struct Use {
  enum class For : unsigned char { kRead, kWritten, kCondition };
  struct Step {
    std::string name;
    std::vector<Path::Filter> filters;  // their `at` counts from the text's beginning
    std::size_t at = 0;
    std::size_t length = 0;
  };
  Side side = Side::kClient;  // whose documents
  For what = For::kRead;
  Pointer::Text text;
  std::vector<Step> steps;  // none: the document as a whole
  std::size_t at = 0;       // of what reads the whole
  bool everything = true;   // at and below it; false: only whether it is there
  bool by_expression = false;
  std::string path() const;  // "fields.summary"
};

// A rule with where it stands: its documents are those of the flow, or the items of a list.
struct Item {
  const FieldRule* said = nullptr;
  std::optional<Rule> rule;             // nothing: it does not compile
  Sides<Spot> base;                     // what its paths start from
  Sides<std::vector<Use::Step>> above;  // the steps to there
  Sides<std::optional<Path>> path;
  Sides<Spot> spot;          // where its own paths lead
  Sides<bool> several = {};  // the path goes through a list, to each of its items
  Sides<bool> found = {};    // ... and they lead somewhere
  std::vector<Use> uses;
  std::string widen;
  std::optional<Side> only_towards;
  bool inner = false;

  const std::string& path_text(Side side) const {
    return side == Side::kClient ? said->client : said->provider;
  }
  Pointer::Text text(Side side) const { return {said->path_place[side], path_text(side)}; }
  // The text under a key of the rule, or the rule's place.
  Place place(const std::string& key) const;
  // Whether it carries values towards that side, and has where to put them.
  bool writes(Side side) const;
  // From the document down to what it writes. REQUIRES: path[side].
  std::vector<Use::Step> target(Side side) const;
};

class Checker {
 public:
  Checker(const FlowConfig& flow, const std::string& source, const MappingCheckOptions& options,
          Report* report);
  void run();

 private:
  // check_mapping.cc
  void collect(const std::vector<FieldRule>& rules, const Item* parent);
  void check_rule(const Item& item);
  void read_path(Item* item, Side side);
  void read_template(Item* item);
  void read_conditions(Item* item);
  void check_picture(const Pointer::Text& text);
  void check_zone(const Pointer::Text& text);
  void read_forms(const Item& item);
  void add_operand(Item* item, Side side, const Pointer::Text& text,
                   const Condition::Node::Operand& operand);
  void add_condition(Item* item, Side side, const Pointer::Text& text, const Condition::Node& node);
  void check_comparison(const Item& item, Side side, const Pointer::Text& text,
                        const Condition::Node& node);
  void misread(const Pointer::Text& text, std::size_t offset, const Misread& where,
               const std::string& what);
  Diagnostic& error(std::string_view code, const Pointer::Text& text, std::string found) {
    return pointer_.say(Severity::kError, code, text, std::move(found));
  }
  Diagnostic& error(std::string_view code, const Place& place, std::string found) {
    return pointer_.say(Severity::kError, code, place, std::move(found));
  }
  Diagnostic& note(std::string_view code, const Pointer::Text& text, std::string found) {
    return pointer_.say(Severity::kNote, code, text, std::move(found));
  }

  // check_expressions.cc
  void read_expressions(Item* item);
  void read_expression(Item* item, Side to, const Pointer::Text& text);
  bool check_names(const Pointer::Text& text, const jsonata::Analysis& analysis);
  static std::optional<std::string> function_meant(const std::string& name,
                                                   const std::vector<std::string>& known);
  void check_results(const Item& item, Side to, const Pointer::Text& text,
                     const std::vector<Json>& results);
  void try_expression(const Item& item, Side to, const Pointer::Text& text,
                      const jsonata::Expression& expression);

  // check_paths.cc
  void check_use(Item* item, const Use& use, bool own_path);
  bool check_filters(const Use& use, const Use::Step& step, Spot* spot);
  bool check_literal(const Use& use, const Use::Step& step, const Path::Filter& filter,
                     const Spot& spot);
  void missing(const Item& item, const Use& use, std::size_t step, const Facts::Member& member);
  void check_audiences(const Item& item);
  Audience audience(Side side, const std::vector<Use::Step>& steps, bool everything,
                    const std::string** because) const;
  Audience audience_of_target(Side side, const std::vector<Use::Step>& steps) const;
  void check_audience_paths();
  void check_required(Side side);
  void check_required_at(Side side, const Spot& spot, const std::vector<std::string>& above);
  bool is_set(Side side, const std::vector<std::string>& path) const;
  void check_may_be_missing(Side side, const std::string& name, const Item& item,
                            const Spot& target);

  // check_values.cc
  void check_table(const Item& item);
  void check_written(const Item& item, Side side, const Json& value, const Place& place,
                     const std::string& what);
  void check_gaps(const Item& item, Side from);
  void check_samples(const Item& item, Side from);
  void check_fallible(const Item& item);
  bool may_fail(const Item& item, Side from) const;
  bool carried(const Item& item, Side from, const Json& value) const;
  void check_overlaps(Side side);

  // check_kinds.cc
  unsigned result_kinds(const Item& item, Side to) const;
  void check_kinds(const Item& item, Side to);
  void check_read_only(const Item& item, Side to);
  void check_nulls(const Item& item, Side to);
  void check_lengths(const Item& item, Side to);
  void check_date_format(const Item& item, Side side);
  std::string unit_of(const Item& item, Side side, bool* sure) const;
  void check_unit(const Item& item, Side side);

  // check_laws.cc
  void check_laws(const Item& item);
  bool check_law(const Item& item, Side from);  // says whether it spoke
  void check_expression_law(const Item& item);
  void check_template_law(const Item& item);

  struct Narrow {
    std::string text;
    std::vector<Use::Step> steps;
    Audience audience = Audience::kInternal;
  };

  const FlowConfig& flow_;
  const MappingCheckOptions& options_;
  Sides<Facts> facts_;
  Pointer pointer_;
  std::vector<Item> items_;
  Sides<std::vector<Narrow>> narrow_;
};

// Whether `part` may lead to a part of where `whole` leads, or to the same place.
bool leads_into(const std::vector<Use::Step>& part, const std::vector<Use::Step>& whole);

// The steps of a path that stands `offset` bytes into a text.
std::vector<Use::Step> steps_of(const Path& path, std::size_t offset);

}  // namespace navette
