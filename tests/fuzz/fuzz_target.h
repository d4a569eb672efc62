// What the fuzz targets share. Each target is one file NAME_fuzz.cc that defines
// LLVMFuzzerTestOneInput; it runs under libFuzzer (preset fuzz) and under fuzz_driver.cc (all
// others).

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

// NOLINTNEXTLINE(readability-identifier-naming): the name is libFuzzer's
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace navette::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// A promise that must hold whatever the input is.
inline void expect(bool holds, const char* promise, const std::string& shown = {}) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n%s\n", promise, shown.c_str());
  std::abort();
}

}  // namespace navette::fuzz
