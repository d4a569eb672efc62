#include "tools/text.h"

#include <gmock/gmock.h>

namespace navette::tools {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(Human, SaysTwoUnitsAtTheMost) {
  EXPECT_EQ(human(milliseconds(0)), "0 s");
  EXPECT_EQ(human(milliseconds(-5000)), "0 s");
  EXPECT_EQ(human(milliseconds(59'999)), "59 s");
  EXPECT_EQ(human(seconds(60)), "1 min");
  EXPECT_EQ(human(minutes(4) + seconds(59)), "4 min");
  EXPECT_EQ(human(hours(2) + minutes(5)), "2 h 5 min");
  EXPECT_EQ(human(hours(2)), "2 h");
  EXPECT_EQ(human(hours(76) + minutes(59)), "3 d 4 h");
}

TEST(TableTest, AlignsNumbersToTheRightAndTextsToTheLeft) {
  Table table({"flow", "links"});
  table.add({"acme", "5"});
  table.add({"\xc3\xa9t\xc3\xa9", "1234"});
  EXPECT_EQ(table.text(),
            "flow  links\n"
            "acme      5\n"
            "\xc3\xa9t\xc3\xa9    1234\n");
}

TEST(TableTest, ShowsNoControlCharacter) {
  Table table({"subject"});
  table.add({"a\x1b[2J\nb"});
  EXPECT_EQ(table.text(), "subject\na\\u{1b}[2J\\nb\n");
}

TEST(Brief, CutsAtACharacter) {
  EXPECT_EQ(brief(Json("\xc3\xa9\xc3\xa9\xc3\xa9"), 2), "\xc3\xa9\xc3\xa9...");
  EXPECT_EQ(brief(Json(Json::Object{{"a", 1}})), "{\"a\":1}");
  EXPECT_EQ(brief(Json()), "null");
}

TEST(Outline, NestsAndEscapes) {
  Json value = Json::object();
  value.set("target", "tracker");
  Json& fields = value.set("fields", Json::array());
  fields.push(Json(Json::Object{{"rule", "Subject~subject"}, {"to", "a\nb"}}));
  fields.push("plain");
  EXPECT_EQ(outline(value, "  "),
            "  target: tracker\n"
            "  fields:\n"
            "    - rule: Subject~subject\n"
            "      to: a\\nb\n"
            "    - plain\n");
}

TEST(Moment, IsNullForNever) {
  EXPECT_TRUE(moment(0).is_null());
  EXPECT_EQ(moment(1000).text(), "1970-01-01T00:00:01Z");
}

}  // namespace
}  // namespace navette::tools
