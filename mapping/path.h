// A path into a JSON document: the part of JSONata's path language that can be read both ways.
//
//   Subject                              a member
//   CustomFields.External ref            of a member; a name may hold blanks
//   `Due.Date`.value                     backquotes: a name that holds anything else
//   Requestor[0]                         an item; [-1] is the last
//   custom_fields[name='External ref'].value     the items whose member equals a literal
//
// A name asked of an array is asked of each of its items, as in JSONata.
//
// Thread safety: immutable after parse(); safe from any thread.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "navette/json.h"
#include "navette/result.h"

namespace navette {

// Where a text could not be read, for who points at it.
struct Misread {
  std::size_t at = 0;  // byte
  std::string found;
  std::string expected;
};

class Path {
 public:
  // Errors: kMisconfigured; names the column, what was found there and what was expected, which
  // `misread` gets too.
  static Result<Path> parse(std::string_view text, Misread* misread = nullptr);

  // What stands there: nothing when it is missing, which differs from null and from "" and [].
  // Several hits make an array.
  std::optional<Json> read(const Json& document) const;

  const std::string& text() const { return text_; }
  // Put a value there: what is missing on the way is made (an object; an item that has the member
  // which the filter asks for). False: something on the way is no object or list.
  bool write(Json* document, Json value) const;

  // The name, when the path is nothing but one name ("id"); else empty.
  std::string_view single_name() const;

  struct Filter {
    bool by_index = false;
    std::int64_t index = 0;
    std::string member;
    Json literal;
    std::size_t at = 0;          // the byte at which the index or the member is written
    std::size_t literal_at = 0;  // the byte at which the literal is
  };
  struct Step {
    std::string name;
    std::vector<Filter> filters;
    std::size_t at = 0;  // the byte at which the name is written
  };
  const std::vector<Step>& steps() const { return steps_; }

 private:
  friend class PathParser;
  static void select(const Step& step, const Json& from, std::vector<const Json*>* hits);
  static void apply(const Filter& filter, std::vector<const Json*>* hits);

  std::string text_;
  std::vector<Step> steps_;
};

}  // namespace navette
