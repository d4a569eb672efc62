// A statement that grows with what is asked, and a ChangeFilter as a condition in it.

#pragma once

#include <string>
#include <utility>

#include "store/postgres.h"
#include "store/store.h"

namespace navette::postgres {

// Each value gets the next number.
class Question {
 public:
  explicit Question(std::string sql) : sql_(std::move(sql)) {}

  Question& say(const std::string& text) {
    sql_ += text;
    return *this;
  }
  // `text` ends where the value belongs.
  template <class Value>
  Question& with(const std::string& text, const Value& value, const char* after = "") {
    values_.add(value);
    sql_ += text + "$" + std::to_string(values_.texts().size()) + after;
    return *this;
  }
  const std::string& sql() const { return sql_; }
  const Values& values() const { return values_; }

 private:
  std::string sql_;
  Values values_;
};

// "FROM changes c ... WHERE ...", over `flows f`, `payloads p` and `edits e` too.
void add_filter(const ChangeFilter& filter, Question& question);

}  // namespace navette::postgres
