// Runs histories until one breaks a promise; then makes that one short and tells it.
//
//   simulate [--histories N] [--seed S] [--steps N] [--jobs N] [--as-is] [--list]
//            [--expect-failure]
//
// With --list it goes on and names all that fail. The seed is NAVETTE_SEED when it is not given,
// and 1 when that is not set either. The histories have the seeds S, S+1, ... Exit: 0 every promise
// held, 1 one did not; the other way round with --expect-failure, which is how a deliberate fault
// of the engine is tried.

#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include "tests/simulation/history.h"

namespace navette::test {
namespace {

struct Order {
  std::uint64_t seed = 1;
  std::uint64_t histories = 1000;
  int steps = 100;
  std::uint64_t jobs = 1;
  bool as_is = false;
  bool expect_failure = false;
  bool list = false;
};

void report(const History& history, const Order& order) {
  const Ending ending = run_history(history);
  std::printf("NAVETTE_SEED=%llu breaks a promise: %s\n",
              static_cast<unsigned long long>(history.seed), ending.wrong.front().c_str());
  std::fflush(stdout);
  std::fputs(explain(order.as_is ? history : shrink(history)).c_str(), stdout);
}

// Every jobs-th history from the first-th on; 0 when all held.
int run_some(const Order& order, std::uint64_t first) {
  const auto began = std::chrono::steady_clock::now();
  std::uint64_t ran = 0;
  int failed = 0;
  std::int64_t writes = 0;
  for (std::uint64_t i = first; i < order.histories; i += order.jobs) {
    const History history = make_history(order.seed + i, order.steps);
    const Ending ending = run_history(history);
    ++ran;
    writes += ending.writes;
    if (ending.wrong.empty()) continue;
    failed = 1;
    if (order.list) {
      std::printf("NAVETTE_SEED=%llu: %s\n", static_cast<unsigned long long>(history.seed),
                  ending.wrong.front().c_str());
      std::fflush(stdout);
      continue;
    }
    if (order.expect_failure) {
      std::printf("caught after %llu histories: %s\n", static_cast<unsigned long long>(ran),
                  ending.wrong.front().c_str());
    } else {
      report(history, order);
    }
    std::fflush(stdout);
    return 1;
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  std::printf("%llu histories of %d steps, %lld writes, %.0f histories/s, first seed %llu\n",
              static_cast<unsigned long long>(ran), order.steps, static_cast<long long>(writes),
              static_cast<double>(ran) / seconds,
              static_cast<unsigned long long>(order.seed + first));
  std::fflush(stdout);
  return failed;
}

int run_all(const Order& order) {
  if (order.jobs == 1) return run_some(order, 0);
  std::vector<pid_t> workers;
  for (std::uint64_t i = 0; i < order.jobs; ++i) {
    const pid_t worker = fork();
    if (worker == 0) std::_Exit(run_some(order, i));
    workers.push_back(worker);
  }
  int failed = 0;
  for (const pid_t worker : workers) {
    int status = 0;
    waitpid(worker, &status, 0);
    if (status != 0) failed = 1;
  }
  return failed;
}

std::uint64_t number(const char* text) {
  std::uint64_t value = 0;
  const std::string_view view(text == nullptr ? "" : text);
  const auto read = std::from_chars(view.data(), view.data() + view.size(), value);
  if (read.ec != std::errc() || read.ptr != view.data() + view.size()) {
    std::fprintf(stderr, "simulate: not a number: %s\n", text == nullptr ? "" : text);
    std::exit(2);
  }
  return value;
}

Order order_of(int count, char** words) {
  Order order;
  if (const char* given = std::getenv("NAVETTE_SEED")) order.seed = number(given);
  for (int i = 1; i < count; ++i) {
    const std::string_view word(words[i]);
    const char* next = i + 1 < count ? words[i + 1] : nullptr;
    if (word == "--as-is") {
      order.as_is = true;
      continue;
    }
    if (word == "--list") {
      order.list = true;
      continue;
    }
    if (word == "--expect-failure") {
      order.expect_failure = true;
      continue;
    }
    const std::uint64_t value = number(next);
    ++i;
    if (word == "--seed") {
      order.seed = value;
    } else if (word == "--histories") {
      order.histories = value;
    } else if (word == "--steps") {
      order.steps = static_cast<int>(value);
    } else if (word == "--jobs") {
      order.jobs = value;
    } else {
      std::fprintf(stderr, "simulate: unknown option %s\n", words[i - 1]);
      std::exit(2);
    }
  }
  return order;
}

}  // namespace
}  // namespace navette::test

int main(int count, char** words) {
  const auto order = navette::test::order_of(count, words);
  const int failed = navette::test::run_all(order);
  return order.expect_failure ? 1 - failed : failed;
}
