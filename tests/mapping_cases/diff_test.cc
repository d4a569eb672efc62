// Goal: what a person reads first when a test fails says exactly what changed.

#include "mapping/cases/diff.h"

#include <cstdlib>
#include <random>

#include <gtest/gtest.h>

#include "base/text.h"

namespace navette {
namespace {

TEST(Diff, TheSameHasNone) {
  EXPECT_EQ(unified_diff("a\nb\n", "a\nb", "x", "y"), "");
  EXPECT_EQ(unified_diff("", "", "x", "y"), "");
}

TEST(Diff, ThreeLinesStandAroundAChange) {
  EXPECT_EQ(unified_diff("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n", "x", "y"),
            "--- x\n+++ y\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
}

TEST(Diff, FarChangesAreHunksOfTheirOwn) {
  EXPECT_EQ(unified_diff("a\n1\n2\n3\n4\n5\n6\n7\nb\n", "A\n1\n2\n3\n4\n5\n6\n7\n", "x", "y"),
            "--- x\n+++ y\n@@ -1,4 +1,4 @@\n-a\n+A\n 1\n 2\n 3\n@@ -6,4 +6,3 @@\n 5\n 6\n 7\n-b\n");
  EXPECT_EQ(unified_diff("", "a\n", "x", "y"), "--- x\n+++ y\n@@ -0,0 +1 @@\n+a\n");
}

// Goal: a diff can be believed. Method: random texts; the diff's lines, applied, give the other.
TEST(Diff, AppliedItGivesTheOtherText) {
  const char* wanted = std::getenv("NAVETTE_SEED");
  const unsigned seed =
      wanted != nullptr ? static_cast<unsigned>(std::atoi(wanted)) : std::random_device{}();
  SCOPED_TRACE("NAVETTE_SEED=" + std::to_string(seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 200; ++round) {
    const auto make = [&random] {
      std::string text;
      for (std::size_t lines = random() % 30; lines > 0; --lines) {
        text += std::string(1, static_cast<char>('a' + random() % 4)) + "\n";
      }
      return text;
    };
    const std::string before = make();
    const std::string after = make();
    const std::vector<std::string> old = split(before, '\n');
    std::size_t next = 0;
    std::string built;
    for (const std::string& line : split(unified_diff(before, after, "x", "y"), '\n')) {
      if (line.empty() || line.starts_with("---") || line.starts_with("+++")) continue;
      if (line.starts_with("@@")) {
        const auto start = static_cast<std::size_t>(std::atoi(line.c_str() + 4));
        const bool none = line.find(",0 +") != std::string::npos;
        for (; next + 1 < start + (none ? 1 : 0); ++next) built += old[next] + "\n";
        continue;
      }
      if (line[0] != '+') {
        ASSERT_EQ(old[next], line.substr(1));
        ++next;
      }
      if (line[0] != '-') built += line.substr(1) + "\n";
    }
    for (; next + 1 < old.size(); ++next) built += old[next] + "\n";
    ASSERT_EQ(built, after) << before;
  }
}

}  // namespace
}  // namespace navette
