#include "connectors/declarative/spec_reader.h"

#include <algorithm>

#include "base/clock.h"
#include "base/text.h"

namespace navette::declarative {

namespace {

const std::vector<std::pair<std::string, Verdict>>& verdicts() {
  static const std::vector<std::pair<std::string, Verdict>> kVerdicts = {
      {"ok", Verdict::kOk},
      {"retryable", Verdict::kRetryable},
      {"throttled", Verdict::kThrottled},
      {"conflict", Verdict::kConflict},
      {"duplicate", Verdict::kDuplicate},
      {"auth", Verdict::kAuth},
      {"rejected", Verdict::kRejected},
      {"misconfigured", Verdict::kMisconfigured},
      {"gone", Verdict::kGone},
      {"ambiguous", Verdict::kAmbiguous},
  };
  return kVerdicts;
}

}  // namespace

void SpecReader::note(const Place& place, const std::string& found, const std::string& expected) {
  troubles_.push_back(place_text(place) + "found " + found + ", expected " + expected);
}

void SpecReader::only(const YamlNode& map, const std::vector<std::string>& known) {
  if (!map.is_map()) {
    note(map.place, std::string(map.type_name()), "a map");
    return;
  }
  for (const YamlMember& member : map.members) {
    const std::string& name = member.key.text;
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::optional<std::string> meant = nearest(name, known);
    note(member.key.place, "\"" + name + "\"",
         meant ? "\"" + *meant + "\" perhaps" : "one of: " + join(known, ", "));
  }
}

const YamlNode* SpecReader::need(const YamlNode& map, const char* name) {
  const YamlNode* node = map.find(name);
  if (node == nullptr) note(map.place, "no \"" + std::string(name) + "\"", "one");
  return node;
}

std::string SpecReader::text(const YamlNode& map, const char* name, const std::string& fallback) {
  const YamlNode* node = map.find(name);
  if (node == nullptr) return fallback;
  if (!node->is_scalar()) note(node->place, std::string(node->type_name()), "a text");
  return node->text;
}

bool SpecReader::flag(const YamlNode& map, const char* name, bool fallback) {
  const YamlNode* node = map.find(name);
  if (node == nullptr) return fallback;
  if (node->text != "true" && node->text != "false") {
    note(node->place, "\"" + node->text + "\"", "true or false");
  }
  return node->text == "true";
}

std::int64_t SpecReader::number(const YamlNode& map, const char* name, std::int64_t fallback) {
  const YamlNode* node = map.find(name);
  if (node == nullptr) return fallback;
  const Json value = node->is_scalar() ? to_json(*node) : Json();
  if (!value.is_int()) note(node->place, "\"" + node->text + "\"", "a whole number");
  return value.as_int(fallback);
}

std::chrono::milliseconds SpecReader::duration(const YamlNode& map, const char* name,
                                               std::chrono::milliseconds fallback) {
  const YamlNode* node = map.find(name);
  if (node == nullptr) return fallback;
  const std::optional<std::chrono::milliseconds> value = parse_duration(node->text);
  if (!value) note(node->place, "\"" + node->text + "\"", "a duration such as 30s");
  return value.value_or(fallback);
}

std::vector<std::string> SpecReader::texts(const YamlNode& map, const char* name) {
  std::vector<std::string> out;
  const YamlNode* node = map.find(name);
  if (node == nullptr) return out;
  if (node->is_scalar()) return {node->text};
  for (const YamlNode& item : node->items) out.push_back(item.text);
  return out;
}

std::vector<int> SpecReader::numbers(const YamlNode& map, const char* name) {
  std::vector<int> out;
  const YamlNode* node = map.find(name);
  if (node == nullptr) return out;
  std::vector<const YamlNode*> items;
  if (node->is_scalar()) items.push_back(node);
  for (const YamlNode& item : node->items) items.push_back(&item);
  for (const YamlNode* item : items) {
    const Json value = item->is_scalar() ? to_json(*item) : Json();
    if (!value.is_int()) note(item->place, "\"" + item->text + "\"", "a whole number");
    out.push_back(static_cast<int>(value.as_int()));
  }
  return out;
}

Template SpecReader::template_of(const YamlNode& map, const char* name) {
  return optional_template(map, name).value_or(Template());
}

std::optional<Template> SpecReader::optional_template(const YamlNode& map, const char* name) {
  const YamlNode* node = map.find(name);
  if (node == nullptr) return std::nullopt;
  Result<Template> read = Template::read(*node);
  if (read) return *std::move(read);
  troubles_.push_back(read.error().message);
  return std::nullopt;
}

std::optional<Expression> SpecReader::expression(const YamlNode& map, const char* name) {
  const YamlNode* node = map.find(name);
  if (node == nullptr) return std::nullopt;
  Result<Expression> read = Expression::parse(node->text);
  if (read) return *std::move(read);
  troubles_.push_back(place_text(node->place) + read.error().message);
  return std::nullopt;
}

std::vector<std::pair<Template, Template>> SpecReader::templates(const YamlNode& map,
                                                                 const char* name) {
  std::vector<std::pair<Template, Template>> out;
  const YamlNode* node = map.find(name);
  if (node == nullptr) return out;
  if (!node->is_map()) note(node->place, std::string(node->type_name()), "a map");
  for (const YamlMember& member : node->members) {
    Result<Template> key = Template::read(member.key);
    if (!key) {
      troubles_.push_back(key.error().message);
      continue;
    }
    out.emplace_back(*std::move(key), template_of(*node, member.key.text.c_str()));
  }
  return out;
}

Verdict SpecReader::verdict(const YamlNode& map, const char* name) {
  const YamlNode* node = need(map, name);
  if (node == nullptr) return Verdict::kRejected;
  std::vector<std::string> known;
  for (const auto& [word, verdict] : verdicts()) {
    if (word == node->text) return verdict;
    known.push_back(word);
  }
  note(node->place, "\"" + node->text + "\"", "one of: " + join(known, ", "));
  return Verdict::kRejected;
}

std::vector<ErrorRule> SpecReader::errors(const YamlNode& map, const char* name) {
  std::vector<ErrorRule> rules;
  const YamlNode* node = map.find(name);
  if (node == nullptr) return rules;
  for (const YamlNode& item : node->items) {
    only(item, {"status", "method", "when", "verdict", "message"});
    ErrorRule rule;
    rule.statuses = numbers(item, "status");
    rule.methods = texts(item, "method");
    rule.when = expression(item, "when");
    rule.verdict = verdict(item, "verdict");
    rule.message = template_of(item, "message");
    rules.push_back(std::move(rule));
  }
  return rules;
}

RequestSpec SpecReader::request(const YamlNode& node) {
  only(node, {"method", "path", "query", "headers", "json", "bytes", "answer", "accept", "errors",
              "immutable", "repeatable", "reads", "conflict_tries", "bytes_max", "preview"});
  RequestSpec request;
  request.method = text(node, "method", "GET");
  const std::vector<std::string> methods = {"GET", "POST", "PUT", "PATCH", "DELETE"};
  if (std::find(methods.begin(), methods.end(), request.method) == methods.end()) {
    note(node.place, "method \"" + request.method + "\"", join(methods, ", "));
  }
  need(node, "path");
  request.path = template_of(node, "path");
  request.query = templates(node, "query");
  request.headers = templates(node, "headers");
  if (node.find("json") != nullptr) {
    request.body_kind = BodyKind::kJson;
    request.body = template_of(node, "json");
  } else if (node.find("bytes") != nullptr) {
    request.body_kind = BodyKind::kBytes;
    request.body = template_of(node, "bytes");
  }
  const std::string answer = text(node, "answer", "json");
  if (answer != "json" && answer != "bytes") {
    note(node.place, "answer \"" + answer + "\"", "json or bytes");
  }
  request.answer = answer == "bytes" ? AnswerKind::kBytes : AnswerKind::kJson;
  request.accept = numbers(node, "accept");
  request.errors = errors(node, "errors");
  request.immutable = flag(node, "immutable", false);
  request.repeatable = flag(node, "repeatable", false);
  request.reads = flag(node, "reads", false);
  request.conflict_tries = static_cast<int>(number(node, "conflict_tries", 1));
  request.bytes_max = expression(node, "bytes_max");
  request.preview = template_of(node, "preview");
  return request;
}

PagesSpec SpecReader::pages(const YamlNode& node) {
  PagesSpec pages;
  only(node, {"by", "size", "pages_max", "short_page_ends", "ends_if", "items"});
  const std::string by = text(node, "by", "page_number");
  if (by != "page_number" && by != "offset") {
    note(node.place, "by \"" + by + "\"", "page_number or offset");
  }
  pages.kind = by == "offset" ? PageKind::kOffset : PageKind::kPageNumber;
  pages.size = static_cast<int>(number(node, "size", 100));
  pages.pages_max = static_cast<int>(number(node, "pages_max", 100));
  pages.short_page_ends = flag(node, "short_page_ends", false);
  pages.ends_if = expression(node, "ends_if");
  need(node, "items");
  if (std::optional<Expression> items = expression(node, "items")) pages.items = *items;
  return pages;
}

std::optional<LookupUse> SpecReader::lookup(const YamlNode& map, const char* name) {
  const YamlNode* node = map.find(name);
  if (node == nullptr) return std::nullopt;
  only(*node, {"table", "key"});
  need(*node, "table");
  need(*node, "key");
  LookupUse use;
  use.table = text(*node, "table");
  use.key = template_of(*node, "key");
  tables_used_.emplace_back(use.table, node->place);
  return use;
}

Step SpecReader::step(const YamlNode& node) {
  only(node, {"id", "when", "for_each", "as", "request", "pages", "lookup", "let", "value",
              "refuse", "message"});
  Step step;
  step.place = node.place;
  step.id = text(node, "id");
  step.when = expression(node, "when");
  step.for_each = expression(node, "for_each");
  step.item_name = text(node, "as", "item");
  step.value = optional_template(node, "value");
  if (const YamlNode* inner = node.find("request")) {
    step.kind = Step::Kind::kRequest;
    step.request = request(*inner);
    if (const YamlNode* paging = node.find("pages")) {
      step.kind = Step::Kind::kPages;
      step.pages = pages(*paging);
    }
  } else if (node.find("lookup") != nullptr) {
    step.kind = Step::Kind::kLookup;
    step.lookup = lookup(node, "lookup").value_or(LookupUse());
  } else if (node.find("refuse") != nullptr) {
    step.kind = Step::Kind::kCheck;
    step.verdict = verdict(node, "refuse");
    need(node, "message");
    step.message = template_of(node, "message");
  } else if (node.find("let") != nullptr) {
    step.kind = Step::Kind::kLet;
    step.value = optional_template(node, "let");
  } else {
    note(node.place, "a step without a kind", "request, lookup, let or refuse");
  }
  if (step.id.empty() && (step.kind == Step::Kind::kLet || step.kind == Step::Kind::kLookup)) {
    note(node.place, "no \"id\"", "one, or nothing can use what comes of the step");
  }
  return step;
}

Steps SpecReader::steps(const YamlNode& map, const char* name) {
  Steps out;
  const YamlNode* node = map.find(name);
  if (node == nullptr) return out;
  if (!node->is_list()) note(node->place, std::string(node->type_name()), "a list of steps");
  for (const YamlNode& item : node->items) out.push_back(step(item));
  return out;
}

}  // namespace navette::declarative
