#include "base/metrics.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <map>
#include <mutex>
#include <tuple>

#include "base/log.h"
#include "base/text.h"

namespace navette {
namespace {

struct Series {
  std::string event;
  std::string level;
  std::string flow;
  std::string system;
  auto key() const { return std::tie(event, level, flow, system); }
  bool operator<(const Series& other) const { return key() < other.key(); }
};

std::string escape_help(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

std::string escape_label(std::string_view text) {
  std::string out;
  for (const char c : to_utf8(text)) {
    if (c == '"') {
      out += "\\\"";
    } else {
      out += escape_help(std::string_view(&c, 1));
    }
  }
  return out;
}

std::string number_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  std::array<char, 32> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return error == std::errc{} ? std::string(buffer.data(), end) : "NaN";
}

void append_head(std::string& out, const std::string& name, std::string_view help,
                 MetricKind kind) {
  out += "# HELP " + name + " " + escape_help(help) + "\n";
  out += "# TYPE " + name + (kind == MetricKind::kCounter ? " counter\n" : " gauge\n");
}

void append_sample(std::string& out, const std::string& name, const Sample& sample) {
  out += name;
  char before = '{';
  for (const auto& [label, value] : sample.labels) {
    out += before;
    out += label + "=\"" + escape_label(value) + "\"";
    before = ',';
  }
  if (before == ',') out += '}';
  out += " " + number_text(sample.value) + "\n";
}

}  // namespace

struct Metrics::Impl {
  struct Family {
    std::string help;
    MetricKind kind;
    Reader read;
  };

  mutable std::mutex mutex;
  std::map<Series, std::uint64_t> counters;  // guarded by mutex
  std::map<std::string, Family> families;    // guarded by mutex
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

void Metrics::emit(const Event& event) noexcept {
  try {
    Series series{std::string(event.name), std::string(to_text(event.level)), {}, {}};
    for (const auto& [name, value] : event.fields) {
      if (name == "flow") series.flow = value;
      if (name == "system") series.system = value;
    }
    const std::scoped_lock lock(impl_->mutex);
    auto found = impl_->counters.find(series);
    if (found == impl_->counters.end()) {
      if (impl_->counters.size() >= kCounterSeriesMax) {
        if (!series.flow.empty()) series.flow = "other";
        if (!series.system.empty()) series.system = "other";
      }
      found = impl_->counters.try_emplace(std::move(series), 0).first;
    }
    ++found->second;
  } catch (const std::exception&) {
    // Out of memory: nothing better can be done for a count.
    return;
  }
}

void Metrics::add(std::string name, std::string help, MetricKind kind, Reader read) {
  const std::scoped_lock lock(impl_->mutex);
  impl_->families[std::move(name)] = {std::move(help), kind, std::move(read)};
}

std::string Metrics::exposition() const {
  std::map<Series, std::uint64_t> counters;
  std::map<std::string, Impl::Family> families;
  {
    const std::scoped_lock lock(impl_->mutex);
    counters = impl_->counters;
    families = impl_->families;
  }
  const auto read_counters = [&counters] {
    std::vector<Sample> samples;
    for (const auto& [series, count] : counters) {
      Sample sample{{{"event", series.event}, {"level", series.level}}, static_cast<double>(count)};
      if (!series.flow.empty()) sample.labels.emplace_back("flow", series.flow);
      if (!series.system.empty()) sample.labels.emplace_back("system", series.system);
      samples.push_back(std::move(sample));
    }
    return samples;
  };
  families["navette_events_total"] = {"What happened, by event; the names are those of the log.",
                                      MetricKind::kCounter, read_counters};
  std::string out;
  for (const auto& [name, family] : families) {
    append_head(out, name, family.help, family.kind);
    for (const Sample& sample : family.read()) append_sample(out, name, sample);
  }
  return out;
}

}  // namespace navette
