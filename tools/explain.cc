#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "base/text.h"
#include "mapping/mapper.h"
#include "tools/commands.h"
#include "tools/exit.h"
#include "tools/flow_file.h"
#include "tools/options.h"
#include "tools/text.h"

namespace navette::tools {
namespace {

struct Asked {
  FlowOption flow;
  std::string document = "-";
  std::string field;
  bool json = false;
};

const char* end_text(FieldTrace::End end) {
  switch (end) {
    case FieldTrace::End::kWritten:
      return "written";
    case FieldTrace::End::kOmitted:
      return "omitted";
    case FieldTrace::End::kKept:
      return "kept";
    case FieldTrace::End::kSkipped:
      return "skipped";
    case FieldTrace::End::kRejected:
      return "rejected";
  }
  return "";
}

Json trace_json(const FieldTrace& trace) {
  Json out = Json::object();
  out.set("rule", trace.rule);
  out.set("file", trace.place.file);
  out.set("line", trace.place.line);
  out.set("source", trace.source);
  if (trace.raw) out.set("raw", *trace.raw);
  Json& steps = out.set("steps", Json::array());
  for (const ConversionStep& step : trace.steps) {
    steps.push(Json(Json::Object{{"step", step.what}, {"value", step.value}}));
  }
  out.set("target", trace.target);
  out.set("result", end_text(trace.end));
  if (trace.end == FieldTrace::End::kWritten && trace.value) out.set("value", *trace.value);
  if (!trace.reason.empty()) out.set("reason", trace.reason);
  for (const std::string& loss : trace.losses) {
    if (out.find("losses") == nullptr) out.set("losses", Json::array());
    out.find("losses")->push(loss);
  }
  if (!trace.widened.empty()) out.set("widened", trace.widened);
  return out;
}

std::string trace_text(const FieldTrace& trace) {
  constexpr std::size_t kValueMax = 160;
  constexpr std::size_t kReasonMax = 1000;
  const std::string name = trace.target.empty() ? trace.rule : trace.target;
  std::string out = name + "   (" + trace.place.file + ":" + std::to_string(trace.place.line) +
                    ", rule " + trace.rule + ")\n";
  out += "  read     " + (trace.source.empty() ? "a constant" : trace.source) +
         (trace.raw ? " = " + brief(*trace.raw, kValueMax) : ": nothing there") + "\n";
  for (const ConversionStep& step : trace.steps) {
    out += "  step     " + step.what + " -> " + brief(step.value, kValueMax) + "\n";
  }
  std::string end = end_text(trace.end);
  end.resize(8, ' ');
  out += "  " + end + " ";
  if (trace.end == FieldTrace::End::kWritten && trace.value) {
    out += brief(*trace.value, kValueMax);
  }
  out += brief(Json(trace.reason), kReasonMax) + "\n";
  for (const std::string& loss : trace.losses) {
    out += "  lost     " + brief(Json(loss), kReasonMax) + "\n";
  }
  if (!trace.widened.empty()) out += "  widened  " + trace.widened + "\n";
  return out;
}

bool is_asked_for(const FieldTrace& trace, const std::string& field) {
  return field.empty() || trace.rule == field || trace.target == field || trace.source == field;
}

Result<Json> read_document(const std::string& path) {
  if (path == "-") {
    const std::string text(std::istreambuf_iterator<char>(std::cin), {});
    return Json::parse(text, "the document on standard input");
  }
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    return Error{Fault::kMisconfigured, "read " + path + ": it is not there or cannot be read"};
  }
  const std::string text(std::istreambuf_iterator<char>(in), {});
  return Json::parse(text, path);
}

int print_traces(const Asked& asked, const Mapped& mapped) {
  Json fields = Json::array();
  std::vector<std::string> known;
  std::string text;
  for (const FieldTrace& trace : mapped.traces) {
    known.push_back(trace.target.empty() ? trace.rule : trace.target);
    if (!is_asked_for(trace, asked.field)) continue;
    fields.push(trace_json(trace));
    text += trace_text(trace);
  }
  if (fields.size() == 0 && !asked.field.empty()) {
    const auto near = nearest(asked.field, known);
    return fail(Error{Fault::kMisconfigured, "explain " + asked.field + ": no rule has that name " +
                                                 "or path" +
                                                 (near ? "; did you mean " + *near + "?" : "")});
  }
  if (asked.json) {
    Json out = Json::object();
    out.set("ok", mapped.problems.empty());
    out.set("document", mapped.document);
    out.set("fields", std::move(fields));
    print_json(out);
  } else {
    print(text);
  }
  return mapped.problems.empty() ? kOk : kBad;
}

int explain(const Asked& asked) {
  const auto flow = read_flow(asked.flow);
  if (!flow) return kUsage;
  const auto mapper = Mapper::compile(*flow, from_of(asked.flow));
  if (!mapper) return fail(mapper.error());
  const auto document = read_document(asked.document);
  if (!document) return fail(document.error());
  return print_traces(asked, mapper->map(*document, {.trace = true}));
}

}  // namespace

void add_explain(CLI::App& root, Chosen& chosen) {
  auto asked = std::make_shared<Asked>();
  CLI::App* command = new_command(
      root, "explain",
      "Says for each field of one document which rule filled it, from what, by which steps.\n"
      "Nothing is sent. Exit code 1 when the document is rejected.",
      "  navette explain flows/acme.yaml ticket.json\n"
      "  navette explain flows/acme.yaml --reverse --field status < issue.json\n"
      "  navette explain flows/acme.yaml ticket.json --json");
  add_flow(*command, asked->flow);
  command->add_option("document", asked->document, "A file with the document; -: standard input")
      ->capture_default_str();
  command->add_option("--field", asked->field, "Only this field: a path of either side, or a rule");
  add_json(*command, asked->json);
  command->callback([asked, &chosen] { chosen = [asked] { return explain(*asked); }; });
}

}  // namespace navette::tools
