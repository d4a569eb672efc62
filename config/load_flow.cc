// A flow's file, and the people file that its rules name.

#include <array>
#include <map>
#include <set>
#include <utility>

#include "base/clock.h"
#include "base/text.h"
#include "config/loading.h"
#include "config/scalar.h"
#include "config/shapes.h"

namespace navette {
namespace {

constexpr Side kSides[] = {Side::kClient, Side::kProvider};

void read_audiences(const Reader& reader, Endpoint& endpoint) {
  for (const auto& [key, audience] :
       {std::pair{"internal", Audience::kInternal}, std::pair{"shared", Audience::kShared}}) {
    const YamlNode* paths = reader.find(key);
    if (paths == nullptr || !paths->is_list()) continue;
    for (const YamlNode& path : paths->items) {
      if (!path.is_scalar() || path.unresolved) continue;
      endpoint.audiences.emplace_back(path.text, audience);
      endpoint.audience_places.push_back(path.place);
    }
  }
}

Endpoint read_endpoint(Loading& loading, const YamlNode* node) {
  static const Shape& shape = member_shape(flow_shape(), "client");
  const Reader reader(node, shape);
  Endpoint endpoint;
  endpoint.system = reader.text_or_empty("system");
  if (node != nullptr) endpoint.place = node->place;
  read_audiences(reader, endpoint);
  read_examples(loading, reader, endpoint);
  const YamlNode* where = reader.find("where");
  if (where == nullptr || !where->is_map()) return endpoint;
  for (const YamlMember& member : where->members) {
    if (auto value = value_of(&member.value)) {
      endpoint.where.set(member.key.text, std::move(*value));
    }
  }
  return endpoint;
}

// ---- rules -------------------------------------------------------------------------------------

void read_rules(Loading& loading, const YamlNode& root, FlowDraft& draft) {
  const YamlNode* fields = root.find("fields");
  if (fields == nullptr || !fields->is_list()) return;
  for (const YamlNode& item : fields->items) {
    if (!item.is_map()) continue;
    draft.flow.fields.push_back(read_rule(loading, item, draft.flow.zone));
    draft.rules.push_back(&item);
  }
}

// ---- tables ------------------------------------------------------------------------------------

void note_ambiguous(Loading& loading, const Table& table, const YamlNode& at, Side side,
                    const Json& value, const Json& wins) {
  loading.report
      .note("CFG028", at,
            "table \"" + table.name + "\": \"" + value.text() + "\" has two rows on the " +
                to_text(side) + "'s side, so towards the " + to_text(other(side)) +
                " it always becomes \"" + wins.text() + "\"")
      .advice =
      "the first row wins; if that is meant, say so in the long form: rows: [[client, "
      "provider], ...]";
}

// `ordered`: the table has the long form, in which a value may well have several rows.
void check_rows(Loading& loading, const Table& table, const std::vector<const YamlNode*>& places,
                bool ordered) {
  std::map<std::string, std::size_t> clients;
  std::map<std::string, std::size_t> providers;
  std::set<std::string> rows;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const auto& [client, provider] = table.rows[i];
    const auto [same_client, new_client] = clients.emplace(client.dump(), i);
    const auto [same_provider, new_provider] = providers.emplace(provider.dump(), i);
    if (!rows.insert(client.dump() + "\n" + provider.dump()).second) {
      loading.report
          .error("CFG029", *places[i], "table \"" + table.name + "\" has this row a second time")
          .advice = "remove it";
    } else if (!new_client && !new_provider) {
      loading.report
          .note("CFG028", *places[i],
                "table \"" + table.name +
                    "\": this row is never used, since both its values have "
                    "earlier rows")
          .advice = "remove it, or put it before them";
    } else if (!new_client && !ordered) {
      note_ambiguous(loading, table, *places[i], Side::kClient, client,
                     table.rows[same_client->second].second);
    } else if (!new_provider && !ordered) {
      note_ambiguous(loading, table, *places[i], Side::kProvider, provider,
                     table.rows[same_provider->second].first);
    }
  }
}

Table read_table(Loading& loading, const YamlMember& member) {
  const Shape& shape = choose_part(member.value, member_shape(flow_shape(), "tables").parts[0]);
  Table table;
  table.name = member.key.text;
  table.place = member.key.place;
  std::vector<const YamlNode*> places;
  if (shape.kind == Kind::kMap) {
    for (const YamlMember& row : member.value.members) {
      const auto provider = value_of(&row.value);
      if (!provider) continue;
      table.rows.emplace_back(to_json(row.key), *provider);
      table.row_places.push_back({row.key.place, row.value.place});
      places.push_back(&row.key);
    }
  } else if (const YamlNode* rows = member.value.find("rows")) {
    for (const YamlNode& row : rows->items) {
      if (row.items.size() != 2) continue;
      const auto client = value_of(&row.items[0]);
      const auto provider = value_of(&row.items[1]);
      if (!client || !provider) continue;
      table.rows.emplace_back(*client, *provider);
      table.row_places.push_back({row.items[0].place, row.items[1].place});
      places.push_back(&row.items[0]);
    }
  }
  if (shape.kind == Kind::kObject) {
    if (const YamlNode* fallback = member.value.find("default")) {
      table.default_client = value_of(fallback->find("client"));
      table.default_provider = value_of(fallback->find("provider"));
      for (const Side side : kSides) {
        const YamlNode* value = fallback->find(to_text(side));
        if (value != nullptr) table.default_place[side] = value->place;
      }
    }
    const YamlNode* unknown = member.value.find("unknown");
    table.pass = unknown != nullptr && unknown->text == "pass";
  }
  check_rows(loading, table, places, shape.kind == Kind::kObject);
  return table;
}

// ---- policies ----------------------------------------------------------------------------------

constexpr std::array<const char*, 3> kVisibilities = {"internal", "shared", "public"};

int width_of(const std::string& visibility) {
  if (visibility == "none") return -1;
  for (std::size_t i = 0; i < kVisibilities.size(); ++i) {
    if (visibility == kVisibilities[i]) return static_cast<int>(i);
  }
  return -1;
}

void check_width(Loading& loading, const YamlNode& visibility) {
  for (std::size_t from = 0; from < kVisibilities.size(); ++from) {
    const YamlNode* to = visibility.find(kVisibilities[from]);
    if (to == nullptr || !to->is_scalar() || width_of(to->text) <= static_cast<int>(from)) continue;
    Diagnostic& error =
        loading.report.error("CFG033", *to,
                             std::string(kVisibilities[from]) + " comments would become " +
                                 to->text + " on the other side");
    error.expected = "internal or none";
    error.advice =
        "say \"widen: true\" in `comments` if the wider circle is really meant to read "
        "them";
  }
}

void read_comments(Loading& loading, const YamlNode& root, CommentPolicy& policy) {
  const Shape& shape = member_shape(flow_shape(), "comments").parts[0];
  const YamlNode* node = root.find("comments");
  policy.enabled = node == nullptr || node->text != "false";
  const Reader reader(node != nullptr && node->is_map() ? node : nullptr, shape);
  policy.attribution = reader.text_or_empty("attribution");
  policy.widen = reader.boolean("widen");
  policy.repost_edits = reader.text("edits") != "ignore";
  const YamlNode* visibility = reader.find("visibility");
  const Shape& visibility_shape = member_shape(shape, "visibility");
  const Reader both(visibility, visibility_shape);
  for (const Side side : kSides) {
    const std::string towards = std::string("to-") + to_text(side);
    const Shape& one_shape = member_shape(visibility_shape, towards);
    const Reader one(both.find(towards), one_shape);
    for (std::size_t i = 0; i < kVisibilities.size(); ++i) {
      const auto own = one.text(kVisibilities[i]);
      policy.visibility[side][i] = own ? *own : both.text_or_empty(kVisibilities[i]);
    }
    const YamlNode* narrow = both.find(towards);
    if (narrow != nullptr && !policy.widen) check_width(loading, *narrow);
  }
  if (visibility != nullptr && !policy.widen) check_width(loading, *visibility);
}

void read_attachments(const YamlNode& root, AttachmentPolicy& policy) {
  const Shape& shape = member_shape(flow_shape(), "attachments").parts[0];
  const YamlNode* node = root.find("attachments");
  policy.enabled = node == nullptr || node->text != "false";
  const Reader reader(node != nullptr && node->is_map() ? node : nullptr, shape);
  if (const auto size = parse_size(reader.text_or_empty("max_size"))) policy.bytes_max = *size;
}

void read_limits(const YamlNode& root, FlowLimits& limits) {
  const Shape& shape = member_shape(flow_shape(), "limits");
  const Reader reader(root.find("limits"), shape);
  limits.overwrites =
      measure(member_shape(shape, "overwrites"), reader.text_or_empty("overwrites"));
  limits.clears = measure(member_shape(shape, "clears"), reader.text_or_empty("clears"));
}

// Two flows that share a name would share their state.
void check_flow_name(Loading& loading, const YamlNode& node) {
  if (!is_name(node.text)) {
    loading.report.error("CFG015", node, "\"" + node.text + "\" cannot be the name of a flow")
        .expected = "up to 64 letters, digits, \".\", \"_\" and \"-\", a letter or digit first";
    return;
  }
  const auto [first, is_new] = loading.flow_names.emplace(node.text, node.place);
  if (is_new) return;
  loading.report.error("CFG031", node, "another flow is called \"" + node.text + "\" too").advice =
      "give each flow its own name; the other one is at " + first->second.file + ":" +
      std::to_string(first->second.line);
}

// A file of another sort among the flows deserves a better word than "flow is missing".
bool is_a_flow(Loading& loading, const YamlNode& root) {
  if (root.is_map()) return true;
  Diagnostic& error = loading.report.error(
      "CFG006", root, "a flow's file is a map; here stands " + std::string(root.type_name()));
  error.expected = "\"flow: NAME\" and what belongs to it";
  if (root.is_list()) {
    error.advice = "if this is a people file, keep it outside the folder of the flows";
  }
  return false;
}

}  // namespace

