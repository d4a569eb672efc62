// One engine over a file of tickets. mapping.py runs them all and compares.
//
//   mapping_bench generate COUNT SEED [shuffled]       tickets to standard output
//   mapping_bench run ENGINE FILE [FLOW|EXPRESSION]    what it took, as a line of JSON
//   mapping_bench show ENGINE FILE [FLOW|EXPRESSION]   the documents, to standard output
//
// Engines: read (nothing but the lines), hand, hand-tuned, rules, reverse, jsonata.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <memory>
#include <new>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

#include "config/load.h"
#include "mapping/jsonata/session.h"
#include "mapping/program.h"
#include "tests/bench/mapping/baseline.h"
#include "tests/bench/mapping/tickets.h"

namespace {
std::uint64_t allocations = 0;
}

// Every way to the heap that C++ code takes.
void* operator new(std::size_t size) {
  ++allocations;
  if (void* room = std::malloc(size)) return room;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  ++allocations;
  if (void* room = std::aligned_alloc(static_cast<std::size_t>(alignment), size)) return room;
  throw std::bad_alloc();
}
void operator delete(void* room) noexcept {
  std::free(room);
}
void operator delete(void* room, std::size_t) noexcept {
  std::free(room);
}
void operator delete(void* room, std::align_val_t) noexcept {
  std::free(room);
}
void operator delete(void* room, std::size_t, std::align_val_t) noexcept {
  std::free(room);
}

namespace navette::bench {
namespace {

// The line may be read up to 64 bytes beyond its end.
using Engine = std::function<void(std::string_view line, std::string* out)>;

[[noreturn]] void die(const std::string& why) {
  std::fprintf(stderr, "mapping_bench: %s\n", why.c_str());
  std::exit(2);
}

Engine by_rules(const std::string& file, Side from) {
  auto loaded = load_flow_file(file, process_environment());
  if (!loaded.ok()) die(render(loaded.diagnostics));
  auto compiled = Program::compile(loaded.flows.front(), from);
  if (!compiled) die(compiled.error().message);
  auto program = std::make_shared<Program>(std::move(*compiled));
  return [program](std::string_view line, std::string* out) {
    if (program->run(line) != Program::Answer::kMapped) die("rejected: " + std::string(line));
    *out += program->text();
  };
}

Engine by_expression(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string source(std::istreambuf_iterator<char>(in), {});
  auto compiled = jsonata::Expression::compile(source);
  if (!compiled) die(compiled.error().code + ": " + compiled.error().message);
  // The session refers to the expression: both live as long as the engine.
  auto expression = std::make_shared<jsonata::Expression>(std::move(*compiled));
  auto session = std::make_shared<jsonata::Session>(*expression);
  return [expression, session](std::string_view line, std::string* out) {
    if (session->evaluate_text(line, out) != jsonata::Session::Answer::kValue) {
      die("no value: " + std::string(line));
    }
  };
}

template <class Mapping>
Engine by_hand() {
  auto mapping = std::make_shared<Mapping>();
  return [mapping](std::string_view line, std::string* out) {
    const std::size_t room = line.size() + simdjson::SIMDJSON_PADDING;
    mapping->map(simdjson::padded_string_view(line.data(), line.size(), room), out);
  };
}

Engine engine_of(const std::string& name, const std::string& file) {
  if (name == "read") return [](std::string_view, std::string*) {};
  if (name == "hand") return by_hand<ByHand>();
  if (name == "hand-tuned") return by_hand<ByHandTuned>();
  if (name == "rules") return by_rules(file, Side::kClient);
  if (name == "reverse") return by_rules(file, Side::kProvider);
  if (name == "jsonata") return by_expression(file);
  die("unknown engine " + name);
}

struct Cost {
  std::uint64_t documents = 0;
  std::uint64_t bytes = 0;
  std::uint64_t allocations = 0;  // after the first thousand documents
};

// Through the file once, in pieces; what comes out is written to `sink`.
Cost run(const Engine& engine, const std::string& path, int sink) {
  constexpr std::size_t kPiece = std::size_t{1} << 17;
  constexpr std::uint64_t kWarm = 1000;
  const int file = ::open(path.c_str(), O_RDONLY);
  if (file < 0) die("cannot open " + path);
  const auto room = std::make_unique<char[]>(kPiece + simdjson::SIMDJSON_PADDING);
  char* const buffer = room.get();
  std::memset(buffer + kPiece, 0, simdjson::SIMDJSON_PADDING);
  std::string out;
  out.reserve(2 * kPiece);
  Cost cost;
  std::size_t kept = 0;
  for (;;) {
    const ssize_t got = ::read(file, buffer + kept, kPiece - kept);
    if (got <= 0) break;
    const char* at = buffer;
    const char* const end = buffer + kept + got;
    while (const void* found = std::memchr(at, '\n', static_cast<std::size_t>(end - at))) {
      const auto* line_end = static_cast<const char*>(found);
      if (cost.documents == kWarm) cost.allocations = allocations;
      engine({at, static_cast<std::size_t>(line_end - at)}, &out);
      out += '\n';
      ++cost.documents;
      cost.bytes += static_cast<std::uint64_t>(line_end - at) + 1;
      at = line_end + 1;
    }
    kept = static_cast<std::size_t>(end - at);
    std::memmove(buffer, at, kept);
    if (::write(sink, out.data(), out.size()) < 0) die("cannot write");
    out.clear();
  }
  ::close(file);
  cost.allocations = allocations - cost.allocations;
  return cost;
}

int generate(std::uint64_t count, std::uint64_t seed, bool shuffled) {
  std::string out;
  for (std::uint64_t i = 0; i < count; ++i) {
    append_ticket(seed, i, {.shuffled = shuffled}, &out);
    if (out.size() < (1U << 20) && i + 1 < count) continue;
    std::fwrite(out.data(), 1, out.size(), stdout);
    out.clear();
  }
  return std::fflush(stdout) == 0 ? 0 : 1;
}

// Of this process: what else runs on the machine does not count.
double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

// Of this program alone: what getrusage() says includes whoever started it.
long peak_kilobytes() {
  std::ifstream status("/proc/self/status");
  std::string line;
  while (std::getline(status, line)) {
    if (line.starts_with("VmHWM:")) return std::strtol(line.c_str() + 6, nullptr, 10);
  }
  return -1;
}

int measure(const std::string& name, const std::string& path, const std::string& by) {
  const Engine engine = engine_of(name, by);
  const int sink = ::open("/dev/null", O_WRONLY);
  const double start = cpu_seconds();
  const Cost cost = run(engine, path, sink);
  const double took = cpu_seconds() - start;
  std::printf(
      "{\"documents\":%llu,\"bytes\":%llu,\"seconds\":%.6f,\"allocations\":%llu,"
      "\"peak_kb\":%ld}\n",
      static_cast<unsigned long long>(cost.documents), static_cast<unsigned long long>(cost.bytes),
      took, static_cast<unsigned long long>(cost.allocations), peak_kilobytes());
  return 0;
}

int main_of(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() >= 3 && words[0] == "generate") {
    return generate(std::stoull(words[1]), std::stoull(words[2]), words.size() > 3);
  }
  if (words.size() < 3) die("generate COUNT SEED [shuffled] | run|show ENGINE FILE [BY]");
  const std::string by = words.size() > 3 ? words[3] : "";
  if (words[0] == "run") return measure(words[1], words[2], by);
  run(engine_of(words[1], by), words[2], STDOUT_FILENO);
  return 0;
}

}  // namespace
}  // namespace navette::bench

int main(int argc, char** argv) {
  return navette::bench::main_of(argc, argv);
}
