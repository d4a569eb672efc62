#include "backoffice/report.h"

#include <algorithm>
#include <utility>

#include "base/html.h"
#include "base/log.h"
#include "base/text.h"

namespace navette::backoffice {
namespace {

// ---- text --------------------------------------------------------------------------------------

// Lines of a field; what a terminal would obey is made visible.
std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines = split(text, '\n');
  while (lines.size() > 1 && trim(lines.back()).empty()) lines.pop_back();
  for (std::string& line : lines) line = printable(line);
  return lines;
}

std::string padded(const std::string& text, std::size_t width, bool right) {
  const std::size_t length = utf8_length(text);
  const std::string blanks(width > length ? width - length : 0, ' ');
  return right ? blanks + text : text + blanks;
}

std::string without_end(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

class TextTable {
 public:
  TextTable(const Section& section, Language language) : section_(section) {
    std::vector<std::vector<std::string>> head;
    for (const Column& column : section.columns) head.push_back({word(column.key, language)});
    rows_.push_back(std::move(head));
    for (const auto& row : section.rows) {
      std::vector<std::vector<std::string>> cells;
      for (const Field& field : row) cells.push_back(lines_of(field.shown));
      rows_.push_back(std::move(cells));
    }
  }

  std::string text() const {
    std::vector<std::size_t> widths(section_.columns.size());
    for (const auto& row : rows_) {
      for (std::size_t i = 0; i < row.size(); ++i) {
        for (const std::string& line : row[i]) {
          widths[i] = std::max(widths[i], utf8_length(line));
        }
      }
    }
    std::string out;
    for (const auto& row : rows_) {
      std::size_t height = 0;
      for (const auto& cell : row) height = std::max(height, cell.size());
      for (std::size_t line = 0; line < height; ++line) {
        std::string text = " ";
        for (std::size_t i = 0; i < row.size(); ++i) {
          text += " " +
                  padded(line < row[i].size() ? row[i][line] : "", widths[i],
                         section_.columns[i].right) +
                  " ";
        }
        out += without_end(std::move(text));
      }
    }
    return out;
  }

 private:
  const Section& section_;
  std::vector<std::vector<std::vector<std::string>>> rows_;
};

std::string as_text(const Report& report, Language language) {
  std::string out = printable(report.title) + "\n";
  out += std::string(utf8_length(printable(report.title)), '=') + "\n";
  std::size_t width = 0;
  for (const auto& [key, field] : report.facts) {
    width = std::max(width, utf8_length(word(key, language)));
  }
  for (const auto& [key, field] : report.facts) {
    out += without_end(padded(word(key, language), width, false) + "  " + printable(field.shown));
  }
  for (const Section& section : report.sections) {
    const std::string heading = word("section." + section.key, language);
    out += "\n" + heading + "\n" + std::string(utf8_length(heading), '-') + "\n";
    out += section.rows.empty() ? "  " + word("none", language) + "\n"
                                : TextTable(section, language).text();
  }
  return out;
}

// ---- HTML --------------------------------------------------------------------------------------

// Lines stay lines; other control characters are left out.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : escape_html(to_utf8(text))) {
    if (c == '\n') {
      out += "<br>";
    } else if (static_cast<unsigned char>(c) >= 0x20 || c == '\t') {
      out += c;
    }
  }
  return out;
}

constexpr const char* kStyle =
    "body{font:14px/1.4 sans-serif;margin:2em;color:#222}"
    "table{border-collapse:collapse;margin:.5em 0 1.5em}"
    "th,td{border:1px solid #ccc;padding:.3em .6em;text-align:left;vertical-align:top}"
    "th{background:#f2f2f2}.n{text-align:right;white-space:nowrap}";

std::string html_table(const Section& section, Language language) {
  const auto cell = [&](const char* tag, std::size_t column, const std::string& text) {
    return std::string("<") + tag + (section.columns[column].right ? " class=\"n\">" : ">") +
           escaped(text) + "</" + tag + ">";
  };
  std::string out = "<table>\n<tr>";
  for (std::size_t i = 0; i < section.columns.size(); ++i) {
    out += cell("th", i, word(section.columns[i].key, language));
  }
  out += "</tr>\n";
  for (const auto& row : section.rows) {
    out += "<tr>";
    for (std::size_t i = 0; i < row.size(); ++i) out += cell("td", i, row[i].shown);
    out += "</tr>\n";
  }
  return out + "</table>\n";
}

