// What the store alone takes: the same bytes as the pipeline's webhooks, journalled in batches with
// a flush each. Prints {"rows_per_second": N, "cpu_us": N}.
//
//   pipeline_limits STORE ROWS BATCH

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include <sys/resource.h>

#include "store/store.h"
#include "tests/bench/mapping/tickets.h"

namespace navette {
namespace {

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

Batch accept(std::int64_t number) {
  ChangeRow row;
  row.flow = "pipeline";
  row.entity_id = std::to_string(10'000 + number);
  row.origin = "webhook";
  row.correlation = "0123456789abcdef";
  row.config_hash = std::string(64, 'c');
  row.received_at = number;
  bench::append_ticket(1, static_cast<std::uint64_t>(number), {}, &row.payload);
  Batch batch;
  batch.emplace_back(AddChange{std::move(row)});
  return batch;
}

int measure(const std::string& place, std::int64_t rows, std::size_t batch) {
  auto store = open_store(place);
  if (!store) {
    std::fprintf(stderr, "%s\n", store.error().message.c_str());
    return 3;
  }
  std::vector<std::vector<Batch>> groups;
  for (std::int64_t number = 0; number < rows;) {
    std::vector<Batch>& group = groups.emplace_back();
    while (group.size() < batch && number < rows) group.push_back(accept(number++));
  }
  const auto begun = std::chrono::steady_clock::now();
  const double cpu = cpu_seconds();
  for (const std::vector<Batch>& group : groups) {
    for (const Status& done : (*store)->commit(group)) {
      if (done) continue;
      std::fprintf(stderr, "%s\n", done.error().message.c_str());
      return 3;
    }
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  const auto count = static_cast<double>(rows);
  std::printf("{\"rows_per_second\":%.0f,\"cpu_us\":%.2f}\n", count / took.count(),
              (cpu_seconds() - cpu) / count * 1e6);
  return 0;
}

}  // namespace
}  // namespace navette

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("pipeline_limits STORE ROWS BATCH\n", stderr);
    return 2;
  }
  return navette::measure(argv[1], std::strtoll(argv[2], nullptr, 10),
                          std::strtoull(argv[3], nullptr, 10));
}
