// A report as a value, and its four forms. Text and HTML are for people, in their language; CSV and
// JSON are for programs: keys, minutes, days and moments that no language changes.
//
// The same report gives the same bytes each time. Thread safety: pure functions, safe from any
// thread.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "navette/json.h"

namespace navette::backoffice {

enum class Language : unsigned char { kEnglish, kFrench };
std::optional<Language> language_of(std::string_view name);  // "en", "fr"

enum class Form : unsigned char { kText, kHtml, kCsv, kJson };
std::optional<Form> form_of(std::string_view name);  // "text", "html", "csv", "json"

// One thing, as people read it and as programs do.
struct Field {
  std::string shown;
  Json value;

  // A text that is the same for both.
  static Field text(std::string text) { return {text, Json(text)}; }
  static Field number(std::int64_t number) { return {std::to_string(number), Json(number)}; }
};

struct Column {
  std::string key;     // "ticket"; its label comes from the dictionary
  bool right = false;  // a number
};

struct Section {
  std::string key;
  std::vector<Column> columns;
  std::vector<std::vector<Field>> rows;  // as many fields as there are columns
};

struct Report {
  std::string key;  // "daily"
  std::string title;
  std::vector<std::pair<std::string, Field>> facts;  // by key
  std::vector<Section> sections;
};

std::string print(const Report& report, Form form, Language language);

// The word for a key ("ticket", "verdict.kept") in that language; the key itself for one that the
// dictionary does not have.
std::string word(std::string_view key, Language language);
bool has_word(std::string_view key);

}  // namespace navette::backoffice
