// Coroutines for the engine: a Task runs when it is awaited (or spawned) and resumes its awaiter
// when it ends. Everything stays on the loop's thread.
//
// Ownership: a Task owns its frame. Destroying a Task that is suspended destroys the whole chain
// below it; callbacks that come later find nobody waiting and do nothing (see Call).

#pragma once

#include <coroutine>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace navette {

namespace detail {

struct FinalAwaiter {
  bool await_ready() noexcept { return false; }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> handle) noexcept {
    auto next = handle.promise().continuation;
    return next ? next : std::noop_coroutine();
  }
  void await_resume() noexcept {}
};

struct PromiseBase {
  std::coroutine_handle<> continuation;
  std::suspend_always initial_suspend() noexcept { return {}; }
  FinalAwaiter final_suspend() noexcept { return {}; }
  // Nothing in the engine throws; running out of memory may end the process.
  void unhandled_exception() noexcept { std::terminate(); }
};

template <class T>
struct Promise : PromiseBase {
  std::optional<T> value;
  std::coroutine_handle<Promise> get_return_object() {
    return std::coroutine_handle<Promise>::from_promise(*this);
  }
  void return_value(T result) { value.emplace(std::move(result)); }
  T take() { return std::move(*value); }
};

template <>
struct Promise<void> : PromiseBase {
  std::coroutine_handle<Promise> get_return_object() {
    return std::coroutine_handle<Promise>::from_promise(*this);
  }
  void return_void() noexcept {}
  void take() noexcept {}
};

}  // namespace detail

template <class T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::Promise<T>;

  Task(std::coroutine_handle<promise_type> handle)  // NOLINT(google-explicit-constructor)
      : handle_(handle) {}
  Task(Task&& from) noexcept : handle_(std::exchange(from.handle_, nullptr)) {}
  Task& operator=(Task&& from) noexcept {
    std::swap(handle_, from.handle_);
    return *this;
  }
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  ~Task() {
    if (handle_) handle_.destroy();
  }

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept {
    handle_.promise().continuation = awaiting;
    return handle_;
  }
  T await_resume() { return handle_.promise().take(); }

  // Runs until the first suspension; for a root task that nobody awaits.
  void start() { handle_.resume(); }
  bool done() const { return handle_.done(); }

 private:
  std::coroutine_handle<promise_type> handle_;
};

// Makes a callback API awaitable:
//   Call<Result<Page>> call([&](auto done) { peers.poll(system, request, done); });
//   Result<Page> page = co_await call;
// REQUIRES: `start` never calls back inside itself.
template <class T>
class Call {
 public:
  using Start = std::function<void(std::function<void(T)>)>;

  explicit Call(Start start) : start_(std::move(start)), state_(std::make_shared<State>()) {}
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  ~Call() { state_->waiting = nullptr; }

  // Begin now, so that several calls run side by side; await later.
  void begin() {
    begun_ = true;
    start_([state = state_](T value) {
      state->value.emplace(std::move(value));
      if (auto waiting = std::exchange(state->waiting, nullptr)) waiting.resume();
    });
  }

  bool await_ready() const noexcept { return state_->value.has_value(); }
  void await_suspend(std::coroutine_handle<> waiting) {
    state_->waiting = waiting;
    if (!begun_) begin();
  }
  T await_resume() { return std::move(*state_->value); }

 private:
  struct State {
    std::optional<T> value;
    std::coroutine_handle<> waiting;
  };
  Start start_;
  std::shared_ptr<State> state_;  // shared with the callback, which may outlive us
  bool begun_ = false;
};

}  // namespace navette
