#include "connectors/declarative/reference.h"

#include <sstream>

namespace navette::declarative {

namespace {

// A table cell: no line breaks, no bars.
std::string cell(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

void write_settings(std::ostream& out, const ConnectorSpec& spec) {
  out << "## Settings\n\n| setting | kind | | about |\n|---|---|---|---|\n";
  for (const SettingSpec& setting : spec.settings) {
    out << "| `" << setting.name << "` | " << to_text(setting.kind) << " | "
        << (setting.required ? "required" : "");
    if (setting.fallback) out << "default `" << cell(*setting.fallback) << "`";
    out << " | " << cell(setting.about) << " |\n";
  }
  out << "\n```yaml\nsystems:\n  my-" << spec.name << ":\n    connector: " << spec.name << "\n";
  for (const SettingSpec& setting : spec.settings) {
    if (setting.required) out << "    " << setting.name << ": " << setting.example << "\n";
  }
  out << "```\n\n";
}

void write_entity(std::ostream& out, const EntitySpec& entity) {
  out << "## Entity `" << entity.name << "`\n\n";
  if (!entity.filters.empty()) {
    out << "Filters of `where`:\n\n| filter | about | example |\n|---|---|---|\n";
    for (const FilterSpec& filter : entity.filters) {
      out << "| `" << filter.name << "` | " << cell(filter.about)
          << (filter.required ? " Required." : "") << " | `" << cell(filter.example) << "` |\n";
    }
    out << "\n";
  }
  out << "Fields:\n\n| path | written | about |\n|---|---|---|\n";
  for (const FieldSpec& field : entity.fields) {
    const FieldInfo& info = field.info;
    out << "| `" << cell(info.path) << "` | "
        << (!info.writable     ? "no"
            : info.create_only ? "at the create only"
                               : "yes")
        << " | " << cell(info.about);
    if (info.required) out << " Required.";
    if (!info.markup.empty()) out << " Markup: " << info.markup << ".";
    if (info.bytes_max > 0) out << " At most " << info.bytes_max << " bytes.";
    if (field.find) out << " Can be searched.";
    out << " |\n";
  }
  out << "\nIt can: read";
  if (!entity.create.empty()) out << ", create";
  if (!entity.update.empty()) out << ", update";
  if (!entity.comment.empty()) out << ", comment";
  if (!entity.attach.empty()) out << ", attach files";
  out << ".\n\nChanges are found by "
      << (entity.poll.kind == CursorKind::kTimestamp ? "the time of the last change"
                                                     : "a feed of events with rising numbers")
      << ".\n";
}

}  // namespace

std::string reference_page(const Spec& spec) {
  std::ostringstream out;
  out << "<!-- Made from the catalog file by declarative_test (NAVETTE_UPDATE=1); do not edit. "
         "-->\n"
      << "# " << spec.declared.title << "\n\nConnector `" << spec.declared.name << "`, version "
      << spec.declared.version << ". " << spec.declared.about << "\n\n";
  write_settings(out, spec.declared);
  for (const auto& [name, entity] : spec.entities) write_entity(out, entity);
  return out.str();
}

}  // namespace navette::declarative
