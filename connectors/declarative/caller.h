// Sends the requests of a catalog file and says what their answers mean.
//
// An answer is {"status": 200, "headers": {"location": ...}, "body": ...}; header names are in
// lower case. Errors are told apart by rules: first those of the request, then those of the file,
// then those that hold for any HTTP API:
//   401 auth; 403 misconfigured; 404, 410 gone; 409, 412 conflict; 429 throttled; 3xx
//   misconfigured; 408 and 5xx: retryable for a GET, else ambiguous; any other 4xx rejected.
// No answer: retryable when nothing was sent or when it was a GET, else ambiguous. A GET that is
// retryable and failed quickly is sent again, twice at the most. A request that says `reads` is
// taken for a GET in all of this, and what only reads is never ambiguous.
//
// Threads: none of its own; one call at a time.

#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "navette/host.h"

#include "connectors/declarative/spec.h"

namespace navette::declarative {

struct Failure {
  Verdict verdict = Verdict::kRejected;
  std::string message = {};
  std::chrono::milliseconds retry_after{0};
};
// Nothing: all went well.
using Trouble = std::optional<Failure>;

// Return the failure of `expr` to our caller, or go on.
#define NAVETTE_STEP(expr)                                                         \
  do {                                                                             \
    if (auto navette_trouble_ = (expr); navette_trouble_) return navette_trouble_; \
  } while (false)

class Caller {
 public:
  static constexpr std::int64_t kAnswerBytesMax = 32 << 20;
  static constexpr std::size_t kKeptBytesMax = 8 << 20;

  // Both outlive it. `secrets` never show in a message.
  Caller(const Spec& spec, Host& host, std::vector<std::string> secrets);

  // Expressions of the request read `scope`.
  Trouble call(const RequestSpec& request, const Scope& scope, Json& answer);

  // Whether a request that writes, and may not be repeated, went well since start_command().
  void start_command() { wrote_ = false; }
  bool wrote() const { return wrote_; }

  // From now on no request that writes is sent: it is noted, and the `preview` of its spec stands
  // for the answer's body. After the first of them nothing is read either.
  void start_preview();
  // The requests noted since: [{"method", "url", "body"}].
  Json end_preview();
  bool previewing() const { return previewing_; }
  // Whether a write was noted, so that what follows can't be known.
  bool pretending() const { return previewing_ && noted_.size() > 0 && really_ == 0; }

  // While one lives, reading is real even after a noted write: tables do not depend on it.
  class RealReads {
   public:
    explicit RealReads(Caller& caller) : caller_(caller) { ++caller_.really_; }
    ~RealReads() { --caller_.really_; }
    RealReads(const RealReads&) = delete;
    RealReads& operator=(const RealReads&) = delete;

   private:
    Caller& caller_;
  };

  // Texts that, beside the secrets of the settings, never show in a message: those of a session.
  void hide(std::vector<std::string> texts) { hidden_ = std::move(texts); }
  // How long a request may take from now on.
  void hurry(std::chrono::milliseconds timeout) { timeout_ = timeout; }

  std::string without_secrets(std::string text) const;
  Host& host() { return host_; }

 private:
  HttpRequest prepare(const RequestSpec& request, const Scope& scope) const;
  Trouble send(const RequestSpec& request, const Scope& scope, const HttpRequest& http,
               Json& answer);
  Trouble judge(const RequestSpec& request, const Scope& scope, const HttpRequest& http,
                const Json& answer) const;
  Failure by_status(const RequestSpec& request, const HttpRequest& http, const Json& answer) const;
  std::chrono::milliseconds retry_after(const Scope& scope, const Json& answer) const;
  std::string told(const HttpRequest& http, const Json& answer) const;
  void note(const RequestSpec& request, const Scope& scope, const HttpRequest& http, Json& answer);
  void keep(const std::string& url, const Json& answer, std::size_t bytes);

  const Spec& spec_;
  Host& host_;
  std::vector<std::string> secrets_;
  std::vector<std::string> hidden_;
  std::optional<std::chrono::milliseconds> timeout_;
  bool wrote_ = false;
  bool previewing_ = false;
  int really_ = 0;
  Json noted_ = Json::array();
  std::map<std::string, std::pair<Json, std::size_t>> kept_;
  std::deque<std::string> kept_order_;
  std::size_t kept_bytes_ = 0;
};

}  // namespace navette::declarative
