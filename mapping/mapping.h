// The rules of one flow, compiled: read a field on one side, say what the other side should hold.
//
// Values are those of the connector's documents (navette/connector.h). Reading normalises (line
// ends, outer blanks of rich text, "" and null and missing as the rule's empty policy says), so
// that what was written and read back compares equal to what was meant.
//
// Rich text (a rule with `markup`) is the object {"markup", "text"} throughout: read() gives it in
// the markup that the document names (else the one that the rule declares for that side), convert()
// in the one that the rule declares for the target. A rule without `markup` carries it as plain
// text, a JSON string.
//
// Thread safety: immutable after compile(); safe from any thread.

#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "navette/connector.h"
#include "navette/json.h"
#include "navette/result.h"

#include "config/model.h"

namespace navette {

// What the other side should hold.
struct Converted {
  enum class Kind : unsigned char {
    kValue,   // `value`
    kKeep,    // leave the other side as it is (no such person there, and the rule says keep)
    kReject,  // the value can't be carried over; `reason` says why and what to do
  };
  Kind kind = Kind::kValue;
  Json value;                       // null: empty
  std::string reason;               // kKeep, kReject
  std::vector<std::string> losses;  // what the value lost on the way ("cut to 200 bytes")
  // The branches that were taken.
  std::optional<std::string> row = {};  // of the table: the text that it was found by
  bool defaulted = false;               // the rule's default stands in
  bool unmatched = false;               // nothing fitted: no row, no pair, no such form
};

// One step of a conversion, for people who ask what happened.
struct ConversionStep {
  std::string what;  // "table priorities", "default", "date [D01].[M01].[Y0001] in Europe/Paris"
  Json value;        // after it
};

// What a conversion may look at beside the value.
struct ConvertContext {
  std::string source_id = {};  // id of the ticket that the value comes from, for templates
  bool creating = false;
  std::optional<std::chrono::system_clock::time_point> now =
      {};                                        // of expressions; unset: the clock
  std::vector<ConversionStep>* steps = nullptr;  // what is done is added; null: nobody asks
};

class Mapping {
 public:
  // Errors: kMisconfigured with place, what was found and what was expected.
  static Result<Mapping> compile(const FlowConfig& flow);

  std::size_t size() const { return rules_.size(); }
  const FieldRule& rule(std::size_t index) const { return rules_[index]; }

  // The rule's field on `side`: null when it is missing, null or empty; else its value in a form
  // that compares equal (operator==) to every other spelling of the same value.
  Json read(std::size_t index, Side side, const Record& record) const;

  // What `other(from)` should hold when `from` holds `value` (as read() gives it).
  Converted convert(std::size_t index, Side from, const Json& value,
                    const ConvertContext& context) const;

  // Whether the rule carries this side's value over now: its condition on that side's record holds.
  bool applies(std::size_t index, Side from, const Record& record) const;
  // Whose value wins whatever the other side says, as both records are now.
  Ownership owner(std::size_t index, const Record& client, const Record& provider) const;

  // Whether two values, as read() gives them on `side`, are the same to this rule.
  bool same(std::size_t index, Side side, const Json& a, const Json& b) const;

  // The rule that writes a ticket's number into a field of the other side: {client: id,
  // provider: "custom_fields[...]", template: "RT-{id}"} marks the provider's tickets. By it a
  // create whose answer was lost is found again, and paired tickets are adopted.
  // Nothing when no rule marks that side.
  std::optional<std::size_t> mark_of(Side side) const;
  // A mark's text for the ticket `id`, and the id in a mark's text.
  std::string mark_text(std::size_t index, const std::string& id) const;
  std::optional<std::string> id_of_mark(std::size_t index, const std::string& text) const;

  // Comments: their text carried into the other side's markup, with the attribution line, within
  // `bytes_max` (0: no limit).
  std::string comment_text(const Comment& comment, const std::string& target_markup,
                           const std::string& attribution, std::size_t bytes_max = 0) const;
  // What a comment says, as plain text; without the attribution line when it begins with one (pass
  // "" for a comment that is no copy). Equal for a comment and for its copy on the other side,
  // unless one was edited, or cut.
  std::string comment_content(const Comment& comment, const std::string& attribution) const;

 private:
  struct Compiled;
  std::vector<FieldRule> rules_;
  std::vector<std::shared_ptr<const Compiled>> compiled_;  // shared: a Mapping is copied on reload
};

}  // namespace navette
