// Runs a fuzz target without libFuzzer: each file of its corpus, and then mutations of them that
// depend on nothing but the seed.
//
//   NAME_driver CORPUS_FOLDER [MUTATIONS]
//
// NAVETTE_SEED: another seed than 1. NAVETTE_FUZZ_SECONDS: go on for so long, whatever MUTATIONS
// is. What a failing input was is written to fuzz-failure-NAME in the working directory. An input
// that takes longer than a minute is a failure, too.

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "tests/fuzz/fuzz_target.h"

// Of the sanitizers' runtime, when there is one.
// NOLINTNEXTLINE(bugprone-reserved-identifier,readability-identifier-naming)
extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)());

namespace {

constexpr unsigned kInputSecondsMax = 60;
constexpr std::size_t kInputBytesMax = 4096;

// For the handlers, which may not ask for memory.
const std::string* g_input = nullptr;
std::array<char, 256> g_failure_path{};

void keep_input() {
  if (g_input == nullptr) return;
  const int file = ::open(g_failure_path.data(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return;
  for (std::size_t at = 0; at < g_input->size();) {
    const ssize_t written = ::write(file, g_input->data() + at, g_input->size() - at);
    if (written <= 0) break;
    at += static_cast<std::size_t>(written);
  }
  ::close(file);
}

extern "C" void on_signal(int signal) {
  keep_input();
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

class Mutator {
 public:
  Mutator(const std::vector<std::string>& corpus, std::uint64_t seed)
      : corpus_(corpus), random_(seed) {}

  std::string next() {
    std::string text = any();
    for (std::size_t edits = 1 + below(5); edits > 0; --edits) edit(text);
    if (text.size() > kInputBytesMax) text.resize(kInputBytesMax);
    return text;
  }

 private:
  std::size_t below(std::size_t n) { return n == 0 ? 0 : random_() % n; }
  const std::string& any() { return corpus_[below(corpus_.size())]; }

  std::string piece() {
    const std::string& from = any();
    const std::size_t start = below(from.size());
    return from.substr(start, 1 + below(24));
  }

  void edit(std::string& text) {
    static constexpr std::array<const char*, 22> kOdd = {"\"",
                                                         "\\u",
                                                         "\\ud800",
                                                         "{",
                                                         "}",
                                                         "[",
                                                         "]",
                                                         ":",
                                                         ",",
                                                         "\n",
                                                         "\xff",
                                                         "\xc3",
                                                         "\xef\xbb\xbf",
                                                         "-",
                                                         ".",
                                                         "e9",
                                                         "99999999999999999999",
                                                         "$",
                                                         "*",
                                                         "(",
                                                         ")",
                                                         "null"};
    const std::size_t at = below(text.size() + 1);
    const std::size_t length = below(std::min<std::size_t>(text.size() - at, 16) + 1);
    switch (below(8)) {
      case 0:
        text.erase(at, length);
        break;
      case 1:
        text.insert(at, text.substr(at, length));
        break;
      case 2:
        text.insert(at, piece());
        break;
      case 3:
        text.replace(at, length, piece());
        break;
      case 4:
        text.insert(at, kOdd[below(kOdd.size())]);
        break;
      case 5:
        if (at < text.size()) text[at] = static_cast<char>(below(256));
        break;
      case 6:
        if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << below(8)));
        break;
      default:
        for (std::size_t n = 1 + below(64); n > 0 && text.size() < kInputBytesMax; --n) {
          text.insert(at, kOdd[3 + below(7)]);
        }
    }
  }

  const std::vector<std::string>& corpus_;
  std::mt19937_64 random_;
};

std::vector<std::string> read_corpus(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<std::string> corpus;
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return corpus;
}

std::uint64_t number_of(const char* name, std::uint64_t fallback) {
  const char* const text = std::getenv(name);
  return text == nullptr ? fallback : std::strtoull(text, nullptr, 10);
}

void run(const std::string& input) {
  g_input = &input;
  ::alarm(kInputSecondsMax);
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
  g_input = nullptr;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s CORPUS_FOLDER [MUTATIONS]\n", argv[0]);
    return 2;
  }
  const std::string name = std::filesystem::path(argv[0]).filename().string();
  std::snprintf(g_failure_path.data(), g_failure_path.size(), "fuzz-failure-%s", name.c_str());
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGALRM}) {
    std::signal(signal, on_signal);
  }
  if (__sanitizer_set_death_callback != nullptr) __sanitizer_set_death_callback(keep_input);

  const std::vector<std::string> corpus = read_corpus(argv[1]);
  if (corpus.empty()) {
    std::fprintf(stderr, "%s: no corpus in %s\n", name.c_str(), argv[1]);
    return 1;
  }
  const std::uint64_t seed = number_of("NAVETTE_SEED", 1);
  const std::uint64_t mutations = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 2000;
  const std::chrono::seconds least(number_of("NAVETTE_FUZZ_SECONDS", 0));
  std::printf("%s: seed %llu\n", name.c_str(), static_cast<unsigned long long>(seed));
  std::fflush(stdout);
  for (const std::string& input : corpus) run(input);
  const auto start = std::chrono::steady_clock::now();
  Mutator mutator(corpus, seed);
  std::uint64_t done = 0;
  while (least.count() > 0 ? std::chrono::steady_clock::now() - start < least : done < mutations) {
    run(mutator.next());
    ++done;
  }
  std::printf("%s: %zu corpus files and %llu mutations\n", name.c_str(), corpus.size(),
              static_cast<unsigned long long>(done));
  return 0;
}