std::optional<ConflictPolicy> parse_policy(const std::string& text) {
  if (text == "newest") return ConflictPolicy::kNewest;
  if (text == "client") return ConflictPolicy::kClient;
  if (text == "provider") return ConflictPolicy::kProvider;
  if (text == "park") return ConflictPolicy::kPark;
  return std::nullopt;
}

std::optional<Side> parse_direction(const std::string& text) {
  if (text == "to-client") return Side::kClient;
  if (text == "to-provider") return Side::kProvider;
  return std::nullopt;
}

std::optional<FlowConfig> load_flow(Loading& loading, YamlNode root) {
  if (!is_a_flow(loading, root)) return std::nullopt;
  loading.references.resolve(root, Missing::kError);
  check_shape(root, flow_shape(), "the file", loading.report);
  const Reader reader(&root, flow_shape());
  FlowDraft draft;
  draft.root = &root;
  FlowConfig& flow = draft.flow;
  flow.file = root.place.file;
  flow.name = reader.text_or_empty("flow");
  const YamlNode* name = reader.find("flow");
  if (name != nullptr && name->is_scalar() && !name->unresolved) check_flow_name(loading, *name);
  flow.client = read_endpoint(loading, reader.find("client"));
  flow.provider = read_endpoint(loading, reader.find("provider"));
  flow.zone = reader.text_or_empty("zone");
  if (reader.find("zone") != nullptr) flow.zone_place = reader.place("zone");
  if (const auto since = parse_rfc3339(reader.text_or_empty("since"))) {
    flow.since = to_rfc3339(*since);
  }
  flow.only_towards = parse_direction(reader.text_or_empty("direction"));
  read_rules(loading, root, draft);
  const YamlNode* tables = reader.find("tables");
  if (tables != nullptr && tables->is_map()) {
    for (const YamlMember& member : tables->members) {
      flow.tables[member.key.text] = read_table(loading, member);
    }
  }
  read_comments(loading, root, flow.comments);
  read_attachments(root, flow.attachments);
  read_limits(root, flow.limits);
  check_flow(loading, draft);
  return std::move(draft.flow);
}

}  // namespace navette
