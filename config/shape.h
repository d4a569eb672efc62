// What a configuration file may hold, described once.
//
// From one description come the checks (config/check.h), the JSON Schema and the reference page
// (config/publish.h), so that the three cannot disagree.
//
// Thread safety: plain values.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace navette {

enum class Kind : unsigned char {
  kText,
  kUrl,       // http or https, with a host
  kDuration,  // "5s"
  kInteger,
  kSize,   // "20 MB"; a bare number is bytes
  kRate,   // "10/s", "600/min", "5000/h"
  kLimit,  // of a text: 255 (characters) or "200 bytes"
  kBoolean,
  kChoice,    // one of `choices`
  kSecret,    // text that may only be a reference: ${env:NAME} or ${file:/path}
  kFile,      // path of a file, relative to the file that names it
  kField,     // path of a field: "CustomFields.Severity"
  kTemplate,  // text with {id}, {value} or paths in braces
  kDate,      // RFC 3339, or a date alone
  kAddress,   // "host:port"
  kValue,     // any scalar, null too
  kObject,    // the declared `members` and no other
  kMap,       // any names, each with a value of `parts[0]`
  kList,      // items of `parts[0]`
  kAnyOf,     // one of `parts`, told apart by what kind of YAML value stands there
  kJson,      // anything that JSON can say
};
// "text", "url", "duration", "list", ...: as catalog files and the reference page spell it.
const char* to_text(Kind kind);
// Nothing for a word that is no scalar kind.
std::optional<Kind> scalar_kind(const std::string& word);

struct Member;

struct Shape {
  Kind kind = Kind::kText;
  std::string name = {};          // of a part with its own heading: "field rule"
  std::vector<Member> members;    // kObject; without an initializer, for Member is not known yet
  std::vector<Shape> parts = {};  // kMap, kList, kAnyOf
  std::vector<std::string> choices = {};  // kChoice
  std::optional<std::int64_t> min = {};   // kInteger; kDuration in ms; kSize in bytes;
  std::optional<std::int64_t> max = {};   // kList, kMap: how many
  std::string key_about = {};             // kMap: what its names are
  bool extra = false;                     // kObject: more members, checked elsewhere
  // kObject: where the page has its members already; a sentence in Markdown, in their place.
  std::string elsewhere = {};
};

struct Member {
  std::string name;
  std::string about;  // one sentence
  Shape shape = {};
  std::string example = {};  // as it would stand in the file; passes the checks
  bool required = false;
  std::optional<std::string> fallback = {};  // its value when it is left out, as YAML
  std::vector<std::string> old_names = {};   // still read, with a note
  std::string guide = {};                    // the heading of docs/mapping.md that shows it
};

inline const Member* find_member(const Shape& shape, const std::string& name) {
  for (const Member& member : shape.members) {
    if (member.name == name) return &member;
    for (const std::string& old_name : member.old_names) {
      if (old_name == name) return &member;
    }
  }
  return nullptr;
}

}  // namespace navette
