// The description of one line under `fields:`.

#include <utility>

#include "config/shape_builders.h"

namespace navette {
namespace {

Member default_values() {
  return {.name = "default",
          .about = "What a side gets where the other side's value is missing or empty.",
          .shape = sides("the default of a rule", scalar(Kind::kValue),
                         "What the client's field gets when the provider's is empty.",
                         "What the provider's field gets when the client's is empty.", "General",
                         "Normal"),
          .example = "{provider: Normal}"};
}

Member empties() {
  return {.name = "empty",
          .about =
              "What a side gets where the other side's value is missing, null or \"\", and "
              "there is no default: the same (`keep`), nothing at all (`omit`), or `null`.",
          .shape = sides("the empty policy of a rule", choice({"keep", "omit", "null"}),
                         "What the client's field gets.", "What the provider's field gets.", "omit",
                         "null"),
          .example = "{provider: omit}"};
}

Member limits() {
  Shape shape = sides("the limit of a rule", scalar(Kind::kLimit),
                      "The longest text that the client's field takes.",
                      "The longest text that the provider's field takes.", "200 bytes", "255");
  shape.members.push_back({.name = "overflow",
                           .about = "What happens to a longer text: it is cut, with an ellipsis "
                                    "and a word in the report, or refused.",
                           .shape = choice({"cut", "reject"}),
                           .fallback = "cut"});
  return {.name = "limit",
          .about =
              "The longest text that a side takes; longer ones are cut and the cut is "
              "reported.",
          .shape = std::move(shape),
          .example = "{client: 200 bytes, provider: 255}"};
}

Member expression() {
  return {.name = "expr",
          .about =
              "JSONata for what rules cannot say: what the provider's field gets, computed "
              "from the client's document. {client, provider} gives one for either way.",
          .shape = any_of({sides("the expressions of a rule", text(),
                                 "What the client's field gets, from the provider's document.",
                                 "What the provider's field gets, from the client's document."),
                           text()}),
          .example = "$uppercase(key)"};
}

Member condition() {
  return {.name = "when",
          .about =
              "`create`: the field is only set when a ticket is made, never changed later. A "
              "condition on the client's document, such as status = 'done' and not(private): "
              "the client's value is carried over only while it holds. {client, provider} "
              "gives a condition for either side.",
          .shape = any_of({sides("the conditions of a rule", text(),
                                 "The client's value is carried over while its document is so.",
                                 "The provider's value is carried over while its document is so.",
                                 "status = 'done'", "state != 'draft'"),
                           text()}),
          .example = "create"};
}

Member owner() {
  return {.name = "owner",
          .about =
              "The side whose value always wins. {client, provider} gives conditions: that "
              "side's value wins while its document is so.",
          .shape = any_of({sides("the owners of a rule", text(),
                                 "The client's value wins while the client's document is so.",
                                 "The provider's value wins while the provider's document is so.",
                                 "Status = 'new'", "status = 'Closed'"),
                           choice({"client", "provider"})}),
          .example = "client"};
}

std::vector<Member> form_members() {
  return {
      {.name = "markup",
       .about = "What rich text is written in: [client, provider], each of text, html, textile, "
                "markdown, jira.",
       .shape = pair_of(choice({"text", "html", "textile", "markdown", "jira"})),
       .example = "[html, textile]"},
      {.name = "date",
       .about = "How dates are written: [client, provider], each of date, datetime, epoch "
                "(seconds), epoch_ms, or a picture as JSONata has them: \"[D01].[M01].[Y0001]\".",
       .shape = pair_of(text()),
       .example = "[datetime, date]"},
      {.name = "zone",
       .about = "The time zone of this rule's dates: one name, or [client, provider].",
       .shape = any_of({pair_of(text()), text()}),
       .example = "[Europe/Paris, UTC]"},
      {.name = "duration",
       .about = "How durations are written: [client, provider], each of seconds, minutes, hours "
                "(decimal), h:mm, iso (PT1H30M).",
       .shape = pair_of(choice({"seconds", "minutes", "hours", "h:mm", "iso"})),
       .example = "[minutes, hours]"},
      {.name = "number",
       .about = "How numbers are written: [client, provider], each of number, integer, text.",
       .shape = pair_of(choice({"number", "integer", "text"})),
       .example = "[text, integer]"}};
}

std::vector<Member> value_members() {
  std::vector<Member> members = {
      {.name = "table",
       .about = "The table, under `tables:`, that turns one side's values into the other's.",
       .shape = text(),
       .example = "statuses"},
      {.name = "template",
       .about = "A text with places in it, filled in and parsed back. {id}: the ticket's number, "
                "one side of the rule is `id`; it marks the tickets that belong together. {value}: "
                "the client's value. Anything else is a path of the other side; the rule then "
                "names only the side that holds the text.",
       .shape = scalar(Kind::kTemplate),
       .example = "RT-{id}"},
      {.name = "people",
       .about = "The file that pairs the people of both sides, relative to navette.yaml.",
       .shape = scalar(Kind::kFile),
       .example = "people.yaml"},
      {.name = "by",
       .about = "Which attributes find a person, tried in this order.",
       .shape = list_of(choice({"id", "login", "email", "name"})),
       .example = "[email, login]",
       .fallback = "[id, login, email, name]"},
      {.name = "unmatched",
       .about = "What happens to the other side when a value has no row, a person no pair, or a "
                "value cannot be converted: it keeps its value, is cleared, or the ticket is "
                "rejected. People: keep; everything else: reject.",
       .shape = choice({"keep", "clear", "reject"})}};
  for (Member& member : form_members()) members.push_back(std::move(member));
  members.push_back({.name = "do",
                     .about = "What is done to a text on its way to either side, in this order.",
                     .shape = list_of(choice({"trim", "lower", "upper"})),
                     .example = "[trim, lower]"});
  members.push_back(expression());
  return members;
}

std::vector<Member> policies(bool inner) {
  std::vector<Member> members = {
      condition(),
      {.name = "direction",
       .about = "One way only: the other side's edits of the field are not carried back.",
       .shape = direction(),
       .example = "to-provider"},
      {.name = "widen",
       .about = "Why a wider circle may see this value than on the side it comes from; see "
                "`internal` of a side. It stands in the record of what was carried over.",
       .shape = text(),
       .example = "the client pays for it and may know"}};
  if (inner) return members;
  members.push_back(owner());
  members.push_back({.name = "conflict",
                     .about = "What happens when both sides changed the field; as under "
                              "`conflicts:`.",
                     .shape = policy(),
                     .example = "park"});
  members.push_back(
      {.name = "name",
       .about = "The rule's name in logs and stored state; made of both paths when it is left out. "
                "Set it before you change a path, so that the stored state is kept.",
       .shape = text(),
       .example = "severity"});
  return members;
}

// `depth`: how many lists within lists its rules may go down.
Shape rule(int depth, bool inner) {
  std::vector<Member> members = {
      {.name = "client",
       .about =
           "The field on the client's side; without it the rule sets a constant: see `default`.",
       .shape = scalar(Kind::kField),
       .example = "Subject"},
      {.name = "provider",
       .about = "The field on the provider's side.",
       .shape = scalar(Kind::kField),
       .example = "subject"}};
  for (Member& member : value_members()) members.push_back(std::move(member));
  if (depth > 0) {
    Shape items = list_of(rule(depth - 1, true));
    items.min = 1;
    members.push_back({.name = "each",
                       .about = "Rules for the items of two lists: one line an inner field, paths "
                                "from the item on.",
                       .shape = std::move(items),
                       .example = "[{client: body, provider: text}]"});
  }
  members.push_back(default_values());
  members.push_back(empties());
  members.push_back(limits());
  for (Member& member : policies(inner)) members.push_back(std::move(member));
  return object(inner ? "a rule for items" : "a field rule", std::move(members));
}

}  // namespace

Shape field_rule() {
  return rule(2, false);
}

}  // namespace navette
