#include <CLI/CLI.hpp>

#include "base/clock.h"
#include "tools/commands.h"
#include "tools/exit.h"
#include "tools/options.h"
#include "tools/text.h"

namespace navette::tools {
namespace {

constexpr int kPageSize = 500;

struct Asked {
  StoreOption store;
  LinkFilter filter;
  bool json = false;
};

// The link as JSON: its parked fields are a list, each with the rule that they belong to.
Json link_line(const LinkRow& link) {
  Json line = Json::object();
  line.set("link", link.id);
  line.set("flow", link.flow);
  line.set("client", link.client_id);
  line.set("provider", link.provider_id);
  line.set("updated", moment(link.updated_at));
  Json& parked = line.set("parked", Json::array());
  const auto state = Json::parse(link.state, "state of link");
  const Json* fields = state ? state->find("parked") : nullptr;
  if (fields == nullptr || !fields->is_object()) return line;
  for (const auto& [rule, why] : fields->members()) {
    Json& field = parked.push(Json::object());
    field.set("field", rule);
    field.set("reason", why.at("reason"));
    field.set("since", moment(why.at("since").as_int()));
    field.set("client", why.at("client"));
    field.set("provider", why.at("provider"));
  }
  return line;
}

std::string or_dash(std::string text) {
  return text.empty() ? "-" : text;
}

void add_rows(Table& table, const Json& line) {
  std::string parked = std::to_string(line.at("parked").size());
  table.add({line.at("flow").text(), or_dash(line.at("client").text()),
             or_dash(line.at("provider").text()), parked, line.at("updated").text()});
}

std::string parked_text(const Json& line, TimePoint now) {
  std::string out = brief(line.at("flow")) + "  client:" + brief(line.at("client")) +
                    " <-> provider:" + brief(line.at("provider")) + "\n";
  for (const Json& field : line.at("parked").items()) {
    out += "  " + brief(field.at("field")) + ": " + brief(field.at("reason"), 300);
    if (const auto since = parse_rfc3339(field.at("since").text())) {
      out += ", for " + human(now - *since);
    }
    out += "\n    client:   " + brief(field.at("client")) +
           "\n    provider: " + brief(field.at("provider")) + "\n";
  }
  return out;
}

int show_links(const Asked& asked) {
  auto store = open_for_reading(asked.store);
  if (!store) return fail(store.error());
  Json lines = Json::array();
  LinkFilter filter = asked.filter;
  filter.limit = kPageSize;
  for (;;) {
    const auto page = (*store)->links(filter);
    if (!page) return fail(page.error());
    for (const LinkRow& link : *page) lines.push(link_line(link));
    if (page->size() < static_cast<std::size_t>(kPageSize)) break;
    filter.after_id = page->back().id;
  }
  if (asked.json) {
    print_json(lines);
    return kOk;
  }
  Table table({"flow", "client", "provider", "parked", "updated"});
  for (const Json& line : lines.items()) {
    if (asked.filter.parked_only) {
      print(parked_text(line, SystemClock().now()));
    } else {
      add_rows(table, line);
    }
  }
  if (lines.size() == 0) print(asked.filter.parked_only ? "No field is parked.\n" : "No links.\n");
  if (!table.empty()) print(table.text());
  return kOk;
}

}  // namespace

void add_links(CLI::App& root, Chosen& chosen) {
  auto asked = std::make_shared<Asked>();
  CLI::App* command = new_command(
      root, "links",
      "Lists the pairs of tickets, and with --parked the fields that are held back with their "
      "reasons. Works beside a running hub.",
      "  navette links --flow acme-support\n"
      "  navette links --parked\n"
      "  navette links --json | jq -r '.[] | [.client, .provider] | @tsv'");
  add_store(*command, asked->store);
  command->add_option("--flow", asked->filter.flow, "Only this flow")->type_name("NAME");
  command->add_flag("--parked", asked->filter.parked_only,
                    "Only pairs with a field that is held back, and why");
  add_json(*command, asked->json);
  command->callback([asked, &chosen] { chosen = [asked] { return show_links(*asked); }; });
}

}  // namespace navette::tools
