// What an operation that can fail for outside reasons returns: a value, or an Error that says what
// the caller must do next.
//
// Thread safety: plain values; no shared state.

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace navette {

// What the caller must do next. Not where the failure happened: that belongs in Error::message.
enum class Fault : unsigned char {
  kRetryLater,     // Transient. Try the same call again after retry_after.
  kReconnect,      // The session is gone. Connect again before trying again.
  kRejected,       // The other side refused this record. Dead-letter it.
  kMisconfigured,  // Only an operator can fix it. Stop this flow and tell them.
  kCancelled,      // We were asked to stop. Not a failure.
};

struct Error {
  Fault fault = Fault::kRejected;
  std::string message = {};  // For a person; "verb object: cause". No secrets.
  std::chrono::milliseconds retry_after{0};
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  explicit operator bool() const { return state_.index() == 0; }

  // REQUIRES: *this holds a value.
  T& operator*() & { return std::get<0>(state_); }
  const T& operator*() const& { return std::get<0>(state_); }
  T&& operator*() && { return std::get<0>(std::move(state_)); }
  T* operator->() { return &std::get<0>(state_); }
  const T* operator->() const { return &std::get<0>(state_); }

  // REQUIRES: *this holds an error.
  const Error& error() const { return std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  explicit operator bool() const { return !error_.has_value(); }
  // REQUIRES: *this holds an error.
  const Error& error() const { return *error_; }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

}  // namespace navette

// Return the error of `expr` to our caller, or go on.
#define NAVETTE_TRY(expr)                                                       \
  do {                                                                          \
    if (auto navette_try_ = (expr); !navette_try_) return navette_try_.error(); \
  } while (false)
