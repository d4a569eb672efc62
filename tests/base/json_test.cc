// JSON in and out: exact numbers, every kind of text, and no crash on what is not JSON.

#include "navette/json.h"

#include <limits>

#include <gtest/gtest.h>

namespace navette {
namespace {

TEST(Json, WhatIsReadIsPrintedAgain) {
  for (const char* text :
       {"null", "true", "-0.5", "0", "-0", "[]", "{}", R"("é😀\n")", "12345678901234567890123",
        "9007199254740993", "0.1234567890123456789", R"({"b":[1,{"a":null}],"a":"x"})"}) {
    const auto value = Json::parse(text);
    ASSERT_TRUE(value) << text;
    EXPECT_EQ(value->dump(), text);
  }
}

TEST(Json, WhatIsNotJsonIsRefusedWithItsName) {
  for (const char* text :
       {"",          " ",           "007",         "1 2",           "[01]",          "+1",
        "1.",        ".5",          "1e",          "nul",           "tru",           "{",
        "[1,]",      "{\"a\"}",     "\"a",         "[1] 2",         "{} {}",         "{\"a\":1,}",
        "'a'",       "[1 2]",       "true false",  "\"a\" \"b\"",   "null null",     "\x01",
        R"(["\x"])", R"({"\x":1})", R"(["\u12"])", R"(["\u12G4"])", R"("\ud800\x")", "[nullx]",
        "[truex]",   "nullx"}) {
    const auto value = Json::parse(text, "the answer");
    EXPECT_FALSE(value) << text << " gave " << value->dump();
    const std::string said = value ? std::string() : value.error().message;
    EXPECT_NE(said.find("the answer"), std::string::npos) << text;
  }
}

TEST(Json, AByteOrderMarkIsNoPartOfTheText) {
  const auto read = Json::parse("\xEF\xBB\xBF{\"a\": 1}");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->dump(), R"({"a":1})");
  EXPECT_FALSE(Json::parse("\xEF\xBB\xBF\xEF\xBB\xBF{}"));
  EXPECT_FALSE(Json::parse("\xEF\xBB\xBF"));
  EXPECT_FALSE(Json::parse("\xEF\xBB{}"));
}

TEST(Json, ZeroBytesAreNoBlanks) {
  for (std::string text : {"null?", "[null?]", "[true?]", "[false?]", "true?", "[1?]", "1?", "{?}",
                           "\"a\"?", "[\"a\"?]", "[]?"}) {
    text[text.find('?')] = '\0';
    EXPECT_FALSE(Json::parse(text)) << text;
  }
}

TEST(Json, DepthIsLimited) {
  EXPECT_TRUE(Json::parse(std::string(400, '[') + std::string(400, ']')));
  EXPECT_FALSE(Json::parse(std::string(100'000, '[') + std::string(100'000, ']')));
  EXPECT_FALSE(Json::parse(std::string(100'000, '[')));
}

TEST(Json, ALoneSurrogateIsReplacedAndTheRestKept) {
  const auto value = Json::parse(R"(["a\ud800b","\ud83d\ude00"])");
  ASSERT_TRUE(value);
  EXPECT_EQ(value->items()[0].as_string(),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(value->items()[1].as_string(), "😀");
  EXPECT_EQ(Json::parse(R"("\udc00")")->dump(), "\"\xEF\xBF\xBD\"");
  // So it is in names: two that were different may be the same now.
  EXPECT_EQ(Json::parse(R"({"\ud800":1,"a":2,"\udc00":3})")->dump(),
            "{\"\xEF\xBF\xBD\":3,\"a\":2}");
}

TEST(Json, ManyMembersTakeNoLonger) {
  std::string text = "{";
  for (int i = 0; i < 200'000; ++i) text += "\"k" + std::to_string(i % 150'000) + "\":1,";
  text.back() = '}';
  const auto value = Json::parse(text);
  ASSERT_TRUE(value);
  EXPECT_EQ(value->size(), 150'000U);
}

TEST(Json, NumbersBeyondADoubleAreInfiniteOrZeroAsDoubles) {
  EXPECT_EQ(Json::parse("1e400")->as_double(), std::numeric_limits<double>::infinity());
  EXPECT_EQ(Json::parse("-1e400")->as_double(), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(Json::parse("1e-400")->as_double(1), 0);
  EXPECT_EQ(Json::parse("18446744073709551616")->as_double(), 18446744073709551616.0);
}

TEST(Json, TheLastOfEqualKeysWins) {
  EXPECT_EQ(Json::parse(R"({"a":1,"a":2})")->dump(), R"({"a":2})");
}

TEST(Json, EqualityKnowsNumbersAndNotTheOrderOfMembers) {
  EXPECT_EQ(*Json::parse(R"({"a":1,"b":[1.0]})"), *Json::parse(R"({"b":[1],"a":1.0})"));
  EXPECT_NE(*Json::parse("9007199254740993"), *Json::parse("9007199254740992"));
  EXPECT_NE(Json("1"), Json(1));
  EXPECT_NE(Json(), Json(""));
}

TEST(Json, MissingNullAndEmptyAreThreeThings) {
  const Json value = *Json::parse(R"({"null":null,"empty":""})");
  EXPECT_EQ(value.find("missing"), nullptr);
  EXPECT_TRUE(value.find("null")->is_null());
  EXPECT_EQ(value.at("empty"), Json(""));
}

}  // namespace
}  // namespace navette
