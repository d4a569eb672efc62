// Which hub may work on which flow: the leasing half of PostgresStore. Times are the server's, so
// that the clocks of the hubs do not matter.

#include <algorithm>
#include <utility>

#include "store/postgres_store.h"

namespace navette {

using postgres::Ended;
using postgres::Values;

Result<std::vector<std::string>> PostgresStore::lease(const std::vector<std::string>& flows,
                                                      const std::string& name,
                                                      std::chrono::milliseconds span) {
  const std::int64_t before = hub_;
  NAVETTE_TRY(session_->begin());
  Status done = live(name, span);
  if (done) done = bury_the_dead();
  auto held = done ? take(flows) : Result<std::vector<std::string>>(done.error());
  Ended ended = Ended::kRolledBack;
  if (held) {
    done = session_->commit(&ended);
    if (done) return held;
    held = done.error();
  }
  session_->roll_back();
  // Where it is in doubt whether our first row is there, the next call makes another one.
  hub_ = before;
  return held;
}

Status PostgresStore::live(const std::string& name, std::chrono::milliseconds span) {
  Values values;
  if (hub_ == 0) {
    values.add(name).add(span.count());
    auto row = session_->run(
        "INSERT INTO hubs (name, until) VALUES ($1, clock_timestamp() + $2::bigint * interval"
        " '1 millisecond') RETURNING id",
        values);
    if (!row) return row.error();
    hub_ = row->integer(0, 0);
    return {};
  }
  values.add(hub_).add(span.count());
  auto row = session_->run(
      "UPDATE hubs SET until = clock_timestamp() + $2::bigint * interval '1 millisecond'"
      " WHERE id = $1::int AND NOT gone",
      values);
  if (!row) return row.error();
  if (row->changed() == 1) return {};
  return Error{Fault::kCancelled, "lease flows at " + session_->place() +
                                      ": another hub took over the flows of this one: it must end"};
}

// Ends the hubs whose time is over. One that is in the middle of a commit is waited for: either it
// ends well, or the server ends it for standing idle.
Status PostgresStore::bury_the_dead() {
  auto dead =
      session_->run("SELECT id FROM hubs WHERE NOT gone AND until < clock_timestamp() ORDER BY id");
  if (!dead) return dead.error();
  for (int i = 0; i < dead->size(); ++i) {
    Values id;
    id.add(dead->integer(i, 0));
    NAVETTE_TRY(session_->do_run("SELECT pg_advisory_xact_lock(1315332196, $1::int)", id));
    auto gone = session_->run(
        "UPDATE hubs SET gone = true WHERE id = $1::int AND NOT gone"
        " AND until < clock_timestamp()",
        id);
    if (!gone) return gone.error();
    if (gone->changed() == 0) continue;  // it came back, or another hub was faster
    NAVETTE_TRY(session_->do_run("DELETE FROM leases WHERE hub = $1::int", id));
  }
  return {};
}

Result<std::vector<std::string>> PostgresStore::take(const std::vector<std::string>& flows) {
  for (const std::string& flow : flows) {
    Values values;
    values.add(flow).add(hub_);
    NAVETTE_TRY(session_->do_run(
        "INSERT INTO leases (flow, hub) VALUES ($1, $2::int) ON CONFLICT (flow) DO NOTHING",
        values));
  }
  Values me;
  me.add(hub_);
  auto rows = session_->run("SELECT flow FROM leases WHERE hub = $1::int ORDER BY flow", me);
  if (!rows) return rows.error();
  std::vector<std::string> held;
  for (int i = 0; i < rows->size(); ++i) {
    std::string flow = rows->text(i, 0);
    if (std::find(flows.begin(), flows.end(), flow) != flows.end()) held.push_back(std::move(flow));
  }
  return held;
}

Status PostgresStore::release() {
  if (hub_ == 0) return {};
  NAVETTE_TRY(session_->begin());
  Values me;
  me.add(hub_);
  Status done = session_->do_run("DELETE FROM leases WHERE hub = $1::int", me);
  if (done) done = session_->do_run("UPDATE hubs SET gone = true WHERE id = $1::int", me);
  Ended ended = Ended::kRolledBack;
  if (done) done = session_->commit(&ended);
  session_->roll_back();
  return done;
}

}  // namespace navette
