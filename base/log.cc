#include "base/log.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <utility>

#include <fmt/format.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include "navette/json.h"

#include "base/text.h"

namespace navette {
namespace {

constexpr std::string_view kReset = "\x1b[0m";

struct LevelLook {
  std::string_view name;
  std::string_view label;  // one width
  std::string_view colour;
};

const LevelLook& look_of(Level level) {
  static constexpr std::array<LevelLook, 4> kLooks = {{{"debug", "DEBUG", "\x1b[2m"},
                                                       {"info", "INFO ", "\x1b[32m"},
                                                       {"warn", "WARN ", "\x1b[33m"},
                                                       {"error", "ERROR", "\x1b[31;1m"}}};
  return kLooks.at(static_cast<std::size_t>(level));
}

// The code point that starts at `text[at]` and its length. REQUIRES: text is UTF-8.
std::pair<std::uint32_t, std::size_t> code_point(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(text[at + i]));
  };
  if (byte(0) < 0x80) return {byte(0), 1};
  if (byte(0) < 0xE0) return {(byte(0) & 0x1FU) << 6U | (byte(1) & 0x3FU), 2};
  if (byte(0) < 0xF0) {
    return {(byte(0) & 0x0FU) << 12U | (byte(1) & 0x3FU) << 6U | (byte(2) & 0x3FU), 3};
  }
  return {(byte(0) & 0x07U) << 18U | (byte(1) & 0x3FU) << 12U | (byte(2) & 0x3FU) << 6U |
              (byte(3) & 0x3FU),
          4};
}

// Whether showing it could end the line, steer the terminal, or show other text in a false order.
bool is_treacherous(std::uint32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x61C || code == 0x200E ||
         code == 0x200F || (code >= 0x2028 && code <= 0x202E) ||
         (code >= 0x2066 && code <= 0x2069) || code == 0xFEFF;
}

// Well-formed and not too long.
std::string tame(std::string_view value) {
  std::string text = to_utf8(value.substr(0, kLogValueBytesMax + 4));
  if (value.size() <= kLogValueBytesMax) return text;
  text.resize(utf8_prefix_bytes(text, kLogValueBytesMax).size());
  return text + fmt::format("... ({} bytes)", value.size());
}

void append_escaped(std::string& out, std::string_view text, bool quoted) {
  for (std::size_t at = 0; at < text.size();) {
    const auto [code, length] = code_point(text, at);
    if (code == '\n') {
      out += "\\n";
    } else if (code == '\r') {
      out += "\\r";
    } else if (code == '\t') {
      out += "\\t";
    } else if (is_treacherous(code)) {
      out += fmt::format("\\u{{{:x}}}", code);
    } else if (quoted && (code == '"' || code == '\\')) {
      out += '\\';
      out += static_cast<char>(code);
    } else {
      out += text.substr(at, length);
    }
    at += length;
  }
}

void append_value(std::string& out, std::string_view value) {
  const std::string text = tame(value);
  bool plain = !text.empty();
  for (const char c : text) {
    if (c == ' ' || c == '"' || c == '=' || c == '\\' || static_cast<unsigned char>(c) < 0x20) {
      plain = false;
    }
  }
  if (!plain) out += '"';
  append_escaped(out, text, !plain);
  if (!plain) out += '"';
}

// JSON itself escapes C0 only; a log viewer prints the rest as it is.
std::string json_value(std::string_view value) {
  const std::string text = tame(value);
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto [code, length] = code_point(text, at);
    if (code >= 0x7F && is_treacherous(code)) {
      out += fmt::format("\\u{{{:x}}}", code);
    } else {
      out += text.substr(at, length);
    }
    at += length;
  }
  return out;
}

bool wants_colour(int fd) {
  const char* no_colour = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  return ::isatty(fd) == 1 && (no_colour == nullptr || *no_colour == '\0') &&
         (term == nullptr || std::string_view(term) != "dumb");
}

// Each line is one write(2), so that lines of several processes do not mix.
class FdSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit FdSink(int fd) : fd_(fd) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    std::string line(message.payload.data(), message.payload.size());
    line += '\n';
    std::size_t written = 0;
    while (written < line.size()) {
      const auto count = ::write(fd_, line.data() + written, line.size() - written);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return;  // there is nowhere left to tell it
      written += static_cast<std::size_t>(count);
    }
  }
  void flush_() override {
    const std::scoped_lock lock(flushed_mutex_);
    ++flushed_;
    flushed_now_.notify_all();
  }

 public:
  std::uint64_t flushed() {
    const std::scoped_lock lock(flushed_mutex_);
    return flushed_;
  }
  void await_flush_after(std::uint64_t before, std::chrono::milliseconds how_long) {
    std::unique_lock lock(flushed_mutex_);
    flushed_now_.wait_for(lock, how_long, [&] { return flushed_ > before; });
  }

 private:
  int fd_;
  std::mutex flushed_mutex_;
  std::condition_variable flushed_now_;
  std::uint64_t flushed_ = 0;  // guarded by flushed_mutex_
};

}  // namespace

