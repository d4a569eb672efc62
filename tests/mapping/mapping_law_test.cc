// Goal: what was carried over and comes back is what it was (get-put), and what is put arrives
// (put-get), for every mapping that we ship or test with. Method: documents made at random from the
// rules themselves; what fails is shrunk to the fields that it takes.
//
// A field that a document does not have says nothing, and the other side keeps what it has: put-get
// is about the fields that are there. A side that gets a value where the other one has none is
// never without a value itself: such documents are not made.

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <random>

#include <gtest/gtest.h>

#include "config/load.h"
#include "mapping/mapper.h"
#include "mapping/rule.h"

namespace navette {
namespace {

namespace fs = std::filesystem;

std::uint64_t number_from(const char* variable, std::uint64_t fallback) {
  const char* said = std::getenv(variable);
  return said != nullptr ? std::strtoull(said, nullptr, 10) : fallback;
}

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}
  std::size_t below(std::size_t bound) { return random_() % bound; }
  bool one_in(std::size_t of) { return below(of) == 0; }
  template <class T>
  const T& pick(const std::vector<T>& list) {
    return list[below(list.size())];
  }

 private:
  std::mt19937_64 random_;
};

bool both_ways(const Rule& rule) {
  const FieldRule& said = rule.said();
  const bool computed = !said.expr.client.empty() || !said.expr.provider.empty();
  const bool marks =
      rule.kind() == Rule::Kind::kTemplate && rule.text_template().of != Template::Of::kValue;
  return !said.only_towards && !computed && !marks && rule.path(Side::kClient) &&
         rule.path(Side::kProvider);
}

// Whether the side gets a value where the other one has none.
bool never_empty(const Rule& rule, Side side) {
  const bool row = rule.kind() == Rule::Kind::kTable && rule.row(other(side), "") != nullptr;
  return row || rule.said().default_value[side];
}

// Values that a side may hold, as a rule has them.
class Values {
 public:
  explicit Values(Dice& dice) : dice_(dice) {}

  Json of(const Rule& rule, Side side) {
    if (!never_empty(rule, side) && dice_.one_in(12)) return {};
    switch (rule.kind()) {
      case Rule::Kind::kTable:
        return row(rule, side);
      case Rule::Kind::kPeople:
        return person(rule, side);
      case Rule::Kind::kDate:
        return date((*rule.said().date)[side], rule.said().zone[side]);
      case Rule::Kind::kDuration:
        return duration((*rule.said().duration)[side]);
      case Rule::Kind::kNumber:
        return number((*rule.said().number)[side]);
      case Rule::Kind::kTemplate:
        return rule.text_template().towards == side ? Json(rule.text_template().write(word()))
                                                    : Json(word());
      case Rule::Kind::kMarkup:
        return text();
      case Rule::Kind::kEach:
        return items(rule, side);
      default:
        return any();
    }
  }

  // A document with the fields of these rules.
  Json document(const std::vector<Rule>& rules, Side side) {
    Json out = Json::object();
    for (const Rule& rule : rules) {
      const auto& path = rule.path(side);
      if (!path || !both_ways(rule)) continue;
      if (!never_empty(rule, side) && dice_.one_in(10)) continue;
      path->write(&out, of(rule, side));
    }
    return out;
  }

