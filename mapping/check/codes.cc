#include "mapping/check/codes.h"

#include <iterator>

namespace navette {

namespace {

constexpr MappingCode kCodes[] = {
    {"MAP001", "An expression does not compile.",
     "The text under `expr` is no JSONata 2.2. The message names JSONata's own code, and the "
     "underline stands under the characters at which the compiler stopped, inside quotes and "
     "blocks too.",
     "- {provider: title, expr: \"$uppercase(key\"}",
     "Complete or correct the expression; `navette eval EXPRESSION < document.json` tries it."},
    {"MAP002", "A path, condition, template, date form or zone cannot be read.",
     "These texts have a small language each; the underline stands where reading stopped.",
     "- {client: due, provider: due_date, date: [datetime, \"[D01].[Q]\"]}",
     "Write what the message expects there. Zones are names of the tz database "
     "(Europe/Paris). Pictures are those of JSONata's $fromMillis."},
    {"MAP003", "A value reaches a wider circle than on its own side.",
     "A field under `internal:` or `shared:` of a side would be written to a field that more "
     "people see, by a copy, a template, an expression that reads it (or reads everything), or "
     "a list of items.",
     "client: {internal: [cost]}\n"
     "fields:\n"
     "  - {client: cost, provider: price}",
     "Declare the target as narrow as the source, let the rule go the other way only, or say "
     "why it may be seen: `widen: the client pays for it and may know`."},
    {"MAP004", "A path leads nowhere.",
     "Neither the schema nor a sample of that side has it, so nothing would ever be read or the "
     "value would be written where nobody looks. With a schema this is an error, unless it says "
     "`additionalProperties: true`; with samples only it is a note, since they need not show "
     "everything. Paths in templates, conditions, expressions and filters count too.",
     "- {client: fields.sumary, provider: title}",
     "Correct the name, or complete the schema or the samples."},
    {"MAP005", "A field that must be there is not written, or not always.",
     "The schema of a side to which documents flow requires a field that no rule writes, or "
     "that is copied from a field which may be missing.",
     "provider: {schema: order.schema.json}    # requires \"title\"\n"
     "fields:\n"
     "  - {client: key, provider: number}",
     "Add a rule, a `default`, or name the field in `where`; or give the flow a `direction`."},
    {"MAP006", "A value that occurs has no row in the table.",
     "The schema's enum or the samples have a value for which the table has neither a row nor a "
     "default, so its documents would be rejected.",
     "- {client: status, provider: state, table: statuses}    # enum: new, open, closed\n"
     "tables:\n"
     "  statuses: {new: New, open: Open}",
     "Add a row, a `default` for the table, or `unknown: pass`."},
    {"MAP007", "A value does not exist on its side.",
     "A row, a default, a condition or an expression names a value that the schema's enum does "
     "not have.",
     "tables:\n"
     "  statuses: {new: New, open: In Progess}",
     "Correct the spelling, or the schema."},
    {"MAP008", "A step may fail, and the rule does not say what happens then.",
     "A table, a date, a duration or a number may meet a value that it cannot convert. Without a "
     "word the document is rejected; the rule should say that this is meant.",
     "- {client: status, provider: state, table: statuses}",
     "Add `unmatched: reject` (or `keep`, `clear`), a `default` for the table, or "
     "`unknown: pass`; or a schema that excludes such values."},
    {"MAP009", "A value does not survive the way there and back.",
     "Carried over and carried back, the value is another one; the message has the values. Both "
     "sides would change in turn, or an edit would be lost.",
     "- {client: name, provider: login, do: [lower]}",
     "Give the rule a `direction` or an `owner`, or use a conversion that keeps the value. For "
     "a table: the long form `rows:`, in which the first row of a value wins on purpose."},
    {"MAP010", "A value is of another kind or size than its side takes.",
     "By the schemas a number would be written as a text, a list into a single value, a text "
     "beyond maxLength, or a date in another form than the schema's `format`.",
     "- {client: count, provider: title}    # integer into a text",
     "Convert with `number`, `date`, `duration` or an expression; add a `limit`."},
    {"MAP011", "An expression uses what is not there, fails, or gives nothing.",
     "A function or variable has no such name, or the expression was tried with the samples (or "
     "a document made by the schema) and failed or gave nothing.",
     "- {provider: title, expr: $lower(key)}",
     "Correct the name, the number and kinds of arguments, or the path that it reads."},
    {"MAP012", "An expression is not plain JSONata 2.2.",
     "Reported with `navette check --portable` only: a function that Navette adds to the "
     "language.",
     "- {provider: due, expr: \"$toZone(due, 'Europe/Paris')\"}",
     "Nothing, unless the expression shall run elsewhere too."},
    {"MAP013", "Two rules write the same place.",
     "One of them would overwrite what the other wrote, or a part of it.",
     "- {client: notes, provider: remarks, each: [{client: a, provider: text}, {client: b, "
     "provider: text}]}",
     "Keep one of them, give them different directions, or conditions (`when`)."},
};

}  // namespace

const std::vector<MappingCode>& mapping_codes() {
  static const std::vector<MappingCode> kAll(std::begin(kCodes), std::end(kCodes));
  return kAll;
}

std::string mapping_codes_page() {
  std::string out =
      "<!-- Made by the tests of mapping/check; edit mapping/check/codes.cc. -->\n\n"
      "# Messages about mappings\n\n"
      "`navette check` looks at every rule before the first document runs, and says with file, "
      "line and column what is\nwrong, what was expected, and what to do. Errors stop `navette "
      "check`, `run`, `map` and `explain` with exit code 2;\nnotes do not. Messages about the "
      "files themselves (`CFG...`) are in [configuration.md](configuration.md#messages).\n\n"
      "The more a side tells about its documents (`schema:`, `samples:`, `internal:`), the more is "
      "found. Of JSON Schema this is\nread: `type`, `properties`, `required`, "
      "`additionalProperties`, `items`, `enum`, `const`, `maxLength`, `format`,\n`readOnly`, "
      "`allOf`, `anyOf`, `oneOf` and `$ref` within the file; and `x-unit` (seconds, minutes, "
      "hours) "
      "of a duration\nthat is written as a number.\n";
  for (const MappingCode& code : mapping_codes()) {
    out += std::string("\n## ") + code.code + "\n\n**" + code.title + "** " + code.about +
           "\n\n```yaml\n" + code.example + "\n```\n\n" + code.mend + "\n";
  }
  return out;
}

}  // namespace navette
