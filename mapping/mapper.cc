#include "mapping/mapper.h"

#include <utility>

#include "base/text.h"
#include "mapping/rule.h"

namespace navette {
namespace {

const std::string& path_text(const FieldRule& rule, Side side) {
  return side == Side::kClient ? rule.client : rule.provider;
}

// One rule for one document.
class FieldRun {
 public:
  FieldRun(const Rule& rule, Side from, const Json& document, const MapOptions& options,
           const std::string& prefix, Mapped* out)
      : rule_(rule),
        said_(rule.said()),
        from_(from),
        to_(other(from)),
        document_(document),
        options_(options),
        out_(out) {
    trace_.rule = prefix + (said_.name.empty() ? said_.client + "~" + said_.provider : said_.name);
    trace_.place = said_.place;
    trace_.source = source_text();
    trace_.target = path_text(said_, to_);
    context_.creating = options.creating;
    context_.now = options.now;
    if (options.trace) context_.steps = &trace_.steps;
  }

  void run(const std::optional<Side>& only_towards) {
    if (applies(only_towards)) read();
    for (const std::string& loss : trace_.losses) {
      out_->losses.push_back(trace_.rule + ": " + loss);
    }
    if (trace_.end == FieldTrace::End::kRejected) {
      out_->problems.push_back({trace_.rule, trace_.place, trace_.source, trace_.reason});
    }
    if (!options_.trace) return;
    out_->traces.push_back(std::move(trace_));
    for (FieldTrace& trace : inner_) out_->traces.push_back(std::move(trace));
  }

 private:
  using End = FieldTrace::End;

  std::string source_text() const {
    if (!said_.expr[to_].empty()) return said_.expr[to_];
    const std::string& path = path_text(said_, from_);
    return path.empty() ? said_.text_template : path;
  }

  void end(End end, std::string reason) {
    trace_.end = end;
    trace_.reason = std::move(reason);
  }

  bool applies(const std::optional<Side>& only_towards) {
    if ((said_.only_towards && *said_.only_towards != to_) ||
        (only_towards && *only_towards != to_)) {
      end(End::kSkipped, std::string("the rule goes to the ") + to_text(from_) + " only");
      return false;
    }
    if (said_.create_only && !options_.creating) {
      end(End::kSkipped, "when: create, and the ticket is there already");
      return false;
    }
    const auto& condition = rule_.condition(from_);
    if (condition) trace_.held = condition->holds(document_);
    if (condition && !*trace_.held) {
      end(End::kSkipped, "when: " + condition->text() + " does not hold");
      return false;
    }
    if (trace_.target.empty() && !parses_back()) {
      end(End::kSkipped, std::string("the ") + to_text(to_) + " has no such field");
      return false;
    }
    return true;
  }

  // A text whose places are paths of the side that we write.
  bool parses_back() const {
    return rule_.kind() == Rule::Kind::kTemplate &&
           rule_.text_template().of == Template::Of::kPaths &&
           rule_.text_template().towards == from_;
  }

  void read() {
    auto found = rule_.source(from_, document_, context_);
    if (!found) return end(End::kRejected, found.error().message);
    trace_.raw = std::move(*found);
    const bool missing = !trace_.raw;
    const bool constant =
        !rule_.path(from_) && rule_.expression(to_) == nullptr && said_.text_template.empty();
    if (missing && !constant && rule_.kind() == Rule::Kind::kTable) return take_missing();
    if (missing || trace_.raw->is_null() || is_blank(*trace_.raw)) return take_empty();
    convert(*trace_.raw);
  }

  // "" and, for rules that want more than to copy it, [].
  bool is_blank(const Json& value) const {
    if (value.is_string()) return value.as_string().empty();
    return rule_.kind() != Rule::Kind::kCopy && rule_.kind() != Rule::Kind::kEach &&
           rule_.kind() != Rule::Kind::kExpression && Rule::is_empty(value);
  }

  void take_missing() {
    if (rule_.row(from_, "") != nullptr) return convert(Json());
    take_empty();
  }

  void take_empty() {
    if (rule_.kind() == Rule::Kind::kTable && rule_.row(from_, "") != nullptr) {
      return convert(Json());
    }
    if (parses_back()) return end(End::kOmitted, "nothing there");
    if (const auto& value = said_.default_value[to_]) {
      if (context_.steps != nullptr) context_.steps->push_back({"default", *value});
      trace_.defaulted = true;
      return write(*value);
    }
    switch (said_.empty[to_]) {
      case EmptyPolicy::kOmit:
        return end(End::kOmitted, "empty: omit");
      case EmptyPolicy::kNull:
        return write(Json());
      case EmptyPolicy::kKeep:
        break;
    }
    if (!trace_.raw) return end(End::kOmitted, "nothing there");
    const bool copies =
        rule_.kind() == Rule::Kind::kCopy || rule_.kind() == Rule::Kind::kExpression;
    write(copies || trace_.raw->is_null() ? *trace_.raw : Json());
  }

  void convert(const Json& value) {
    if (parses_back()) return parse_back(value);
    if (kept(value)) return;
    if (rule_.kind() == Rule::Kind::kEach) return convert_items(value);
    Converted converted = rule_.convert(from_, value, context_);
    trace_.losses = std::move(converted.losses);
    trace_.row = std::move(converted.row);
    trace_.defaulted = converted.defaulted;
    trace_.unmatched = converted.unmatched;
    switch (converted.kind) {
      case Converted::Kind::kKeep:
        return end(End::kKept, std::move(converted.reason));
      case Converted::Kind::kReject:
        return end(End::kRejected, std::move(converted.reason));
      case Converted::Kind::kValue:
        break;
    }
    write(plain(converted.value));
  }

