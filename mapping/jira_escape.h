// Makes signs mean themselves in Jira's wiki markup.

#pragma once

#include <string>
#include <string_view>

namespace navette {

struct JiraPlace {
  bool line_start = true;        // the text begins a line
  std::string_view before = {};  // what was written before it
  bool more = false;             // something follows in the same line
  bool in_cell = false;          // of a table
  bool in_link = false;          // its text
  bool in_code = false;          // {{...}}
  std::string_view active = {};  // marks of the spans that it stands in: "*_"
};

// The text such that Jira shows every character of it literally and read_jira() gives it back. Only
// signs that would mean something where they stand are escaped: by a backslash, which people read
// easily, or as an entity where Jira knows no backslash. LF begins a new line.
std::string escape_jira(std::string_view text, const JiraPlace& place);

// "&#42;"
std::string jira_entity(char c);

}  // namespace navette
