// Makes the load of the pipeline's bench, and is the system that it must arrive in.
//
//   pipeline_load TICKETS [SEED]
//
// Prints {"port": N}, then does what lines on its standard input say, and prints a line of JSON for
// each:
//   go HOST PORT PATH FIRST COUNT CONNECTIONS RATE SECONDS
//       COUNT changes, of the tickets from FIRST on, as webhooks. RATE 0: each connection sends the
//       next one when its last is answered; else so many a second, at their times, whether or not
//       those before are answered. It ends when all have arrived, or none has for SECONDS.
//   show TICKET       {"source": ..., "found": ...}
//
// A change's time begins when it was to be sent, not when a connection was free for it.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include <sys/resource.h>

#include "tests/bench/pipeline/board.h"
#include "tests/bench/pipeline/http.h"

namespace navette::bench {
namespace {

constexpr std::size_t kConnectionsMax = 256;
constexpr std::int64_t kSecond = 1'000'000'000;

struct Order {
  std::string host;
  int port = 0;
  std::string path;
  std::size_t first = 0;
  std::size_t count = 0;
  std::size_t connections = 0;
  double rate = 0;
  std::int64_t patience_s = 0;
};

double own_cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double milliseconds_at(std::vector<std::int64_t>& sorted, double share) {
  if (sorted.empty()) return 0;
  const auto at = static_cast<std::size_t>(share * static_cast<double>(sorted.size()));
  return static_cast<double>(sorted[std::min(at, sorted.size() - 1)]) / 1e6;
}

class Run {
 public:
  Run(Poller& poller, Board& board, Order order)
      : poller_(poller),
        board_(board),
        order_(std::move(order)),
        client_(poller, order_.host, order_.port,
                [this](std::size_t ticket, int status) { answered(ticket, status); }),
        due_(order_.count, 0) {
    head_ = "POST " + order_.path + " HTTP/1.1\r\nHost: " + order_.host + ":" +
            std::to_string(order_.port) + "\r\nContent-Type: application/json\r\nContent-Length: ";
  }

  void delivered(std::size_t ticket) {
    if (ticket < order_.first || ticket >= order_.first + order_.count) return;
    last_at_ = now_ns();
    arrived_.push_back(last_at_ - due_[ticket - order_.first]);
  }

  void go() {
    while (client_.connections() < order_.connections) client_.connect();
    const double cpu_before = own_cpu_seconds();
    const Board::Counts before = board_.counts();
    begun_ = last_at_ = now_ns();
    while (!over()) {
      send();
      poller_.turn(next_turn());
    }
    print(before, own_cpu_seconds() - cpu_before);
  }

 private:
  std::int64_t due_at(std::size_t change) const {
    if (order_.rate <= 0) return 0;
    return begun_ + static_cast<std::int64_t>(static_cast<double>(change) / order_.rate * 1e9);
  }

  bool over() const {
    const bool all = answers_ == order_.count && arrived_.size() + refused_ >= order_.count;
    return all || now_ns() - last_at_ > order_.patience_s * kSecond;
  }

  std::int64_t next_turn() const {
    const std::int64_t soon = now_ns() + kSecond / 5;
    return order_.rate > 0 && sent_ < order_.count ? std::min(soon, due_at(sent_)) : soon;
  }

  void send() {
    while (sent_ < order_.count && due_at(sent_) <= now_ns()) {
      if (!client_.idle()) {
        if (order_.rate <= 0 || client_.connections() >= kConnectionsMax) return;
        client_.connect();
      }
      const std::size_t ticket = order_.first + sent_;
      due_[sent_] = order_.rate > 0 ? due_at(sent_) : now_ns();
      ++sent_;
      client_.send(head_, board_.change(ticket), ticket);
    }
  }

  void answered(std::size_t ticket, int status) {
    ++answers_;
    last_at_ = now_ns();
    accepted_.push_back(last_at_ - due_[ticket - order_.first]);
    if (status < 200 || status > 299) {
      ++refused_;
      refused_as_ = status;
    }
    accepted_at_ = last_at_;
  }

