// Fuzzes the ways between markups: the first byte chooses what the rest is written in.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tests/fuzz/markup_check.h"

// NOLINTNEXTLINE(readability-identifier-naming): the name is libFuzzer's
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using navette::testing::kMarkupNames;
  constexpr std::size_t kSizeMax = 1 << 16;
  if (size < 1 || size > kSizeMax) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const char* from = kMarkupNames[data[0] % kMarkupNames.size()];
  const std::string fault =
      navette::testing::markup_fault(bytes.substr(1), from, navette::testing::Asked::kSafe);
  if (!fault.empty()) {
    std::fprintf(stderr, "%s\n", fault.c_str());
    std::abort();
  }
  return 0;
}
