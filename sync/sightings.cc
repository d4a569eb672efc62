#include "sync/sightings.h"

#include "base/clock.h"

namespace navette {
namespace {

constexpr std::chrono::milliseconds kAgain{500};
constexpr std::chrono::milliseconds kRelied{20'000};  // since the first doubt

}  // namespace

bool earlier(const std::string& a, const std::string& b) {
  if (a == b) return false;
  const auto first = parse_rfc3339(a);
  const auto second = parse_rfc3339(b);
  return first && second && *first < *second;
}

void Sightings::announced(const std::string& key, const std::string& updated_at) {
  if (updated_at.empty()) return;
  if (known_.size() >= kTicketsMax) known_.clear();
  known_[key].updated_at = updated_at;
}

std::chrono::milliseconds Sightings::doubt(const std::string& key, const Record& record,
                                           const std::string& newest) {
  One& one = known_[key];
  const bool doubtful = record.deleted || earlier(record.updated_at, newest) ||
                        earlier(record.updated_at, one.updated_at);
  const std::int64_t now = loop_.steady().count();
  if (!doubtful) {
    known_.erase(key);
    return std::chrono::milliseconds(0);
  }
  // Doubted for long enough, it is relied upon for a while: whoever needs both sides gets both.
  if (one.doubted_at < 0 || now - one.doubted_at > kRelied.count()) one.doubted_at = now;
  const bool enough = now - one.doubted_at >= kLagMax.count();
  return enough ? std::chrono::milliseconds(0) : kAgain;
}

}  // namespace navette
