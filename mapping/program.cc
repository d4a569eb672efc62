#include "mapping/program.h"

#include <utility>

#include "base/text.h"
#include "mapping/program_rule.h"

namespace navette {

class Program::Impl {
 public:
  Impl(Mapper whole, Side from) : mapper(std::move(whole)), side(from) {}

  Answer run(std::string_view json) {
    out.clear();
    if (fields != nullptr && reader.read(json, &layout) && fields->write(reader, 0, json, out)) {
      text = out.text();
      return Answer::kMapped;
    }
    return run_whole(json);
  }

  // As Mapper does it: what is unusual, wrong, or rejected.
  Answer run_whole(std::string_view json) {
    ++whole_documents;
    const auto document = Json::parse(json, "the document");
    if (!document || !document->is_object()) {
      trouble = document ? Error{Fault::kRejected, "parse the document: it is no object, but " +
                                                       std::string(document->type_name())}
                         : document.error();
      return Answer::kUnreadable;
    }
    Mapped mapped = mapper.map(*document, {.now = now});
    problems = std::move(mapped.problems);
    if (!problems.empty()) return Answer::kRejected;
    whole_text = mapped.document.dump();
    text = whole_text;
    return Answer::kMapped;
  }

  Mapper mapper;
  Side side;
  std::vector<Rule> rules;
  program::Layout layout;
  std::unique_ptr<program::Fields> fields;  // null: no document can go the short way
  program::Reader reader;
  program::Output out;
  std::optional<std::chrono::system_clock::time_point> now;
  std::string_view text;
  std::string whole_text;
  std::vector<FieldProblem> problems;
  Error trouble{Fault::kRejected, {}};
  std::size_t whole_documents = 0;
};

Result<Program> Program::compile(const FlowConfig& flow, Side from) {
  auto mapper = Mapper::compile(flow, from);
  if (!mapper) return mapper.error();
  auto impl = std::make_unique<Impl>(std::move(*mapper), from);
  for (const FieldRule& field : flow.fields) {
    auto rule = Rule::compile(field, flow);
    if (!rule) return rule.error();
    impl->rules.push_back(std::move(*rule));
  }
  impl->fields = program::Fields::compile(impl->rules, from, flow.only_towards, &impl->layout);
  return Program(std::move(impl));
}

Program::Program(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Program::Program(Program&&) noexcept = default;
Program& Program::operator=(Program&&) noexcept = default;
Program::~Program() = default;

Program::Answer Program::run(std::string_view json) {
  return impl_->run(without_byte_order_mark(json));
}

std::string_view Program::text() const {
  return impl_->text;
}

const std::vector<FieldProblem>& Program::problems() const {
  return impl_->problems;
}

const Error& Program::unreadable() const {
  return impl_->trouble;
}

void Program::set_now(std::optional<std::chrono::system_clock::time_point> now) {
  impl_->now = now;
  if (impl_->fields != nullptr) impl_->fields->set_now(now);
}

std::vector<Program::Tier> Program::tiers() const {
  std::vector<Tier> tiers;
  for (std::size_t i = 0; i < impl_->rules.size(); ++i) {
    if (impl_->fields == nullptr) {
      tiers.push_back(Tier::kDocument);
      continue;
    }
    const program::RuleProgram* program = impl_->fields->program_of(i);
    tiers.push_back(program == nullptr         ? Tier::kText
                    : program->by_expression() ? Tier::kExpression
                    : program->by_value()      ? Tier::kValue
                                               : Tier::kText);
  }
  return tiers;
}

std::size_t Program::whole_documents() const {
  return impl_->whole_documents;
}

}  // namespace navette
