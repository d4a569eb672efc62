// Commands whose outcome is not known: the hub ended, or the answer was lost, after they were
// written down. Look first; only what is surely not there is sent again.

#include <algorithm>
#include <set>

#include "sync/reconciler.h"

namespace navette {
namespace {

Json payload_of(const CommandRow& row) {
  auto payload = Json::parse(row.payload, "command");
  return payload ? *payload : Json::object();
}

}  // namespace

Task<std::optional<RunResult>> Reconciler::settle_commands() {
  auto open = core_.context().store.commands(link_.id, true);
  if (!open) co_return deferred("store: " + open.error().message, std::chrono::seconds(2));
  for (CommandRow& row : *open) {
    const std::int64_t age = core_.sent_ago_ms(row.flow, row.link);
    if (age < Core::kInFlightMs) {
      co_return deferred("waiting for a lost answer of " + system(row.side),
                         std::chrono::milliseconds(Core::kInFlightMs - age));
    }
    std::optional<RunResult> stop;
    if (row.kind == "create") {
      stop = co_await settle_create(row);
    } else if (row.kind == "update") {
      row.phase = "failed";
      row.outcome = "not known: both sides are read again";
      Batch batch;
      batch.push_back(looked(row));
      batch.push_back(PutCommand{row});
      Status stored = co_await core_.commit(std::move(batch));
      if (!stored) stop = deferred("store: " + stored.error().message, std::chrono::seconds(2));
    } else {
      stop = co_await settle_child(row);
    }
    if (stop) co_return stop;
  }
  co_return std::nullopt;
}

Task<std::optional<RunResult>> Reconciler::settle_create(CommandRow row) {
  const Side target = row.side;
  const Side source = other(target);
  const auto mark = flow_->mapping.mark_of(target);
  if (!mark) {
    co_return ended(Disposition::kDead,
                    "it is not known whether " + system(target) +
                        " made the ticket, and the flow has no mark to find it by; look there, "
                        "link or replay it by hand");
  }
  const std::string text = flow_->mapping.mark_text(*mark, link_.id_of(source));
  Result<std::vector<std::string>> ids =
      co_await core_.find(flow_, target, path_of(flow_->mapping.rule(*mark), target), text);
  if (!ids) co_return deferred(ids.error(), target);
  std::vector<std::string> free;
  for (const std::string& id : *ids) {
    auto link = core_.context().store.link_of(flow_->config.name, target, id);
    if (link && !*link) free.push_back(id);
  }
  if (free.size() > 1) {
    co_return ended(Disposition::kDead, "several tickets of " + system(target) + " carry " + text +
                                            "; clear the mark on all but its twin, then replay");
  }
  Batch batch;
  if (free.empty()) {
    row.phase = "failed";
    row.outcome = "looked for and not found";
    batch.push_back(looked(row));
  } else {
    row.phase = "done";
    row.outcome = "found again as " + free.front();
    (target == Side::kClient ? link_.client_id : link_.provider_id) = free.front();
    Json data = Json::object();
    data.set("on", system(target));
    data.set("id", free.front());
    batch.push_back(put_link());
    batch.push_back(event("found", data));
    ++written_;
  }
  batch.push_back(PutCommand{row});
  Status stored = co_await core_.commit(std::move(batch));
  if (!stored) co_return deferred("store: " + stored.error().message, std::chrono::seconds(2));
  co_return std::nullopt;
}

Task<std::optional<RunResult>> Reconciler::settle_child(CommandRow row) {
  const Side target = row.side;
  const Side source = other(target);
  Result<Record> there = co_await core_.fetch(flow_, target, link_.id_of(target));
  if (!there) co_return deferred(there.error(), target);
  const Json payload = payload_of(row);
  std::set<std::string> known;
  for (const ChildRow& one : rows_) {
    if (one.kind == (row.kind == "attach" ? "attachment" : "comment"))
      known.insert(id_of(one, target));
  }
  std::string found;
  if (row.kind == "attach") {
    for (const Attachment& file : there->attachments) {
      const bool same = file.name == payload.at("name").text() &&
                        (file.size < 0 || file.size == payload.at("size").as_int());
      if (!known.contains(file.id) && (file.key == row.key || (file.own && same))) found = file.id;
    }
  } else {
    for (const Comment& comment : there->comments) {
      if (known.contains(comment.id)) continue;
      const bool keyed = !comment.key.empty();
      const bool same = comment.own && same_text(comment.text, payload.at("text").text());
      if (keyed ? comment.key == row.key : same) found = comment.id;
    }
  }
  if (found.empty()) {
    row.phase = "failed";
    row.outcome = "looked for and not found";
    batch_.push_back(looked(row));
    batch_.push_back(PutCommand{row});
  } else {
    row.outcome = "found again as " + found;
    batch_.push_back(looked(row));
    ChildStep::Kind kind = ChildStep::Kind::kComment;
    if (row.kind == "attach") kind = ChildStep::Kind::kAttach;
    if (payload.at("step").text() == "stub") kind = ChildStep::Kind::kStub;
    const std::string source_id = payload.at("source").text();
    ChildRow before;
    if (payload.at("step").text() == "edited") {
      for (const ChildRow& one : rows_) {
        if (one.kind == "comment" && id_of(one, source) == source_id) before = one;
      }
      set_hash(before, source, payload.at("hash").text());
      kind = ChildStep::Kind::kEdited;
    }
    record_child(kind, source, source_id, payload.at("hash").text(), before, found, row);
    ++written_;
  }
  Status stored = co_await core_.commit(checkpoint());
  if (!stored) co_return deferred("store: " + stored.error().message, std::chrono::seconds(2));
  co_return std::nullopt;
}

}  // namespace navette