 private:
  std::string word() {
    static const std::vector<std::string> kWords = {"printer", "42", "A-7", "x", "Zürich", "été"};
    return dice_.pick(kWords);
  }
  Json text() {
    std::string out = word();
    for (std::size_t i = dice_.below(6); i > 0; --i)
      out += (dice_.one_in(4) ? "\n\n" : " ") + word();
    return Json(out);
  }
  Json any() {
    switch (dice_.below(8)) {
      case 0:
        return dice_.one_in(2);
      case 1:
        return Json(static_cast<std::int64_t>(dice_.below(1'000'000)));
      case 2:
        return Json(Json::BigNumber{"123456789012345678901"});
      case 3: {
        Json list = Json::array();
        for (std::size_t i = dice_.below(3); i > 0; --i) list.push(Json(word()));
        return list;
      }
      case 4:
        return Json(std::string(dice_.below(400), 'y') + "é");
      default:
        return text();
    }
  }
  Json row(const Rule& rule, Side side) {
    const std::vector<std::string>& known = rule.known(side);
    if (known.empty()) return {};
    // As its own type: the row that it leads to leads back to it, or to its twin.
    const Json* there = rule.row(side, dice_.pick(known));
    const Json* back = there != nullptr ? rule.row(other(side), Rule::as_key(*there)) : nullptr;
    return back != nullptr ? *back : Json();
  }
  Json person(const Rule& rule, Side side) {
    const auto& people = rule.said().people;
    if (people.empty()) return {};
    const auto& known = dice_.pick(people).known[side];
    return known.empty() ? Json() : Json(known.front().second);
  }
  Json date(const std::string& form, const std::string& zone) {
    const auto parsed = DateForm::parse(form, zone);
    const auto seconds = static_cast<std::int64_t>(dice_.below(2'000'000'000));
    const auto millis = dice_.one_in(3) ? static_cast<std::int64_t>(dice_.below(1000)) : 0;
    const TimePoint time{std::chrono::milliseconds(seconds * 1000 + millis)};
    return parsed ? parsed->write(time).value_or(Json()) : Json();
  }
  Json duration(const std::string& form) {
    const auto minutes = static_cast<std::int64_t>(dice_.below(6000));
    if (form == "seconds") return Json(minutes * 60);
    if (form == "minutes") return Json(minutes);
    if (form == "hours") {
      const std::int64_t quarters = minutes / 15;
      return Json(static_cast<double>(quarters) / 4);
    }
    if (form == "iso") return Json("PT" + std::to_string(minutes + 1) + "M");
    const std::string two = std::to_string(minutes % 60 + 100).substr(1);
    return Json(std::to_string(minutes / 60) + ":" + two);
  }
  Json number(const std::string& form) {
    const auto number = static_cast<std::int64_t>(dice_.below(100'000));
    return form == "text" ? Json(std::to_string(number)) : Json(number);
  }
  Json items(const Rule& rule, Side side) {
    Json list = Json::array();
    for (std::size_t i = dice_.below(4); i > 0; --i) list.push(document(rule.inner(), side));
    return list;
  }

  Dice& dice_;
};

// A mapping with both ways.
struct Ways {
  FlowConfig flow;
  std::vector<Rule> rules;
  std::optional<Mapper> forward;
  std::optional<Mapper> back;

  const Mapper& from(Side side) const { return side == Side::kClient ? *forward : *back; }
};

Ways ways_of(const fs::path& file) {
  Ways ways;
  auto loaded = load_flow_file(file.string(), process_environment());
  EXPECT_TRUE(loaded.ok()) << render(loaded.diagnostics);
  if (loaded.flows.empty()) return ways;
  ways.flow = loaded.flows.front();
  ways.flow.only_towards.reset();  // the laws are about its rules
  for (const FieldRule& field : ways.flow.fields) {
    auto rule = Rule::compile(field, ways.flow);
    if (rule) ways.rules.push_back(std::move(*rule));
  }
  for (const auto& [side, mapper] :
       {std::pair{Side::kClient, &ways.forward}, std::pair{Side::kProvider, &ways.back}}) {
    auto compiled = Mapper::compile(ways.flow, side);
    EXPECT_TRUE(compiled);
    if (compiled) *mapper = std::move(*compiled);
  }
  return ways;
}

// Whether the document is one that no rule with both ways would refuse.
bool refused(const Ways& ways, const Mapped& mapped) {
  return std::any_of(mapped.problems.begin(), mapped.problems.end(), [&](const auto& problem) {
    return std::any_of(ways.rules.begin(), ways.rules.end(), [&](const Rule& rule) {
      return both_ways(rule) && problem.rule.starts_with(rule.said().name);
    });
  });
}

// Whether a rule carries over that there is no value.
bool says_nothing(const Rule& rule, Side from, const Json& value) {
  return Rule::is_empty(value) && rule.said().empty[other(from)] == EmptyPolicy::kOmit;
}

// Whether what arrived is what was put. Of the items of lists only what was said of them counts.
bool arrived(const Rule& rule, Side side, const Json& put, const std::optional<Json>& found) {
  if (rule.kind() != Rule::Kind::kEach || !put.is_array()) return found == put;
  if (!found || !found->is_array() || found->size() != put.size()) return false;
  for (std::size_t i = 0; i < put.size(); ++i) {
    for (const Rule& inner : rule.inner()) {
      if (!both_ways(inner)) continue;
      const auto said = inner.path(side)->read(put.items()[i]);
      if (!said || says_nothing(inner, side, *said)) continue;
      if (!arrived(inner, side, *said, inner.path(side)->read(found->items()[i]))) return false;
    }
  }
  return true;
}

// Whether the rule carries this side's value over now.
bool applies(const Rule& rule, Side side, const Json& document) {
  const auto& condition = rule.condition(side);
  return !condition || condition->holds(document);
}

// What breaks the law; empty: nothing does. A rejected document does not: it is not carried over.
std::string get_put(const Ways& ways, Side side, const Json& document) {
  const Mapped got = ways.from(side).map(document);
  if (!got.problems.empty()) return {};
  const Mapped put = ways.from(other(side)).map(got.document, {.existing = &document});
  if (!put.problems.empty() && !refused(ways, put)) return {};
  if (!put.problems.empty()) return "get-put: what was got is rejected: " + put.problems[0].reason;
  for (const Rule& rule : ways.rules) {
    if (!both_ways(rule) || !applies(rule, side, document)) continue;
    if (!applies(rule, other(side), got.document)) continue;
    const auto was = rule.path(side)->read(document);
    const auto is = rule.path(side)->read(put.document);
    if (was == is) continue;
    return "get-put: " + rule.said().name + " was " + (was ? was->dump() : "missing") + " and is " +
           (is ? is->dump() : "missing") + ", got " + got.document.dump();
  }
  return {};
}

std::string put_get(const Ways& ways, Side side, const Json& document, const Json& wanted) {
  if (refused(ways, ways.from(side).map(document))) return {};
  const Mapped put = ways.from(other(side)).map(wanted, {.existing = &document});
  if (!put.problems.empty()) return {};
  const Mapped got = ways.from(side).map(put.document, {.existing = &wanted});
  if (!got.problems.empty() && !refused(ways, got)) return {};
  if (!got.problems.empty()) return "put-get: what was put is rejected: " + got.problems[0].reason;
  for (const Rule& rule : ways.rules) {
    if (!both_ways(rule) || !applies(rule, other(side), wanted)) continue;
    if (!applies(rule, side, put.document)) continue;
    const auto was = rule.path(other(side))->read(wanted);
    if (!was || says_nothing(rule, other(side), *was)) continue;
    const auto is = rule.path(other(side))->read(got.document);
    if (arrived(rule, other(side), *was, is)) continue;
    return "put-get: " + rule.said().name + ": " + was->dump() + " was put, " +
           (is ? is->dump() : "nothing") + " arrived; the other side has " + put.document.dump();
  }
  return {};
}

// The same document with as few members as it takes to fail.
template <class Broken>
void shrink(Json* document, const Broken& broken) {
  for (bool smaller = true; smaller;) {
    smaller = false;
    for (std::size_t i = 0; document->is_object() && i < document->members().size(); ++i) {
      const Json before = *document;
      auto& members = document->members();
      members.erase(members.begin() + static_cast<std::ptrdiff_t>(i));
      if (broken()) {
        smaller = true;
        break;
      }
      *document = before;
    }
  }
}

std::vector<fs::path> mappings() {
  const fs::path root = NAVETTE_SOURCE_DIR;
  std::vector<fs::path> files = {root / "tests/bench/mapping/flow.yaml"};
  for (const char* folder : {"examples", "tests/mapping_check/mappings"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const std::string name = entry.path().filename().string();
      const bool flow = name == "flow.yaml" || entry.path().parent_path().filename() == "flows";
      if (flow && name.find(".test.") == std::string::npos) files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

class MappingLaws : public ::testing::TestWithParam<fs::path> {};

TEST_P(MappingLaws, WhatComesBackIsWhatItWas) {
  const std::uint64_t seed = number_from("NAVETTE_SEED", 20261127);
  const std::uint64_t count = number_from("NAVETTE_LAW_DOCUMENTS", 1500);
  std::printf("NAVETTE_SEED=%llu, %llu documents\n", static_cast<unsigned long long>(seed),
              static_cast<unsigned long long>(count));
  const Ways ways = ways_of(GetParam());
  ASSERT_TRUE(ways.forward && ways.back);
  Dice dice(seed);
  Values values(dice);
  for (std::uint64_t i = 0; i < count; ++i) {
    const Side side = i % 2 == 0 ? Side::kClient : Side::kProvider;
    Json document = values.document(ways.rules, side);
    Json wanted = values.document(ways.rules, other(side));
    if (!get_put(ways, side, document).empty()) {
      shrink(&document, [&] { return !get_put(ways, side, document).empty(); });
      FAIL() << get_put(ways, side, document) << "\n" << to_text(side) << ": " << document.dump();
    }
    if (!put_get(ways, side, document, wanted).empty()) {
      const auto broken = [&] { return !put_get(ways, side, document, wanted).empty(); };
      shrink(&wanted, broken);
      shrink(&document, broken);
      FAIL() << put_get(ways, side, document, wanted) << "\n"
             << to_text(side) << ": " << document.dump() << "\nput: " << wanted.dump();
    }
  }
}

std::string name_of(const ::testing::TestParamInfo<fs::path>& info) {
  std::string name = info.param.lexically_relative(NAVETTE_SOURCE_DIR).string();
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Shipped, MappingLaws, ::testing::ValuesIn(mappings()), name_of);

}  // namespace
}  // namespace navette
