// The description of a flow's tests.

#include <utility>

#include "config/shape_builders.h"
#include "config/shapes.h"

namespace navette {
namespace {

Shape document() {
  return map_of(scalar(Kind::kJson), "fields and their values");
}

std::vector<Member> inputs() {
  Shape pairs = list_of(pair_of(document()));
  pairs.min = 1;
  return {{.name = "from",
           .about = "The side that the input comes from.",
           .shape = choice({"client", "provider"}),
           .example = "provider",
           .fallback = "client"},
          {.name = "input",
           .about = "The document that goes through the rules.",
           .shape = document(),
           .example = "{Subject: Printer, Status: new}"},
          {.name = "input_file",
           .about = "A JSON file with it, relative to this file; of an NDJSON file each line is a "
                    "case.",
           .shape = scalar(Kind::kFile),
           .example = "cases/new.json"},
          {.name = "pairs",
           .about = "Many small cases: pairs of an input and what the output contains.",
           .shape = std::move(pairs),
           .example = "[[{Status: new}, {status: New}], [{Status: open}, {status: In Progress}]]"}};
}

std::vector<Member> surroundings() {
  Shape people = people_shape();
  people.parts[0].elsewhere = "As in [a people file](#a-pair).";
  return {{.name = "now",
           .about = "The time that the rules see.",
           .shape = scalar(Kind::kDate),
           .example = "2026-03-01T10:00:00Z",
           .fallback = "2026-01-01T00:00:00Z"},
          {.name = "zone",
           .about = "The time zone in place of the flow's.",
           .shape = text(),
           .example = "Europe/Paris"},
          {.name = "people",
           .about = "Who is who, in place of the people files: {client: provider}, found by "
                    "whatever `by` asks for; or pairs as in a people file.",
           .shape = any_of({map_of(text(), "the client's people, each with the provider's"),
                            std::move(people)}),
           .example = "{camille: Alice Developer}"},
          {.name = "creating",
           .about = "Whether the other side's ticket is being made: rules with `when: create` "
                    "apply.",
           .shape = scalar(Kind::kBoolean),
           .example = "false",
           .fallback = "true"},
          {.name = "existing",
           .about = "The other side's document as it is; the output is that with the fields put "
                    "in.",
           .shape = document(),
           .example = "{status: Closed}"},
          {.name = "existing_file",
           .about = "A JSON file with it.",
           .shape = scalar(Kind::kFile),
           .example = "cases/issue.json"}};
}

std::vector<Member> outputs() {
  Shape rules = list_of(text());
  rules.min = 1;
  return {{.name = "expect",
           .about = "The whole output.",
           .shape = document(),
           .example = "{subject: Printer, status: New}"},
          {.name = "expect_file",
           .about = "A JSON file with it; NDJSON when the input is.",
           .shape = scalar(Kind::kFile),
           .example = "cases/new.expected.json"},
          {.name = "contains",
           .about = "Members of the output; others may stand beside them, at every depth.",
           .shape = document(),
           .example = "{status: New}"},
          {.name = "check",
           .about = "JSONata of the output that must be true; `$input` is the input.",
           .shape = text(),
           .example = "subject = $input.Subject"},
          {.name = "rejects",
           .about = "The rules that refuse the input, by name or by one of their paths; each of "
                    "them does, and no other.",
           .shape = any_of({std::move(rules), text()}),
           .example = "[Status]"},
          {.name = "back",
           .about = "Whether the other way is tried too: the output, put onto the input, must "
                    "leave it as it is.",
           .shape = scalar(Kind::kBoolean),
           .example = "true",
           .fallback = "false"}};
}

Shape make_cases() {
  std::vector<Member> members = {{.name = "name",
                                  .about = "What the case shows, in a few words.",
                                  .shape = text(),
                                  .example = "a new ticket",
                                  .required = true}};
  for (auto& part : {inputs(), surroundings(), outputs()}) {
    members.insert(members.end(), part.begin(), part.end());
  }
  Shape cases = list_of(object("a case", std::move(members)));
  cases.min = 1;
  return object("a file of tests", {{.name = "cases",
                                     .about = "Documents, and what the rules make of them.",
                                     .shape = std::move(cases),
                                     .required = true}});
}

}  // namespace

const Shape& cases_shape() {
  static const Shape kShape = make_cases();
  return kShape;
}

}  // namespace navette
