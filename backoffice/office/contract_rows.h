// A contract as rows of the office's tables, and back.
//
// Thread safety: pure functions but for the Tables.

#pragma once

#include <string>
#include <vector>

#include "navette/result.h"

#include "backoffice/office/tables.h"
#include "backoffice/records.h"

namespace navette::backoffice {

// The cells after client, contract and version (and, in `contracts`, after `recorded`).
struct ContractRow {
  std::string table;
  Cells cells;

  bool operator==(const ContractRow&) const = default;
};
// In an order in which they can be stored. The same contract gives the same rows.
std::vector<ContractRow> rows_of(const Contract& contract);

Status write_contract(Tables& tables, const std::string& client, const Contract& contract,
                      std::int64_t version, std::int64_t recorded);

// All versions of all contracts of the client, in the order in which they were recorded.
// Errors: kMisconfigured too, for rows that make no contract.
Result<std::vector<Known<Contract>>> read_contracts(Tables& tables, const std::string& client);

// Enumerators as the tables have them.
std::string word_of(Party side);
Party party_of(const std::string& word);

}  // namespace navette::backoffice
