// Goal: a text survives the way through any markup and back, sign for sign. Method: random texts
// made of what markups react to, and the texts that once broke it.

#include <array>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "mapping/markup.h"
#include "mapping/text.h"

namespace navette {
namespace {

constexpr int kRounds = 4000;

std::uint64_t seed() {
  const char* given = std::getenv("NAVETTE_SEED");
  const std::uint64_t value =
      given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  std::printf("NAVETTE_SEED=%llu\n", static_cast<unsigned long long>(value));
  return value;
}

constexpr std::array<std::string_view, 143> kPieces = {
    // clang-format off
    "a", "bon", "été", "Z", "7", "ABC", "x", " ", " ", " ", "  ", "    ", "\t", "\n", "\n",
    "\n\n", "\n\n\n\n", "*", "**", "_", "__", "-", "--", "---", "+", "^", "~", "%", "%%", "@",
    "@@", "??", "==", "=", "#", "##", "# ", "* ", "** ", "- ", "> ", ">", "<", "|", "||",
    "|a|b|", "\n|", "!", "!x!", "\"", "\":", "\"a\":http://b.example/c", "\"a\":b", ":", "[",
    "[[", "]]", "[1]", "]", "{", "{{", "}}", "{{toc}}", "(", ")", "(c)", "&", "&amp;", "&#42;",
    "&nbsp;", "&lt;b&gt;", "x%x%", "<pre>", "</pre>", "<code>", "</code>", "<notextile>",
    "</notextile>", "<script>", "<br />", "<b>", "p. ", "\np. ", "\nbq. ", "\nh1. ", "h2(x). ",
    "fn1. ", "table. ", "`", "``", "```", "\n```\n", "~~", "\\", "\\*", "1. ", "1) ", "+ ",
    "http://a.example/b_c_d?e=f&g=h", "😀", "e\u0301", "\u202Eש\u202C", "🇫🇷", "\u00A0", "{code}",
    "{code:java}", "{noformat}", "{quote}", "{color:red}", "{color}", "{panel:title=x}", "{*}",
    "{_}", "[~bob]", "[a|http://b.example/c]", "[^a.txt]", "\\\\", ":)", ";-)", ":P", "(x)",
    "(*r)", "<3", "h1. ", "bq. ", "----", "||a||", "{{a}}", "!a.png!", "!a.png|alt=b!", " -- ",
    " --- ", "#* ", "mailto:a_b_@c.example", "»", "…", "~~~", "\n---|---\n", "<br>", "- [ ] ",
    "<!--", "](", "://"
    // clang-format on
};

std::string random_text(Random* random) {
  std::string text;
  const std::uint64_t count = 1 + random->below(random->below(20) == 0 ? 200 : 14);
  for (std::uint64_t i = 0; i < count; ++i) text += kPieces[random->below(kPieces.size())];
  return text;
}

// Blanks on blank lines do not count; everything else does.
std::string same_text_of(const std::string& text) {
  std::string out;
  std::string line;
  for (const char c : outer_trimmed(text) + "\n") {
    line += c;
    if (c != '\n') continue;
    out += line.find_first_not_of(" \t\n") == std::string::npos ? "\n" : line;
    line.clear();
  }
  out.pop_back();
  return out;
}

std::string there_and_back(const std::string& text, const char* markup) {
  Losses losses;
  const auto there = convert_markup(text, "text", markup, &losses);
  EXPECT_TRUE(there);
  EXPECT_TRUE(losses.empty()) << losses.front();
  const auto back = convert_markup(*there, markup, "text", &losses);
  EXPECT_TRUE(back);
  return *back;
}

TEST(MarkupLaw, TextSurvivesTextile) {
  Random random(seed());
  for (int round = 0; round < kRounds; ++round) {
    const std::string text = random_text(&random);
    ASSERT_EQ(same_text_of(there_and_back(text, "textile")), same_text_of(text))
        << "round " << round
        << ", as Textile: " << *convert_markup(text, "text", "textile", nullptr);
  }
}

TEST(MarkupLaw, TextSurvivesJira) {
  Random random(seed());
  for (int round = 0; round < kRounds; ++round) {
    const std::string text = random_text(&random);
    ASSERT_EQ(same_text_of(there_and_back(text, "jira")), same_text_of(text))
        << "round " << round << ", as Jira: " << *convert_markup(text, "text", "jira", nullptr);
  }
}

TEST(MarkupLaw, MarkupThatIsTextSurvivesToo) {
  Random random(seed());
  for (int round = 0; round < kRounds / 4; ++round) {
    for (const char* markup : {"textile", "jira"}) {
      // Markup shown as text, carried as text: a ticket that somebody pasted.
      const std::string inner = *convert_markup(random_text(&random), "text", markup, nullptr);
      ASSERT_EQ(same_text_of(there_and_back(inner, markup)), same_text_of(inner)) << markup;
    }
  }
}

// HTML and Markdown know but one kind of blank.
std::string with_plain_blanks(std::string text) {
  for (std::size_t at = text.find("\u00A0"); at != std::string::npos; at = text.find("\u00A0")) {
    text.replace(at, 2, " ");
  }
  return text;
}

TEST(MarkupLaw, TextSurvivesHtmlAndMarkdown) {
  Random random(seed());
  for (int round = 0; round < kRounds / 2; ++round) {
    const std::string text = with_plain_blanks(random_text(&random));
    for (const char* markup : {"html", "markdown"}) {
      ASSERT_EQ(same_text_of(there_and_back(text, markup)), same_text_of(text))
          << "round " << round << ", as " << markup << ": "
          << *convert_markup(text, "text", markup, nullptr);
    }
  }
}

class LiteralText : public testing::TestWithParam<const char*> {};

TEST_P(LiteralText, SurvivesEveryMarkup) {
  const std::string text = GetParam();
  for (const char* markup : {"textile", "html", "markdown", "jira"}) {
    EXPECT_EQ(same_text_of(there_and_back(text, markup)), same_text_of(text)) << markup;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Table, LiteralText,
    testing::Values("*bold* _it_ -no- +u+ ^s^ ~s~ %x% ??c??", "* not a list", "# nor this",
                    "bq. not a quote", "p. nor a paragraph", "h1. no heading", "| no | table |",
                    "<pre>no code</pre>", "!x!", "\"a\":b", "\"a\":http://b.example",
                    "a & b &amp; c", "user@client.example", "@code@", "[[Wiki]] {{toc}}",
                    "    at foo(Bar.java:12)", "line one\nline two\n\n\n\nfar below",
                    "HTTP(S) and API(x)", "foo[1]", "--- ", "a\n---\nb", "x%x%",
                    " :redsh#1:", "==x==", "&nbsp;&#160;", "\ttab", "# a\n# b", "=\nx", "{\nx",
                    "attachment:foo.txt user:bob document#12 ##3"));

TEST(MarkupLaw, OrdinaryTextIsNotDisfiguredInJira) {
  for (const char* text :
       {"Bonjour,\n\nl'imprimante du 2e étage (près de l'escalier) ne marche plus : erreur 0x41.",
        "See https://a.example/b_c-d?x=1&y=2 - thanks; e-mail bob@client.example, 5 * 3 = 15 %",
        "snake_case_name and file-name.txt, -v option, 50% of 7+3, C:\\temp\\x, a|b, #4711, \"ok\"",
        "Hello Bob! It works? Great!", "2026-11-27 10:15:02,117 ERROR o.a.c - failed: x=1"}) {
    EXPECT_EQ(*convert_markup(text, "text", "jira", nullptr), text);
  }
}

TEST(MarkupLaw, OrdinaryTextIsNotDisfigured) {
  for (const char* text :
       {"Bonjour,\n\nl'imprimante du 2e étage (près de l'escalier) ne marche plus : erreur 0x41.",
        "See https://a.example/b_c-d?x=1&y=2 - thanks; e-mail bob@client.example, cost 5 * 3 = 15 "
        "%",
        "snake_case_name and file-name.txt, -v option, 50% of 7+3, C:\\temp\\x, a|b, #4711, "
        "\"ok\""}) {
    EXPECT_EQ(*convert_markup(text, "text", "textile", nullptr), text);
  }
}

}  // namespace
}  // namespace navette
