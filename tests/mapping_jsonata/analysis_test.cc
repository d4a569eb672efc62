// Goal: an analysis names everything of the input on which an outcome depends, and little more.

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "mapping/jsonata/jsonata.h"

namespace navette::jsonata {
namespace {

Analysis analyse(std::string_view source, std::span<const HostFunction> hosts = {}) {
  auto compiled = Expression::compile(source);
  EXPECT_TRUE(compiled) << source;
  return compiled ? compiled->analyse(hosts) : Analysis{};
}

// "a.b c?": reads of a.b as a whole and of the presence of c; "$": the whole input.
std::string reads_of(std::string_view source, std::span<const HostFunction> hosts = {}) {
  std::vector<std::string> paths;
  for (const Read& read : analyse(source, hosts).reads) {
    std::string path = read.names.empty() ? "$" : "";
    for (const std::string& name : read.names) path += (path.empty() ? "" : ".") + name;
    if (!read.whole) path += "?";
    if (std::find(paths.begin(), paths.end(), path) == paths.end()) paths.push_back(path);
  }
  std::sort(paths.begin(), paths.end());
  std::string all;
  for (const std::string& path : paths) all += (all.empty() ? "" : " ") + path;
  return all;
}

struct ReadsCase {
  const char* source;
  const char* reads;
};

TEST(JsonataAnalysis, NamesWhatIsRead) {
  const ReadsCase cases[] = {
      {"1 + 2", ""},
      {"key", "key"},
      {"fields.summary", "fields.summary"},
      {"$.fields.summary & $$.key", "fields.summary key"},
      {"fields.custom_fields[id=360001].value",
       "fields.custom_fields.id fields.custom_fields.value"},
      {"items[0].name", "items.name"},
      {"items[$.size > 3].{'n': name, 's': $string(size)}", "items.name items.size"},
      {"($f := fields; $f.summary & $f.status.name)", "fields.status.name fields.summary"},
      {"$exists(a.b) ? 1 : 2", "a.b?"},
      {"$count(comments)", "comments?"},
      {"a ?? b", "a b"},
      {"$map(comments, function($c) { $c.body })", "comments.body"},
      {"$filter(comments, function($c) { $c.public }).id", "comments.id comments.public"},
      {"comments^(>created).body", "comments.body comments.created"},
      {"$sort(comments, function($a, $b) { $a.n > $b.n }).id", "comments.id comments.n"},
      {"$reduce(items, function($s, $i) { $s + $i.price }, 0)", "items items.price"},
      {"items{kind: $sum(price)}", "items.kind items.price"},
      {"orders@$o.lines@$l[$l.order = $o.id].{'o': $o.id, 'l': $l.text}",
       "lines.order lines.text orders.id"},
      {"orders.lines.{'order': %.id, 'text': text}", "orders.id orders.lines.text"},
      {"orders.lines#$i.{'at': $i, 'text': text}", "orders.lines.text"},
      {"$lookup(fields, 'summary')", "fields.summary"},
      {"$lookup({'High': 1}, priority)", "priority"},
      {"$lookup(fields, name)", "fields name"},
      {"name.$uppercase()", "name"},
      {"$uppercase(name)", "name"},
      {"a.*.b", "a"},
      {"**.b", "$"},
      {"$", "$"},
      {"$keys()", "$"},
      {"$eval('a')", "$"},
      {"a ~> $uppercase", "a"},
      {"$ ~> |a|{'b': 1}|", "$"},
      {"{'x': a}.x", "a"},
      {"[a, b].c", "a.c b.c"},
      {"($walk := function($n) { $n.next ? $walk($n.next) : $n.name }; $walk(list))",
       "list.name list.next list.next.name list.next.next"},
      {"($f := function($x, $y) { $x.p & $y.q }; $g := $f(?, b); $g(a))", "a b"},
      {"$tz(created)", "$ created"},
  };
  for (const ReadsCase& test : cases) EXPECT_EQ(reads_of(test.source), test.reads) << test.source;
}

TEST(JsonataAnalysis, AFunctionOfTheHostLooksAtItsArgumentsOnly) {
  const HostFunction hosts[] = {{"tz", "<s-s:s>", 2, {}}, {"user", "<s:s>", 1, {}}};
  EXPECT_EQ(reads_of("$user(owner)", hosts), "owner");
  EXPECT_EQ(reads_of("$tz(created)", hosts), "$ created");
  const Analysis analysis = analyse("$user(owner) & $string(1)", hosts);
  ASSERT_EQ(analysis.calls.size(), 2U);
  EXPECT_EQ(analysis.calls[0].name, "user");
  EXPECT_TRUE(analysis.calls[0].host);
  EXPECT_EQ(analysis.calls[1].name, "string");
  EXPECT_EQ(analysis.calls[1].start, 15);
  EXPECT_FALSE(analysis.calls[1].host);
}

TEST(JsonataAnalysis, EachNameHasItsPlaceInTheSource) {
  const Analysis analysis = analyse("($f := fields; 'é😀' & $f.`my name`)");
  ASSERT_EQ(analysis.reads.size(), 1U);
  EXPECT_EQ(analysis.reads[0].names, (std::vector<std::string>{"fields", "my name"}));
  EXPECT_EQ(analysis.reads[0].starts, (std::vector<int>{7, 26}));
  EXPECT_EQ(analysis.reads[0].start, 26);
}

struct RiskCase {
  const char* source;
  const char* codes;
};

TEST(JsonataAnalysis, SaysWhatMayFail) {
  const RiskCase cases[] = {
      {"'a' & b", ""},
      {"{'x': a, 'y': a = 1 ? 'one' : 'other'}", ""},
      {"$exists(a) and $count(b) > 3", ""},
      {"a + 1", "T2001"},
      {"$count(a) + 1", ""},
      {"a > 1", "T2010"},
      {"$toMillis($string(a))", "D3110"},
      {"$uppercase($string(a))", ""},
      {"$uppercase(a)", "T0410"},
      {"$fromMillis($count(a), '[Y]')", ""},
      {"$number($string(a))", "D3030"},
      {"$error('no')", "D3137"},
      {"a()", "T1006"},
      {"{a: 1}", "T1003"},
  };
  for (const RiskCase& test : cases) {
    std::string codes;
    for (const Risk& risk : analyse(test.source).risks) codes += risk.code;
    EXPECT_EQ(codes, test.codes) << test.source;
  }
}

TEST(JsonataAnalysis, ComesToAnEnd) {
  std::string nested = "a";
  for (int i = 0; i < 300; ++i) nested = "$map(" + nested + ", function($x) { $x.b })";
  EXPECT_FALSE(reads_of(nested).empty());
}

}  // namespace
}  // namespace navette::jsonata
