#include "config/scalar.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "config/check.h"
#include "config/fields.h"
#include "config/yaml.h"

namespace navette {
namespace {

std::string trouble(Kind kind, const std::string& text) {
  Shape shape;
  shape.kind = kind;
  return scalar_trouble(shape, text);
}

TEST(Scalar, SizesAreCountedInPowersOf1024) {
  EXPECT_EQ(parse_size("200"), 200);
  EXPECT_EQ(parse_size("200 bytes"), 200);
  EXPECT_EQ(parse_size("64kB"), 64 << 10);
  EXPECT_EQ(parse_size("20 MB"), 20 << 20);
  EXPECT_EQ(parse_size("1 GiB"), 1 << 30);
  for (const char* text : {"", "MB", "-1", "1.5 MB", "20 megs", "9999999999999 GB"}) {
    EXPECT_FALSE(parse_size(text).has_value()) << text;
  }
  EXPECT_EQ(size_text(20 << 20), "20 MB");
  EXPECT_EQ(size_text(1500), "1500 bytes");
}

TEST(Scalar, LimitsAreOfCharactersOrOfBytes) {
  EXPECT_FALSE(parse_limit("255")->bytes);
  EXPECT_TRUE(parse_limit("200 bytes")->bytes);
  EXPECT_EQ(parse_limit("200 bytes")->count, 200);
  EXPECT_FALSE(parse_limit("0").has_value());
  EXPECT_FALSE(parse_limit("20 MB").has_value());
}

TEST(Scalar, AddressesHaveAHostAndAPort) {
  EXPECT_EQ(parse_address("127.0.0.1:8700")->port, 8700);
  EXPECT_EQ(parse_address("[::1]:0")->host, "::1");
  for (const char* text : {"localhost", ":80", "host:", "host:70000", "::1:80", "a b:80", "h:-1"}) {
    EXPECT_FALSE(parse_address(text).has_value()) << text;
  }
}

TEST(Scalar, WebAddressesCarryNoCredentials) {
  for (const char* text : {"http://h", "https://h:8443/sub/path", "http://127.0.0.1:80",
                           "https://[::1]:8443/x", "https://h/"}) {
    EXPECT_EQ(trouble(Kind::kUrl, text), "") << text;
  }
  for (const char* text : {"ftp://h", "h", "http://", "https://:80", "https://u:p@h", "https://h:0",
                           "https://h/?q=1", "https://a b"}) {
    EXPECT_NE(trouble(Kind::kUrl, text), "") << text;
  }
}

TEST(Scalar, FieldPathsAreNamesAndSelectors) {
  const std::vector<std::string> pieces = {"custom_fields", "[name='External ref']", "value"};
  EXPECT_EQ(parse_field_path("custom_fields[name='External ref'].value"), pieces);
  for (const char* text : {"Subject", "CustomFields.External ref", "Requestor[0]", "a[-1].b",
                           "`Due.Date`.value", "a[x=\"]\"]", "a[x=1]"}) {
    EXPECT_TRUE(parse_field_path(text).has_value()) << text;
  }
  for (const char* text :
       {"", ".", "a.", ".a", "a..b", "a[", "a[]", "a[x=]", "a[x='1]", "a]b", " a", "a.`b"}) {
    EXPECT_FALSE(parse_field_path(text).has_value()) << text;
  }
}

TEST(Scalar, DeclaredFieldsAreFoundByPatternAndByPrefix) {
  std::vector<FieldInfo> fields(3);
  fields[0].path = "CustomFields.*";
  fields[1].path = "custom_fields[name=*].value";
  fields[2].path = "CustomFields.Severity";
  EXPECT_EQ(find_field(fields, "CustomFields.External ref"), &fields[0]);
  EXPECT_EQ(find_field(fields, "custom_fields[name='a.b'].value"), &fields[1]);
  EXPECT_EQ(find_field(fields, "custom_fields.value"), nullptr);
  EXPECT_EQ(nearest_field(fields, "CustomField.Impact"), "CustomFields.Impact");
  EXPECT_EQ(nearest_field(fields, "custom_field[name='x'].value"), "custom_fields[name='x'].value");
}

TEST(Scalar, AnOldNameIsReadWithANote) {
  Member member;
  member.name = "poll";
  member.about = "The pause.";
  member.shape.kind = Kind::kDuration;
  member.required = true;
  member.old_names = {"interval"};
  Shape shape;
  shape.kind = Kind::kObject;
  shape.name = "a system";
  shape.members.push_back(member);
  std::vector<Diagnostic> diagnostics;
  const auto node = parse_yaml("f.yaml", "interval: 5s\n", diagnostics);
  ASSERT_TRUE(node.has_value());
  Report report;
  check_shape(*node, shape, "the file", report);
  ASSERT_EQ(report.finish().size(), 1U);
  EXPECT_EQ(report.finish()[0].code, "CFG014");
  EXPECT_EQ(Reader(&*node, shape).text("poll"), "5s");

  const auto both = parse_yaml("f.yaml", "interval: 5s\npoll: 6s\n", diagnostics);
  check_shape(*both, shape, "the file", report);
  EXPECT_TRUE(has_errors(report.finish()));
}

}  // namespace
}  // namespace navette
