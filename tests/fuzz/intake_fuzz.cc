// A document of any bytes: both JSON readers take it or refuse it alike, what is read prints and
// reads again as the same, a flow with each kind of rule carries it over or says why not, and the
// way from text to text gives what the way over values gives.

#include <cmath>
#include <string>

#include "mapping/jsonata/jsonata.h"
#include "mapping/jsonata/session.h"
#include "mapping/mapper.h"
#include "mapping/program.h"
#include "tests/fuzz/flow_folder.h"
#include "tests/fuzz/fuzz_target.h"

namespace navette::fuzz {
namespace {

constexpr const char* kFlow =
    "flow: f\n"
    "client: {}\n"
    "provider: {}\n"
    "fields:\n"
    "  - {client: a, provider: b}\n"
    "  - {client: s, provider: t, table: states}\n"
    "  - {client: p, provider: q, table: passes}\n"
    "  - {client: o, provider: w, people: people.yaml, unmatched: keep}\n"
    "  - {client: d, provider: e, date: [datetime, \"[D01].[M01].[Y0001] [H01]:[m01]\"],\n"
    "     zone: [UTC, Europe/Paris]}\n"
    "  - {client: u, provider: v, duration: [minutes, \"h:mm\"]}\n"
    "  - {client: i, provider: j, number: [text, integer]}\n"
    "  - {client: h, provider: m, markup: [html, markdown]}\n"
    "  - {client: k, provider: r, template: \"jira:{value}\"}\n"
    "  - {client: l, provider: g, do: [trim, lower], limit: {provider: 20 bytes}}\n"
    "  - {client: \"cf[id=36].value\", provider: \"fields[name='N'].value\"}\n"
    "  - {client: c, provider: n, each: [{client: b, provider: t},\n"
    "     {client: s, provider: u, table: states}]}\n"
    "  - {client: x.y, provider: z, when: \"s = 'open' or n >= 3\"}\n"
    "  - {provider: up, expr: \"$string(a)\"}\n"
    "tables:\n"
    "  states: {new: New, open: In Progress}\n"
    "  passes: {rows: [[null, None], [a, A]], unknown: pass}\n";

struct Worker {
  Worker() {
    const FlowFolder folder;
    const LoadResult loaded = folder.load(kFlow);
    expect(loaded.ok(), "the flow of this test loads", render(loaded.diagnostics));
    for (const Side side : {Side::kClient, Side::kProvider}) {
      auto mapper = Mapper::compile(loaded.flows.front(), side);
      expect(bool(mapper), "the flow of this test compiles", mapper ? "" : mapper.error().message);
      mappers.push_back(*mapper);
      auto program = Program::compile(loaded.flows.front(), side);
      expect(bool(program), "the flow of this test compiles from text to text");
      programs.push_back(std::move(*program));
    }
  }

  void take(std::string_view text) {
    const auto document = Json::parse(text);
    for (std::size_t i = 0; i < programs.size(); ++i) {
      const auto way = programs[i].run(text);
      // What no rule reads it only steps over: it may take what is no JSON, but refuse no JSON.
      if (document && document->is_object()) agree(programs[i], way, mappers[i].map(*document));
    }
    std::string out;
    const auto answer = session.evaluate_text(text, &out);
    const bool read = answer == jsonata::Session::Answer::kValue;
    expect(read == bool(document), "both readers take the same documents",
           document ? session.unreadable().message : document.error().message);
    if (!document) {
      expect(document.error().fault == Fault::kRejected, "no JSON is kRejected");
      return;
    }
    const auto again = Json::parse(out);
    expect(bool(again), "an expression's result is JSON", out);
    expect(same(*document, *again), "both readers see the same", document->dump() + "\n" + out);
    const auto printed = Json::parse(document->dump());
    expect(printed && printed->dump() == document->dump(), "what is printed reads as the same",
           document->dump());
    for (const Mapper& mapper : mappers) carry(mapper, *document);
  }

  // But for numbers that no double carries.
  static bool same(const Json& exact, const Json& rounded) {
    if (exact.is_number()) {
      if (!std::isfinite(exact.as_double())) return rounded.is_null();  // as JavaScript prints it
      return rounded.is_number() && exact.as_double() == rounded.as_double();
    }
    if (exact.is_array()) {
      if (!rounded.is_array() || rounded.size() != exact.size()) return false;
      for (std::size_t i = 0; i < exact.size(); ++i) {
        if (!same(exact.items()[i], rounded.items()[i])) return false;
      }
      return true;
    }
    if (!exact.is_object()) return exact == rounded;
    if (!rounded.is_object() || rounded.size() != exact.size()) return false;
    for (const auto& [name, value] : exact.members()) {
      const Json* const other = rounded.find(name);
      if (other == nullptr || !same(value, *other)) return false;
    }
    return true;
  }

  static void agree(const Program& program, Program::Answer answer, const Mapped& mapped) {
    if (!mapped.problems.empty()) {
      expect(answer == Program::Answer::kRejected, "both ways refuse the same documents");
      expect(program.problems().size() == mapped.problems.size(), "for the same reasons");
      return;
    }
    expect(answer == Program::Answer::kMapped, "both ways take the same documents");
    const auto result = Json::parse(program.text());
    expect(bool(result), "from text to text comes a document", std::string(program.text()));
    expect(*result == mapped.document, "both ways give the same",
           std::string(program.text()) + "\n" + mapped.document.dump());
  }

  static void carry(const Mapper& mapper, const Json& document) {
    const Mapped mapped = mapper.map(document);
    for (const FieldProblem& problem : mapped.problems) {
      expect(!problem.reason.empty(), "a refusal has a reason");
    }
    const std::string text = mapped.document.dump();
    const auto read = Json::parse(text);
    expect(read && read->dump() == text, "what is mapped is a document", text);
    expect(mapper.map(document).document.dump() == text, "the same document maps to the same");
  }

  std::vector<Mapper> mappers;
  std::vector<Program> programs;
  jsonata::Expression::Compiled whole = jsonata::Expression::compile("$");
  jsonata::Session session{*whole};
};

}  // namespace
}  // namespace navette::fuzz

// NOLINTNEXTLINE(readability-identifier-naming): the name is libFuzzer's
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static navette::fuzz::Worker worker;
  worker.take(navette::fuzz::text_of(data, size));
  return 0;
}
