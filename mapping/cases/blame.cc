#include "mapping/cases/blame.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <utility>

#include "base/text.h"
#include "mapping/path.h"

namespace navette {
namespace {

class Blame {
 public:
  explicit Blame(const std::vector<FieldTrace>& traces) : traces_(traces) {}

  std::vector<FieldDifference> find(const Json& expected, const Json& got) {
    rules(0, {}, {}, expected, got);
    for (const Json* document : {&expected, &got}) {
      if (!document->is_object()) continue;
      for (const auto& [name, value] : document->members()) without_rule(name, expected, got);
    }
    return std::move(out_);
  }

 private:
  // The traces from `at` on whose rule has this prefix and no longer one; gives the first that does
  // not belong there.
  std::size_t rules(std::size_t at, const std::string& prefix, const std::string& place,
                    const Json& expected, const Json& got) {
    while (at < traces_.size() && traces_[at].rule.starts_with(prefix)) {
      const FieldTrace& trace = traces_[at];
      const bool has_inner =
          at + 1 < traces_.size() && traces_[at + 1].rule.starts_with(trace.rule + "[");
      if (has_inner) {
        at = items(at, place, expected, got);
        continue;
      }
      ++at;
      for (const std::string& target : targets(trace)) judge(trace, target, place, expected, got);
    }
    return at;
  }

  // A list that was made item by item, and the inner rules after it.
  std::size_t items(std::size_t at, const std::string& place, const Json& expected,
                    const Json& got) {
    const FieldTrace& list = traces_[at];
    const auto path = Path::parse(list.target);
    const auto wanted = path ? path->read(expected) : std::nullopt;
    const auto there = path ? path->read(got) : std::nullopt;
    const std::size_t before = out_.size();
    std::size_t next = at + 1;
    for (std::size_t i = 0; next < traces_.size(); ++i) {
      std::string name = "[";
      name.append(std::to_string(i)).append("].");
      std::string rule = list.rule;
      rule.append(name);
      if (!traces_[next].rule.starts_with(rule)) break;
      std::string target = place;
      target.append(list.target).append(name);
      next = rules(next, rule, target, item(wanted, i), item(there, i));
    }
    if (out_.size() == before || !wanted || !there || wanted->size() != there->size()) {
      judge(list, list.target, place, expected, got);
    }
    if (place.empty() && path) names_.insert(path->steps().front().name);
    return next;
  }

  static const Json& item(const std::optional<Json>& list, std::size_t at) {
    static const Json kNothing;
    if (!list || !list->is_array() || at >= list->size()) return kNothing;
    return list->items()[at];
  }

  // A text that was parsed back wrote several fields.
  static std::vector<std::string> targets(const FieldTrace& trace) {
    if (trace.target.empty() || Path::parse(trace.target)) return {trace.target};
    std::vector<std::string> targets;
    for (const std::string& one : split(trace.target, ',')) targets.emplace_back(trim(one));
    return targets;
  }

  void judge(const FieldTrace& trace, const std::string& target, const std::string& place,
             const Json& expected, const Json& got) {
    const auto path = Path::parse(target);
    if (!path) return;
    const auto wanted = path->read(expected);
    const auto there = path->read(got);
    if (wanted == there) return;
    if (place.empty()) names_.insert(path->steps().front().name);
    out_.push_back({place + target, wanted, there, trace.rule, trace.place, why(trace)});
  }

  static std::string why(const FieldTrace& trace) {
    switch (trace.end) {
      case FieldTrace::End::kWritten:
        return {};
      case FieldTrace::End::kOmitted:
        return "it wrote nothing: " + trace.reason;
      case FieldTrace::End::kKept:
        return "it kept what was there: " + trace.reason;
      case FieldTrace::End::kSkipped:
        return "it was skipped: " + trace.reason;
      case FieldTrace::End::kRejected:
        return trace.reason;
    }
    return {};
  }

  void without_rule(const std::string& name, const Json& expected, const Json& got) {
    const Json* wanted = expected.find(name);
    const Json* there = got.find(name);
    const bool same =
        (wanted == nullptr) == (there == nullptr) && (wanted == nullptr || *wanted == *there);
    if (same || !names_.insert(name).second) return;
    const auto copy = [](const Json* value) {
      return value == nullptr ? std::optional<Json>() : std::optional<Json>(*value);
    };
    out_.push_back({name, copy(wanted), copy(there), {}, {}, {}});
  }

  const std::vector<FieldTrace>& traces_;
  std::vector<FieldDifference> out_;
  std::set<std::string> names_;  // first names of the fields that a rule was blamed for
};

}  // namespace

std::vector<FieldDifference> blame(const Json& expected, const Json& got,
                                   const std::vector<FieldTrace>& traces) {
  return Blame(traces).find(expected, got);
}

Json mentioned(const Json& wanted, const Json& got) {
  if (wanted.is_object() && got.is_object()) {
    Json out = Json::object();
    for (const auto& [name, value] : wanted.members()) {
      if (const Json* there = got.find(name)) out.set(name, mentioned(value, *there));
    }
    return out;
  }
  if (!wanted.is_array() || !got.is_array() || wanted.size() != got.size()) return got;
  Json out = Json::array();
  for (std::size_t i = 0; i < got.size(); ++i) {
    out.push(mentioned(wanted.items()[i], got.items()[i]));
  }
  return out;
}

Json sorted(const Json& value) {
  if (value.is_array()) {
    Json out = Json::array();
    for (const Json& item : value.items()) out.push(sorted(item));
    return out;
  }
  if (!value.is_object()) return value;
  Json::Object members = value.members();
  std::sort(members.begin(), members.end(),
            [](const Json::Member& a, const Json::Member& b) { return a.first < b.first; });
  for (Json::Member& member : members) member.second = sorted(member.second);
  return Json(std::move(members));
}

}  // namespace navette