std::string as_html(const Report& report, Language language) {
  const std::string title = escaped(report.title);
  std::string out = std::string("<!DOCTYPE html>\n<html lang=\"") +
                    (language == Language::kFrench ? "fr" : "en") +
                    "\">\n<head>\n<meta charset=\"utf-8\">\n<title>" + title + "</title>\n<style>" +
                    kStyle + "</style>\n</head>\n<body>\n<h1>" + title + "</h1>\n<table>\n";
  for (const auto& [key, field] : report.facts) {
    out += "<tr><th>" + escaped(word(key, language)) + "</th><td>" + escaped(field.shown) +
           "</td></tr>\n";
  }
  out += "</table>\n";
  for (const Section& section : report.sections) {
    out += "<h2>" + escaped(word("section." + section.key, language)) + "</h2>\n";
    out += section.rows.empty() ? "<p>" + escaped(word("none", language)) + "</p>\n"
                                : html_table(section, language);
  }
  return out + "</body>\n</html>\n";
}

// ---- CSV ---------------------------------------------------------------------------------------

// RFC 4180. A text that a spreadsheet would take for a formula is made a text.
std::string csv_cell(const Json& value) {
  std::string text = to_utf8(value.is_array() ? value.dump() : value.text());
  if (value.is_string() && !text.empty() &&
      std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos) {
    text.insert(0, 1, '\'');
  }
  if (text.find_first_of("\",\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

// One table: the section, the report's facts, then every column that a section has.
std::string as_csv(const Report& report) {
  std::string head = "section";
  std::string facts;
  for (const auto& [key, field] : report.facts) {
    head += "," + key;
    facts += "," + csv_cell(field.value);
  }
  std::vector<std::string> keys;
  for (const Section& section : report.sections) {
    for (const Column& column : section.columns) {
      if (std::find(keys.begin(), keys.end(), column.key) != keys.end()) continue;
      keys.push_back(column.key);
      head += "," + column.key;
    }
  }
  std::string out;
  for (const Section& section : report.sections) {
    for (const auto& row : section.rows) {
      out += section.key + facts;
      for (const std::string& key : keys) {
        out += ",";
        for (std::size_t i = 0; i < section.columns.size(); ++i) {
          if (section.columns[i].key == key) out += csv_cell(row[i].value);
        }
      }
      out += "\r\n";
    }
  }
  if (out.empty()) out = report.key + facts + std::string(keys.size(), ',') + "\r\n";
  return head + "\r\n" + out;
}

// ---- JSON --------------------------------------------------------------------------------------

std::string as_json(const Report& report) {
  Json out = Json::object();
  out.set("report", report.key);
  for (const auto& [key, field] : report.facts) out.set(key, field.value);
  for (const Section& section : report.sections) {
    Json& rows = out.set(section.key, Json::array());
    for (const auto& row : section.rows) {
      Json& one = rows.push(Json::object());
      for (std::size_t i = 0; i < row.size(); ++i) one.set(section.columns[i].key, row[i].value);
    }
  }
  return out.pretty() + "\n";
}

}  // namespace

std::optional<Language> language_of(std::string_view name) {
  if (name == "en") return Language::kEnglish;
  if (name == "fr") return Language::kFrench;
  return std::nullopt;
}

std::optional<Form> form_of(std::string_view name) {
  if (name == "text") return Form::kText;
  if (name == "html") return Form::kHtml;
  if (name == "csv") return Form::kCsv;
  if (name == "json") return Form::kJson;
  return std::nullopt;
}

std::string print(const Report& report, Form form, Language language) {
  switch (form) {
    case Form::kText:
      return as_text(report, language);
    case Form::kHtml:
      return as_html(report, language);
    case Form::kCsv:
      return as_csv(report);
    case Form::kJson:
      return as_json(report);
  }
  return "";
}

}  // namespace navette::backoffice
