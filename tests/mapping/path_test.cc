#include "mapping/path.h"

#include <optional>
#include <string>

#include <gtest/gtest.h>

namespace navette {
namespace {

Json document() {
  auto json = Json::parse(R"({
    "Subject": "VPN", "empty": "", "none": null, "list": [], "Due.Date": "x",
    "CustomFields": {"External ref": "A-1", "Sévérité": "Major"},
    "custom_fields": [{"id": 1, "name": "External ref", "value": "RT-7"},
                      {"id": 2, "name": "it's", "value": null},
                      {"id": 3, "name": "Many", "value": ["a", "b"]}],
    "Requestor": [{"id": "alice"}, {"id": "bob"}], "big": 12345678901234567890123})");
  return *json;
}

struct Case {
  const char* path;
  const char* expected;  // JSON; empty: missing
};

class PathRead : public testing::TestWithParam<Case> {};

TEST_P(PathRead, GivesWhatStandsThere) {
  auto path = Path::parse(GetParam().path);
  ASSERT_TRUE(path) << path.error().message;
  const auto found = path->read(document());
  EXPECT_EQ(found ? found->dump() : "", GetParam().expected) << GetParam().path;
}

INSTANTIATE_TEST_SUITE_P(
    Table, PathRead,
    testing::Values(Case{"Subject", "\"VPN\""}, Case{"subject", ""}, Case{"empty", "\"\""},
                    Case{"none", "null"}, Case{"list", "[]"}, Case{"none.x", ""},
                    Case{"`Due.Date`", "\"x\""}, Case{"CustomFields.External ref", "\"A-1\""},
                    Case{"CustomFields.`External ref`", "\"A-1\""},
                    Case{"CustomFields.Sévérité", "\"Major\""},
                    Case{"custom_fields[name='External ref'].value", "\"RT-7\""},
                    Case{"custom_fields[ name = \"it's\" ].value", "null"},
                    Case{"custom_fields[name='it\\'s'].id", "2"},
                    Case{"custom_fields[id=1].name", "\"External ref\""},
                    Case{"custom_fields[id='1'].name", ""},
                    Case{"custom_fields[name='Many'].value", R"(["a","b"])"},
                    Case{"custom_fields[name='Many'].value[1]", "\"b\""},
                    Case{"Requestor[0].id", "\"alice\""}, Case{"Requestor[-1].id", "\"bob\""},
                    Case{"Requestor[2].id", ""}, Case{"Requestor.id", R"(["alice","bob"])"},
                    Case{"big", "12345678901234567890123"}, Case{"Subject.x", ""}));

class PathMistake : public testing::TestWithParam<Case> {};

TEST_P(PathMistake, NamesTheColumn) {
  const auto path = Path::parse(GetParam().path);
  ASSERT_FALSE(path);
  EXPECT_EQ(path.error().fault, Fault::kMisconfigured);
  EXPECT_NE(path.error().message.find(GetParam().expected), std::string::npos)
      << path.error().message;
}

INSTANTIATE_TEST_SUITE_P(Table, PathMistake,
                         testing::Values(Case{"", "column 1: found its end"},
                                         Case{"a..b", "column 3: found '.'"},
                                         Case{"a.", "column 3"}, Case{"é]", "column 2: found ']'"},
                                         Case{"a[", "column 3"}, Case{"a[1", "expected ']'"},
                                         Case{"a[1.5]", "a whole number"},
                                         Case{"a[b]", "column 4: found ']', expected '='"},
                                         Case{"a[b=c]", "column 5"}, Case{"a[b='c]", "a closing '"},
                                         Case{"`a", "a closing backquote"},
                                         Case{"a & b", "column 3"}, Case{"a[0]b", "column 5"},
                                         Case{"$sum(a)", "column 5"}));

TEST(Path, ASingleNameIsKnownAsOne) {
  EXPECT_EQ(Path::parse("id")->single_name(), "id");
  EXPECT_EQ(Path::parse("`id`")->single_name(), "id");
  EXPECT_EQ(Path::parse("a.id")->single_name(), "");
  EXPECT_EQ(Path::parse("id[0]")->single_name(), "");
}

}  // namespace
}  // namespace navette
