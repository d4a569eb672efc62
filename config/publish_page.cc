#include <utility>
#include <vector>

#include "base/text.h"
#include "config/diagnostic.h"
#include "config/publish.h"
#include "config/scalar.h"
#include "config/shapes.h"

namespace navette {
namespace {

constexpr const char* kIntroduction =
    "<!-- Generated from config/shapes.cc. Do not edit. -->\n"
    "# Configuration\n"
    "\n"
    "A configuration is a folder: `navette.yaml` for the hub and the systems, one file for each\n"
    "flow, and the people files that flows name. `navette check` reads all of it, starts nothing\n"
    "and says everything that is wrong in one go. Editors complete and check the files by the "
    "JSON\n"
    "Schemas in `docs/schemas/` (`navette.json`, `flow.json`, `people.json`, `cases.json`).\n"
    "`examples/rt-redmine/` is a complete configuration.\n"
    "\n"
    "The files are YAML: one document a file, a key stands once, anchors and merge keys work. "
    "Without\n"
    "quotes `true`, `false`, `null` and numbers such as `5` or `-1.5` are what they look like;\n"
    "everything else is text: `no`, `007` and `2026-01-01` too.\n"
    "\n"
    "## Values from outside\n"
    "\n"
    "| written | stands for |\n"
    "|---|---|\n"
    "| `${env:NAME}` | the environment variable; an error when it is not set |\n"
    "| `${env:NAME:-5s}` | the variable, or `5s` when it is not set or empty |\n"
    "| `${file:/path}` | what is in the file, without the line end; relative to `navette.yaml` |\n"
    "| `$${` | a plain `${` |\n"
    "\n"
    "They may stand inside a longer text: `sqlite:${env:NAVETTE_DATA}/navette.db`. Quote them "
    "inside\n"
    "`{}` and `[]`. A secret may come only this way, and has no default. Values that came from\n"
    "outside are never shown in messages, and secrets nowhere.\n"
    "\n";

std::string code(const std::string& text) {
  return "`" + text + "`";
}

// What a cell of a table cannot hold.
std::string cell(std::string text) {
  for (std::size_t at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2)) {
    text.insert(at, "\\");
  }
  return text;
}

class PageWriter {
 public:
  std::string take() { return std::move(text_); }
  void add(const std::string& text) { text_ += text; }

  // A table of the object's members, then those of the objects among them.
  void object(const std::string& title, const Shape& shape, int level) {
    text_ += std::string(static_cast<std::size_t>(level), '#') + " " + title + "\n\n";
    if (!shape.elsewhere.empty()) {
      text_ += shape.elsewhere + "\n\n";
      return;
    }
    text_ += "| key | what it is | kind | default |\n|---|---|---|---|\n";
    for (const Member& member : shape.members) row(member);
    text_ += "\n";
    for (std::size_t i = 0; i < shape.members.size(); ++i) {
      std::string name = shape.members[i].name;
      // Members that are alike share one table.
      const std::string& kind = shape.members[i].shape.name;
      while (!kind.empty() && i + 1 < shape.members.size() &&
             shape.members[i + 1].shape.name == kind) {
        name += "`, `" + shape.members[++i].name;
      }
      parts(name, shape.members[i].shape, level + 1);
    }
  }

  void parts(const std::string& name, const Shape& shape, int level) {
    if (shape.kind == Kind::kObject && !shape.members.empty()) {
      object(code(name), shape, level);
      return;
    }
    const std::string inner = shape.kind == Kind::kMap    ? name + ": NAME"
                              : shape.kind == Kind::kList ? name + ": an item"
                                                          : name;
    for (const Shape& part : shape.parts) parts(inner, part, level);
  }

