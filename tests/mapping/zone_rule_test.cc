// Goal: clocks go on changing after the last change that a zone's file lists. Many zones and years
// against another implementation: date_corpus.py.

#include "mapping/zone_rule.h"

#include <gtest/gtest.h>

#include "mapping/zone.h"

namespace navette {
namespace {

TimePoint at(const char* text) {
  return *parse_rfc3339(text);
}

int minutes(const char* rule, const char* time) {
  const auto parsed = ZoneRule::parse(rule);
  EXPECT_TRUE(parsed) << rule;
  return parsed ? static_cast<int>(parsed->offset(at(time)).count() / 60) : -1;
}

TEST(ZoneRule, KnowsEachWayToSayADay) {
  EXPECT_EQ(minutes("CET-1CEST,M3.5.0,M10.5.0/3", "2050-03-27T00:59:59Z"), 60);
  EXPECT_EQ(minutes("CET-1CEST,M3.5.0,M10.5.0/3", "2050-03-27T01:00:00Z"), 120);
  EXPECT_EQ(minutes("CET-1CEST,M3.5.0,M10.5.0/3", "2050-10-30T00:59:59Z"), 120);
  EXPECT_EQ(minutes("CET-1CEST,M3.5.0,M10.5.0/3", "2050-10-30T01:00:00Z"), 60);
  EXPECT_EQ(minutes("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2050-01-01T00:00:00Z"), 660);
  EXPECT_EQ(minutes("IST-1GMT0,M10.5.0,M3.5.0/1", "2050-07-01T00:00:00Z"), 60);
  EXPECT_EQ(minutes("IST-1GMT0,M10.5.0,M3.5.0/1", "2050-12-01T00:00:00Z"), 0);
  EXPECT_EQ(minutes("A3B,J60/0,J300", "2052-03-01T02:59:59Z"), -180);
  EXPECT_EQ(minutes("A3B,J60/0,J300", "2052-03-01T03:00:00Z"), -120);
  EXPECT_EQ(minutes("A3B,59/0,300", "2052-02-29T03:00:00Z"), -120);
  EXPECT_EQ(minutes("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2050-03-27T01:00:00Z"), -60);
}

TEST(ZoneRule, WhatIsNoRuleIsNone) {
  for (const char* text : {"", "UTC0", "<+01>-1", "CET-1CEST", "CET-1CEST,M3.5.0", "1,2,3", "<CET",
                           "CET-1CEST,M13.5.0,M1.1.1", "CET-1CEST,M3.5.0,M10.5.0/3x"}) {
    EXPECT_FALSE(ZoneRule::parse(text)) << text;
  }
}

TEST(ZoneRule, ZonesFollowTheirsFarIntoTheFuture) {
  const Zone paris = *Zone::find("Europe/Paris");
  EXPECT_EQ(paris.offset(at("2099-07-01T00:00:00Z")), std::chrono::hours(2));
  EXPECT_EQ(paris.from_local(at("2099-03-29T02:30:00Z").time_since_epoch()),
            at("2099-03-29T01:30:00Z"));  // never comes
  EXPECT_EQ(paris.from_local(at("2099-10-25T02:30:00Z").time_since_epoch()),
            at("2099-10-25T00:30:00Z"));  // the first of two
  EXPECT_EQ(paris.from_local(at("2099-10-25T03:30:00Z").time_since_epoch()),
            at("2099-10-25T02:30:00Z"));
}

}  // namespace
}  // namespace navette
