#include "config/shapes.h"

#include <utility>

namespace navette {
namespace {

Shape scalar(Kind kind, std::optional<std::int64_t> min = {},
             std::optional<std::int64_t> max = {}) {
  Shape shape;
  shape.kind = kind;
  shape.min = min;
  shape.max = max;
  return shape;
}
Shape text() {
  return scalar(Kind::kText, 1);
}
Shape choice(std::vector<std::string> choices) {
  Shape shape = scalar(Kind::kChoice);
  shape.choices = std::move(choices);
  return shape;
}
Shape object(std::string name, std::vector<Member> members) {
  Shape shape = scalar(Kind::kObject);
  shape.name = std::move(name);
  shape.members = std::move(members);
  return shape;
}
Shape any_of(std::vector<Shape> parts) {
  Shape shape = scalar(Kind::kAnyOf);
  shape.parts = std::move(parts);
  return shape;
}
Shape map_of(Shape value, std::string key_about) {
  Shape shape = scalar(Kind::kMap);
  shape.parts.push_back(std::move(value));
  shape.key_about = std::move(key_about);
  return shape;
}
Shape list_of(Shape item) {
  Shape shape = scalar(Kind::kList);
  shape.parts.push_back(std::move(item));
  return shape;
}
Shape pair_of(Shape item) {
  Shape shape = list_of(std::move(item));
  shape.min = 2;
  shape.max = 2;
  return shape;
}

std::vector<Member> system_members() {
  return {
      {.name = "connector",
       .about = "Which connector speaks to the system.",
       .shape = text(),
       .example = "redmine",
       .required = true},
      {.name = "poll",
       .about = "The pause between two questions for what changed.",
       .shape = scalar(Kind::kDuration, 1000),
       .example = "30s",
       .fallback = "5s"},
      {.name = "concurrency",
       .about = "How many calls may be under way at the same time.",
       .shape = scalar(Kind::kInteger, 1, 64),
       .example = "4",
       .fallback = "2"},
      {.name = "external",
       .about = "Whether its connector runs in a process of its own and connects over the bus.",
       .shape = scalar(Kind::kBoolean),
       .example = "true",
       .fallback = "false"},
      {.name = "bus_public_key",
       .about = "The CURVE public key (40 characters, Z85) that this process must show.",
       .shape = text()},
      {.name = "webhook_secret",
       .about = "What a webhook of the system must prove to know; without it hints are taken "
                "without proof.",
       .shape = scalar(Kind::kSecret),
       .example = "${env:REDMINE_WEBHOOK_SECRET}"},
  };
}

Shape make_hub() {
  Shape system = object("a system", system_members());
  system.extra = true;
  Shape systems = map_of(std::move(system), "systems by name");
  systems.min = 1;
  Shape bus = object(
      "the bus",
      {{.name = "listen",
        .about = "Where connectors of other processes connect: tcp://host:port or ipc://path; "
                 "without it connectors run as threads of the hub only.",
        .shape = text(),
        .example = "tcp://127.0.0.1:8701"},
       {.name = "public_key",
        .about = "The hub's CURVE public key (40 characters, Z85); needed off loopback.",
        .shape = text()},
       {.name = "secret_key",
        .about = "The hub's CURVE secret key (40 characters, Z85).",
        .shape = scalar(Kind::kSecret),
        .example = "${file:/etc/navette/bus.key}"}});
  return object(
      "navette.yaml",
      {{.name = "store",
        .about = "The database that holds journal and state.",
        .shape = text(),
        .example = "sqlite:${env:NAVETTE_DATA}/navette.db",
        .required = true},
       {.name = "listen",
        .about = "host:port of HTTP: webhooks, health and metrics.",
        .shape = scalar(Kind::kAddress),
        .example = "127.0.0.1:8700",
        .fallback = "127.0.0.1:8700"},
       {.name = "bus",
        .about = "How connectors in other processes reach the hub.",
        .shape = std::move(bus)},
       {.name = "systems",
        .about = "The systems that flows join.",
        .shape = std::move(systems),
        .required = true},
       {.name = "flows",
        .about = "Which files hold the flows: a path whose last part may have * and ?, relative to "
                 "this file.",
        .shape = text(),
        .example = "flows/*.yaml",
        .fallback = "flows/*.yaml"}});
}

Shape endpoint() {
  return object(
      "a side of a flow",
      {{.name = "system",
        .about = "The system, as navette.yaml names it.",
        .shape = text(),
        .example = "tracker",
        .required = true},
       {.name = "entity",
        .about = "What is synchronised; `issue` is another word for `ticket`.",
        .shape = choice({"ticket", "issue"}),
        .fallback = "ticket"},
       {.name = "where",
        .about = "Which tickets belong to the flow, by the filters that the connector declares; "
                 "new tickets are put there too.",
        .shape = map_of(scalar(Kind::kValue), "filters and their values"),
        .example = "{project: acme}"}});
}

Shape policy() {
  return choice({"newest", "client", "provider", "park"});
}
Shape direction() {
  return choice({"to-provider", "to-client"});
}

Member default_values() {
  return {.name = "default",
          .about = "What a side gets where the other side's value is missing or empty.",
          .shape = object("the default of a rule",
                          {{.name = "client",
                            .about = "What the client's field gets when the provider's is empty.",
                            .shape = scalar(Kind::kValue),
                            .example = "General"},
                           {.name = "provider",
                            .about = "What the provider's field gets when the client's is empty.",
                            .shape = scalar(Kind::kValue),
                            .example = "Normal"}}),
          .example = "{provider: Normal}"};
}

Member limits() {
  return {.name = "limit",
          .about =
              "The longest text that a side takes; longer ones are cut and the cut is "
              "reported.",
          .shape = object("the limit of a rule",
                          {{.name = "client",
                            .about = "The longest text that the client's field takes.",
                            .shape = scalar(Kind::kLimit),
                            .example = "200 bytes"},
                           {.name = "provider",
                            .about = "The longest text that the provider's field takes.",
                            .shape = scalar(Kind::kLimit),
                            .example = "255"}}),
          .example = "{client: 200 bytes, provider: 255}"};
}

std::vector<Member> value_members() {
  return {
      {.name = "table",
       .about = "The table, under `tables:`, that turns one side's values into the other's.",
       .shape = text(),
       .example = "statuses"},
      {.name = "template",
       .about = "A text around the ticket's number; one side of the rule is `id`. It marks the "
                "tickets that belong together.",
       .shape = scalar(Kind::kTemplate),
       .example = "RT-{id}"},
      {.name = "people",
       .about = "The file that pairs the people of both sides, relative to navette.yaml.",
       .shape = scalar(Kind::kFile),
       .example = "people.yaml"},
      {.name = "unmatched",
       .about = "What happens to the other side when a value has no row or a person no pair: "
                "it keeps its value, is cleared, or the ticket is rejected.",
       .shape = choice({"keep", "clear", "reject"}),
       .fallback = "keep"},
      {.name = "markup",
       .about = "What rich text is written in: [client, provider], each of text, html, textile, "
                "markdown.",
       .shape = pair_of(choice({"text", "html", "textile", "markdown"})),
       .example = "[html, textile]"},
      {.name = "date",
       .about = "How dates are written: [client, provider], each of date, datetime, epoch.",
       .shape = pair_of(choice({"date", "datetime", "epoch"})),
       .example = "[datetime, date]"}};
}

Shape field_rule() {
  std::vector<Member> members = {
      {.name = "client",
       .about =
           "The field on the client's side; without it the rule sets a constant: see `default`.",
       .shape = scalar(Kind::kField),
       .example = "Subject"},
      {.name = "provider",
       .about = "The field on the provider's side.",
       .shape = scalar(Kind::kField),
       .example = "subject",
       .required = true}};
  for (Member& member : value_members()) members.push_back(std::move(member));
  members.push_back(default_values());
  members.push_back(limits());
  const std::vector<Member> policies = {
      {.name = "when",
       .about = "`create`: the field is only set when a ticket is made, never changed later.",
       .shape = choice({"create"}),
       .example = "create"},
      {.name = "owner",
       .about = "The side whose value always wins.",
       .shape = choice({"client", "provider"}),
       .example = "client"},
      {.name = "direction",
       .about = "One way only: the other side's edits of the field are not carried back.",
       .shape = direction(),
       .example = "to-provider"},
      {.name = "conflict",
       .about = "What happens when both sides changed the field; as under `conflicts:`.",
       .shape = policy(),
       .example = "park"},
      {.name = "name",
       .about = "The rule's name in logs and stored state; made of both paths when it is left out. "
                "Set it before you change a path, so that the stored state is kept.",
       .shape = text(),
       .example = "severity"}};
  members.insert(members.end(), policies.begin(), policies.end());
  return object("a field rule", std::move(members));
}

std::vector<Member> visibility_members() {
  const Shape target = choice({"public", "internal", "none"});
  return {{.name = "public",
           .about = "What a comment becomes that the requestor sees.",
           .shape = target,
           .fallback = "public"},
          {.name = "shared",
           .about = "What a comment becomes that both organisations' staff see.",
           .shape = target,
           .fallback = "internal"},
          {.name = "internal",
           .about = "What a comment becomes that only that system's staff see; `none` keeps it at "
                    "home.",
           .shape = target,
           .fallback = "none"}};
}

Shape comments() {
  std::vector<Member> visibility = visibility_members();
  for (const char* towards : {"to-provider", "to-client"}) {
    visibility.push_back({.name = towards,
                          .about = "The same for this direction only; wins over the above.",
                          .shape = object("the visibility of one direction", visibility_members()),
                          .example = "{internal: internal}"});
    for (Member& member : visibility.back().shape.members) member.fallback.reset();
  }
  return object(
      "`comments`",
      {{.name = "visibility",
        .about = "What a comment's visibility becomes on the other side.",
        .shape = object("the visibility of comments", std::move(visibility)),
        .example = "{public: public, internal: internal}"},
       {.name = "widen",
        .about = "Whether `visibility` may show comments to more people than on the side they come "
                 "from.",
        .shape = scalar(Kind::kBoolean),
        .fallback = "false"},
       {.name = "attribution",
        .about = "The first line of a carried comment; {author} is its writer. \"\": none.",
        .shape = scalar(Kind::kText, {}, 200),
        .example = "\"{author} wrote:\"",
        .fallback = "{author}:"},
       {.name = "edits",
        .about = "What happens when a carried comment is edited and the other side's cannot be: it "
                 "is posted again, or left as it was.",
        .shape = choice({"repost", "ignore"}),
        .fallback = "repost"}});
}

Shape attachments() {
  return object("`attachments`", {{.name = "max_size",
                                   .about = "Larger files are not carried; a comment says so.",
                                   .shape = scalar(Kind::kSize, 0, std::int64_t{4} << 30),
                                   .example = "20 MB",
                                   .fallback = "20 MB"}});
}

Shape table() {
  Shape rows = list_of(pair_of(scalar(Kind::kValue)));
  rows.min = 1;
  Shape pairs = map_of(scalar(Kind::kValue), "client values, each with its provider value");
  pairs.min = 1;
  return any_of(
      {object("a table",
              {{.name = "rows",
                .about = "Pairs of a client value and a provider value; the first pair of a value "
                         "wins in either direction.",
                .shape = std::move(rows),
                .example = "[[new, New], [open, In Progress]]",
                .required = true},
               {.name = "default",
                .about = "What a value becomes that has no row.",
                .shape = object(
                    "the default of a table",
                    {{.name = "client",
                      .about = "What a provider value without a row becomes on the client's side.",
                      .shape = scalar(Kind::kValue),
                      .example = "open"},
                     {.name = "provider",
                      .about = "What a client value without a row becomes on the provider's side.",
                      .shape = scalar(Kind::kValue),
                      .example = "New"}}),
                .example = "{client: open, provider: New}"}}),
       std::move(pairs)});
}

Shape make_flow() {
  Shape fields = list_of(field_rule());
  fields.min = 1;
  Shape on_off = scalar(Kind::kBoolean);
  return object(
      "a flow",
      {{.name = "flow",
        .about = "The flow's name; stored state belongs to it, so keep it.",
        .shape = text(),
        .example = "acme-support",
        .required = true},
       {.name = "client",
        .about = "The client's side.",
        .shape = endpoint(),
        .example = "{system: acme-helpdesk, where: {Queue: Helpdesk}}",
        .required = true},
       {.name = "provider",
        .about = "The provider's side.",
        .shape = endpoint(),
        .example = "{system: tracker, where: {project: acme}}",
        .required = true},
       {.name = "since",
        .about = "Tickets changed since then are taken over at the first start; without it only "
                 "what changes from then on.",
        .shape = scalar(Kind::kDate),
        .example = "2026-01-01"},
       {.name = "direction",
        .about = "One way only: tickets are made and changed on this side only.",
        .shape = direction(),
        .example = "to-provider"},
       {.name = "fields",
        .about = "Which field belongs to which, and how values are carried over.",
        .shape = std::move(fields),
        .required = true},
       {.name = "comments",
        .about = "How comments are carried; `false`: not at all.",
        .shape = any_of({comments(), on_off})},
       {.name = "attachments",
        .about = "How files are carried; `false`: not at all.",
        .shape = any_of({attachments(), on_off}),
        .example = "{max_size: 20 MB}"},
       {.name = "conflicts",
        .about = "Who wins when both sides changed one field: `default`, and by a rule's name or "
                 "either of its paths. `park` holds the field back until somebody decides.",
        .shape = map_of(policy(), "fields and who wins"),
        .example = "{default: newest, status: provider}"},
       {.name = "tables",
        .about =
            "Tables for rules, by name: {client value: provider value}, or rows and a default.",
        .shape = map_of(table(), "tables by name")}});
}

Shape make_people() {
  return list_of(object("a pair of people",
                        {{.name = "client",
                          .about = "The person's name on the client's side, as a write takes it.",
                          .shape = text(),
                          .example = "camille",
                          .required = true},
                         {.name = "provider",
                          .about = "The same person on the provider's side.",
                          .shape = text(),
                          .example = "Alice Developer",
                          .required = true}}));
}

}  // namespace

const Shape& hub_shape() {
  static const Shape kShape = make_hub();
  return kShape;
}

const Shape& system_shape() {
  static const Shape kShape = object("a system", system_members());
  return kShape;
}

Shape system_shape(const ConnectorSpec& connector) {
  Shape shape = object("a system of connector " + connector.name, system_members());
  for (const SettingSpec& setting : connector.settings) {
    Shape value = scalar(setting.kind, setting.min, setting.max);
    value.choices = setting.choices;
    if (setting.kind == Kind::kText && !value.min && setting.required) value.min = 1;
    shape.members.push_back({.name = setting.name,
                             .about = setting.about,
                             .shape = std::move(value),
                             .example = setting.example,
                             .required = setting.required,
                             .fallback = setting.fallback});
  }
  return shape;
}

const Shape& flow_shape() {
  static const Shape kShape = make_flow();
  return kShape;
}

const Shape& people_shape() {
  static const Shape kShape = make_people();
  return kShape;
}

const Shape& member_shape(const Shape& object, std::string_view name) {
  return find_member(object, std::string(name))->shape;
}

}  // namespace navette
