// Reads tests/backoffice/sla_table.txt, whose first lines say what its lines are.

#pragma once

#include <map>
#include <string>
#include <vector>

#include "backoffice/sla.h"

namespace navette::backoffice::test {

struct TableCase {
  int line = 0;
  std::string asked;
  std::string expected;
};

class SlaTable {
 public:
  // Throws std::runtime_error with the line for what it cannot read.
  explicit SlaTable(const std::string& path);

  const std::vector<TableCase>& cases() const { return cases_; }
  // What the code says, in the words of the file. Throws as the constructor does.
  std::string answer(const TableCase& one) const;

 private:
  void define(const std::vector<std::string>& words);
  void finish();
  std::string answer_sla(const std::string& asked) const;

  std::map<std::string, CalendarRules> rules_;
  std::map<std::string, Calendar> calendars_;
  std::map<std::string, SlaContract> contracts_;
  std::vector<TableCase> cases_;
};

}  // namespace navette::backoffice::test
