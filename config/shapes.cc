#include "config/shapes.h"

#include <utility>

#include "config/shape_builders.h"

namespace navette {
namespace {

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
      {.name = "rate",
       .about = "How many HTTP requests the system gets at most, whatever they are for; a tenth of "
                "them may come at once. Each process counts for itself.",
       .shape = scalar(Kind::kRate, 900),
       .example = "600/min"},
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

Shape retention() {
  static constexpr std::int64_t kHour = 3'600'000;
  const auto span = [] { return scalar(Kind::kDuration, kHour); };
  return object(
      "`retention`",
      {{.name = "payload",
        .about = "How long what was received with a change is kept after the change ended well.",
        .shape = span(),
        .example = "30d"},
       {.name = "metadata",
        .about = "How long a change that ended well is kept, and a write that is done; it stays "
                 "counted.",
        .shape = span(),
        .example = "400d"},
       {.name = "audit",
        .about = "How long the lines that `navette why` tells are kept.",
        .shape = span(),
        .example = "1825d"},
       {.name = "size",
        .about =
            "A SQLite store that is larger loses its oldest payloads, then writes and changes, "
            "also those that are to be kept longer.",
        .shape = scalar(Kind::kSize, 1 << 20),
        .example = "10 GB"}});
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
       {.name = "folder",
        .about = "A folder of this hub's own, for its admin token and what `navette tail` listens "
                 "to; needed with PostgreSQL, else where the store's file lies.",
        .shape = text(),
        .example = "/var/lib/navette"},
       {.name = "listen",
        .about = "host:port of HTTP: webhooks, health and metrics.",
        .shape = scalar(Kind::kAddress),
        .example = "127.0.0.1:8700",
        .fallback = "127.0.0.1:8700"},
       {.name = "retention",
        .about = "How long history is kept; what is left out is kept for ever. What is pending, "
                 "dead or parked, and links, are never taken away.",
        .shape = retention(),
        .example = "{payload: 30d, metadata: 400d, audit: 1825d}"},
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

Shape audiences() {
  return list_of(scalar(Kind::kField));
}

Shape endpoint() {
  return object(
      "a side of a flow",
      {{.name = "system",
        .about = "The system, as navette.yaml names it; a mapping of documents alone needs none.",
        .shape = text(),
        .example = "tracker"},
       {.name = "entity",
        .about = "What is synchronised; `issue` is another word for `ticket`.",
        .shape = choice({"ticket", "issue"}),
        .example = "issue",
        .fallback = "ticket"},
       {.name = "where",
        .about = "Which tickets belong to the flow, by the filters that the connector declares; "
                 "new tickets are put there too.",
        .shape = map_of(scalar(Kind::kValue), "filters and their values"),
        .example = "{project: acme}"},
       {.name = "schema",
        .about = "A JSON Schema of this side's documents, relative to the flow's file; `navette "
                 "check` holds the rules against it.",
        .shape = scalar(Kind::kFile),
        .example = "schemas/ticket.json"},
       {.name = "samples",
        .about = "Documents of this side as they really look: JSON or NDJSON files, relative to "
                 "the flow's file; the last part of the path may have * and ?.",
        .shape = text(),
        .example = "samples/*.json"},
       {.name = "internal",
        .about = "Paths whose values only this system's staff may see. No rule carries them to a "
                 "wider circle without `widen`.",
        .shape = audiences(),
        .example = "[\"comments[public=false]\", cost]",
        .guide = "who-may-see-it"},
       {.name = "shared",
        .about = "Paths whose values both organisations' staff may see, and the requestor may not.",
        .shape = audiences(),
        .example = "[worklog]",
        .guide = "who-may-see-it"}});
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
        .example = "true",
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
        .example = "ignore",
        .fallback = "repost"}});
}

Shape attachments() {
  return object("`attachments`", {{.name = "max_size",
                                   .about = "Larger files are not carried; a comment says so.",
                                   .shape = scalar(Kind::kSize, 0, std::int64_t{4} << 30),
                                   .example = "20 MB",
                                   .fallback = "20 MB"}});
}

Shape limits() {
  const auto count = [] { return scalar(Kind::kInteger, 0, 1'000'000'000); };
  return object("`limits`",
                {{.name = "overwrites",
                  .about = "How many values that are there already the flow may replace by others "
                           "within an hour, both sides together.",
                  .shape = count(),
                  .example = "500"},
                 {.name = "clears",
                  .about = "How many it may empty within an hour.",
                  .shape = count(),
                  .example = "20"}});
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
                .example = "{client: open, provider: New}"},
               {.name = "unknown",
                .about = "What happens to a value that has neither a row nor a default: it is "
                         "carried over as it is, or refused (see `unmatched`).",
                .shape = choice({"pass", "reject"}),
                .example = "pass",
                .fallback = "reject"}}),
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
       {.name = "zone",
        .about = "The time zone of dates that carry no offset, on both sides; a rule may name its "
                 "own.",
        .shape = text(),
        .example = "Europe/Paris",
        .fallback = "UTC",
        .guide = "dates-and-time-zones"},
       {.name = "direction",
        .about = "One way only: tickets are made and changed on this side only.",
        .shape = direction(),
        .example = "to-provider"},
       {.name = "fields",
        .about = "The rules: which field belongs to which, and how values are carried over.",
        .shape = std::move(fields),
        .example = "[{client: Subject, provider: subject}]",
        .required = true},
       {.name = "comments",
        .about = "How comments are carried; `false`: not at all.",
        .shape = any_of({comments(), on_off}),
        .example = "{attribution: \"{author} wrote:\"}"},
       {.name = "attachments",
        .about = "How files are carried; `false`: not at all.",
        .shape = any_of({attachments(), on_off}),
        .example = "{max_size: 20 MB}"},
       {.name = "conflicts",
        .about = "Who wins when both sides changed one field: `default`, and by a rule's name or "
                 "either of its paths. `park` holds the field back until somebody decides.",
        .shape = map_of(policy(), "fields and who wins"),
        .example = "{default: newest, status: provider}"},
       {.name = "limits",
        .about = "How much of what is there already may be changed within an hour. What would go "
                 "beyond is not written: the flow is held, all that is for it waits, and "
                 "`navette resume` lets it go on. Without it there is no limit.",
        .shape = limits(),
        .example = "{overwrites: 500, clears: 20}"},
       {.name = "tables",
        .about =
            "Tables for rules, by name: {client value: provider value}, or rows and a default.",
        .shape = map_of(table(), "tables by name"),
        .example = "{statuses: {new: New, open: In Progress}}",
        .guide = "tables"}});
}

Shape person(const std::string& side) {
  std::vector<Member> members;
  const std::pair<const char*, const char*> attributes[] = {{"id", "12"},
                                                            {"login", "camille"},
                                                            {"email", "camille@client.example"},
                                                            {"name", "Camille Martin"}};
  for (const auto& [attribute, example] : attributes) {
    members.push_back(
        {.name = attribute,
         .about = std::string("The person's ") + attribute + " on the " + side + "'s side.",
         .shape = text(),
         .example = example});
  }
  return any_of({object("a person on the " + side + "'s side", std::move(members)), text()});
}

Shape make_people() {
  return list_of(object(
      "a pair of people",
      {{.name = "client",
        .about = "The person on the client's side: the name that a write takes, or what is known "
                 "of the person; the first attribute is then what a write takes.",
        .shape = person("client"),
        .example = "camille",
        .required = true,
        .guide = "people"},
       {.name = "provider",
        .about = "The same person on the provider's side.",
        .shape = person("provider"),
        .example = "{id: 12, email: alice@provider.example}",
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
