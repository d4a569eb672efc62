#include <algorithm>
#include <utility>

#include "mapping/program_rule.h"

namespace navette::program {

std::unique_ptr<Fields> Fields::compile(const std::vector<Rule>& rules, Side from,
                                        const std::optional<Side>& only_towards, Layout* layout) {
  auto fields = std::make_unique<Fields>();
  const Side to = other(from);
  fields->root_.kind = Target::Kind::kObject;
  fields->root_.lead = Piece("{");
  for (const Rule& rule : rules) {
    fields->of_rule_.push_back(-1);
    const FieldRule& said = rule.said();
    const bool elsewhere =
        (said.only_towards && *said.only_towards != to) || (only_towards && *only_towards != to);
    const bool parses_back = rule.kind() == Rule::Kind::kTemplate &&
                             rule.text_template().of == Template::Of::kPaths &&
                             rule.text_template().towards == from;
    if (elsewhere || (!rule.path(to) && !parses_back)) continue;
    auto program = RuleProgram::compile(rule, from, layout);
    if (!program) return nullptr;
    const std::size_t index = fields->programs_.size();
    fields->of_rule_.back() = static_cast<int>(index);
    fields->programs_.push_back(std::move(*program));
    if (!parses_back) {
      if (!fields->place(*rule.path(to), {index, 0})) return nullptr;
      continue;
    }
    const std::vector<Path>& paths = rule.text_template().paths();
    for (std::size_t i = 0; i < paths.size(); ++i) {
      if (!fields->place(paths[i], {index, i})) return nullptr;
    }
  }
  return fields;
}

// False: the path leads through a place that another rule fills, or picks in a way of its own.
bool Fields::place(const Path& path, const Writer& writer) {
  Target* at = &root_;
  const auto child = [&at](const auto& same) -> Target& {
    for (Target& known : at->children) {
      if (same(known)) return known;
    }
    return at->children.emplace_back();
  };
  for (std::size_t i = 0; i < path.steps().size(); ++i) {
    const Path::Step& step = path.steps()[i];
    const bool last = i + 1 == path.steps().size();
    if (at->kind != Target::Kind::kObject || step.filters.size() > 1) return false;
    if (at->item && at->filter.member == step.name) return false;
    const bool list = !step.filters.empty();
    Target& member = child([&](const Target& known) { return known.name == step.name; });
    const bool fresh = member.lead.empty();
    const auto kind = list   ? Target::Kind::kList
                      : last ? Target::Kind::kValue
                             : Target::Kind::kObject;
    if (!fresh && member.kind != kind) return false;
    member.kind = kind;
    member.name = step.name;
    member.lead = Piece("\"" + escaped(step.name) + "\":" + (list ? "[" : last ? "" : "{"));
    at = &member;
    if (!list) continue;
    const Path::Filter& filter = step.filters.front();
    if (filter.by_index) return false;
    Target& item = child([&](const Target& known) {
      return known.filter.member == filter.member && known.filter.literal == filter.literal;
    });
    const auto item_kind = last ? Target::Kind::kValue : Target::Kind::kObject;
    if (item.item && item.kind != item_kind) return false;
    item.item = true;
    item.kind = item_kind;
    item.filter = filter;
    item.lead =
        Piece(last ? "" : "{\"" + escaped(filter.member) + "\":" + filter.literal.dump() + ",");
    at = &item;
  }
  if (at->kind != Target::Kind::kValue) return false;
  at->writers.push_back(writer);
  return true;
}

bool Fields::write(const Reader& reader, std::size_t base, std::string_view document, Output& out) {
  const std::size_t before = out.size();
  if (!write(root_, reader, base, document, out)) return false;
  if (out.size() == before) {
    out.put("{}");
  } else {
    out.cut(out.size() - 1);  // the comma
  }
  return true;
}

bool Fields::write(Target& target, const Reader& reader, std::size_t base,
                   std::string_view document, Output& out) {
  if (target.kind == Target::Kind::kValue) return write_value(target, reader, base, document, out);
  const std::size_t before = out.size();
  out.put(target.lead);
  const std::size_t begin = out.size();
  for (Target& child : target.children) {
    if (!write(child, reader, base, document, out)) return false;
  }
  if (out.size() == begin) {
    out.cut(before);
    return true;
  }
  out.back() = target.kind == Target::Kind::kList ? ']' : '}';
  out.put(',');
  return true;
}

bool Fields::write_value(Target& target, const Reader& reader, std::size_t base,
                         std::string_view document, Output& out) {
  const std::size_t before = out.size();
  out.put(target.lead);
  if (target.writers.size() == 1) {
    const Writer& writer = target.writers.front();
    const auto end = programs_[writer.program].write(reader, base, document, writer.part, out);
    if (end == RuleProgram::End::kWritten) {
      out.put(',');
      return true;
    }
    out.cut(before);
    return end == RuleProgram::End::kOmitted;
  }
  const std::size_t begin = out.size();
  bool written = false;
  for (const Writer& writer : target.writers) {
    const std::size_t here = out.size();
    switch (programs_[writer.program].write(reader, base, document, writer.part, out)) {
      case RuleProgram::End::kGaveUp:
        return false;
      case RuleProgram::End::kOmitted:
        out.cut(here);
        break;
      case RuleProgram::End::kWritten:
        // A later rule for the same place replaces what an earlier one wrote.
        if (written) {
          const std::string newer(out.text().substr(here));
          out.cut(begin);
          out.put(newer);
        }
        written = true;
        break;
    }
  }
  if (written) {
    out.put(',');
  } else {
    out.cut(before);
  }
  return true;
}

void Fields::set_now(std::optional<std::chrono::system_clock::time_point> now) {
  for (RuleProgram& program : programs_) program.set_now(now);
}

const RuleProgram* Fields::program_of(std::size_t rule) const {
  const int index = of_rule_[rule];
  return index < 0 ? nullptr : &programs_[static_cast<std::size_t>(index)];
}

}  // namespace navette::program
