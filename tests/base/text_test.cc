#include "base/text.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace navette {
namespace {

TEST(Text, TrimTakesBlanksAtBothEndsOnly) {
  EXPECT_EQ(trim(" \t a b\r\n"), "a b");
  EXPECT_EQ(trim(" \n"), "");
}

TEST(Text, SplitDropsNothingAndJoinUndoesIt) {
  const std::vector<std::string> pieces = {"", "a", "", "b", ""};
  EXPECT_EQ(split(",a,,b,", ','), pieces);
  EXPECT_EQ(join(pieces, ","), ",a,,b,");
  EXPECT_EQ(split("", ','), std::vector<std::string>{""});
}

TEST(Text, Utf8IsCountedAndCutByWholeCharacters) {
  const std::string text = "aé漢😀z";
  EXPECT_EQ(utf8_length(text), 5U);
  EXPECT_EQ(utf8_prefix(text, 3), "aé漢");
  EXPECT_EQ(utf8_prefix_bytes(text, 2), "a");
  EXPECT_EQ(utf8_prefix_bytes(text, 3), "aé");
  EXPECT_EQ(utf8_prefix_bytes(text, 9), "aé漢");
  EXPECT_EQ(utf8_prefix_bytes(text, 10), "aé漢😀");
  EXPECT_EQ(utf8_prefix_bytes(text, 100), text);
}

TEST(Text, MalformedUtf8IsToldFromWellFormed) {
  EXPECT_TRUE(is_utf8("aé漢😀"));
  for (const char* text :
       {"\xC3", "\x80", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80",
        "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80", "\xFF"}) {
    EXPECT_FALSE(is_utf8(text));
    EXPECT_TRUE(is_utf8(to_utf8(text)));
  }
  EXPECT_EQ(to_utf8("a\xC3z"), "a\xEF\xBF\xBDz");
}

TEST(Text, EditDistanceCountsSwapsOnce) {
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("cleint", "client"), 1U);
}

TEST(Text, TheNearestWordIsOfferedAndAFarOneIsNot) {
  const std::vector<std::string> known = {"connector", "poll", "request-tracker", "id"};
  EXPECT_EQ(nearest("pol", known), "poll");
  EXPECT_EQ(nearest("REQUEST_TRACKER", known), "request-tracker");
  EXPECT_EQ(nearest("frequency", known), std::nullopt);
  EXPECT_EQ(nearest("", known), std::nullopt);
}

}  // namespace
}  // namespace navette
