// One expression over many documents: JSON text in, JSON text out, nothing in between that is made
// anew for each document.
//
//   jsonata::Session session(*compiled);
//   std::string out;
//   for (std::string_view line : lines) {
//     out.clear();
//     switch (session.evaluate_text(line, &out)) { ... }
//   }
//
// Only the members that the expression reads are made into values; the rest of the text is stepped
// over. Members may come in any order. After a few documents no memory is asked for any more, as
// long as the expression calls no function of the host and stays clear of $eval.

#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "mapping/jsonata/jsonata.h"

namespace navette::jsonata {

// Threads: one session belongs to one thread at a time; sessions may share an expression.
class Session {
 public:
  enum class Answer {
    kValue,       // appended to `out`
    kUndefined,   // nothing appended: the expression has no result for this document
    kFailed,      // nothing appended: see error()
    kUnreadable,  // nothing appended: the document is no JSON; see unreadable()
  };

  // REQUIRES: `expression` outlives the session.
  explicit Session(const Expression& expression, Bindings bindings = {}, const Limits& limits = {});
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Evaluate over one document and append the result to `*out` as compact JSON text. Numbers look
  // the way JavaScript prints them; functions come out as "".
  //
  // The text is read as Json::parse() reads it: the last one of duplicate members counts, lone
  // surrogates become U+FFFD, numbers become doubles (an integer that a double cannot carry is
  // rounded), depth is limited to 512. What the expression does not read is only checked as far
  // as it takes to step over it: brackets must match, the document must end where its text ends.
  Answer evaluate_text(std::string_view json, std::string* out);

  // What $now() and $millis() say from now on; nullopt: the clock at the start of each evaluation.
  void set_now(std::optional<std::chrono::system_clock::time_point> now);

  // Of the newest evaluation. REQUIRES: it answered kFailed.
  const JsonataError& error() const;
  // Of the newest evaluation: kRejected, with the byte offset. REQUIRES: it answered kUnreadable.
  const Error& unreadable() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace navette::jsonata
