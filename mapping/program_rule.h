// One rule, one direction, from text to text. A part of Program.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mapping/jsonata/session.h"
#include "mapping/program_date.h"
#include "mapping/program_output.h"
#include "mapping/program_reader.h"
#include "mapping/rule.h"

namespace navette::program {

// Texts by texts. Built once; find() is one look at a hash and a comparison.
class TextTable {
 public:
  void add(std::string key, std::string_view value);  // the first one of a key stays
  const Piece* find(std::string_view key) const;

 private:
  struct Entry {
    std::string key;
    Piece value;
    int next;
  };
  std::vector<Entry> entries_;
  std::vector<int> buckets_ = std::vector<int>(64, -1);
};

// A `when` over slots.
class When {
 public:
  // Nothing: a path that the layout cannot follow.
  static std::optional<When> compile(const Condition::Node& node, Layout* layout);
  // Nothing: it takes the whole document to know.
  std::optional<bool> holds(const Reader& reader, std::size_t base) const;

 private:
  using Kind = Condition::Node::Kind;
  struct Operand {
    int slot = -1;
    Json literal;
    std::optional<std::string> text;  // the literal, when it is a text without escapes
  };
  static std::optional<Operand> operand(const Condition::Node::Operand& said, Layout* layout);
  std::optional<bool> is_in(const Reader& reader, std::size_t base) const;
  std::optional<bool> compares(const Reader& reader, std::size_t base) const;

  Kind kind_ = Kind::kThere;
  Condition::Node::Operator operator_ = Condition::Node::Operator::kEqual;
  Operand left_;
  Operand right_;
  std::vector<When> children_;
};

class Fields;

class RuleProgram {
 public:
  enum class End : unsigned char {
    kWritten,
    kOmitted,
    kGaveUp,  // rejected, or too unusual: Mapper knows
  };

  // Nothing: the rule reads in a way that only Mapper can. REQUIRES: `rule` outlives it.
  static std::optional<RuleProgram> compile(const Rule& rule, Side from, Layout* layout);
  RuleProgram(RuleProgram&&) noexcept;
  RuleProgram& operator=(RuleProgram&&) noexcept;
  ~RuleProgram();

  // Append the field's value for the document (or item) whose slots begin at `base` and whose text
  // is `document`. `part`: which place of a template that is parsed back.
  End write(const Reader& reader, std::size_t base, std::string_view document, std::size_t part,
            Output& out) {
    if (copies_text_) {  // most rules, most values
      const Slot& slot = reader.slot(base + static_cast<std::size_t>(slot_));
      const bool short_enough = limit_ == 0 || slot.size <= limit_;
      if (slot.kind == Slot::Kind::kText && slot.size > 0 && short_enough &&
          put_clean_text(slot.text(), reader.end(), out)) {
        return End::kWritten;
      }
    }
    return write_any(reader, base, document, part, out);
  }

  void set_now(std::optional<std::chrono::system_clock::time_point> now);
  bool by_value() const { return by_value_; }
  bool by_expression() const { return session_ != nullptr; }

 private:
  RuleProgram(const Rule& rule, Side from);
  bool take_source(Layout* layout);
  void take_empty();
  void take_conversion();
  void take_table();
  void take_people();
  void take_template();
  // A value of a row as Rule::finish() would leave it; nothing when it does not fit.
  std::optional<std::string> finished(const Json& value) const;

  End write_any(const Reader& reader, std::size_t base, std::string_view document, std::size_t part,
                Output& out);
  End empty(const Slot& slot, Output& out) const;
  End convert(const Reader& reader, const Slot& slot, std::size_t part, Output& out);
  End by_kind(const Reader& reader, const Slot& slot, Output& out);
  End through_value(const Slot& slot, Output& out) const;
  End text(std::string_view text, const char* readable, Output& out) const;
  End copy(const Reader& reader, const Slot& slot, Output& out) const;
  End table(const Slot& slot, Output& out);
  End people(const Slot& slot, Output& out);
  End date(const Slot& slot, Output& out);
  End duration(const Slot& slot, Output& out) const;
  End number(const Slot& slot, Output& out) const;
  End fill(const Reader& reader, std::size_t base, Output& out);
  End fill_one(const Reader& reader, const Slot& slot, Output& out) const;
  End parse_one(const Reader& reader, const Slot& slot, Output& out) const;
  End parse_part(const Reader& reader, const Slot& slot, std::size_t part, Output& out) const;
  End evaluate(std::string_view document, const Reader& reader, Output& out);
  End items(const Reader& reader, const Slot& list, Output& out);
  // What `do:` makes of a text without escapes; nothing for what is not ASCII.
  std::optional<std::string_view> stepped(std::string_view text);
  std::string_view lowered(std::string_view text);  // valid until the next call

  const Rule* rule_;
  Side from_;
  Side to_;
  Rule::Kind kind_;
  bool by_value_ = false;
  bool parses_back_ = false;
  bool copies_text_ = false;  // nothing but copies, as far as texts go
  std::optional<When> when_;
  int slot_ = -1;           // -1: a constant, a template of several paths, an expression
  std::vector<int> slots_;  // of a template's paths
  std::unique_ptr<jsonata::Session> session_;
  std::unique_ptr<Fields> inner_;
  std::optional<Piece> default_;
  std::optional<Piece> empty_row_;  // "": it cannot be written
  std::optional<Piece> fallback_;
  std::size_t limit_ = 0;  // 0: none
  TextTable rows_;
  TextTable rows_by_case_;  // of a table, by the key in lower case
  DateCopy date_;
  std::vector<Piece> literals_;   // of a template, escaped
  std::int64_t duration_in_ = 0;  // milliseconds of one; 0: not a plain number
  std::int64_t duration_out_ = 0;
  bool clock_out_ = false;  // h:mm
  std::string scratch_;
  std::string lowered_;
  std::optional<std::chrono::system_clock::time_point> now_;
};

// Rules over one document or one item, and where in the result each puts its value.
class Fields {
 public:
  // Null: a rule reads or writes in a way that only Mapper can. REQUIRES: `rules` outlive it.
  static std::unique_ptr<Fields> compile(const std::vector<Rule>& rules, Side from,
                                         const std::optional<Side>& only_towards, Layout* layout);

  // Append an object. False: what was appended is of no use; Mapper knows.
  bool write(const Reader& reader, std::size_t base, std::string_view document, Output& out);

  void set_now(std::optional<std::chrono::system_clock::time_point> now);
  // The program of a rule, by its place among the rules; null: it does nothing in this direction.
  const RuleProgram* program_of(std::size_t rule) const;

 private:
  struct Writer {
    std::size_t program;
    std::size_t part;
  };
  struct Target {
    enum class Kind : unsigned char { kValue, kObject, kList };
    Kind kind = Kind::kValue;
    std::string name;  // of a member
    Path::Filter filter;
    bool item = false;
    Piece lead;  // what is written before the first child or the value
    std::vector<Writer> writers;
    std::vector<Target> children;
  };
  bool place(const Path& path, const Writer& writer);
  bool write(Target& target, const Reader& reader, std::size_t base, std::string_view document,
             Output& out);
  bool write_value(Target& target, const Reader& reader, std::size_t base,
                   std::string_view document, Output& out);

  std::vector<RuleProgram> programs_;
  std::vector<int> of_rule_;
  Target root_;
};

}  // namespace navette::program
