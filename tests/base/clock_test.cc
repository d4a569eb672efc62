#include "base/clock.h"

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>

#include <gtest/gtest.h>

namespace navette {
namespace {

using std::chrono::milliseconds;

TimePoint at(std::int64_t millis) {
  return TimePoint(milliseconds(millis));
}

TEST(Clock, TimesPrintAsRfc3339WithMillisecondsOnlyWhenThereAreAny) {
  EXPECT_EQ(to_rfc3339(at(0)), "1970-01-01T00:00:00Z");
  EXPECT_EQ(to_rfc3339(at(1'795'486'702'123)), "2026-11-24T02:18:22.123Z");
  EXPECT_EQ(to_rfc3339(at(-1)), "1969-12-31T23:59:59.999Z");
}

TEST(Clock, EveryOffsetIsTheSameInstant) {
  const auto expected = parse_rfc3339("2026-11-24T02:18:22Z");
  ASSERT_TRUE(expected.has_value());
  for (const char* text : {"2026-11-24T03:18:22+01:00", "2026-11-23T21:18:22-05:00",
                           "2026-11-24t02:18:22z", "2026-11-24 07:48:22.000000+05:30"}) {
    EXPECT_EQ(parse_rfc3339(text), expected) << text;
  }
  EXPECT_EQ(parse_rfc3339("2026-01-01"), parse_rfc3339("2026-01-01T00:00:00Z"));
  EXPECT_EQ(parse_rfc3339("2024-02-29T23:59:60Z"), parse_rfc3339("2024-03-01T00:00:00Z"));
}

TEST(Clock, WhatIsNoTimeIsRefused) {
  for (const char* text :
       {"", "2026", "2026-13-01", "2026-02-29", "2026-01-32", "2026-1-1", "2026-01-01T",
        "yesterday", "2026-01-01T00:00:00", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:00+0100", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00Zx",
        "2026-01-01T00:00Z", "-2026-01-01", "2026-01-01T00:00:00+24:00"}) {
    EXPECT_FALSE(parse_rfc3339(text).has_value()) << text;
  }
}

TEST(Clock, AnyTimeSurvivesTheRoundTrip) {
  const char* wanted = std::getenv("NAVETTE_SEED");
  const unsigned seed =
      wanted != nullptr ? static_cast<unsigned>(std::atoi(wanted)) : std::random_device{}();
  SCOPED_TRACE("NAVETTE_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int i = 0; i < 2000; ++i) {
    const auto millis = static_cast<std::int64_t>(random() % 253'402'300'799'999U);
    EXPECT_EQ(parse_rfc3339(to_rfc3339(at(millis))), at(millis)) << millis;
  }
}

TEST(Clock, DurationsAreANumberAndAUnit) {
  EXPECT_EQ(parse_duration("250ms"), milliseconds(250));
  EXPECT_EQ(parse_duration("5s"), milliseconds(5000));
  EXPECT_EQ(parse_duration("10m"), std::chrono::minutes(10));
  EXPECT_EQ(parse_duration("2h"), std::chrono::hours(2));
  EXPECT_EQ(parse_duration("3d"), std::chrono::hours(72));
  EXPECT_EQ(parse_duration("0s"), milliseconds(0));
  for (const char* text : {"", "5", "s", "-5s", "-0s", "5 s", "5S", "1.5s", "5sec", "+5s",
                           "99999999999999999999s", "9999999999999d"}) {
    EXPECT_FALSE(parse_duration(text).has_value()) << text;
  }
}

TEST(Clock, DurationsPrintInTheLargestUnitThatIsExact) {
  EXPECT_EQ(to_text(milliseconds(0)), "0s");
  EXPECT_EQ(to_text(milliseconds(1500)), "1500ms");
  EXPECT_EQ(to_text(milliseconds(90'000)), "90s");
  EXPECT_EQ(to_text(std::chrono::hours(48)), "2d");
}

TEST(Clock, TheSystemsClockRuns) {
  const SystemClock clock;
  EXPECT_GT(clock.now(), *parse_rfc3339("2024-01-01"));
  const milliseconds before = clock.steady();
  EXPECT_GE(clock.steady(), before);
}

}  // namespace
}  // namespace navette
