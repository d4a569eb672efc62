// Comments and files of a linked pair: carrying out what plan_children decided.

#include <algorithm>
#include <set>

#include "sync/reconciler.h"

namespace navette {
namespace {

using Kind = ChildStep::Kind;

std::string parked_name(const ChildStep& step) {
  return std::string(step.file.name.empty() ? "comment " : "file ") + to_text(step.source) + ":" +
         step.id;
}

// The row as it is now, with the new hash of the step's side: an earlier step of the same plan may
// have changed the other side's.
ChildRow row_now(const std::vector<ChildRow>& rows, const ChildStep& step) {
  const auto known = std::find_if(rows.begin(), rows.end(),
                                  [&](const ChildRow& one) { return one.id == step.row.id; });
  ChildRow row = known != rows.end() ? *known : step.row;
  set_hash(row, step.source, step.hash);
  return row;
}

}  // namespace

Task<std::optional<RunResult>> Reconciler::write_children(std::vector<ChildStep> steps) {
  for (ChildStep& step : steps) {
    std::optional<RunResult> stop = co_await write_child(std::move(step));
    if (stop) co_return stop;
  }
  co_return std::nullopt;
}

Task<std::optional<RunResult>> Reconciler::write_child(ChildStep step) {
  switch (step.kind) {
    case Kind::kRemember:
      step.row = row_now(rows_, step);
      remember_child(step.row);
      batch_.push_back(PutChild{step.row});
      co_return std::nullopt;
    case Kind::kWithhold: {
      ChildRow row;
      row.id = core_.context().store.new_id();
      row.link = link_.id;
      row.kind = step.file.name.empty() ? "comment" : "attachment";
      set_id(row, step.source, step.id);
      set_hash(row, step.source, step.hash);
      Json data = Json::object();
      data.set("kind", row.kind);
      data.set("id", step.id);
      data.set("of", system(step.source));
      data.set("why", step.reason);
      remember_child(row);
      batch_.push_back(PutChild{std::move(row)});
      batch_.push_back(event("withheld", data));
      co_return std::nullopt;
    }
    case Kind::kBlocked:
      park(parked_name(step), step.reason, Json(), Json());
      co_return std::nullopt;
    case Kind::kAttach:
      co_return co_await attach(std::move(step));
    case Kind::kComment:
    case Kind::kEdited:
    case Kind::kStub:
      co_return co_await post_text(std::move(step));
  }
  co_return std::nullopt;
}

Task<std::optional<RunResult>> Reconciler::post_text(ChildStep step) {
  const Side target = other(step.source);
  Command command;
  command.kind = CommandKind::kComment;
  command.id = link_.id_of(target);
  const Description* description = core_.context().peers.description(system(target));
  command.comment.markup = description != nullptr ? description->comment_markup : "text";
  command.comment.visibility = step.visibility;
  command.comment.text = step.text;
  CommandRow row = row_for(command, target, &step);
  Outcome outcome = co_await carry_out(std::move(command), {}, row);
  co_return co_await after_child(step, std::move(outcome), std::move(row));
}

Task<std::optional<RunResult>> Reconciler::attach(ChildStep step) {
  const Side target = other(step.source);
  Result<std::string> content = co_await core_.download(
      system(step.source), link_.id_of(step.source), step.id, flow_->config.attachments.bytes_max);
  if (!content) {
    if (content.error().fault != Fault::kRejected) co_return deferred(content.error(), step.source);
    step.kind = Kind::kStub;  // gone, or larger than was said
    co_return co_await post_text(std::move(step));
  }
  Command command;
  command.kind = CommandKind::kAttach;
  command.id = link_.id_of(target);
  command.attachment = step.file;
  command.attachment.id.clear();
  command.attachment.size = static_cast<std::int64_t>(content->size());
  command.attachment.visibility = step.visibility;
  CommandRow row = row_for(command, target, &step);
  Outcome outcome = co_await carry_out(std::move(command), std::move(*content), row);
  if (outcome.verdict == Verdict::kRejected) {
    row.phase = "failed";
    batch_.push_back(PutCommand{row});
    Json data = Json::object();
    data.set("kind", "attachment");
    data.set("name", step.file.name);
    data.set("why", outcome.message);
    batch_.push_back(event("refused", data));
    step.kind = Kind::kStub;
    co_return co_await post_text(std::move(step));
  }
  co_return co_await after_child(step, std::move(outcome), std::move(row));
}

// Stores what came of a comment or file: its row, or why there is none.
Task<std::optional<RunResult>> Reconciler::after_child(const ChildStep& step, Outcome outcome,
                                                       CommandRow row) {
  const Side target = other(step.source);
  std::optional<RunResult> stop;
  const bool done = outcome.verdict == Verdict::kOk || outcome.verdict == Verdict::kDuplicate;
  if (done && outcome.id.empty()) {
    // Written, but under which id? The next run finds it by its text.
    stop = deferred(system(target) + ": the new comment's id is not known yet",
                    std::chrono::seconds(1));
  } else if (done) {
    record_child(step.kind, step.source, step.id, step.hash, row_now(rows_, step), outcome.id, row);
    forget_parked(parked_name(step));
    stale_[target] = true;
  } else if (outcome.verdict == Verdict::kAmbiguous) {
    stop =
        deferred(system(target) + ": " + outcome.message, std::chrono::seconds(3), system(target));
  } else if (outcome.verdict == Verdict::kMisconfigured || outcome.verdict == Verdict::kRejected) {
    row.phase = "failed";
    batch_.push_back(PutCommand{row});
    park(parked_name(step), system(target) + ": " + outcome.message, Json(), Json());
  } else {
    row.phase = "failed";
    batch_.push_back(PutCommand{row});
    if (outcome.verdict == Verdict::kGone) {
      stale_[target] = true;
    } else {
      const bool conflict = outcome.verdict == Verdict::kConflict;
      stop = deferred(system(target) + ": " + outcome.message, outcome.retry_after,
                      conflict ? std::string() : system(target));
    }
  }
  Status stored = co_await core_.commit(checkpoint());
  if (!stored) co_return deferred("store: " + stored.error().message, std::chrono::seconds(2));
  co_return stop;
}

void Reconciler::record_child(ChildStep::Kind kind, Side source, const std::string& source_id,
                              const std::string& hash, const ChildRow& before,
                              const std::string& target_id, CommandRow& row) {
  const Side target = other(source);
  ChildRow child;
  child.id = core_.context().store.new_id();
  child.link = link_.id;
  child.kind = kind == Kind::kAttach ? "attachment" : "comment";
  set_id(child, target, target_id);
  if (kind == Kind::kComment || kind == Kind::kAttach) {
    set_id(child, source, source_id);
    if (!hash.empty()) set_hash(child, source, hash);
  } else if (kind == Kind::kEdited) {
    // The copy of the new text stands alone; the comment itself has a new hash.
    remember_child(before);
    batch_.push_back(PutChild{before});
  } else {
    ChildRow stub;
    stub.id = core_.context().store.new_id();
    stub.link = link_.id;
    stub.kind = "attachment";
    set_id(stub, source, source_id);
    stub.state = R"({"stub":true})";
    remember_child(stub);
    batch_.push_back(PutChild{std::move(stub)});
  }
  remember_child(child);
  batch_.push_back(PutChild{std::move(child)});
  row.phase = "done";
  batch_.push_back(PutCommand{row});
}

// A file that we attached may have brought a comment of its own ("file: x"): it is ours too.
void Reconciler::claim_carriers(Side side) {
  std::set<std::string> comments;
  std::set<std::string> files;
  for (const ChildRow& row : rows_) {
    if (row.kind == "comment") comments.insert(id_of(row, side));
    // Only files that came from the other side.
    if (row.kind == "attachment" && !id_of(row, other(side)).empty())
      files.insert(id_of(row, side));
  }
  for (const Attachment& file : record(side).attachments) {
    if (file.comment_id.empty() || !files.contains(file.id) || comments.contains(file.comment_id))
      continue;
    const auto& list = record(side).comments;
    const auto carrier = std::find_if(list.begin(), list.end(), [&](const Comment& comment) {
      return comment.id == file.comment_id && comment.own;
    });
    if (carrier == list.end()) continue;
    ChildRow row;
    row.id = core_.context().store.new_id();
    row.link = link_.id;
    row.kind = "comment";
    set_id(row, side, carrier->id);
    set_hash(row, side, text_hash(carrier->text));
    remember_child(row);
    batch_.push_back(PutChild{std::move(row)});
    comments.insert(carrier->id);
  }
}

void Reconciler::remember_child(ChildRow row) {
  const auto known = std::find_if(rows_.begin(), rows_.end(),
                                  [&](const ChildRow& one) { return one.id == row.id; });
  if (known != rows_.end()) {
    *known = std::move(row);
  } else {
    rows_.push_back(std::move(row));
  }
}

}  // namespace navette
