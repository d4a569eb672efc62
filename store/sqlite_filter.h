// A ChangeFilter as a condition in SQL, over `changes c JOIN flows f LEFT JOIN payloads p` and
// `edits e`.

#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "store/sqlite.h"
#include "store/store.h"

namespace navette::sqlite {

class ChangeWhere {
 public:
  explicit ChangeWhere(const ChangeFilter& filter);

  // "FROM changes c ..., WHERE ...". The same filters give the same text, whatever their values.
  const std::string& sql() const { return sql_; }
  // In the order of the text. This object must outlive the run of the query.
  void bind(Query& query) const;

 private:
  void add(const char* condition, std::int64_t value);
  void add(const char* condition, std::string value, int times = 1);

  std::string sql_;
  std::vector<std::variant<std::int64_t, std::string>> values_;
};

}  // namespace navette::sqlite
