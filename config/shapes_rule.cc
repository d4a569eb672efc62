// The description of one line under `fields:`.

#include <utility>

#include "config/shape_builders.h"

namespace navette {
namespace {

Member default_values() {
  return {.name = "default",
          .about = "What a side gets where the other side's value is missing, null or empty.",
          .shape = sides("the default of a rule", scalar(Kind::kValue),
                         "What the client's field gets when the provider's is empty.",
                         "What the provider's field gets when the client's is empty.", "General",
                         "Normal"),
          .example = "{provider: Normal}",
          .guide = "defaults-and-constants"};
}

Member empties() {
  Shape shape =
      sides("the empty policy of a rule", choice({"keep", "omit", "null"}),
            "What the client's field gets.", "What the provider's field gets.", "omit", "null");
  for (Member& side : shape.members) side.fallback = "keep";
  return {
      .name = "empty",
      .about =
          "What a side gets in `navette map` where the other side's value is missing, null or "
          "\"\", and there is no default: the same (`keep`), nothing at all (`omit`), or `null`. "
          "The hub takes all three as empty.",
      .shape = std::move(shape),
      .example = "{provider: omit}",
      .guide = "three-kinds-of-nothing"};
}

Member limits() {
  Shape shape = sides("the limit of a rule", scalar(Kind::kLimit),
                      "The longest text that the client's field takes.",
                      "The longest text that the provider's field takes.", "200 bytes", "255");
  shape.members.push_back({.name = "overflow",
                           .about = "What happens to a longer text: it is cut, with an ellipsis "
                                    "and a word in the report, or refused (see `unmatched`).",
                           .shape = choice({"cut", "reject"}),
                           .example = "reject",
                           .fallback = "cut"});
  return {.name = "limit",
          .about =
              "The longest text that a side takes, in characters or in bytes; what happens to "
              "a longer one, `overflow` says.",
          .shape = std::move(shape),
          .example = "{client: 200 bytes, provider: 255}",
          .guide = "texts"};
}

Member expression() {
  return {.name = "expr",
          .about =
              "JSONata for what rules cannot say: what the provider's field gets, computed "
              "from the client's document; the rule then goes that way only. {client, provider} "
              "gives one for either way.",
          .shape = any_of({sides("the expressions of a rule", text(),
                                 "What the client's field gets, from the provider's document.",
                                 "What the provider's field gets, from the client's document.",
                                 "$lowercase(name)", "$uppercase(key)"),
                           text()}),
          .example = "$uppercase(key)",
          .guide = "expressions"};
}

Member condition() {
  return {.name = "when",
          .about =
              "When a value is carried over. `create`: when the other ticket is made, and never "
              "later. A condition on the client's document, such as status = 'done' and "
              "not(private): the client's value, while it holds. {client, provider} gives a "
              "condition for either side.",
          .shape = any_of({sides("the conditions of a rule", text(),
                                 "The client's value is carried over while its document is so.",
                                 "The provider's value is carried over while its document is so.",
                                 "status = 'done'", "state != 'draft'"),
                           text()}),
          .example = "create",
          .guide = "conditions"};
}

Member owner() {
  return {.name = "owner",
          .about =
              "The side whose value always wins: it is put back when the other side differs. "
              "{client, provider} gives conditions: that side's value wins while its document is "
              "so.",
          .shape = any_of({sides("the owners of a rule", text(),
                                 "The client's value wins while the client's document is so.",
                                 "The provider's value wins while the provider's document is so.",
                                 "Status = 'new'", "status = 'Closed'"),
                           choice({"client", "provider"})}),
          .example = "client",
          .guide = "one-way-owners-and-conflicts"};
}

// What a value is made of: a row, a filled text.
std::vector<Member> source_members() {
  return {
      {.name = "table",
       .about = "The table, under `tables:`, that pairs the values of both sides.",
       .shape = text(),
       .example = "statuses",
       .guide = "tables"},
      {.name = "template",
       .about = "A text with places in braces, filled in one way and read back the other. {value}: "
                "the client's value. {id}: the ticket's number, one side of the rule is `id`; it "
                "marks the tickets that belong together. Anything else is a path of the other "
                "side; the rule then names only the side that holds the text.",
       .shape = scalar(Kind::kTemplate),
       .example = "RT-{id}",
       .guide = "templates"}};
}

std::vector<Member> form_members() {
  return {
      {.name = "date",
       .about = "How dates are written: [client, provider], each of date, datetime, epoch "
                "(seconds), epoch_ms, or a picture as JSONata has them: \"[D01].[M01].[Y0001]\".",
       .shape = pair_of(text()),
       .example = "[datetime, date]",
       .guide = "dates-and-time-zones"},
      {.name = "zone",
       .about = "The time zone of this rule's dates, in place of the flow's: one name, or [client, "
                "provider].",
       .shape = any_of({pair_of(text()), text()}),
       .example = "[Europe/Paris, UTC]",
       .guide = "dates-and-time-zones"},
      {.name = "duration",
       .about = "How durations are written: [client, provider], each of seconds, minutes, hours "
                "(decimal), h:mm, iso (PT1H30M).",
       .shape = pair_of(choice({"seconds", "minutes", "hours", "h:mm", "iso"})),
       .example = "[minutes, hours]",
       .guide = "durations"},
      {.name = "number",
       .about = "How numbers are written: [client, provider], each of number, integer, text (the "
                "digits in quotes).",
       .shape = pair_of(choice({"number", "integer", "text"})),
       .example = "[text, integer]",
       .guide = "numbers"},
      {.name = "markup",
       .about = "What rich text is written in: [client, provider], each of text, html, textile, "
                "markdown, jira.",
       .shape = pair_of(choice({"text", "html", "textile", "markdown", "jira"})),
       .example = "[html, textile]",
       .guide = "rich-text"},
      {.name = "do",
       .about = "What is done to a text on its way to either side, in this order: trim takes the "
                "blanks around it away, lower and upper change its letters.",
       .shape = list_of(choice({"trim", "lower", "upper"})),
       .example = "[trim, lower]",
       .guide = "texts"}};
}

std::vector<Member> people_members() {
  return {{.name = "people",
           .about = "The file that pairs the people of both sides, relative to navette.yaml.",
           .shape = scalar(Kind::kFile),
           .example = "people.yaml",
           .guide = "people"},
          {.name = "by",
           .about = "Which attributes find a person, tried in this order.",
           .shape = list_of(choice({"id", "login", "email", "name"})),
           .example = "[email, login]",
           .fallback = "[id, login, email, name]",
           .guide = "people"}};
}

Member misfits() {
  return {.name = "unmatched",
          .about =
              "What happens to a value that has no row, no pair, or cannot be converted: the other "
              "side keeps what it has (`keep`), is emptied (`clear`), or the value is refused "
              "(`reject`): the hub parks the field, `navette map` refuses the document. Without "
              "it people are kept and everything else is refused.",
          .shape = choice({"keep", "clear", "reject"}),
          .example = "reject",
          .guide = "what-does-not-fit"};
}

void add(std::vector<Member>* members, std::vector<Member> more) {
  for (Member& member : more) members->push_back(std::move(member));
}

std::vector<Member> policies(bool inner) {
  std::vector<Member> members = {
      condition(),
      {.name = "direction",
       .about = "One way only: the other side's edits of the field stay there.",
       .shape = direction(),
       .example = "to-provider",
       .guide = "one-way-owners-and-conflicts"}};
  if (!inner) {
    members.push_back(owner());
    members.push_back({.name = "conflict",
                       .about = "What happens when both sides changed the field, in place of what "
                                "the flow says under `conflicts:`.",
                       .shape = policy(),
                       .example = "park",
                       .guide = "one-way-owners-and-conflicts"});
  }
  members.push_back(
      {.name = "widen",
       .about = "Why a wider circle may see this value than on the side it comes from; see "
                "`internal` of a side. It stands in the record of what was carried over.",
       .shape = text(),
       .example = "the client pays for it and may know",
       .guide = "who-may-see-it"});
  if (inner) return members;
  members.push_back(
      {.name = "name",
       .about = "The rule's name in logs and stored state; made of both paths when it is left out. "
                "Set it before you change a path, so that the stored state is kept.",
       .shape = text(),
       .example = "severity",
       .guide = "names-of-rules"});
  return members;
}

// `depth`: how many lists within lists its rules may go down.
Shape rule(int depth, bool inner) {
  std::vector<Member> members = {
      {.name = "client",
       .about = "The field on the client's side; without it the rule sets a constant (`default`), "
                "or what `template` or `expr` makes.",
       .shape = scalar(Kind::kField),
       .example = "Subject",
       .guide = "where-a-field-is"},
      {.name = "provider",
       .about = "The field on the provider's side.",
       .shape = scalar(Kind::kField),
       .example = "\"custom_fields[name='Severity'].value\"",
       .guide = "where-a-field-is"}};
  add(&members, source_members());
  add(&members, form_members());
  add(&members, people_members());
  members.push_back(misfits());
  if (depth > 0) {
    Shape items = list_of(rule(depth - 1, true));
    items.min = 1;
    members.push_back({.name = "each",
                       .about = "Rules for the items of two lists: one line an inner field, paths "
                                "from the item on.",
                       .shape = std::move(items),
                       .example = "[{client: body, provider: text}]",
                       .guide = "lists"});
  }
  members.push_back(expression());
  members.push_back(default_values());
  members.push_back(empties());
  members.push_back(limits());
  add(&members, policies(inner));
  Shape shape = object(inner ? "a rule for items" : "a field rule", std::move(members));
  if (inner) {
    shape.elsewhere =
        "The keys of [a rule](#fields-an-item), without `owner`, `conflict` and `name`; "
        "`each` goes down two lists at most.";
  }
  return shape;
}

}  // namespace

Shape field_rule() {
  return rule(2, false);
}

}  // namespace navette
