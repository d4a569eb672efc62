#include "sync/children.h"

#include <algorithm>
#include <cstdint>
#include <map>

namespace navette {
namespace {

using Kind = ChildStep::Kind;

const Record& record_of(const ChildInput& input, Side side) {
  return side == Side::kClient ? input.client : input.provider;
}

const Description& system_of(const ChildInput& input, Side side) {
  return side == Side::kClient ? input.client_system : input.provider_system;
}

std::map<std::string, const ChildRow*> index_of(const ChildInput& input, Side side,
                                                const std::string& kind) {
  std::map<std::string, const ChildRow*> index;
  for (const ChildRow& row : input.rows) {
    if (row.kind == kind && !id_of(row, side).empty()) index[id_of(row, side)] = &row;
  }
  return index;
}

std::string size_text(std::int64_t bytes) {
  if (bytes < 0) return "size unknown";
  if (bytes < 10'000) return std::to_string(bytes) + " bytes";
  if (bytes < 10'000'000) return std::to_string(bytes / 1000) + " kB";
  return std::to_string(bytes / 1'000'000) + " MB";
}

// Sets the visibility on the target, or turns the step into one that writes nothing.
void judge(const ChildInput& input, ChildStep& step, Visibility source, std::string_view what) {
  const Side target = other(step.source);
  if (input.flow.only_towards && *input.flow.only_towards != target) {
    step.kind = Kind::kWithhold;
    step.reason = "the flow writes to the other side only";
    return;
  }
  const auto visibility = visibility_on(input.flow, target, source);
  if (!visibility) {
    step.kind = Kind::kWithhold;
    step.reason = "the flow keeps such " + std::string(what) + "s on their side";
    return;
  }
  step.visibility = *visibility;
  if (*visibility == Visibility::kInternal && !system_of(input, target).internal_comments) {
    step.kind = Kind::kBlocked;
    step.reason = "internal " + std::string(what) + " not written: the account on " +
                  input.flow.side(target).system +
                  " may not write internal comments there (grant it that right)";
  }
}

void plan_comments(const ChildInput& input, Side source, std::vector<ChildStep>& steps) {
  const auto known = index_of(input, source, "comment");
  const Side target = other(source);
  for (const Comment& comment : record_of(input, source).comments) {
    const std::string hash = text_hash(comment.text);
    const auto found = known.find(comment.id);
    ChildStep step;
    step.source = source;
    step.id = comment.id;
    step.created_at = comment.created_at;
    step.hash = hash;
    if (found != known.end()) {
      const std::string before = hash_in(*found->second, source);
      if (before == hash) continue;
      step.row = *found->second;
      set_hash(step.row, source, hash);
      const bool copied = !id_of(step.row, target).empty();
      step.kind = before.empty() || !copied || !input.flow.comments.repost_edits ? Kind::kRemember
                                                                                 : Kind::kEdited;
    } else {
      step.kind = Kind::kComment;
    }
    if (step.kind != Kind::kRemember) {
      if (!input.flow.comments.enabled) continue;
      judge(input, step, comment.visibility, "comment");
      std::string attribution = input.flow.comments.attribution;
      if (step.kind == Kind::kEdited && !attribution.empty()) attribution.insert(0, "(edited) ");
      step.text =
          input.mapping.comment_text(comment, system_of(input, target).comment_markup, attribution);
    }
    steps.push_back(std::move(step));
  }
}

// The line that stands for a file which is not copied.
std::string stub_text(const ChildInput& input, Side source, const Attachment& file,
                      const std::string& why) {
  Comment line;
  line.author = file.author;
  line.markup = "text";
  line.text = "File \"" + file.name + "\" (" + size_text(file.size) + ") is on " +
              input.flow.side(source).system + " only: " + why + ".";
  return input.mapping.comment_text(line, system_of(input, other(source)).comment_markup,
                                    input.flow.comments.attribution);
}

void plan_files(const ChildInput& input, Side source, std::vector<ChildStep>& steps) {
  if (!input.flow.attachments.enabled) return;
  const auto known = index_of(input, source, "attachment");
  const Description& system = system_of(input, other(source));
  for (const Attachment& file : record_of(input, source).attachments) {
    if (known.contains(file.id)) continue;
    ChildStep step;
    step.kind = Kind::kAttach;
    step.source = source;
    step.id = file.id;
    step.created_at = file.created_at;
    step.file = file;
    judge(input, step, file.visibility, "file");
    if (step.kind == Kind::kAttach) {
      std::int64_t limit = input.flow.attachments.bytes_max;
      if (system.attachment_bytes_max > 0) limit = std::min(limit, system.attachment_bytes_max);
      std::string why;
      if (file.size > limit) why = "larger than the limit of " + size_text(limit);
      if (step.visibility == Visibility::kInternal && !system.attachment_visibility)
        why = "it is internal, and files can't be kept internal here";
      if (!why.empty()) {
        step.kind = Kind::kStub;
        step.reason = why;
      }
    }
    // Also for a kAttach: what is said should the target refuse the file.
    step.text =
        stub_text(input, source, file, step.reason.empty() ? "it was not taken here" : step.reason);
    steps.push_back(std::move(step));
  }
}

std::string squeezed(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\n' || c == '\r' || c == '\t';
    if (!blank) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

}  // namespace

std::vector<ChildStep> plan_children(const ChildInput& input) {
  std::vector<ChildStep> steps;
  for (const Side source : {Side::kClient, Side::kProvider}) {
    plan_comments(input, source, steps);
    plan_files(input, source, steps);
  }
  std::stable_sort(steps.begin(), steps.end(), [](const ChildStep& a, const ChildStep& b) {
    return a.created_at < b.created_at;
  });
  return steps;
}

std::optional<Visibility> visibility_on(const FlowConfig& flow, Side target, Visibility source) {
  const std::string& wanted = flow.comments.visibility[target][static_cast<std::size_t>(source)];
  Visibility result = Visibility::kInternal;
  if (wanted == "none") return std::nullopt;
  if (wanted == "public") result = Visibility::kPublic;
  if (wanted == "shared") result = Visibility::kShared;
  // Never wider than the source, unless the flow says so in so many words.
  if (result > source && !flow.comments.widen) result = source;
  return result;
}

std::string text_hash(const std::string& text) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : squeezed(text))
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return std::to_string(hash);
}

bool same_text(const std::string& a, const std::string& b) {
  return squeezed(a) == squeezed(b);
}

const std::string& id_of(const ChildRow& row, Side side) {
  return side == Side::kClient ? row.client_id : row.provider_id;
}

void set_id(ChildRow& row, Side side, std::string id) {
  (side == Side::kClient ? row.client_id : row.provider_id) = std::move(id);
}

std::string hash_in(const ChildRow& row, Side side) {
  auto state = Json::parse(row.state.empty() ? "{}" : row.state, "state of a comment");
  return state ? state->at(to_text(side)).text() : std::string();
}

void set_hash(ChildRow& row, Side side, const std::string& hash) {
  auto state = Json::parse(row.state.empty() ? "{}" : row.state, "state of a comment");
  Json changed = state ? *state : Json::object();
  changed.set(to_text(side), hash);
  row.state = changed.dump();
}

}  // namespace navette
