#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "base/text.h"
#include "mapping/extensions.h"
#include "mapping/jsonata/request.h"
#include "mapping/jsonata/session.h"
#include "mapping/program.h"
#include "tools/commands.h"
#include "tools/exit.h"
#include "tools/flow_file.h"
#include "tools/options.h"
#include "tools/text.h"

namespace navette::tools {
namespace {

struct Asked {
  FlowOption flow;
  std::string expression_file;
  std::string rejects;
};

// What becomes of one line: its document on the other side, or why there is none.
class Converter {
 public:
  virtual ~Converter() = default;
  // True: `out` has the document. False: `reasons` has the list of what was wrong.
  virtual bool convert(std::string_view line, std::string* out, Json* reasons) = 0;
};

Json reason(std::string_view text) {
  return Json(Json::Object{{"reason", text}});
}

class ByRules final : public Converter {
 public:
  explicit ByRules(Program program) : program_(std::move(program)) {}

  bool convert(std::string_view line, std::string* out, Json* reasons) override {
    switch (program_.run(line)) {
      case Program::Answer::kMapped:
        *out += program_.text();
        return true;
      case Program::Answer::kUnreadable:
        reasons->push(reason(program_.unreadable().message));
        return false;
      case Program::Answer::kRejected:
        break;
    }
    for (const FieldProblem& problem : program_.problems()) {
      Json one = reason(problem.reason);
      one.set("rule", problem.rule);
      one.set("file", problem.place.file);
      one.set("line", problem.place.line);
      reasons->push(std::move(one));
    }
    return false;
  }

 private:
  Program program_;
};

class ByExpression final : public Converter {
 public:
  explicit ByExpression(jsonata::Expression expression)
      : expression_(std::move(expression)), session_(expression_, bindings()) {}

  bool convert(std::string_view line, std::string* out, Json* reasons) override {
    switch (session_.evaluate_text(line, out)) {
      case jsonata::Session::Answer::kValue:
        return true;
      case jsonata::Session::Answer::kUndefined:
        reasons->push(reason("the expression has no result for this document"));
        return false;
      case jsonata::Session::Answer::kFailed: {
        Json one = reason(session_.error().message);
        one.set("error", jsonata::error_json(session_.error()));
        reasons->push(std::move(one));
        return false;
      }
      case jsonata::Session::Answer::kUnreadable:
        break;
    }
    reasons->push(reason(session_.unreadable().message));
    return false;
  }

 private:
  static jsonata::Bindings bindings() {
    jsonata::Bindings out;
    out.functions = expression_extensions();
    return out;
  }

  jsonata::Expression expression_;
  jsonata::Session session_;
};

// A line on the terminal, rewritten now and then; nothing in a pipe.
class Progress {
 public:
  void step(std::int64_t lines) {
    constexpr std::int64_t kEvery = 4096;
    if (!shown_ || lines % kEvery != 0) return;
    std::fprintf(stderr, "\r%lld documents", static_cast<long long>(lines));
  }
  void clear() const {
    if (shown_) std::fputs("\r\x1b[K", stderr);
  }

 private:
  bool shown_ = ::isatty(STDERR_FILENO) != 0 && ::isatty(STDOUT_FILENO) == 0;
};

class Run {
 public:
  Run(Converter& converter, std::ostream* rejects) : converter_(converter), rejects_(rejects) {}

  int all(std::istream& in, std::ostream& out) {
    std::string line;
    std::string document;
    while (std::getline(in, line)) {
      ++line_;
      if (trim(line).empty()) continue;
      ++read_;
      document.clear();
      Json reasons = Json::array();
      if (converter_.convert(line, &document, &reasons)) {
        ++mapped_;
        out << document << '\n';
        if (!out) return fail(Error{Fault::kRetryLater, "write a document: " + trouble()});
      } else if (!reject(line, reasons)) {
        return fail(Error{Fault::kRetryLater, "write a rejected document: " + trouble()});
      }
      progress_.step(read_);
    }
    out << std::flush;
    progress_.clear();
    if (in.bad() || !out || (rejects_ != nullptr && !rejects_->flush())) {
      return fail(Error{Fault::kRetryLater, "carry documents over: " + trouble()});
    }
    std::fprintf(stderr, "%lld %s: %lld mapped, %lld rejected\n", static_cast<long long>(read_),
                 read_ == 1 ? "document" : "documents", static_cast<long long>(mapped_),
                 static_cast<long long>(read_ - mapped_));
    return read_ == mapped_ ? kOk : kBad;
  }

