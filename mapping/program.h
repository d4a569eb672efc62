// The rules of a flow over many documents: JSON text in, JSON text out.
//
//   auto program = Program::compile(flow, Side::kClient);
//   switch (program->run(line)) {
//     case Program::Answer::kMapped: ... program->text() ...
//   }
//
// What comes out is what Mapper makes of the same document: the same members with the same values.
// (Objects in the result have their members in the order in which the rules name them.) Values that
// rules copy go from text to text; only what a rule must look into is taken apart. Members may come
// in any order. After a few documents no memory is asked for any more, except by rules that
// convert markup, pictures of dates or ISO durations, by texts that must be cleaned or cut, and by
// documents that are rejected.
//
// What no rule reads is checked only as far as it takes to step over it: it must be UTF-8, texts
// must be closed and hold no bare control character, brackets must balance, and nothing may follow
// the document. Of duplicate members the last one counts, half a surrogate pair becomes U+FFFD,
// whole numbers of any size stay as they are.
//
// Threads: one program belongs to one thread at a time.

#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "navette/result.h"

#include "config/model.h"
#include "mapping/mapper.h"

namespace navette {

class Program {
 public:
  enum class Answer : unsigned char {
    kMapped,      // text() is the document on the other side
    kRejected,    // problems() says why
    kUnreadable,  // it is no JSON object; see unreadable()
  };

  // How a rule is carried out, from fast to slow.
  enum class Tier : unsigned char {
    kText,        // from text to text
    kValue,       // through a value made of the field
    kExpression,  // an expression over the members that it reads
    kDocument,    // the whole document is made into a value first, as Mapper does
  };

  // Errors: as Mapper::compile().
  static Result<Program> compile(const FlowConfig& flow, Side from);
  Program(Program&&) noexcept;
  Program& operator=(Program&&) noexcept;
  ~Program();

  // Linear in the document. `json` is no longer needed when it returns.
  Answer run(std::string_view json);

  // Compact JSON, until the next run(). REQUIRES: the newest run() answered kMapped.
  std::string_view text() const;
  // REQUIRES: the newest run() answered kRejected.
  const std::vector<FieldProblem>& problems() const;
  // kRejected; where in the document and what was wrong. REQUIRES: it answered kUnreadable.
  const Error& unreadable() const;

  // What $now() and $millis() of expressions say from now on; nullopt: the clock.
  void set_now(std::optional<std::chrono::system_clock::time_point> now);

  // One for each rule of the flow.
  std::vector<Tier> tiers() const;
  // How many documents went the way of Tier::kDocument, whatever their rules: an unusual shape.
  std::size_t whole_documents() const;

 private:
  class Impl;
  explicit Program(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace navette
