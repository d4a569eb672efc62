#include "connectors/declarative/spec.h"

#include <algorithm>

#include "config/shape.h"
#include "config/yaml.h"
#include "connectors/declarative/spec_reader.h"

namespace navette::declarative {

namespace {

std::vector<SettingSpec> read_settings(SpecReader& reader, const YamlNode& map) {
  std::vector<SettingSpec> settings;
  const YamlNode* node = reader.need(map, "settings");
  if (node == nullptr) return settings;
  for (const YamlMember& member : node->members) {
    const YamlNode& value = member.value;
    reader.only(value, {"kind", "about", "example", "required", "fallback", "choices"});
    SettingSpec setting;
    setting.name = member.key.text;
    const std::string kind = reader.text(value, "kind", "text");
    const std::optional<Kind> known = scalar_kind(kind);
    if (!known) reader.note(value.place, "kind \"" + kind + "\"", "a scalar kind such as text");
    setting.kind = known.value_or(Kind::kText);
    reader.need(value, "about");
    setting.about = reader.text(value, "about");
    setting.example = reader.text(value, "example");
    setting.required = reader.flag(value, "required", false);
    if (value.find("fallback") != nullptr) setting.fallback = reader.text(value, "fallback");
    setting.choices = reader.texts(value, "choices");
    settings.push_back(std::move(setting));
  }
  return settings;
}

std::vector<FilterSpec> read_filters(SpecReader& reader, const YamlNode& map) {
  std::vector<FilterSpec> filters;
  const YamlNode* node = map.find("filters");
  if (node == nullptr) return filters;
  for (const YamlMember& member : node->members) {
    reader.only(member.value, {"about", "example", "required"});
    FilterSpec filter;
    filter.name = member.key.text;
    filter.about = reader.text(member.value, "about");
    filter.example = reader.text(member.value, "example");
    filter.required = reader.flag(member.value, "required", false);
    filters.push_back(std::move(filter));
  }
  return filters;
}

FieldInfo read_info(SpecReader& reader, const std::string& path, const YamlNode& node) {
  FieldInfo info;
  info.path = path;
  reader.need(node, "about");
  info.about = reader.text(node, "about");
  info.writable = node.find("wire") != nullptr;
  info.create_only = reader.flag(node, "create_only", false);
  info.required = reader.flag(node, "required", false);
  info.bytes_max = reader.number(node, "bytes_max", 0);
  info.markup = reader.text(node, "markup");
  return info;
}

FieldSpec read_field(SpecReader& reader, const std::string& path, const YamlNode& node) {
  reader.only(node, {"about", "create_only", "required", "bytes_max", "markup", "found", "lookup",
                     "lookup_at_create", "lookup_optional", "create_if", "refuse", "wire", "expect",
                     "same", "find", "find_ids"});
  FieldSpec field;
  field.place = node.place;
  field.info = read_info(reader, path, node);
  const std::size_t star = path.find('*');
  field.pattern = star != std::string::npos;
  field.before_star = path.substr(0, star);
  if (field.pattern) field.after_star = path.substr(star + 1);
  field.found = reader.optional_template(node, "found");
  field.lookup = reader.lookup(node, "lookup");
  field.lookup_at_create = reader.flag(node, "lookup_at_create", true);
  field.lookup_optional = reader.flag(node, "lookup_optional", false);
  field.create_if = reader.expression(node, "create_if");
  if (const YamlNode* refuse = node.find("refuse")) {
    for (const YamlNode& item : refuse->items) {
      reader.only(item, {"when", "reason"});
      std::optional<Expression> when = reader.expression(item, "when");
      if (when) field.refuse.emplace_back(*when, reader.template_of(item, "reason"));
    }
  }
  field.wire = reader.template_of(node, "wire");
  field.expect = reader.optional_template(node, "expect");
  field.same = reader.optional_template(node, "same");
  if (node.find("find") != nullptr) {
    field.find = reader.steps(node, "find");
    reader.need(node, "find_ids");
    field.find_ids = reader.optional_template(node, "find_ids");
  }
  return field;
}

RowsSpec read_rows(SpecReader& reader, const YamlNode& map, const char* name) {
  RowsSpec rows;
  const YamlNode* node = reader.need(map, name);
  if (node == nullptr) return rows;
  reader.only(*node, {"request", "items", "row"});
  if (const YamlNode* request = reader.need(*node, "request")) {
    rows.request = reader.request(*request);
  }
  reader.need(*node, "items");
  if (std::optional<Expression> items = reader.expression(*node, "items")) rows.items = *items;
  reader.need(*node, "row");
  rows.row = reader.template_of(*node, "row");
  return rows;
}

PollSpec read_poll(SpecReader& reader, const YamlNode& map) {
  PollSpec poll;
  const YamlNode* node = reader.need(map, "poll");
  if (node == nullptr) return poll;
  reader.only(*node, {"cursor", "sources", "changes", "newest", "backfill", "page_size", "hot",
                      "overlap", "settle", "steps"});
  const std::string kind = reader.text(*node, "cursor");
  if (kind == "monotonic_id") {
    poll.kind = CursorKind::kMonotonicId;
    poll.backfill = read_rows(reader, *node, "backfill");
  } else if (kind != "timestamp") {
    reader.note(node->place, "cursor \"" + kind + "\"", "timestamp or monotonic_id");
  }
  poll.changes = read_rows(reader, *node, "changes");
  poll.newest = read_rows(reader, *node, "newest");
  poll.page_size = static_cast<int>(reader.number(*node, "page_size", 100));
  poll.hot = reader.duration(*node, "hot", poll.hot);
  poll.overlap = reader.duration(*node, "overlap", poll.overlap);
  poll.sources = reader.template_of(*node, "sources");
  poll.settle = reader.duration(*node, "settle", poll.settle);
  poll.steps = reader.steps(*node, "steps");
  return poll;
}

void read_writes(SpecReader& reader, const YamlNode& node, EntitySpec& entity) {
  const auto part = [&](const char* name, const char* result, Steps& steps, Template& value) {
    const YamlNode* inner = node.find(name);
    if (inner == nullptr) return;
    std::vector<std::string> known = {"steps", result};
    if (std::string_view(name) == "create") known.emplace_back("base");
    if (std::string_view(name) == "comment") known.emplace_back("refused");
    reader.only(*inner, known);
    steps = reader.steps(*inner, "steps");
    value = reader.template_of(*inner, result);
    if (known.back() == "base") entity.create_base = reader.template_of(*inner, "base");
    if (known.back() == "refused") {
      entity.comment_refused = reader.template_of(*inner, "refused");
    }
  };
  part("create", "id", entity.create, entity.created_id);
  part("update", "reason", entity.update, entity.reason);
  part("comment", "id", entity.comment, entity.comment_id);
  part("attach", "id", entity.attach, entity.attachment_id);
  part("download", "content", entity.download, entity.download_bytes);
}

EntitySpec read_entity(SpecReader& reader, const std::string& name, const YamlNode& node) {
  EntitySpec entity;
  entity.name = name;
  reader.only(node, {"filters", "fields", "poll", "fetch", "create", "update", "comment", "attach",
                     "download"});
  entity.filters = read_filters(reader, node);
  if (const YamlNode* fields = reader.need(node, "fields")) {
    for (const YamlMember& member : fields->members) {
      entity.fields.push_back(read_field(reader, member.key.text, member.value));
    }
  }
  entity.poll = read_poll(reader, node);
  if (const YamlNode* fetch = reader.need(node, "fetch")) {
    reader.only(*fetch, {"steps", "record", "document", "comments", "attachments"});
    entity.fetch = reader.steps(*fetch, "steps");
    reader.need(*fetch, "record");
    entity.record = reader.template_of(*fetch, "record");
    entity.document = reader.template_of(*fetch, "document");
    entity.comments = reader.template_of(*fetch, "comments");
    entity.attachments = reader.template_of(*fetch, "attachments");
  }
  read_writes(reader, node, entity);
  return entity;
}

void read_tables(SpecReader& reader, const YamlNode& root, Spec& spec) {
  const YamlNode* node = root.find("tables");
  if (node == nullptr) return;
  for (const YamlMember& member : node->members) {
    reader.only(member.value, {"steps", "rows", "scope", "keys", "keep"});
    TableSpec table;
    table.name = member.key.text;
    table.steps = reader.steps(member.value, "steps");
    reader.need(member.value, "rows");
    table.rows = reader.template_of(member.value, "rows");
    table.scope = reader.template_of(member.value, "scope");
    table.keys = reader.texts(member.value, "keys");
    if (table.keys.empty()) reader.note(member.value.place, "no \"keys\"", "at least one");
    table.keep = reader.duration(member.value, "keep", table.keep);
    spec.tables.emplace(table.name, std::move(table));
  }
}

std::optional<SessionSpec> read_session(SpecReader& reader, const YamlNode& root) {
  const YamlNode* node = root.find("session");
  if (node == nullptr) return std::nullopt;
  reader.only(*node, {"login", "value", "logout", "refused_pause"});
  SessionSpec session;
  reader.need(*node, "login");
  session.login = reader.steps(*node, "login");
  // Nothing that anybody sees is changed by it: it may be repeated, and is done in a preview too.
  for (Step& step : session.login) step.request.reads = true;
  reader.need(*node, "value");
  session.value = reader.template_of(*node, "value");
  session.logout = reader.steps(*node, "logout");
  session.refused_pause = reader.duration(*node, "refused_pause", session.refused_pause);
  return session;
}

void read_connection(SpecReader& reader, const YamlNode& root, Spec& spec) {
  if (const YamlNode* http = reader.need(root, "http")) {
    reader.only(*http, {"base", "headers", "codec", "errors", "retry_after"});
    reader.need(*http, "base");
    spec.base_url = reader.template_of(*http, "base");
    spec.headers = reader.templates(*http, "headers");
    const std::string codec = reader.text(*http, "codec", "plain");
    if (codec != "plain" && codec != "tagged") {
      reader.note(http->place, "codec \"" + codec + "\"", "plain or tagged");
    }
    spec.codec = codec == "tagged" ? Codec::kTagged : Codec::kPlain;
    spec.errors = reader.errors(*http, "errors");
    spec.retry_after = reader.template_of(*http, "retry_after");
  }
  if (const YamlNode* connect = reader.need(root, "connect")) {
    reader.only(*connect, {"steps", "self", "system", "features", "warnings"});
    spec.connect = reader.steps(*connect, "steps");
    reader.need(*connect, "self");
    spec.self = reader.template_of(*connect, "self");
    spec.system = reader.template_of(*connect, "system");
    spec.features = reader.template_of(*connect, "features");
    spec.warnings = reader.template_of(*connect, "warnings");
  }
}

std::shared_ptr<Spec> read_root(SpecReader& reader, const YamlNode& root) {
  auto spec = std::make_shared<Spec>();
  reader.only(root, {"connector", "title", "about", "version", "settings", "http", "session",
                     "tables", "connect", "entities"});
  spec->file = root.place.file;
  reader.need(root, "connector");
  spec->declared.name = reader.text(root, "connector");
  spec->declared.title = reader.text(root, "title", spec->declared.name);
  spec->declared.about = reader.text(root, "about");
  spec->declared.version = reader.text(root, "version", "1");
  spec->declared.settings = read_settings(reader, root);
  read_tables(reader, root, *spec);
  read_connection(reader, root, *spec);
  spec->session = read_session(reader, root);
  const YamlNode* entities = reader.need(root, "entities");
  if (entities == nullptr) return spec;
  for (const YamlMember& member : entities->members) {
    EntitySpec entity = read_entity(reader, member.key.text, member.value);
    for (const FilterSpec& filter : entity.filters) spec->declared.filters.push_back(filter);
    for (const FieldSpec& field : entity.fields) spec->declared.fields.push_back(field.info);
    spec->entities.emplace(entity.name, std::move(entity));
  }
  for (const auto& [table, place] : reader.tables_used()) {
    if (!spec->tables.contains(table)) {
      reader.note(place, "table \"" + table + "\"", "one that stands under tables");
    }
  }
  return spec;
}

}  // namespace

Result<std::shared_ptr<const Spec>> read_spec(const std::string& file, const std::string& text) {
  std::vector<Diagnostic> diagnostics;
  const std::optional<YamlNode> root = parse_yaml(file, text, diagnostics);
  if (!root || has_errors(diagnostics)) {
    return Error{Fault::kMisconfigured, "read catalog file " + file + ":\n" + render(diagnostics)};
  }
  SpecReader reader;
  std::shared_ptr<Spec> spec = read_root(reader, *root);
  if (!reader.troubles().empty()) {
    std::string message = "read catalog file " + file + ":";
    for (const std::string& trouble : reader.troubles()) message += "\n  " + trouble;
    return Error{Fault::kMisconfigured, message};
  }
  return std::shared_ptr<const Spec>(std::move(spec));
}

}  // namespace navette::declarative
