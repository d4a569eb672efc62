#include "sync/sightings.h"

#include <utility>

#include "base/clock.h"

namespace navette {
namespace {

constexpr std::chrono::milliseconds kAgain{500};
constexpr std::chrono::milliseconds kGone{20'000};  // a ticket that is gone, since the first doubt

}  // namespace

bool earlier(const std::string& a, const std::string& b) {
  if (a == b) return false;
  const auto first = parse_rfc3339(a);
  const auto second = parse_rfc3339(b);
  return first && second && *first < *second;
}

void Sightings::announced(const std::string& key, const std::string& updated_at) {
  if (updated_at.empty()) return;
  Feed& feed = feed_of(key);
  const auto last = parse_rfc3339(feed.newest);
  const auto told = parse_rfc3339(updated_at);
  // Polls overlap a little, and are in order for the rest.
  if (last && told && *told + kLagMax < *last) {
    if (!earlier(feed.newest, feed.before)) feed.before = feed.newest;
    feed.newest = updated_at;
  } else if (!earlier(updated_at, feed.newest)) {
    feed.newest = updated_at;
  }
  if (!earlier(updated_at, feed.before)) feed.before.clear();  // caught up
  One& one = known(key);
  one.announced = updated_at;
  one.set_back = !feed.before.empty();
}

std::string Sightings::told(const std::string& feed) const {
  const auto found = feeds_.find(feed);
  return found == feeds_.end() ? std::string() : found->second.newest + " " + found->second.before;
}

void Sightings::resume(const std::string& feed, const std::string& told) {
  const std::size_t blank = told.find(' ');
  if (blank == std::string::npos) return;
  feeds_[feed] = {told.substr(0, blank), told.substr(blank + 1)};
}

Sightings::One& Sightings::known(const std::string& key) {
  const auto found = known_.find(key);
  if (found != known_.end()) return found->second;
  if (known_.size() >= kTicketsMax) older_ = std::exchange(known_, {});
  const auto before = older_.find(key);
  if (before == older_.end()) return known_[key];
  return known_[key] = std::move(before->second);
}

void Sightings::wrote(const std::string& key, const std::string& updated_at,
                      const std::string& newest) {
  if (!earlier(updated_at, newest)) return;
  One& one = known(key);
  one = One{};
  one.before = newest;
  one.since = updated_at;
  one.back_at = loop_.steady().count();
}

bool Sightings::doubtful(const One& one, const Record& record, const std::string& measure) const {
  if (record.deleted || earlier(record.updated_at, measure)) return true;
  if (earlier(record.updated_at, one.announced) || earlier(record.updated_at, one.read))
    return true;
  // A change at a time that is past already: either list or ticket is of before a clock was set
  // back.
  if (one.set_back && earlier(one.announced, measure)) return true;
  // Of before it was set back, and read late?
  const bool lately = loop_.steady().count() - one.back_at < kLagMax.count();
  return !one.before.empty() && lately && earlier(one.since, record.updated_at) &&
         !earlier(one.before, record.updated_at);
}

std::chrono::milliseconds Sightings::doubt(const std::string& key, const Record& record,
                                           const std::string& newest) {
  One& one = known(key);
  // What the link holds is of before, until a run has stored what it relied upon.
  const bool back = !one.before.empty() && newest == one.before;
  const std::string measure = back ? one.since : newest;
  const std::int64_t now = loop_.steady().count();
  if (!doubtful(one, record, measure)) {
    if (one.set_back && earlier(one.announced, record.updated_at)) one.ahead_at = now;
    one.announced.clear();
    one.read = record.updated_at;
    one.doubted_at = -1;
    return std::chrono::milliseconds(0);
  }
  // Gone for long enough, it is taken to be gone for a while: whoever needs both sides gets both.
  if (one.doubted_at < 0 || now - one.doubted_at > kGone.count()) one.doubted_at = now;
  const bool enough = now - one.doubted_at >= kLagMax.count();
  if (!enough) return kAgain;
  if (record.deleted) return std::chrono::milliseconds(0);
  // By now a replica would show what was announced, unless there was more to come.
  const bool more =
      one.set_back && earlier(one.announced, measure) && earlier(record.updated_at, one.announced);
  if (more && now - one.doubted_at < 2 * kLagMax.count()) return kAgain;
  one.announced.clear();
  one.read = record.updated_at;
  one.doubted_at = -1;
  if (earlier(record.updated_at, measure)) {
    one.before = newest;
    one.since = record.updated_at;
    one.back_at = now - kLagMax.count();  // so long ago at least
  }
  return std::chrono::milliseconds(0);
}

std::chrono::milliseconds Sightings::doubt_nothing_new(const std::string& key) {
  One& one = known(key);
  if (one.ahead_at < 0) return std::chrono::milliseconds(0);
  if (loop_.steady().count() - one.ahead_at < kLagMax.count()) return kAgain;
  one.ahead_at = -1;
  return std::chrono::milliseconds(0);
}

}  // namespace navette