 private:
  static std::string trouble() { return "the disk is full, or nobody reads it"; }

  // To the file for them, else to standard error.
  bool reject(const std::string& line, const Json& reasons) {
    constexpr std::size_t kReasonMax = 1000;
    if (rejects_ == nullptr) {
      for (const Json& one : reasons.items()) {
        std::fprintf(stderr, "line %lld: %s\n", static_cast<long long>(line_),
                     brief(one.at("reason"), kReasonMax).c_str());
      }
      return true;
    }
    auto document = Json::parse(line);
    Json out = Json::object();
    out.set("line", Json(line_));
    out.set("reasons", reasons);
    out.set("document", document ? std::move(*document) : Json(to_utf8(line)));
    *rejects_ << out.dump() << '\n';
    return static_cast<bool>(*rejects_);
  }

  Converter& converter_;
  std::ostream* rejects_;
  Progress progress_;
  std::int64_t line_ = 0;
  std::int64_t read_ = 0;
  std::int64_t mapped_ = 0;
};

Result<std::unique_ptr<Converter>> by_expression(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    return Error{Fault::kMisconfigured, "read " + path + ": it is not there or cannot be read"};
  }
  const std::string source(std::istreambuf_iterator<char>(in), {});
  auto compiled = jsonata::Expression::compile(source);
  if (!compiled) {
    return Error{Fault::kMisconfigured, path + ": " + compiled.error().code + " at character " +
                                            std::to_string(compiled.error().position) + ": " +
                                            compiled.error().message};
  }
  return std::unique_ptr<Converter>(std::make_unique<ByExpression>(std::move(*compiled)));
}

int map(const Asked& asked) {
  std::unique_ptr<Converter> converter;
  if (!asked.expression_file.empty()) {
    auto made = by_expression(asked.expression_file);
    if (!made) return fail(made.error());
    converter = std::move(*made);
  } else {
    const auto flow = read_flow(asked.flow);
    if (!flow) return kUsage;
    auto program = Program::compile(*flow, from_of(asked.flow));
    if (!program) return fail(program.error());
    converter = std::make_unique<ByRules>(std::move(*program));
  }
  std::ofstream file;
  if (!asked.rejects.empty()) {
    file.open(asked.rejects, std::ios::binary);
    if (!file) {
      return fail(Error{Fault::kMisconfigured, "open " + asked.rejects + ": cannot be written"});
    }
  }
  std::ios::sync_with_stdio(false);
  return Run(*converter, file.is_open() ? &file : nullptr).all(std::cin, std::cout);
}

}  // namespace

void add_map(CLI::App& root, Chosen& chosen) {
  auto asked = std::make_shared<Asked>();
  CLI::App* command = new_command(
      root, "map",
      "Carries documents over by the rules of a flow: NDJSON in, NDJSON out.\n"
      "One document a line on standard input; each comes out as the other side would hold it, or "
      "is\n"
      "rejected with its reasons: into the file of --rejects, else to standard error. None is\n"
      "dropped. Exit code 1 when one was rejected.",
      "  navette map flows/acme.yaml < tickets.ndjson > issues.ndjson\n"
      "  navette map flows/acme.yaml --reverse --rejects bad.ndjson < issues.ndjson\n"
      "  navette map --jsonata ticket.jsonata < tickets.ndjson");
  auto* flow = command->add_option("flow", asked->flow.path, "The flow's file");
  auto* reverse =
      command->add_flag("--reverse", asked->flow.reverse,
                        "From the provider's documents to the client's, not the other way");
  auto* file = command->add_option("--jsonata", asked->expression_file,
                                   "A JSONata expression instead of a flow: what a document "
                                   "becomes");
  file->excludes(flow)->excludes(reverse);
  command->add_option("--rejects", asked->rejects,
                      "Where rejected documents go: {\"line\", \"reasons\", \"document\"} a line");
  command->callback([asked, flow, file, &chosen] {
    if (flow->count() + file->count() == 0) throw CLI::RequiredError("a flow or --jsonata");
    chosen = [asked] { return map(*asked); };
  });
}

}  // namespace navette::tools
