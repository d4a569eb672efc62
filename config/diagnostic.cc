#include "config/diagnostic.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <tuple>

#include "base/text.h"

namespace navette {
namespace {

void render_one(const Diagnostic& diagnostic, std::string& out) {
  const Place& place = diagnostic.place;
  out += place.file;
  if (place.line > 0) {
    out += ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
  }
  out += diagnostic.severity == Severity::kError ? ": error: " : ": note: ";
  out += diagnostic.found + " [" + diagnostic.code + "]\n";
  if (place.line > 0 && !trim(diagnostic.line).empty()) {
    const std::string number = std::to_string(place.line);
    out += "  " + number + " | " + diagnostic.line + "\n";
    out += "  " + std::string(number.size(), ' ') + " | ";
    const auto before = static_cast<std::size_t>(std::max(0, place.column - 1));
    // Tabs stay tabs, so that the caret stands under its character.
    for (const char c : utf8_prefix(diagnostic.line, before)) {
      if (c == '\t') out += '\t';
      if (c != '\t' && (static_cast<unsigned char>(c) & 0xC0U) != 0x80U) out += ' ';
    }
    out += "^" + std::string(static_cast<std::size_t>(std::max(0, diagnostic.length - 1)), '~');
    out += "\n";
  }
  if (!diagnostic.expected.empty()) out += "  expected: " + diagnostic.expected + "\n";
  if (!diagnostic.meant.empty()) out += "  did you mean: " + diagnostic.meant + "\n";
  if (!diagnostic.advice.empty()) out += "  to do: " + diagnostic.advice + "\n";
}

std::string count_of(std::size_t count, const char* what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

}  // namespace

const std::vector<DiagnosticCode>& diagnostic_codes() {
  static const std::vector<DiagnosticCode> kCodes = {
      {"CFG001", "A file cannot be read, is not UTF-8, or is larger than a configuration is."},
      {"CFG002", "A file is not YAML."},
      {"CFG003", "A key stands twice in one place."},
      {"CFG004", "A key is not known there."},
      {"CFG005", "A key that must be there is missing."},
      {"CFG006", "A value is of another kind: a list where a text belongs, and the like."},
      {"CFG007", "A value cannot be read as what it should be: duration, size, address, path."},
      {"CFG008", "A value is too small, too large, too few or too many."},
      {"CFG009", "A value is not one of the known words."},
      {"CFG010", "An environment variable is not set."},
      {"CFG011", "A secret stands in the file itself."},
      {"CFG012", "A ${...} is not one of ${env:NAME}, ${env:NAME:-default}, ${file:/path}."},
      {"CFG013", "The file of a ${file:...} cannot be read."},
      {"CFG014", "A key was renamed; its old name still works."},
      {"CFG015", "A name has characters that names cannot have."},
      {"CFG020", "There is no such connector."},
      {"CFG021", "There is no such system."},
      {"CFG022", "There is no such table."},
      {"CFG023", "The connector has no such filter, or a filter it needs is missing."},
      {"CFG024", "The connector has no such field."},
      {"CFG025", "A rule would write a field that cannot be written."},
      {"CFG026", "A rule would change a field that can only be set when a ticket is made."},
      {"CFG027", "Two rules write the same field, or have the same name."},
      {"CFG028", "Two rows of a table have the same value on one side: the first one wins."},
      {"CFG029", "A row stands twice in a table or among people."},
      {"CFG030", "A people file is missing or cannot be used."},
      {"CFG031", "Two flows have the same name."},
      {"CFG032", "Both sides of a flow are the same system."},
      {"CFG033", "Comments would be shown to more people than on the side they come from."},
      {"CFG034", "A CURVE key is not a key, or its other half is missing."},
      {"CFG035", "The bus could be reached from other machines without encryption."},
      {"CFG036", "The settings of one rule contradict each other."},
      {"CFG037", "No rule fills a field without which the system refuses new tickets."},
      {"CFG038", "A conflict policy names no rule of the flow."},
      {"CFG039", "No file matches `flows`."},
      {"CFG040", "A table is not used by any rule."},
      {"CFG041", "An external system has no bus to connect to."},
      {"CFG042", "Credentials would travel unencrypted."},
      {"CFG043", "A schema or samples are missing or cannot be read."},
  };
  return kCodes;
}

bool has_errors(const std::vector<Diagnostic>& diagnostics) {
  return std::any_of(diagnostics.begin(), diagnostics.end(), [](const Diagnostic& diagnostic) {
    return diagnostic.severity == Severity::kError;
  });
}

void sort_by_place(std::vector<Diagnostic>& diagnostics) {
  std::map<std::string, std::size_t> order;
  for (const Diagnostic& diagnostic : diagnostics) {
    order.emplace(diagnostic.place.file, order.size());
  }
  const auto rank = [&order](const Diagnostic& diagnostic) {
    return std::tuple(order.at(diagnostic.place.file), diagnostic.place.line,
                      diagnostic.place.column);
  };
  std::stable_sort(diagnostics.begin(), diagnostics.end(),
                   [&rank](const Diagnostic& a, const Diagnostic& b) { return rank(a) < rank(b); });
}

std::string render(const std::vector<Diagnostic>& diagnostics) {
  if (diagnostics.empty()) return {};
  std::string out;
  std::size_t errors = 0;
  for (const Diagnostic& diagnostic : diagnostics) {
    render_one(diagnostic, out);
    if (diagnostic.severity == Severity::kError) ++errors;
  }
  const std::size_t notes = diagnostics.size() - errors;
  if (errors > 0) out += count_of(errors, "error");
  if (errors > 0 && notes > 0) out += ", ";
  if (notes > 0) out += count_of(notes, "note");
  return out + "\n";
}

Json to_json(const std::vector<Diagnostic>& diagnostics) {
  Json list = Json::array();
  for (const Diagnostic& diagnostic : diagnostics) {
    Json& one = list.push(Json::object());
    one.set("severity", diagnostic.severity == Severity::kError ? "error" : "note");
    one.set("code", diagnostic.code);
    one.set("file", diagnostic.place.file);
    one.set("line", diagnostic.place.line);
    one.set("column", diagnostic.place.column);
    one.set("found", diagnostic.found);
    one.set("expected", diagnostic.expected);
    one.set("meant", diagnostic.meant);
    one.set("advice", diagnostic.advice);
  }
  return list;
}

}  // namespace navette
