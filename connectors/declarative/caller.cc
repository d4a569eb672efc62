#include "connectors/declarative/caller.h"

#include <algorithm>
#include <cstdlib>

#include "base/text.h"
#include "connectors/declarative/functions.h"
#include "connectors/declarative/tagged.h"

namespace navette::declarative {

namespace {

constexpr std::size_t kSentenceBytesMax = 300;

// One ticket takes many requests, so a network that loses one in ten would rarely let a whole read
// through: a GET that failed quickly is sent again at once. One that took long is not, since the
// system is in trouble then, and everybody else of it waits for us.
constexpr int kReadTries = 3;
constexpr std::chrono::seconds kQuickly{2};

// "503" as a rule writes it: 503, or 5 for the whole class.
bool status_fits(const std::vector<int>& statuses, std::int64_t status) {
  if (statuses.empty()) return true;
  return std::any_of(statuses.begin(), statuses.end(), [status](int wanted) {
    return wanted == status || (wanted < 10 && wanted == status / 100);
  });
}

std::string shortened(const std::string& text) {
  std::string out = to_utf8(text);
  if (out.size() <= kSentenceBytesMax) return out;
  return std::string(utf8_prefix_bytes(out, kSentenceBytesMax)) + "...";
}

// What an error answer says, where the usual members hold it.
std::string sentence_of(const Json& body) {
  std::string out;
  if (body.is_string()) {
    out = body.as_string();
  } else if (body.is_object()) {
    for (const char* name : {"message", "errors", "error", "detail", "title"}) {
      const Json& value = body.at(name);
      if (value.is_array()) {
        for (const Json& item : value.items()) out += (out.empty() ? "" : "; ") + item.text();
      } else {
        out = value.text();
      }
      if (!out.empty()) break;
    }
  } else if (!body.is_null()) {
    out = body.dump();
  }
  return shortened(std::string(trim(out)));
}

// The path, for people: without origin and query.
std::string path_of(const std::string& url) {
  const std::size_t host = url.find("://");
  const std::size_t path = url.find('/', host == std::string::npos ? 0 : host + 3);
  const std::size_t query = url.find('?');
  if (path == std::string::npos) return url;
  return url.substr(path, query == std::string::npos ? query : query - path);
}

bool is_reading(const RequestSpec& request) {
  return request.reads || request.method == "GET";
}

std::string url_with_query(std::string url, const RequestSpec& request, const Scope& scope) {
  char separator = url.find('?') == std::string::npos ? '?' : '&';
  const auto add = [&](const std::string& name, const Json& value) {
    url += separator + percent_encode(name) + "=" + percent_encode(value.text());
    separator = '&';
  };
  for (const auto& [key, value] : request.query) {
    const std::string name = key.text_of(scope);
    const Json evaluated = value.evaluate(scope);
    if (evaluated.is_array()) {
      for (const Json& item : evaluated.items()) add(name, item);
    } else if (!evaluated.is_null()) {
      add(name, evaluated);
    }
  }
  return url;
}

}  // namespace

Caller::Caller(const Spec& spec, Host& host, std::vector<std::string> secrets)
    : spec_(spec), host_(host), secrets_(std::move(secrets)) {}

std::string Caller::without_secrets(std::string text) const {
  for (const std::vector<std::string>* texts : {&secrets_, &hidden_}) {
    for (const std::string& secret : *texts) {
      if (secret.size() < 4) continue;
      for (std::size_t at = text.find(secret); at != std::string::npos;
           at = text.find(secret, at)) {
        text.replace(at, secret.size(), "***");
      }
    }
  }
  return text;
}

HttpRequest Caller::prepare(const RequestSpec& request, const Scope& scope) const {
  HttpRequest http;
  http.method = request.method;
  std::string base = spec_.base_url.text_of(scope);
  while (base.ends_with('/')) base.pop_back();
  http.url = url_with_query(base + request.path.text_of(scope), request, scope);
  const auto add_header = [&](const Template& name, const Template& value) {
    const Json evaluated = value.evaluate(scope);
    if (!evaluated.is_null()) http.headers.emplace_back(name.text_of(scope), evaluated.text());
  };
  for (const auto& [name, value] : spec_.headers) add_header(name, value);
  if (request.body_kind == BodyKind::kJson) {
    http.body = request.body.evaluate(scope).dump();
    http.headers.emplace_back("Content-Type", "application/json");
  } else if (request.body_kind == BodyKind::kBytes) {
    http.body = request.body.text_of(scope);
  }
  for (const auto& [name, value] : request.headers) add_header(name, value);
  if (timeout_) http.timeout = *timeout_;
  http.answer_bytes_max = kAnswerBytesMax;
  if (request.bytes_max) {
    http.answer_bytes_max = request.bytes_max->evaluate(scope).as_int(kAnswerBytesMax);
  }
  return http;
}

void Caller::keep(const std::string& url, const Json& answer, std::size_t bytes) {
  if (bytes > kKeptBytesMax / 8) return;
  if (!kept_.emplace(url, std::make_pair(answer, bytes)).second) return;
  kept_order_.push_back(url);
  kept_bytes_ += bytes + url.size();
  while (kept_bytes_ > kKeptBytesMax) {
    const auto oldest = kept_.find(kept_order_.front());
    kept_bytes_ -= oldest->second.second + kept_order_.front().size();
    kept_.erase(oldest);
    kept_order_.pop_front();
  }
}

void Caller::start_preview() {
  previewing_ = true;
  noted_ = Json::array();
}

Json Caller::end_preview() {
  previewing_ = false;
  Json noted = std::move(noted_);
  noted_ = Json::array();
  return noted;
}

void Caller::note(const RequestSpec& request, const Scope& scope, const HttpRequest& http,
                  Json& answer) {
  answer = Json::object();
  answer.set("status", 200);
  answer.set("headers", Json::object());
  answer.set("body", request.preview.evaluate(scope));
  if (is_reading(request)) return;
  Json body;
  if (request.body_kind == BodyKind::kBytes) {
    body = "<" + std::to_string(http.body.size()) + " bytes>";
  } else if (request.body_kind == BodyKind::kJson) {
    body = request.body.evaluate(scope);
  }
  Json entry = Json::object();
  entry.set("method", http.method);
  entry.set("url", without_secrets(http.url));
  entry.set("body", std::move(body));
  noted_.push(std::move(entry));
}

Trouble Caller::call(const RequestSpec& request, const Scope& scope, Json& answer) {
  const HttpRequest http = prepare(request, scope);
  if (previewing_ && (!is_reading(request) || pretending())) {
    note(request, scope, http, answer);
    return {};
  }
  if (request.immutable) {
    if (const auto kept = kept_.find(http.url + http.body); kept != kept_.end()) {
      answer = kept->second.first;
      return {};
    }
  }
  std::chrono::milliseconds wait{40};
  for (int attempt = 1;; ++attempt) {
    const auto begun = host_.now();
    Trouble trouble = send(request, scope, http, answer);
    if (!trouble) {
      wrote_ = wrote_ || !(is_reading(request) || request.repeatable);
      return trouble;
    }
    const bool conflict =
        trouble->verdict == Verdict::kConflict && attempt < request.conflict_tries;
    const bool slip = is_reading(request) && trouble->verdict == Verdict::kRetryable &&
                      attempt < kReadTries && host_.now() - begun < kQuickly;
    if (!conflict && !slip) return trouble;
    if (!host_.pause(wait)) return Failure{Verdict::kRetryable, "stopped while waiting"};
    wait *= 2;
  }
}

Trouble Caller::send(const RequestSpec& request, const Scope& scope, const HttpRequest& http,
                     Json& answer) {
  HttpExchange exchange = host_.http().send(http);
  const std::string what = http.method + " " + path_of(http.url);
  if (exchange.over_limit) {
    return Failure{Verdict::kRejected, what + ": the answer is larger than " +
                                           std::to_string(http.answer_bytes_max) + " bytes"};
  }
  if (exchange.stage != HttpStage::kAnswered) {
    const bool unknown =
        exchange.stage == HttpStage::kMaybeSent && !is_reading(request) && !request.repeatable;
    return Failure{unknown ? Verdict::kAmbiguous : Verdict::kRetryable,
                   without_secrets(what + ": " + exchange.trouble)};
  }
  answer = Json::object();
  answer.set("status", exchange.answer.status);
  Json headers = Json::object();
  for (const auto& [name, value] : exchange.answer.headers) headers.set(lower_ascii(name), value);
  answer.set("headers", std::move(headers));
  const std::size_t bytes = exchange.answer.body.size();
  std::string broken;
  if (request.answer == AnswerKind::kBytes) {
    answer.set("body", std::move(exchange.answer.body));
  } else if (trim(exchange.answer.body).empty()) {
    answer.set("body", nullptr);
  } else if (Result<Json> body = Json::parse(exchange.answer.body, "answer to " + what)) {
    answer.set("body", spec_.codec == Codec::kTagged ? from_tagged(*body) : *std::move(body));
  } else {
    broken = body.error().message;
    answer.set("body", to_utf8(exchange.answer.body.substr(0, kSentenceBytesMax)));
  }
  if (Trouble trouble = judge(request, scope, http, answer)) return trouble;
  if (!broken.empty()) {
    return Failure{is_reading(request) ? Verdict::kRetryable : Verdict::kAmbiguous, broken};
  }
  if (request.immutable) keep(http.url + http.body, answer, bytes);
  return {};
}

std::string Caller::told(const HttpRequest& http, const Json& answer) const {
  std::string out =
      http.method + " " + path_of(http.url) + ": answered " + answer.at("status").text();
  const std::string sentence = sentence_of(answer.at("body"));
  if (!sentence.empty()) out += ": " + sentence;
  return without_secrets(std::move(out));
}

Trouble Caller::judge(const RequestSpec& request, const Scope& scope, const HttpRequest& http,
                      const Json& answer) const {
  const std::int64_t status = answer.at("status").as_int();
  Scope inner(&scope);
  inner.set("answer", answer);
  for (const std::vector<ErrorRule>* rules : {&request.errors, &spec_.errors}) {
    for (const ErrorRule& rule : *rules) {
      const bool method_fits =
          rule.methods.empty() ||
          std::find(rule.methods.begin(), rule.methods.end(), http.method) != rule.methods.end();
      if (!method_fits || !status_fits(rule.statuses, status)) continue;
      if (rule.when && !rule.when->holds(inner)) continue;
      if (rule.verdict == Verdict::kOk) return {};
      Failure failure{rule.verdict, told(http, answer)};
      if (rule.verdict == Verdict::kAmbiguous && is_reading(request)) {
        failure.verdict = Verdict::kRetryable;
      }
      if (!rule.message.empty()) {
        failure.message =
            without_secrets(shortened(rule.message.text_of(inner)) + " (" + failure.message + ")");
      }
      failure.retry_after = retry_after(inner, answer);
      return failure;
    }
  }
  if (status >= 200 && status < 300) return {};
  if (status_fits(request.accept, status) && !request.accept.empty()) return {};
  Failure failure = by_status(request, http, answer);
  failure.retry_after = retry_after(inner, answer);
  return failure;
}

Failure Caller::by_status(const RequestSpec& request, const HttpRequest& http,
                          const Json& answer) const {
  const std::int64_t status = answer.at("status").as_int();
  Failure failure{Verdict::kRejected, told(http, answer)};
  const bool late = status == 408 || status >= 500;
  if (status == 429 || (status == 503 && !answer.at("headers").at("retry-after").is_null())) {
    failure.verdict = Verdict::kThrottled;
  } else if (late) {
    failure.verdict = is_reading(request) ? Verdict::kRetryable : Verdict::kAmbiguous;
  } else if (status == 401) {
    failure.verdict = Verdict::kAuth;
  } else if (status == 403) {
    failure.verdict = Verdict::kMisconfigured;
  } else if (status == 404 || status == 410) {
    failure.verdict = Verdict::kGone;
  } else if (status == 409 || status == 412) {
    failure.verdict = Verdict::kConflict;
  } else if (status < 400) {
    failure.verdict = Verdict::kMisconfigured;
    failure.message += ": a redirect to " + answer.at("headers").at("location").text() +
                       ", which is not followed; is the url right?";
  }
  return failure;
}

std::chrono::milliseconds Caller::retry_after(const Scope& scope, const Json& answer) const {
  const Json told = spec_.retry_after.empty() ? answer.at("headers").at("retry-after")
                                              : spec_.retry_after.evaluate(scope);
  const std::string text = told.text();
  if (text.empty()) return std::chrono::milliseconds{0};
  constexpr std::int64_t kSecondsMax = 24 * 3600;
  char* end = nullptr;
  const double seconds = std::strtod(text.c_str(), &end);
  if (end != text.c_str() && *end == '\0') {
    const double within = std::clamp(seconds, 0.0, static_cast<double>(kSecondsMax));
    return std::chrono::milliseconds{static_cast<std::int64_t>(within * 1000)};
  }
  const std::optional<std::chrono::sys_seconds> date = parse_http_date(text);
  if (!date) return std::chrono::milliseconds{0};
  const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(*date - host_.now());
  return std::clamp(wait, std::chrono::milliseconds{0},
                    std::chrono::milliseconds{kSecondsMax * 1000});
}

}  // namespace navette::declarative
