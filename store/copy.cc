#include "store/copy.h"

#include "store/store.h"
#include "store/table.h"

namespace navette {
namespace {

constexpr int kPageRows = 640;

// FNV-1a over all cells: enough to see that something was changed on the way.
class Digest {
 public:
  void add(const TableRow& row) {
    for (const Cell& cell : row) {
      if (const auto* number = std::get_if<std::int64_t>(&cell)) {
        add(std::to_string(*number));
      } else {
        add(std::get<std::string>(cell));
      }
    }
  }
  bool operator==(const Digest&) const = default;

 private:
  void add(const std::string& text) {
    for (const char c : text) step(static_cast<unsigned char>(c));
    step(0x100);  // no byte: "a", "b" is not "ab", ""
  }
  void step(std::uint64_t value) { sum_ = (sum_ ^ value) * 0x100000001b3; }

  std::uint64_t sum_ = 0xcbf29ce484222325;
};

// Calls `take` with the rows of the table, page by page.
Status each_page(TableSource& source, const StoreTable& table,
                 const std::function<Status(const std::vector<TableRow>&)>& take) {
  Cell last;
  const Cell* after = nullptr;
  while (true) {
    auto rows = source.read(table, after, kPageRows);
    if (!rows) return rows.error();
    if (rows->empty()) return {};
    NAVETTE_TRY(take(*rows));
    last = rows->back().front();
    after = &last;
  }
}

Result<Digest> digest_of(TableSource& source, const StoreTable& table) {
  Digest digest;
  NAVETTE_TRY(each_page(source, table, [&digest](const std::vector<TableRow>& rows) {
    for (const TableRow& row : rows) digest.add(row);
    return Status();
  }));
  return digest;
}

}  // namespace

Result<std::vector<CopiedTable>> copy_store(const std::string& from, const std::string& to,
                                            const CopyProgress& progress) {
  auto source = open_source(from);
  if (!source) return source.error();
  std::int64_t all = 0;
  for (const StoreTable& table : store_tables()) {
    auto rows = (*source)->count(table);
    if (!rows) return rows.error();
    all += *rows;
  }
  auto sink = open_sink(to);
  if (!sink) return sink.error();
  std::vector<CopiedTable> copied;
  std::vector<Digest> digests;
  std::int64_t done = 0;
  for (const StoreTable& table : store_tables()) {
    copied.push_back({table.name, 0});
    Digest digest;
    NAVETTE_TRY(each_page(**source, table, [&](const std::vector<TableRow>& rows) {
      for (const TableRow& row : rows) digest.add(row);
      copied.back().rows += static_cast<std::int64_t>(rows.size());
      done += static_cast<std::int64_t>(rows.size());
      progress(done, all);
      return (*sink)->put(table, rows);
    }));
    digests.push_back(digest);
  }
  auto numbers = (*source)->numbers();
  if (!numbers) return numbers.error();
  auto there = open_source(to, true);
  if (!there) return there.error();
  for (std::size_t i = 0; i < digests.size(); ++i) {
    auto found = digest_of(**there, store_tables()[i]);
    if (!found) return found.error();
    if (*found == digests[i]) continue;
    return Error{Fault::kMisconfigured, "copy store: what was written to the table " +
                                            copied[i].name + " of " + shown_place(to) +
                                            " reads back otherwise: do not use it"};
  }
  NAVETTE_TRY((*sink)->finish(*numbers));
  return copied;
}

}  // namespace navette
