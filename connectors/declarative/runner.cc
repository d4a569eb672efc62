#include "connectors/declarative/runner.h"

#include "base/clock.h"
#include "base/text.h"

namespace navette::declarative {

namespace {

Hit find_row(const TableSpec& spec, const Json& rows, const std::string& key) {
  Hit hit;
  if (!rows.is_array() || key.empty()) return hit;
  const std::string folded = lower_ascii(key);
  for (const bool fold : {false, true}) {
    for (const std::string& member : spec.keys) {
      for (const Json& row : rows.items()) {
        const std::string value = row.at(member).text();
        if (fold ? lower_ascii(value) != folded : value != key) continue;
        // The same row may be listed twice, as a person by two roles is.
        if (hit.rows > 0 && row == hit.row) continue;
        hit.row = row;
        ++hit.rows;
      }
      if (hit.rows > 1) hit.row = nullptr;
      if (hit.rows > 0) return hit;
    }
  }
  return hit;
}

// What a session holds of texts that are long enough to be secret.
void collect_texts(const Json& value, std::vector<std::string>& texts) {
  constexpr std::size_t kSecretBytesMin = 12;
  if (value.is_string() && value.text().size() >= kSecretBytesMin) texts.push_back(value.text());
  if (value.is_array()) {
    for (const Json& item : value.items()) collect_texts(item, texts);
  } else if (value.is_object()) {
    for (const auto& [name, member] : value.members()) collect_texts(member, texts);
  }
}

}  // namespace

Trouble Runner::run(const Steps& steps, Scope& scope) {
  for (const Step& step : steps) {
    if (step.kind == Step::Kind::kCheck) {
      if (caller_.pretending() || !step.when || !step.when->holds(scope)) continue;
      return Failure{step.verdict, caller_.without_secrets(step.message.text_of(scope))};
    }
    if (!step.for_each) {
      if (step.when && !step.when->holds(scope)) continue;
      Json value;
      NAVETTE_STEP(run_once(step, scope, value));
      if (!step.id.empty()) scope.set(step.id, std::move(value));
      continue;
    }
    Json values = Json::array();
    const Json list = step.for_each->evaluate(scope);
    if (list.is_array()) {
      for (const Json& item : list.items()) {
        Scope inner(&scope);
        inner.set(step.item_name, item);
        if (step.when && !step.when->holds(inner)) continue;
        Json value;
        NAVETTE_STEP(run_once(step, inner, value));
        values.push(std::move(value));
      }
    }
    if (!step.id.empty()) scope.set(step.id, std::move(values));
  }
  return {};
}

Trouble Runner::call(const RequestSpec& request, const Scope& scope, Json& answer) {
  if (!spec_.session || bare_) return caller_.call(request, scope, answer);
  for (bool fresh = session_.is_null();; fresh = true) {
    if (fresh) NAVETTE_STEP(log_in(scope));
    Scope inner(&scope);
    inner.set("session", session_);
    Trouble trouble = caller_.call(request, inner, answer);
    if (fresh || !trouble || trouble->verdict != Verdict::kAuth) return trouble;
  }
}

Trouble Runner::log_in(const Scope& scope) {
  const SessionSpec& spec = *spec_.session;
  const auto now = caller_.host().now();
  if (refused_ && now - refused_->at < spec.refused_pause) return refused_->failure;
  session_ = nullptr;
  Scope inner(&scope);
  const Caller::RealReads real(caller_);
  bare_ = true;
  Trouble trouble = run(spec.login, inner);
  bare_ = false;
  refused_.reset();
  if (trouble) {
    trouble->message = "log in: " + trouble->message;
    if (trouble->verdict == Verdict::kAuth) {
      refused_ = Refused{*trouble, now};
      refused_->failure.message += "; not tried again for " + to_text(spec.refused_pause);
    }
    return trouble;
  }
  session_ = spec.value.evaluate(inner);
  std::vector<std::string> texts;
  collect_texts(session_, texts);
  caller_.hide(std::move(texts));
  return {};
}

void Runner::log_out(const Scope& scope) {
  if (!spec_.session || session_.is_null() || spec_.session->logout.empty()) return;
  Scope inner(&scope);
  inner.set("session", std::move(session_));
  session_ = nullptr;
  bare_ = true;
  const Trouble ignored = run(spec_.session->logout, inner);
  bare_ = false;
}

Trouble Runner::run_once(const Step& step, Scope& scope, Json& value) {
  switch (step.kind) {
    case Step::Kind::kLet:
      value = step.value->evaluate(scope);
      return {};
    case Step::Kind::kLookup: {
      Hit hit;
      NAVETTE_STEP(look_up(step.lookup, scope, hit));
      value = std::move(hit.row);
      return {};
    }
    case Step::Kind::kPages:
      return run_pages(step, scope, value);
    case Step::Kind::kCheck:
      return {};
    case Step::Kind::kRequest:
      break;
  }
  NAVETTE_STEP(call(step.request, scope, value));
  if (step.value) {
    Scope inner(&scope);
    inner.set("answer", std::move(value));
    value = step.value->evaluate(inner);
  }
  return {};
}

Trouble Runner::run_pages(const Step& step, const Scope& scope, Json& items) {
  items = Json::array();
  const PagesSpec& pages = step.pages;
  Json last;
  for (int number = 1; number <= pages.pages_max; ++number) {
    Scope inner(&scope);
    Json page = Json::object();
    page.set("number", number);
    page.set("size", pages.size);
    page.set("offset", (number - 1) * pages.size);
    inner.set("page", std::move(page));
    Json answer;
    NAVETTE_STEP(call(step.request, inner, answer));
    inner.set("answer", std::move(answer));
    Json found = pages.items.evaluate(inner);
    if (!found.is_array() || found.size() == 0) return {};
    if (found == last) {
      return Failure{Verdict::kRetryable, "read page " + std::to_string(number) + " of " +
                                              step.request.path.text_of(scope) +
                                              ": it repeats the page before"};
    }
    for (const Json& item : found.items()) items.push(item);
    if (pages.ends_if && pages.ends_if->holds(inner)) return {};
    if (pages.short_page_ends && found.size() < static_cast<std::size_t>(pages.size)) return {};
    last = std::move(found);
  }
  return Failure{Verdict::kRejected, "read " + step.request.path.text_of(scope) + ": more than " +
                                         std::to_string(pages.pages_max) + " pages"};
}

Trouble Runner::load(const TableSpec& spec, const Scope& scope, Table& table) {
  Scope inner(&scope);
  const Caller::RealReads real(caller_);
  NAVETTE_STEP(run(spec.steps, inner));
  table.rows = spec.rows.evaluate(inner);
  table.read_at = caller_.host().now();
  return {};
}

Trouble Runner::look_up(const LookupUse& use, const Scope& scope, Hit& hit) {
  const TableSpec& spec = spec_.tables.at(use.table);
  Scope inner(&scope);
  const std::string key = use.key.text_of(scope);
  hit = Hit{};
  if (key.empty()) return {};
  inner.set("key", key);
  const std::pair<std::string, std::string> name(use.table, spec.scope.text_of(inner));
  if (tables_.size() > kTablesMax) tables_.clear();
  auto found = tables_.find(name);
  const auto now = caller_.host().now();
  const bool fresh = found != tables_.end() && now - found->second.read_at < spec.keep;
  if (fresh) {
    hit = find_row(spec, found->second.rows, key);
    if (hit.rows > 0 || now - found->second.read_at < kReloadPause) return {};
  }
  Table table;
  NAVETTE_STEP(load(spec, inner, table));
  hit = find_row(spec, table.rows, key);
  tables_.insert_or_assign(name, std::move(table));
  return {};
}

}  // namespace navette::declarative
