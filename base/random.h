// Randomness as an interface: seeded in tests and simulations, from the system in the hub.

#pragma once

#include <cstdint>
#include <random>

namespace navette {

// Thread safety: none; give each thread its own.
class Random {
 public:
  // The same seed gives the same numbers everywhere.
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  // Seeded by the operating system.
  Random() : engine_(std::random_device{}()) {}

  std::uint64_t next() { return engine_(); }
  // Uniform in [0, bound). REQUIRES: bound > 0.
  std::uint64_t below(std::uint64_t bound) { return engine_() % bound; }

 private:
  std::mt19937_64 engine_;
};

}  // namespace navette
