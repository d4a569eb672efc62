// Goal: durations, numbers, zones and templates read what they write, and refuse what they can't.

#include <chrono>

#include <gtest/gtest.h>

#include "mapping/quantity.h"
#include "mapping/text_template.h"
#include "mapping/zone.h"

namespace navette {
namespace {

TEST(Quantity, EveryDurationComesBackFromEveryForm) {
  for (const std::int64_t ms : {0L, 1'000L, 60'000L, 5'400'000L, -5'400'000L, 86'400'000L,
                                90'061'000L, 1'199'880L, 359'999'000L}) {
    for (const char* form : {"seconds", "minutes", "hours", "iso"}) {
      std::vector<std::string> losses;
      const Json written = write_duration(ms, form, &losses);
      EXPECT_EQ(read_duration(written, form), ms) << form << " " << written.dump();
      EXPECT_TRUE(losses.empty());
    }
  }
  std::vector<std::string> losses;
  EXPECT_EQ(write_duration(90'061'000, "h:mm", &losses), Json("25:01"));
  EXPECT_EQ(losses.size(), 1U);
}

TEST(Quantity, ReadsWhatPeopleWriteAndNothingElse) {
  EXPECT_EQ(read_duration("1:30", "minutes"), 5'400'000);
  EXPECT_EQ(read_duration("PT1,5H", "minutes"), 5'400'000);
  EXPECT_EQ(read_duration("P1DT1M", "hours"), 86'460'000);
  for (const char* text : {"1:60", "1:3", "P1M", "PT", "P", "PT1M1H", "1h", "", "x", "1:30:99",
                           "99999999999:00", "PT1.2.3S", "--1:30"}) {
    EXPECT_FALSE(read_duration(text, "minutes")) << text;
  }
  EXPECT_FALSE(read_duration(1e300, "hours"));
}

TEST(Quantity, NumbersStayExact) {
  EXPECT_EQ(to_number_form("12345678901234567890123", "number")->dump(), "12345678901234567890123");
  EXPECT_EQ(to_number_form(*Json::parse("12345678901234567890123"), "text"),
            Json("12345678901234567890123"));
  EXPECT_EQ(to_number_form(3.0, "integer"), Json(3));
  EXPECT_FALSE(to_number_form(3.5, "integer"));
  EXPECT_FALSE(to_number_form("0x10", "number"));
  EXPECT_FALSE(to_number_form("007", "number"));
  EXPECT_FALSE(to_number_form(true, "number"));
}

// Europe/Paris: clocks go forward on 2026-03-29 at 02:00, back on 2026-10-25 at 03:00.
TEST(Zone, EdgesOfSummerTime) {
  using namespace std::chrono_literals;
  const auto paris = Zone::find("Europe/Paris");
  ASSERT_TRUE(paris);
  const auto at = [&](int month, int day, LocalTime time) {
    const std::chrono::sys_days date = std::chrono::year(2026) / month / day;
    return paris->from_local(std::chrono::duration_cast<LocalTime>(date.time_since_epoch()) + time);
  };
  const auto utc = [](int month, int day, LocalTime time) {
    return TimePoint(std::chrono::sys_days(std::chrono::year(2026) / month / day)) + time;
  };
  EXPECT_EQ(at(3, 29, 1h + 59min), utc(3, 29, 59min));
  EXPECT_EQ(at(3, 29, 2h + 30min), utc(3, 29, 1h + 30min));  // never comes: 03:30 there
  EXPECT_EQ(at(3, 29, 3h), utc(3, 29, 1h));
  EXPECT_EQ(at(10, 25, 2h + 30min), utc(10, 25, 30min));  // comes twice: the first
  EXPECT_EQ(at(10, 25, 3h), utc(10, 25, 2h));
  EXPECT_EQ(paris->offset(utc(7, 1, 0h)), 2h);
  EXPECT_FALSE(Zone::find("Europe/Pariss"));
  EXPECT_EQ(Zone::find("UTC")->offset(utc(7, 1, 0h)), 0h);
}

TEST(TextTemplate, ReadsWhatItWrites) {
  const auto form = Template::parse("{a.b}/{c}#{d}.");
  ASSERT_TRUE(form);
  EXPECT_TRUE(form->reversible());
  const std::vector<std::string> fillings = {"x", "1", "é"};
  EXPECT_EQ(form->write(fillings), "x/1#é.");
  EXPECT_EQ(form->read("x/1#é."), fillings);
  for (const char* text : {"", "x/1#é", "/1#é.", "x/#é.", "x/1é.", "x/1#."}) {
    EXPECT_FALSE(form->read(text)) << text;
  }
  EXPECT_FALSE(Template::parse("{a}{b}")->reversible());
  for (const char* text : {"", "x", "{id}{value}", "{id} {a}", "{", "{a[}"}) {
    EXPECT_FALSE(Template::parse(text)) << text;
  }
}

}  // namespace
}  // namespace navette