 private:
  void row(const Member& member) {
    std::string about = member.about;
    if (!member.example.empty()) about += " Example: " + code(member.example) + ".";
    if (!member.old_names.empty()) {
      about += " Formerly " + code(join(member.old_names, ", ")) + ".";
    }
    const std::string fallback = member.fallback
                                     ? code(member.fallback->empty() ? "\"\"" : *member.fallback)
                                 : member.required ? "required"
                                                   : "";
    std::string name = code(member.name);
    if (!member.guide.empty()) name = "[" + name + "](mapping.md#" + member.guide + ")";
    text_ += "| " + name + " | " + cell(about) + " | " + cell(kind(member.shape)) + " | " +
             fallback + " |\n";
  }

  static std::string kind(const Shape& shape) {
    switch (shape.kind) {
      case Kind::kChoice:
        return code(join(shape.choices, "`, `"));
      case Kind::kObject:
        return "map, see below";
      case Kind::kMap:
        return describe(shape);
      case Kind::kList: {
        if (shape.min == 2 && shape.max == 2) return code("[client, provider]");
        return "list";
      }
      case Kind::kAnyOf: {
        std::string all;
        for (const Shape& part : shape.parts) all += (all.empty() ? "" : " or ") + kind(part);
        return all;
      }
      default:
        break;
    }
    std::string out = to_text(shape.kind);
    if (shape.kind == Kind::kText) return out;
    if (shape.min && *shape.min > 0) out += ", at least " + bound_text(shape.kind, *shape.min);
    if (shape.max) out += ", at most " + bound_text(shape.kind, *shape.max);
    return out;
  }

  std::string text_;
};

constexpr const char* kKindsIntroduction =
    "## Kinds of values\n"
    "\n"
    "| kind | what may stand there |\n"
    "|---|---|\n";

void add_kinds(PageWriter& page) {
  page.add(kKindsIntroduction);
  for (auto number = static_cast<int>(Kind::kText); number < static_cast<int>(Kind::kObject);
       ++number) {
    const auto kind = static_cast<Kind>(number);
    if (kind == Kind::kChoice) continue;
    Shape shape;
    shape.kind = kind;
    page.add(std::string("| ") + to_text(kind) + " | " + cell(describe(shape)) + " |\n");
  }
  page.add("\nA kB is 1024 bytes, as the systems count.\n\n");
}

void add_codes(PageWriter& page) {
  page.add(
      "## Messages\n\nEvery mistake has a code that stays the same. Notes are things that work, "
      "but perhaps not as meant.\n\n| code | meaning |\n|---|---|\n");
  for (const DiagnosticCode& known : diagnostic_codes()) {
    page.add("| " + code(known.code) + " | " + cell(known.about) + " |\n");
  }
}

}  // namespace

std::string reference_page() {
  PageWriter page;
  page.add(kIntroduction);
  page.object("navette.yaml", hub_shape(), 2);
  page.add(
      "Beside these a system has the settings of its connector: `navette docs connector "
      "NAME`.\n\n");
  page.add(
      "## Flows\n\nEach file of `flows` joins two systems. [Mapping, by example](mapping.md) shows "
      "what its rules can do; the keys in the table of [a rule](#fields-an-item) lead there. "
      "[sync.md](sync.md) says what happens to a change.\n\n");
  page.object("A flow", flow_shape(), 3);
  page.add(
      "## A people file\n\nA list of pairs: `- {client: camille, provider: Alice Developer}`. Keep "
      "it outside the folder of the flows.\n\n");
  page.object("A pair", people_shape().parts[0], 3);
  page.add(
      "## Tests of a flow\n\nThe file `flows/acme.test.yaml` has the tests of `flows/acme.yaml`: "
      "documents, and what the rules make of them. `flows` never takes it for a flow. `navette "
      "test` runs them; see [Testing mappings](testing-mappings.md). Documents stand there as they "
      "are: `${...}` is text.\n\n");
  page.object("A file of tests", cases_shape(), 3);
  add_kinds(page);
  add_codes(page);
  return page.take();
}

}  // namespace navette