  void print(const Board::Counts& before, double cpu) {
    const Board::Counts& counts = board_.counts();
    const auto seconds = [this](std::int64_t at) { return static_cast<double>(at - begun_) / 1e9; };
    std::sort(accepted_.begin(), accepted_.end());
    std::sort(arrived_.begin(), arrived_.end());
    std::printf(
        "{\"sent\":%zu,\"refused\":%zu,\"refused_as\":%d,\"arrived\":%zu,\"seconds\":%.6f,"
        "\"accepted_seconds\":%.6f,\"cpu_seconds\":%.6f,\"connections\":%zu,"
        "\"accept_ms\":[%.3f,%.3f,%.3f],\"arrive_ms\":[%.3f,%.3f,%.3f],"
        "\"reads\":%lld,\"created\":%lld,\"updated\":%lld,\"repeated\":%lld,\"doubled\":%lld,"
        "\"wrong\":%lld}\n",
        sent_, refused_, refused_as_, arrived_.size(), seconds(last_at_), seconds(accepted_at_),
        cpu, client_.connections(), milliseconds_at(accepted_, 0.5),
        milliseconds_at(accepted_, 0.99), milliseconds_at(accepted_, 1),
        milliseconds_at(arrived_, 0.5), milliseconds_at(arrived_, 0.99),
        milliseconds_at(arrived_, 1), static_cast<long long>(counts.reads - before.reads),
        static_cast<long long>(counts.created - before.created),
        static_cast<long long>(counts.updated - before.updated),
        static_cast<long long>(counts.repeated - before.repeated),
        static_cast<long long>(counts.doubled - before.doubled),
        static_cast<long long>(counts.wrong - before.wrong));
  }

  Poller& poller_;
  Board& board_;
  Order order_;
  Client client_;
  std::string head_;
  std::vector<std::int64_t> due_;
  std::vector<std::int64_t> accepted_;
  std::vector<std::int64_t> arrived_;
  std::size_t sent_ = 0;
  std::size_t answers_ = 0;
  std::size_t refused_ = 0;
  int refused_as_ = 0;
  std::int64_t begun_ = 0;
  std::int64_t last_at_ = 0;
  std::int64_t accepted_at_ = 0;
};

// Serves until a line comes.
std::string next_line(Poller& poller) {
  std::string line;
  bool there = false;
  poller.watch(0, [&] {
    std::getline(std::cin, line);
    there = true;
  });
  while (!there) poller.turn(now_ns() + kSecond);
  poller.unwatch(0);
  return line;
}

int serve(std::size_t tickets, std::uint64_t seed) {
  Poller poller;
  Run* run = nullptr;
  Board board(tickets, seed, [&run](std::size_t ticket) {
    if (run != nullptr) run->delivered(ticket);
  });
  const Server server(poller, [&board](const Message& request, std::string& answer) {
    board.serve(request, answer);
  });
  std::printf("{\"port\":%d}\n", server.port());
  std::fflush(stdout);
  while (true) {
    std::istringstream words(next_line(poller));
    std::string verb;
    if (!(words >> verb)) return 0;
    if (verb == "go") {
      Order order;
      words >> order.host >> order.port >> order.path >> order.first >> order.count >>
          order.connections >> order.rate >> order.patience_s;
      if (!words || order.first + order.count > tickets) give_up("go: what?");
      Run now(poller, board, order);
      run = &now;
      now.go();
      run = nullptr;
    } else if (verb == "show") {
      std::size_t ticket = 0;
      if (!(words >> ticket) || ticket >= tickets) give_up("show: what?");
      const Board::Entry& entry = board.entry(ticket);
      std::printf("{\"source\":%s,\"found\":%s}\n", entry.source.c_str(),
                  entry.found.empty() ? "null" : entry.found.c_str());
    } else {
      give_up("what? " + verb);
    }
    std::fflush(stdout);
  }
}

}  // namespace
}  // namespace navette::bench

int main(int argc, char** argv) {
  if (argc < 2) navette::bench::give_up("pipeline_load TICKETS [SEED]");
  return navette::bench::serve(std::strtoull(argv[1], nullptr, 10),
                               argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1);
}
