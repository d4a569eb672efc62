// Goal: whatever a text holds, it does no harm in any markup, and code and text stay what they are.
// Method: hostile pieces put together at random, and the corpus mutated; the promises themselves
// are in tests/fuzz/markup_check.h.

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "mapping/markup.h"
#include "tests/fuzz/markup_check.h"

namespace navette {
namespace {

// The same texts each time: the fuzzer is what looks for new ones.
std::uint64_t seed() {
  const char* given = std::getenv("NAVETTE_SEED");
  const std::uint64_t value = given != nullptr ? std::strtoull(given, nullptr, 10) : 20261127;
  std::printf("NAVETTE_SEED=%llu\n", static_cast<unsigned long long>(value));
  return value;
}

constexpr std::string_view kNul("\0", 1);

const std::vector<std::string>& pieces() {
  static const std::vector<std::string> kAll = {
      // clang-format off
      "<script>alert(1)</script>", "<script", "<ScRiPt src=//x.example>",
      "<img src=x onerror=alert(1)>", "<a href=\"javascript:alert(1)\">x</a>",
      "<a href='data:text/html,<b>'>y</a>", "<a href=\"java\tscript:x\">",
      "<svg onload=alert(1)>", "<iframe srcdoc='<b>'>", "<style>*{}</style>",
      "<math><mi//xlink:href=\"data:x\">", "<b>", "</b>", "<i><s>", "</i>", "<pre>", "</pre>",
      "<code class=\"language-x\">", "</code>", "<code>", "<table><tr><td>", "<th>",
      "</td><td>", "</tr><tr>", "</table>", "<ul><li>", "</li><li>", "</ul>", "<ol><li>",
      "<blockquote>", "</blockquote>", "<p>", "<div>", "<br>", "<!-- c -->", "<![CDATA[x]]>",
      "<textarea>", "<title>", "<notextile>", "</notextile>", "&lt;script&gt;",
      "&amp;lt;b&amp;gt;", "&#106;avascript:", "&nbsp;", "&", "&#x3c;",
      "[x](javascript:alert(1))", "[y](<data:text/html;base64,xx>)", "![z](vbscript:x \"t\")",
      "<javascript:alert(1)>", "[r]: javascript:alert(1)\n", "[r]", "```\n", "````\n", "``",
      "`", "~~~\n", "~~", "    code\n", "|a|b|\n", "|-|-|\n", "\"x\":javascript:alert(1)",
      "\"x\":http://a.example/?a=b", "!javascript:alert(1)!", "!a.png!", "!a.png|alt=<b>!",
      "{{toc}}", "{{macro(<b>)}}", "{{", "}}", "{code}", "{code:java}\n", "{noformat}",
      "{quote}", "{panel:title=<b>}", "{html}<b>{html}", "{color:red}", "{*}", "{_}",
      "[x|javascript:alert(1)]", "[http://a.example/]", "[~bob]", "[^f.txt]", "||h||", "|",
      "||", "h1. ", "bq. ", "* ", "** ", "# ", "#* ", "- ", "> ", ">> ", "1. ", "----\n",
      "---\n", "\\\\", "\\", "*", "_", "-", "+", "^", "@", "@x@", "==", "%", "??", "*b*",
      "_i_", "-s-", "**b**", "a", "Ж", "é", " ", "  ", "\t", "\n", "\n", "\n\n", "\n\n\n",
      "\r\n", "x", "http://a.example/b_c*d*", "mailto:a@b.example", "\u200B", "\u202E", "😀",
      "\xFF",
      // clang-format on
  };
  return kAll;
}

std::string hostile_text(Random* random) {
  std::string text;
  const std::uint64_t count = 1 + random->below(random->below(10) == 0 ? 120 : 12);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t kind = random->below(40);
    if (kind == 0) {
      text += kNul;
    } else if (kind == 1) {
      text += static_cast<char>(random->below(256));
    } else if (kind == 2) {  // a run, of a tag or a sign
      const std::string& piece = pieces()[random->below(pieces().size())];
      for (std::uint64_t n = random->below(30); n > 0; --n) text += piece;
    } else {
      text += pieces()[random->below(pieces().size())];
    }
  }
  return text;
}

TEST(MarkupSafety, HostileTextsDoNoHarm) {
  Random random(seed());
  for (int round = 0; round < 1500; ++round) {
    const std::string text = hostile_text(&random);
    for (const char* from : testing::kMarkupNames) {
      ASSERT_EQ(testing::markup_fault(text, from), "") << "round " << round << ": " << text;
    }
  }
}

// Bars in code and addresses once ended the cells that they stood in.
TEST(MarkupSafety, BarsInTablesStayWhereTheyAre) {
  for (const char* inner : {"<code>a|b</code>", "<code>a\\|b</code>", "<code>a\\\\|b</code>",
                            "<code>|</code>", "<code>`|`</code>", "<a href=\"/x|y\">z</a>",
                            "<a href=\"/x\\|y\">z</a>", "<img src=\"/x|y\" alt=\"|\">", "a\\|b"}) {
    const std::string cell = std::string("<th>") + inner + "</th>";
    const std::string text = "<table><tr>" + cell + cell + "</tr></table>";
    EXPECT_EQ(testing::markup_fault(text, "html"), "") << inner;
  }
}

// Each once lost a sign, or made one, and named no loss.
TEST(MarkupSafety, WhatOnceLostSignsKeepsThem) {
  const std::string long_text(5000, 'x');
  std::string deep_list;
  for (int i = 0; i < 24; ++i) deep_list += "<ul>";
  const std::pair<const char*, std::string> cases[] = {
      {"html", "<code>" + long_text + "</code>"},
      {"html", "<b>" + long_text + "</b>"},
      {"html", "<a href=\"http://a.example/\">" + long_text + "</a>"},
      {"html", "<b>! <s></s>&nbsp;</b>"},
      {"html", "<b><i> <s></s></i>! </b>"},
      {"jira", "|_. x_|"},
      {"jira", "||_. x_||"},
      {"jira", "|_&#106;. {_|"},
      {"jira", "*~ ~*"},
      {"html", "(<img src=r.png>"},
      {"markdown", "<b>`\n<s><s>&nbsp;"},
      {"html", deep_list + "<pre>|"},
      {"html", deep_list + "<li>a<ul><li>b"},
      {"markdown", std::string(24, '>') + "1. a\n   - b"},
  };
  for (const auto& [from, text] : cases) {
    EXPECT_EQ(testing::markup_fault(text, from), "") << from << ": " << text.substr(0, 80);
  }
}

TEST(MarkupSafety, NothingIsMadeOutOfProportion) {
  // Twice as much of the same makes at most about twice as much.
  for (const std::string& piece : pieces()) {
    for (const char* from : testing::kMarkupNames) {
      std::string text;
      for (int i = 0; i < 300; ++i) text += piece;
      for (const char* to : testing::kMarkupNames) {
        const std::size_t once = convert_markup(text, from, to, nullptr)->size();
        const std::size_t twice = convert_markup(text + text, from, to, nullptr)->size();
        ASSERT_LE(twice, 5 * once / 2 + 2'000) << from << " -> " << to << ": " << piece;
      }
    }
  }
}

TEST(MarkupSafety, LongLinesAndDeepNestingEnd) {
  for (const char* opener : {"<div><b>", "<ul><li>", "<blockquote>", "<table><tr><td>",
                             "> ",       ">",        "* ",           "- ",
                             "[",        "![",       "*a ",          "_",
                             "{quote}",  "{*}x",     "{{",           "\"a",
                             "(((",      "`",        "~~a ",         "<pre>",
                             "<code>",   "|",        "{color:red}",  "\\\\",
                             "\\"}) {
    std::string text;
    while (text.size() < 20'000) text += opener;
    for (const char* from : testing::kMarkupNames) {
      ASSERT_EQ(testing::markup_fault(text + "x", from), "") << from << ": " << opener;
    }
  }
}

}  // namespace
}  // namespace navette

// NOLINTNEXTLINE(readability-identifier-naming): the name is libFuzzer's
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace navette {
namespace {

// The fuzzer's own function over its seeds and mutations of them.
TEST(MarkupSafety, TheFuzzTargetFindsNothingNearItsSeeds) {
  Random random(seed());
  int seeds = 0;
  const std::string folder = NAVETTE_SOURCE_DIR "/tests/fuzz/corpus/markup_fuzz";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)),
                            std::istreambuf_iterator<char>());
    ++seeds;
    for (int round = 0; round < 60; ++round) {
      std::string mutated = bytes;
      for (std::uint64_t n = round == 0 ? 0 : 1 + random.below(4); n > 0; --n) {
        const std::size_t at = random.below(mutated.size());
        switch (random.below(3)) {
          case 0:
            mutated[at] = static_cast<char>(random.below(256));
            break;
          case 1:
            mutated.erase(at, 1 + random.below(8));
            break;
          default:
            mutated.insert(at, pieces()[random.below(pieces().size())]);
            break;
        }
        if (mutated.empty()) mutated = "x";
      }
      for (char from = 0; from < 5; ++from) {
        mutated[0] = from;
        LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(mutated.data()),
                               mutated.size());
      }
    }
  }
  EXPECT_GE(seeds, 5);
}

}  // namespace
}  // namespace navette
