// Goal: text in, text out says what an evaluation over parsed documents says.

#include "mapping/jsonata/session.h"

#include <string>

#include <gtest/gtest.h>

namespace navette::jsonata {
namespace {

std::string run(std::string_view source, std::string_view json) {
  const auto compiled = Expression::compile(source);
  EXPECT_TRUE(compiled) << source;
  if (!compiled) return {};
  Session session(*compiled);
  std::string out;
  std::string before;
  for (int i = 0; i < 2; ++i) {
    out.clear();
    switch (session.evaluate_text(json, &out)) {
      case Session::Answer::kValue:
        break;
      case Session::Answer::kUndefined:
        out = "undefined";
        break;
      case Session::Answer::kFailed:
        out = session.error().code;
        break;
      case Session::Answer::kUnreadable:
        out = session.unreadable().message;
        break;
    }
    if (i == 1) {
      EXPECT_EQ(out, before);
    }
    before = out;
  }
  return out;
}

TEST(JsonataSession, AnswersValueUndefinedErrorAndUnreadable) {
  EXPECT_EQ(run("a.b", R"({"a":[{"b":1},{"b":"x"}]})"), R"([1,"x"])");
  EXPECT_EQ(run("a.c", R"({"a":[{"b":1},{"b":"x"}]})"), "undefined");
  EXPECT_EQ(run("a + 1", R"({"a":"x"})"), "T2001");
  EXPECT_NE(run("a", R"({"a":)").find("document"), std::string::npos);
}

TEST(JsonataSession, MembersComeInAnyOrder) {
  constexpr std::string_view kSource = R"({"key": key, "n": $count(items), "s": items.n})";
  EXPECT_EQ(run(kSource, R"({"key":"K","items":[{"n":1},{"n":2}]})"),
            R"({"key":"K","n":2,"s":[1,2]})");
  EXPECT_EQ(run(kSource, R"({"x":[[]],"items":[{"n":1},{"z":{},"n":2}],"key":"K"})"),
            R"({"key":"K","n":2,"s":[1,2]})");
}

TEST(JsonataSession, WobblyDocumentsAreReadAsStated) {
  EXPECT_EQ(run("a", R"({"a":1,"b":2,"a":3})"), "3");
  EXPECT_EQ(run("a", R"({"a":"x\ud800y"})"), "\"x\uFFFDy\"");
  EXPECT_EQ(run("a", R"({"a":"\ud83d\ude00"})"), "\"😀\"");
  EXPECT_EQ(run("a", R"({"a":9007199254740993})"), "9007199254740992");
  EXPECT_EQ(run("a", R"({"a":-0.5e-3})"), "-0.0005");
  EXPECT_EQ(run("a", R"({"a":123456789012345678901234567890})"), "1.2345678901234568e+29");
}

}  // namespace
}  // namespace navette::jsonata
