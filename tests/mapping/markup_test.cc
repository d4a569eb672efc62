#include "mapping/markup.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "mapping/text.h"

namespace navette {
namespace {

struct Case {
  const char* from;
  const char* text;
  const char* to;
  const char* expected;
  const char* loss;  // a piece of the only loss; empty: none
};

class Markup : public testing::TestWithParam<Case> {};

TEST_P(Markup, IsCarried) {
  std::vector<std::string> losses;
  const auto out = convert_markup(GetParam().text, GetParam().from, GetParam().to, &losses);
  ASSERT_TRUE(out);
  EXPECT_EQ(*out, GetParam().expected);
  if (std::string(GetParam().loss).empty()) {
    EXPECT_EQ(losses, std::vector<std::string>());
  } else {
    ASSERT_EQ(losses.size(), 1U);
    EXPECT_NE(losses.front().find(GetParam().loss), std::string::npos) << losses.front();
  }
}

INSTANTIATE_TEST_SUITE_P(
    FromHtml, Markup,
    testing::Values(
        Case{"html", "<p>a <b>b</b> <i>c</i> <s>d</s> <code>e</code></p>", "textile",
             "a *b* _c_ -d- @e@", ""},
        Case{"html", "<div>one</div><div>two</div><div><br></div><div>three</div>", "text",
             "one\ntwo\n\nthree", ""},
        Case{"html", "a<br>b<br><br>c", "text", "a\nb\n\nc", ""},
        Case{"html", "  a \n  b&nbsp; c  ", "text", "a b  c", ""},
        Case{"html", "<h2>T</h2><ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "textile",
             "h2. T\n\n* a\n** b\n* c", ""},
        Case{"html", "<ol><li><p>a</p></li><li>b</li></ol>", "markdown", "1. a\n2. b", ""},
        Case{"html", "<blockquote><p>a</p><p>b</p></blockquote><p>c</p>", "textile",
             "> a\n>\n> b\n\nc", ""},
        Case{"html", "<pre>a\n  b &lt;x&gt;\n</pre>", "textile", "<pre>\na\n  b <x>\n\n</pre>", ""},
        Case{"html", "<pre><code class=\"language-ruby\">puts 1</code></pre>", "textile",
             "<pre><code class=\"ruby\">\nputs 1\n</code></pre>", ""},
        Case{"html", "<table><tr><th>A</th><th>B</th></tr><tr><td>1|2</td><td></td></tr></table>",
             "textile", "|_. A|_. B|\n|1&#124;2| |", ""},
        Case{"html", "<table><tr><td><p>Hello</p></td></tr></table>", "text", "Hello", ""},
        Case{"html", "see <a href=\"https://a.example/x?a=1&amp;b=2\">this</a>.", "textile",
             "see \"this\":https://a.example/x?a=1&b=2.", ""},
        Case{"html", "see <a href=\"https://a.example/x\">this</a>", "text",
             "see this <https://a.example/x>", ""},
        Case{"html", "<a href=\"https://a.example/\">https://a.example/</a>", "text",
             "https://a.example/", ""},
        Case{"html", "<img src=\"https://a.example/x.png\" alt=\"x\"> b", "textile",
             "!https://a.example/x.png(x)! b", ""},
        Case{"html", "a &amp;amp; b &lt;c&gt;", "text", "a &amp; b <c>", ""},
        Case{"html", "<p>x</p><hr><p>y</p>", "textile", "x\n\n---\n\ny", ""},
        Case{"html", "ab<b>cd</b>ef", "textile", "abcdef", "inside a word"},
        Case{"html", "<b>a</b>", "text", "a", "emphasis"},
        Case{"html", "<u>a</u>", "markdown", "a", "style"}));

INSTANTIATE_TEST_SUITE_P(
    FromTextile, Markup,
    testing::Values(
        Case{"textile", "*b* _i_ -s- @c@\nline", "html",
             "<p><strong>b</strong> <em>i</em> <del>s</del> <code>c</code><br />line</p>", ""},
        Case{"textile", "h1. T\n\ntext\n\nbq. q", "html",
             "<h1>T</h1>\n<p>text</p>\n<blockquote>\n<p>q</p>\n</blockquote>", ""},
        Case{
            "textile", "* a\n** b\n* c\n\n# d", "html",
            "<ul>\n<li>a\n<ul>\n<li>b</li>\n</ul></li>\n<li>c</li>\n</ul>\n<ol>\n<li>d</li>\n</ol>",
            ""},
        Case{"textile", "|_. A|B|\n|1|2|", "html",
             "<table>\n<tr><th>A</th><td>B</td></tr>\n<tr><td>1</td><td>2</td></tr>\n</table>", ""},
        Case{"textile", "<pre>\n*x* <b>\n</pre>", "html", "<pre><code>*x* &lt;b&gt;</code></pre>",
             ""},
        Case{"textile", "\"a (title)\":https://a.example/x.", "html",
             "<p><a href=\"https://a.example/x\">a</a>.</p>", ""},
        Case{"textile", "!image.png! and !{width:10px}https://a.example/x.png(alt)!", "html",
             "<p><img src=\"image.png\" alt=\"\" /> and <img src=\"https://a.example/x.png\" "
             "alt=\"alt\" /></p>",
             ""},
        Case{"textile", "> a\n> b\n>> c", "text", "> a\n> b\n>\n> > c", ""},
        Case{"textile", "<b>a</b>", "html", "<p>&lt;b&gt;a&lt;/b&gt;</p>", ""},
        Case{"textile", "2 * 3 * 4 - 5 - 6 a_b_c", "html", "<p>2 * 3 * 4 - 5 - 6 a_b_c</p>", ""},
        Case{"textile", "%{color:red}x%", "text", "x", "style"},
        Case{"textile", "p(note). x", "text", "x", ""},
        Case{"textile", "<notextile>*x*</notextile>", "text", "*x*", ""},
        Case{"textile", "* a\n* b", "text", "* a\n* b", ""},
        Case{"textile", "h2. T", "text", "T", "heading"}));

INSTANTIATE_TEST_SUITE_P(
    FromMarkdown, Markup,
    testing::Values(
        Case{"markdown", "# T\n\n**b** *i* `c`\nline", "textile", "h1. T\n\n*b* _i_ @c@\nline", ""},
        Case{"markdown", "- a\n  1. b\n- c", "textile", "* a\n*# b\n* c", ""},
        Case{"markdown", "```ruby\nputs 1\n```", "textile",
             "<pre><code class=\"ruby\">\nputs 1\n</code></pre>", ""},
        Case{"markdown", "> q\n\n[t](https://a.example/)", "textile",
             "> q\n\n\"t\":https://a.example/", ""},
        Case{"markdown", "a\\*b &copy; &amp;amp;", "text", "a*b © &amp;", ""},
        Case{"markdown", "~~old~~ new ~5", "textile", "-old- new ~5", ""},
        Case{"markdown", "| A | B |\n| --- | :-: |\n| 1\\|2 | ~~x~~<br>y |\n| 3 |", "html",
             "<table>\n<tr><th>A</th><th>B</th></tr>\n"
             "<tr><td>1|2</td><td><del>x</del><br />y</td></tr>\n"
             "<tr><td>3</td><td></td></tr>\n</table>",
             ""},
        Case{"html",
             "<table><tr><th>A</th><th>B</th></tr><tr><td>1<br>2</td><td>|</td></tr>"
             "</table>",
             "markdown", "| A | B |\n| --- | --- |\n| 1<br>2 | \\| |", ""},
        Case{"html", "<table><tr><th><code>a|b</code></th><th>B</th></tr></table>", "markdown",
             "| `a\\|b` | B |\n| --- | --- |", ""},
        Case{"html", "<table><tr><th><a href=\"/x|y\">z</a></th><th>B</th></tr></table>",
             "markdown", "| [z](</x\\|y>) | B |\n| --- | --- |", ""},
        Case{"html", "<table><tr><th><code>a\\|b</code></th><th>B</th></tr></table>", "markdown",
             "| a\\\\\\|b | B |\n| --- | --- |", "written as text"},
        Case{"html", "<table><tr><td>A</td><td>B</td></tr></table>", "markdown",
             "| A | B |\n| --- | --- |", "head"}));

INSTANTIATE_TEST_SUITE_P(
    FromJira, Markup,
    testing::Values(
        Case{
            "jira", "*b* _i_ -s- {{c}} ??q??\nline", "html",
            "<p><strong>b</strong> <em>i</em> <del>s</del> <code>c</code> <em>q</em><br />line</p>",
            ""},
        Case{"jira", "in{*}side{*} a_b_c 2 * 3 * 4 -v x-y", "html",
             "<p>in<strong>side</strong> a_b_c 2 * 3 * 4 -v x-y</p>", ""},
        Case{"jira", "h2. T\ntext\n----\nbq. q", "html",
             "<h2>T</h2>\n<p>text</p>\n<hr />\n<blockquote>\n<p>q</p>\n</blockquote>", ""},
        Case{"jira", "* a\n** b\n*# c\n* d\n\n# e\n- f", "html",
             "<ul>\n<li>a\n<ul>\n<li>b</li>\n</ul>\n<ol>\n<li>c</li>\n</ol></li>\n<li>d</li>\n</"
             "ul>\n"
             "<ol>\n<li>e</li>\n</ol>\n<ul>\n<li>f</li>\n</ul>",
             ""},
        Case{"jira", "* a\n{code:sh}\nx *y*\n\n{quote}\n{code}\n* b", "html",
             "<ul>\n<li>a\n<pre><code class=\"language-sh\">x *y*\n\n{quote}</code></pre></li>\n"
             "<li>b</li>\n</ul>",
             ""},
        Case{"jira", "||A||B||\n|[x|https://a.example/]|x\\|y|\n|1 \\\\ 2| |", "html",
             "<table>\n<tr><th>A</th><th>B</th></tr>\n"
             "<tr><td><a href=\"https://a.example/\">x</a></td><td>x|y</td></tr>\n"
             "<tr><td>1<br />2</td><td></td></tr>\n</table>",
             ""},
        Case{"jira", "{quote}\na\n\nbq. b\n{quote}", "text", "> a\n>\n> > b", ""},
        Case{"jira", "{noformat}\n{code} \\* &amp;\n{noformat}", "text", "{code} \\* &amp;", ""},
        Case{"jira", "[t|https://a.example/x?a=1&amp;b=2] [mailto:b@a.example] [^log.txt]", "html",
             "<p><a href=\"https://a.example/x?a=1&amp;b=2\">t</a> "
             "<a href=\"mailto:b@a.example\">b@a.example</a> <a href=\"log.txt\">log.txt</a></p>",
             ""},
        Case{"jira", "!a.png! !https://a.example/x.png|width=10,alt=the x!", "markdown",
             "![](<a.png>) ![the x](<https://a.example/x.png>)", ""},
        Case{"jira", "[~bob] see [INFO] array[1] [#top]", "text", "@bob see [INFO] array[1] top",
             "mention"},
        Case{"jira", "\\*no\\* \\{code} \\[x|y] &lt;b&gt; C:\\dir \\\\srv\\share", "text",
             "*no* {code} [x|y] <b> C:\\dir \\\\srv\\share", ""},
        Case{"jira", "a {color:#f00}red{color} b", "text", "a red b", "{color}"},
        Case{"jira", "{panel:title=Note|bgColor=#fff}\ntext\n{panel}\nrest", "text",
             "Note\ntext\n\nrest", "{panel}"},
        Case{"jira", "{unknown} {code} never closed", "text", "{unknown} {code} never closed", ""},
        Case{"jira", "one -- two --- three", "text", "one – two — three", ""},
        Case{"jira", "http://a.example/b_c_*d*?e=~f~ _x_", "html",
             "<p>http://a.example/b_c_*d*?e=~f~ <em>x</em></p>", ""},
        Case{"jira", "+u+ ^s^", "text", "u s", "style"}));

INSTANTIATE_TEST_SUITE_P(
    ToJira, Markup,
    testing::Values(
        Case{"html", "<p>a <b>b</b>, <i>c</i> <s>d</s> <code>e_f</code></p>", "jira",
             "a *b*, _c_ -d- {{e_f}}", ""},
        Case{"html", "ab<b>cd</b>ef <b>g </b>h<i><b>k</b></i>", "jira",
             "ab{*}cd{*}ef *g* h{_}*k*{_}", ""},
        Case{"html", "<b>one<br>two</b>", "jira", "*one*\n*two*", ""},
        Case{"html", "<h2>T</h2><ol><li>a<ul><li>b</li></ul></li><li>c</li></ol>", "jira",
             "h2. T\n\n# a\n#* b\n# c", ""},
        Case{"html", "<blockquote><p>a</p><p>b</p></blockquote><blockquote>c</blockquote>", "jira",
             "{quote}\na\n\nb\n{quote}\n\nbq. c", ""},
        Case{"html",
             "<pre>a {code} b</pre><pre><code class=\"language-java\">x {noformat}</code></pre>",
             "jira", "{noformat}\na {code} b\n{noformat}\n\n{code:java}\nx {noformat}\n{code}", ""},
        Case{"html",
             "<table><tr><th>A</th><td>B|C</td></tr><tr><td>1<br>2</td><td></td></tr></table>",
             "jira", "||A|B&#124;C|\n|1 \\\\ 2| |", ""},
        Case{"html",
             "<a href=\"https://a.example/x|y\">t [1]</a> <a href=\"https://b.example/\">"
             "https://b.example/</a>",
             "jira", "[t &#91;1&#93;|https://a.example/x%7Cy] [https://b.example/]", ""},
        Case{"html", "<img src=\"https://a.example/x.png\" alt=\"x, y\">", "jira",
             "!https://a.example/x.png|alt=x&#44; y!", ""},
        Case{"html", "<b>Version:</b> 2 (<i>x</i>)", "jira", "*Version:* 2 (_x_)", ""},
        Case{"html", "<p>a</p><p>&nbsp;</p><p>12 b - 3</p>", "markdown", "a\n\n12 b - 3", ""},
        Case{"text", "*no* [~bob] {code} h1. x\nh1. y\n# z :) (x) &amp; \\\\ \\*", "jira",
             "\\*no* \\[~bob] \\{code} h1. x\nh1&#46; y\n\\# z :\\) \\(x) &amp;amp; &#92;\\ &#92;*",
             ""},
        Case{"markdown", "- a\n\n  ```sh\n  ls\n  ```\n- > q", "jira",
             "* a\n{code:sh}\nls\n{code}\n* q", "inside a list"}));

// Goal: a table cannot make more than it was given. Method: a wide head over many short rows.
TEST(MarkupBounds, ShortRowsOfAWideTableAreNotFilledUp) {
  std::string text;
  for (int i = 0; i < 2'000; ++i) text += "|a";
  text += "|\n";
  for (int i = 0; i < 2'000; ++i) text += "|-";
  text += "|\n";
  for (int i = 0; i < 4'000; ++i) text += "|b|\n";
  std::vector<std::string> losses;
  EXPECT_LT(convert_markup(text, "markdown", "html", &losses)->size(), 4 * text.size());
  EXPECT_EQ(losses, std::vector<std::string>{"tables beyond a reasonable size were taken as text"});
}

// Nothing dangerous survives, in whatever markup it is written.
class Unsafe : public testing::TestWithParam<Case> {};

TEST_P(Unsafe, StaysBehindAndIsReported) {
  for (const char* to : {"html", "textile", "markdown", "jira", "text"}) {
    // What stays in its own markup stays as it is, but for HTML.
    if (std::string(GetParam().from) == to && std::string("html") != to) continue;
    std::vector<std::string> losses;
    const auto out = convert_markup(GetParam().text, GetParam().from, to, &losses);
    ASSERT_TRUE(out);
    for (const char* bad : {"<script", "javascript:", "onerror", "vbscript:", "data:text"}) {
      EXPECT_EQ(out->find(bad), std::string::npos) << to << ": " << *out;
    }
    EXPECT_TRUE(std::any_of(losses.begin(), losses.end(), [](const std::string& loss) {
      return loss.find(GetParam().loss) != std::string::npos;
    })) << to;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Table, Unsafe,
    testing::Values(
        Case{"html", "<script>alert(1)</script>a", "", "", "script"},
        Case{"html", "<img src=x onerror=alert(1)>", "", "", "event handler"},
        Case{"html", "<a href=\"javascript:alert(1)\">x</a>", "", "", "unsafe link"},
        Case{"html", "<a href=\" java\nscript:alert(1)\">x</a>", "", "", "unsafe link"},
        Case{"html", "<a href=\"&#106;avascript:alert(1)\">x</a>", "", "", "unsafe link"},
        Case{"html", "<a href=\"vbscript:x\">x</a>", "", "", "unsafe link"},
        Case{"html", "<img src=\"data:text/html,x\" alt=\"a\">", "", "", "image"},
        Case{"html", "<iframe src=\"https://a.example/\"></iframe>", "", "", "object"},
        Case{"html", "<svg><script>alert(1)</script></svg>", "", "", "object"},
        Case{"markdown", "[x](javascript:alert(1))", "", "", "unsafe link"},
        Case{"jira", "[x|javascript:alert(1)]", "", "", "unsafe link"},
        Case{"html", "<a href=\"&amp;#106;avascript:alert(1)\">x</a>", "", "", "unsafe link"},
        Case{"textile", "!javascript&#58;alert(1)!", "", "", "unsafe image"},
        Case{"jira", "!javascript:alert(1).png|alt=x!", "", "", "unsafe image"},
        Case{"markdown", "a <img src=x onerror=alert(1)> b", "", "", "HTML"},
        Case{"markdown", "<script>alert(1)</script>", "", "", "script"}));

// U+FFFF, U+1FFFE and U+FDD0: HTML's parsers replace them, and so do we, aloud.
TEST(MarkupText, WhatIsNoCharacterIsReplacedInHtmlAndReported) {
  const std::string text =
      "a\xEF\xBF\xBF"
      "b\xF0\x9F\xBF\xBE"
      "c\xEF\xB7\x90"
      "d\xEF\xBF\xBD";
  Losses losses;
  const Document document = *read_markup(text, "text", nullptr);
  const std::string html = *write_markup(document, "html", &losses);
  EXPECT_EQ(html,
            "<p>a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD"
            "c\xEF\xBF\xBD"
            "d\xEF\xBF\xBD</p>");
  EXPECT_EQ(losses.size(), 1U);
  Losses read;
  EXPECT_TRUE(read_markup("<p>" + text + "</p>", "html", &read));
  EXPECT_EQ(read.size(), 1U);
}

TEST(MarkupCode, NothingBreaksOutOfACodeBlock) {
  const std::string code = "a\n</pre>\n*b* <script>alert(1)</script>\n```\n{{toc}}";
  Document document;
  Block block;
  block.kind = Block::Kind::kCode;
  block.text = code;
  document.blocks.push_back(block);
  for (const char* markup : {"html", "textile", "markdown", "jira"}) {
    std::vector<std::string> losses;
    const auto there = write_markup(document, markup, &losses);
    const auto back = read_markup(*there, markup, &losses);
    ASSERT_TRUE(back);
    EXPECT_EQ(*write_markup(*back, "text", nullptr), code) << *there;
    EXPECT_EQ(back->blocks.size(), 1U);
  }
  EXPECT_EQ(write_markup(document, "textile", nullptr)->find("<script"), std::string::npos);
}

TEST(MarkupLimit, CutsTheTreeAndKeepsItWhole) {
  const std::string html =
      "<p>one <b>two three four five</b></p><ul><li>six</li><li>seven</li></ul>"
      "<pre>eight\nnine\nten</pre>";
  for (const char* markup : {"html", "textile", "markdown", "jira", "text"}) {
    const std::string whole = *convert_markup(html, "html", markup, nullptr);
    for (std::int64_t bytes = 1; bytes <= static_cast<std::int64_t>(whole.size()) + 1; ++bytes) {
      std::vector<std::string> losses;
      const auto cut =
          convert_markup(html, "html", markup, {.count = bytes, .bytes = true}, &losses);
      ASSERT_TRUE(cut);
      EXPECT_LE(cut->size(), static_cast<std::size_t>(bytes)) << markup;
      // Every <pre>, <p> and <li> that is open is closed.
      for (const std::string tag : {"pre", "p", "li", "strong"}) {
        const auto count = [&cut](const std::string& sign) {
          int n = 0;
          for (std::size_t at = cut->find(sign); at != std::string::npos;
               at = cut->find(sign, at + 1)) {
            ++n;
          }
          return n;
        };
        EXPECT_EQ(count("<" + tag + ">"), count("</" + tag + ">")) << *cut;
      }
      if (bytes >= static_cast<std::int64_t>(whole.size())) {
        EXPECT_EQ(*cut, whole);
      }
    }
  }
}

TEST(MarkupBounds, DeepAndBrokenInputEnds) {
  const std::string deep_html = [] {
    std::string out;
    for (int i = 0; i < 4'000; ++i) out += "<div><b><ul>";
    return out + "x";
  }();
  const std::string deep_quote(20'000, '>');
  for (const char* from : {"html", "textile", "markdown", "jira"}) {
    for (const std::string& text : {deep_html, deep_quote, std::string(20'000, '['),
                                    std::string(20'000, '*') + "a", std::string("\xFF\x00<", 3)}) {
      for (const char* to : {"html", "textile", "markdown", "jira", "text"}) {
        EXPECT_TRUE(convert_markup(text, from, to, nullptr));
      }
    }
  }
}

TEST(MarkupBounds, AnUnknownMarkupIsAnError) {
  const auto out = convert_markup("a", "rtf", "text", nullptr);
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().message,
            "convert rich text: found markup \"rtf\", expected one of text, html, textile, "
            "markdown, jira");
}

}  // namespace
}  // namespace navette