  // Documents hold the text itself where a rule speaks of markup.
  const Json& plain(const Json& value) const {
    const Json& text = value.at("text");
    return rule_.kind() == Rule::Kind::kMarkup && text.is_string() ? text : value;
  }

  // The other side says the same already, perhaps in another spelling: that stays.
  bool kept(const Json& value) {
    const auto& path = rule_.path(to_);
    if (options_.existing == nullptr || !path || rule_.kind() == Rule::Kind::kEach ||
        rule_.expression(to_) != nullptr || rule_.expression(from_) != nullptr) {
      return false;
    }
    const auto there = path->read(*options_.existing);
    if (!there || there->is_null() || is_blank(*there)) return kept_empty(value, there);
    const Converted back = rule_.convert(to_, *there, {});
    if (back.kind != Converted::Kind::kValue || !(plain(back.value) == value)) return false;
    write(*there);
    return true;
  }

  // Nothing there may say the same, too: the value is what we get where the other side has none.
  bool kept_empty(const Json& value, const std::optional<Json>& there) {
    const bool row = rule_.kind() == Rule::Kind::kTable && rule_.row(to_, "") != nullptr;
    const auto& fallback = said_.default_value[from_];
    if (!row && !fallback) return false;
    Converted back;
    if (row) {
      back = rule_.convert(to_, Json(), {});
    } else {
      back.value = *fallback;
    }
    if (back.kind != Converted::Kind::kValue || !(back.value == value)) return false;
    if (there) {
      write(*there);
    } else {
      end(End::kOmitted, "nothing there means the same");
    }
    return true;
  }

  void convert_items(const Json& value) {
    Json one = Json::array();
    if (!value.is_array()) one.push(value);
    const Json& items = value.is_array() ? value : one;
    const std::optional<Json> there =
        options_.existing != nullptr ? rule_.path(to_)->read(*options_.existing) : std::nullopt;
    Json list = Json::array();
    for (std::size_t i = 0; i < items.size(); ++i) {
      Mapped mapped;
      MapOptions options = options_;
      options.existing =
          there && there->is_array() && i < there->size() ? &there->items()[i] : nullptr;
      if (options.existing != nullptr && options.existing->is_object()) {
        mapped.document = *options.existing;
      }
      map_fields(rule_.inner(), from_, std::nullopt, items.items()[i], options,
                 trace_.rule + "[" + std::to_string(i) + "].", &mapped);
      for (FieldProblem& problem : mapped.problems) out_->problems.push_back(std::move(problem));
      for (std::string& loss : mapped.losses) out_->losses.push_back(std::move(loss));
      for (FieldTrace& trace : mapped.traces) inner_.push_back(std::move(trace));
      list.push(std::move(mapped.document));
    }
    write(std::move(list));
  }

  void parse_back(const Json& value) {
    const Template& form = rule_.text_template();
    const auto fillings = form.read(Rule::as_key(value));
    if (!fillings) {
      trace_.unmatched = true;
      const std::string reason = "convert " + trace_.rule + ": " + value.dump() +
                                 " is not of the form \"" + form.text() + "\"";
      if (said_.unmatched == Unmatched::kReject) return end(End::kRejected, reason);
      return end(End::kKept, reason);
    }
    for (std::size_t i = 0; i < fillings->size(); ++i) {
      trace_.target += (i > 0 ? ", " : "") + form.paths()[i].text();
      if (!form.paths()[i].write(&out_->document, Json((*fillings)[i]))) return blocked();
    }
    trace_.value = Json(join(*fillings, ", "));
  }

  void blocked() {
    end(End::kRejected, "write " + trace_.target + ": on the way to it stands a value that is " +
                            "neither an object nor a list");
  }

  void write(Json value) {
    trace_.value = value;
    trace_.widened = said_.widen;
    if (!rule_.path(to_)->write(&out_->document, std::move(value))) blocked();
  }

  const Rule& rule_;
  const FieldRule& said_;
  Side from_;
  Side to_;
  const Json& document_;
  const MapOptions& options_;
  Mapped* out_;
  FieldTrace trace_;
  std::vector<FieldTrace> inner_;
  ConvertContext context_;
};

}  // namespace

void map_fields(const std::vector<Rule>& rules, Side from, const std::optional<Side>& only_towards,
                const Json& document, const MapOptions& options, const std::string& prefix,
                Mapped* out) {
  for (const Rule& rule : rules) {
    FieldRun(rule, from, document, options, prefix, out).run(only_towards);
  }
}

class Mapper::Impl {
 public:
  std::vector<Rule> rules;
  Side from = Side::kClient;
  std::optional<Side> only_towards;
};

Result<Mapper> Mapper::compile(const FlowConfig& flow, Side from) {
  auto impl = std::make_shared<Impl>();
  impl->from = from;
  impl->only_towards = flow.only_towards;
  std::vector<std::string> mistakes;
  for (const FieldRule& field : flow.fields) {
    auto rule = Rule::compile(field, flow);
    if (rule) {
      impl->rules.push_back(std::move(*rule));
    } else {
      mistakes.push_back(rule.error().message);
    }
  }
  if (!mistakes.empty()) {
    return Error{.fault = Fault::kMisconfigured, .message = join(mistakes, "\n")};
  }
  return Mapper(std::move(impl));
}

Mapped Mapper::map(const Json& document, const MapOptions& options) const {
  Mapped out;
  if (options.existing != nullptr && options.existing->is_object()) {
    out.document = *options.existing;
  }
  map_fields(impl_->rules, impl_->from, impl_->only_towards, document, options, {}, &out);
  return out;
}

Side Mapper::from() const {
  return impl_->from;
}

}  // namespace navette
