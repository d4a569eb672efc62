// What the bus costs over libzmq alone: call and reply through hub and client, and the same frames
// over a bare ROUTER and DEALER, in one run, with as many calls under way.
//
// Prints calls a second of both and their ratio: medians of rounds in turn, since whatever else the
// machine does hits both alike. Arguments: calls a round (default 20000).

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include <zmq.hpp>

#include "base/clock.h"
#include "bus/client.h"
#include "bus/hub.h"

namespace navette::bus {
namespace {

constexpr int kUnderWay = 64;

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// The hub calls, a worker answers with the same payload.
double bus_rate(const std::string& address, std::size_t bytes, int calls) {
  const SystemClock clock;
  Context context;
  Reactor reactor(clock);
  HubOptions options;
  const bool inside = address.starts_with("inproc:");
  if (!inside) options.listen = address;
  Hub hub(reactor, context, options);
  if (const Status opened = hub.open(); !opened) {
    std::fprintf(stderr, "%s\n", opened.error().message.c_str());
    std::exit(3);
  }
  hub.allow({{"desk", {!inside, ""}}});
  ClientOptions connecting;
  connecting.address = inside ? options.inside : hub.endpoint();
  connecting.system = "desk";
  connecting.workers = 1;
  connecting.credit = kUnderWay;
  connecting.goodbye_max = std::chrono::milliseconds(1);
  Client client(context, clock, connecting, [](int) -> Handler {
    return [](Asked&& asked) {
      Answer answer;
      answer.blob = std::move(asked.blob);
      return answer;
    };
  });
  std::jthread thread([&](const std::stop_token& stop) {
    if (const Status served = client.run(stop); !served) {
      std::fprintf(stderr, "%s\n", served.error().message.c_str());
    }
  });
  const std::string payload(bytes, 'x');
  int sent = 0;
  int answered = 0;
  std::chrono::steady_clock::time_point begin;
  std::function<void()> call = [&] {
    ++sent;
    Request request;
    request.method = "echo";
    request.blob = payload;
    hub.call("desk", std::move(request), [&](const Reply&) {
      if (++answered == calls) return reactor.stop();
      if (sent < calls) call();
    });
  };
  hub.on_up([&](const std::string&) {
    begin = std::chrono::steady_clock::now();
    for (int i = 0; i < std::min(kUnderWay, calls); ++i) call();
  });
  reactor.run();
  return calls / seconds_since(begin);
}

double bare_rate(const std::string& address, std::size_t bytes, int calls) {
  zmq::context_t context;
  zmq::socket_t router(context, zmq::socket_type::router);
  router.bind(address);
  const std::string endpoint = router.get(zmq::sockopt::last_endpoint);
  std::jthread peer([&] {
    zmq::socket_t dealer(context, zmq::socket_type::dealer);
    dealer.connect(endpoint);
    dealer.send(zmq::str_buffer("hello"), zmq::send_flags::none);
    for (int i = 0; i < calls; ++i) {
      zmq::message_t header;
      zmq::message_t blob;
      if (!dealer.recv(header) || !dealer.recv(blob)) return;
      dealer.send(header, zmq::send_flags::sndmore);
      dealer.send(blob, zmq::send_flags::none);
    }
  });
  zmq::message_t name;
  zmq::message_t part;
  if (!router.recv(name) || !router.recv(part)) return 0;
  const std::string header(96, 'h');  // about what a request of ours has
  const std::string payload(bytes, 'x');
  const auto send = [&] {
    router.send(zmq::buffer(name.data(), name.size()), zmq::send_flags::sndmore);
    router.send(zmq::buffer(header), zmq::send_flags::sndmore);
    router.send(zmq::buffer(payload), zmq::send_flags::none);
  };
  const auto begin = std::chrono::steady_clock::now();
  int sent = 0;
  for (; sent < std::min(kUnderWay, calls); ++sent) send();
  for (int answered = 0; answered < calls; ++answered) {
    zmq::message_t from;
    zmq::message_t blob;
    if (!router.recv(from) || !router.recv(part) || !router.recv(blob)) return 0;
    if (sent < calls) {
      send();
      ++sent;
    }
  }
  return calls / seconds_since(begin);
}

}  // namespace
}  // namespace navette::bus

constexpr std::size_t kRounds = 5;

int main(int argc, char** argv) {
  const int calls = argc > 1 ? std::max(1, std::atoi(argv[1])) : 20'000;
  std::printf("%-12s %8s %14s %14s %7s\n", "transport", "bytes", "bus calls/s", "libzmq calls/s",
              "ratio");
  for (const char* transport : {"inproc", "tcp"}) {
    const bool inside = std::string(transport) == "inproc";
    const std::string address = inside ? "inproc://bench" : "tcp://127.0.0.1:*";
    for (const std::size_t bytes : {64, 1024, 4096}) {
      std::array<double, kRounds> bus{};
      std::array<double, kRounds> alone{};
      for (std::size_t round = 0; round < kRounds; ++round) {
        bus[round] = navette::bus::bus_rate(address, bytes, calls);
        alone[round] = navette::bus::bare_rate(address, bytes, calls);
      }
      std::sort(bus.begin(), bus.end());
      std::sort(alone.begin(), alone.end());
      const double ours = bus[kRounds / 2];
      const double bare = alone[kRounds / 2];
      std::printf("%-12s %8zu %14.0f %14.0f %7.2f\n", transport, bytes, ours, bare, ours / bare);
    }
  }
  return 0;
}