std::string_view to_text(Level level) {
  return look_of(level).name;
}

std::optional<Level> parse_level(std::string_view text) {
  for (const Level level : {Level::kDebug, Level::kInfo, Level::kWarn, Level::kError}) {
    if (to_text(level) == text) return level;
  }
  return std::nullopt;
}

std::string printable(std::string_view text) {
  std::string out;
  append_escaped(out, to_utf8(text), false);
  return out;
}

std::string line_for_people(const Event& event, TimePoint at, bool colour) {
  const LevelLook& look = look_of(event.level);
  const auto of_day = at - std::chrono::floor<std::chrono::days>(at);
  const std::chrono::hh_mm_ss clock(of_day);
  std::string out =
      fmt::format("{:02}:{:02}:{:02}.{:03} ", clock.hours().count(), clock.minutes().count(),
                  clock.seconds().count(), clock.subseconds().count());
  if (colour) out += look.colour;
  out += look.label;
  if (colour) out += kReset;
  out += ' ';
  append_escaped(out, event.sentence, false);
  for (const auto& [name, value] : event.fields) {
    out += ' ';
    if (colour) out += "\x1b[36m";
    append_escaped(out, name, false);
    out += '=';
    if (colour) out += kReset;
    append_value(out, value);
  }
  return out;
}

std::string line_as_json(const Event& event, TimePoint at) {
  Json line = Json::object();
  line.set("time", to_rfc3339(at));
  line.set("level", to_text(event.level));
  line.set("event", event.name);
  line.set("message", event.sentence);
  for (const auto& [name, value] : event.fields) {
    std::string key(name);
    while (line.find(key) != nullptr) key += '_';
    line.set(key, json_value(value));
  }
  return line.dump();
}

struct Log::Impl {
  Impl(const Clock& the_clock, const LogOptions& options)
      : clock(the_clock),
        level(options.level),
        json(options.format == LogFormat::kJson ||
             (options.format == LogFormat::kAuto && ::isatty(options.fd) != 1)),
        colour(options.colour.value_or(wants_colour(options.fd))),
        // One thread, so that lines keep their order.
        sink(std::make_shared<FdSink>(options.fd)),
        pool(std::make_shared<spdlog::details::thread_pool>(kLogLinesWaitingMax, 1)),
        logger(std::make_shared<spdlog::async_logger>(
            "navette", sink, pool, spdlog::async_overflow_policy::overrun_oldest)) {
    logger->set_level(spdlog::level::trace);
  }

  void write(const Event& event) {
    const TimePoint at = clock.now();
    logger->info(
        spdlog::string_view_t(json ? line_as_json(event, at) : line_for_people(event, at, colour)));
  }

  // Says once for each new loss how much is missing.
  void tell_dropped() {
    const std::uint64_t now = pool->overrun_counter();
    const std::uint64_t before = told.exchange(now);
    if (now <= before) return;
    write({Level::kWarn,
           "log_lines_dropped",
           "Log lines were dropped, since what reads the log is too slow.",
           {{"lines", std::to_string(now - before)}}});
  }

  const Clock& clock;
  std::atomic<Level> level;
  const bool json;
  const bool colour;
  std::atomic<std::uint64_t> told{0};
  // shared: spdlog's logger, its sink and its queue refer to each other.
  std::shared_ptr<FdSink> sink;
  std::shared_ptr<spdlog::details::thread_pool> pool;
  std::shared_ptr<spdlog::async_logger> logger;
};

Log::Log(const Clock& clock, const LogOptions& options)
    : impl_(std::make_unique<Impl>(clock, options)) {}

Log::~Log() = default;

void Log::emit(const Event& event) noexcept {
  if (event.level < impl_->level.load()) return;
  try {
    impl_->tell_dropped();
    impl_->write(event);
  } catch (const std::exception&) {
    // Out of memory: the event is counted by the metrics, its line is lost.
    return;
  }
}

void Log::set_level(Level level) {
  impl_->level = level;
}

void Log::flush(std::chrono::milliseconds how_long) {
  const std::uint64_t before = impl_->sink->flushed();
  impl_->logger->flush();
  impl_->sink->await_flush_after(before, how_long);
}

std::uint64_t Log::dropped() const {
  return impl_->pool->overrun_counter();
}

}  // namespace navette
