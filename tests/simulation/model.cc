#include "tests/simulation/model.h"

#include <cctype>
#include <cstdlib>
#include <utility>

namespace navette::test {
namespace {

int number_at(const std::string& text, std::size_t at) {
  return static_cast<int>(std::strtol(text.c_str() + at, nullptr, 10));
}

const char* shown(Visibility visibility) {
  return visibility == Visibility::kInternal ? "internal" : "public";
}

}  // namespace

void Model::fail(std::string sentence) {
  wrong_.push_back(std::move(sentence));
}

std::string Model::text_of(int comment, int version) {
  return "said #c" + std::to_string(comment) + "." + std::to_string(version) + "#";
}

std::pair<int, int> Model::comment_in(const std::string& text) {
  const auto at = text.find("#c");
  if (at == std::string::npos) return {0, 0};
  const auto dot = text.find('.', at);
  return {number_at(text, at + 2), number_at(text, dot + 1)};
}

int Model::file_in(const std::string& text) {
  const auto at = text.find("file-");
  return at == std::string::npos ? 0 : number_at(text, at + 5);
}

void Model::born(const std::string& ticket, const std::string& flow) {
  tickets_[ticket].flow = flow;
}

void Model::edited(const std::string& ticket, const std::string& field, const std::string& value) {
  KnownTicket& known = tickets_[ticket];
  const bool unclear = known.by_hub && !settled(ticket, field);
  if (unclear) known.excuses.insert(field);
  int& current = known.edits[field];
  edits_.push_back({ticket, field, value, current});
  edits_.back().unclear = unclear;
  current = static_cast<int>(edits_.size()) - 1;
  // Set back to what it was, after a write that was not read yet: that looks like a value which
  // was not taken.
  if (known.unsure && comes_again(ticket, current)) known.excuses.insert(field);
}

int Model::said(const std::string& ticket, Visibility visibility) {
  const int number = static_cast<int>(comments_.size()) + 1;
  comments_[number] = {ticket, visibility, 1, {}};
  return number;
}

int Model::attached(const std::string& ticket, Visibility visibility) {
  const int number = static_cast<int>(files_.size()) + 1;
  files_[number] = {ticket, visibility, 1, {}};
  return number;
}

void Model::excuse(const std::string& ticket, const std::string& what) {
  tickets_[ticket].excuses.insert(what);
}

bool Model::excused(const std::string& name, const std::string& what) const {
  const KnownTicket& one = tickets_.at(name);
  if (one.excuses.contains(what)) return true;
  return !one.twin.empty() && tickets_.at(one.twin).excuses.contains(what);
}

void Model::was_shown(const Edits& edits, std::int64_t now) {
  for (const auto& [field, number] : edits) {
    Edit& edit = edits_[static_cast<std::size_t>(number)];
    if (edit.shown_at < 0) edit.shown_at = now;
  }
}

bool Model::after(int later, int earlier) const {
  for (int at = later; at != 0; at = edits_[static_cast<std::size_t>(at)].before) {
    if (at == earlier) return true;
  }
  return earlier == 0;
}

bool Model::concurrent(const std::string& name, const std::string& field) const {
  const KnownTicket& one = tickets_.at(name);
  const auto& twin = tickets_.at(one.twin);
  const auto mine = one.edits.find(field);
  const auto other = twin.edits.find(field);
  if (mine == one.edits.end() || other == twin.edits.end()) return true;
  return !after(mine->second, other->second) && !after(other->second, mine->second);
}

int Model::times_edited(const std::string& name, const std::string& field) const {
  int times = 0;
  const std::string& twin = tickets_.at(name).twin;
  for (const Edit& edit : edits_)
    times += edit.field == field && (edit.ticket == name || edit.ticket == twin);
  return times;
}

// The newest edit of the pair with this value: of the side that it must come from, if it can be.
int Model::edit_with(const std::string& name, const std::string& field,
                     const std::string& value) const {
  int found = 0;
  const std::string& twin = tickets_.at(name).twin;
  for (std::size_t i = 1; i < edits_.size(); ++i) {
    const Edit& edit = edits_[i];
    if (edit.field != field || edit.value != value) continue;
    if (edit.ticket == twin) found = static_cast<int>(i);
    const bool twins = found != 0 && edits_[static_cast<std::size_t>(found)].ticket == twin;
    if (edit.ticket == name && !twins) found = static_cast<int>(i);
  }
  return found;
}

void Model::hub_created(const std::string& source, const std::string& ticket) {
  const auto found = tickets_.find(source);
  if (found == tickets_.end()) {
    fail("made: " + ticket + " was made for " + source + ", which is no ticket");
    return;
  }
  KnownTicket& of = found->second;
  if (of.by_hub)
    fail("echo: " + ticket + " was made for " + source + ", which the hub made itself");
  // A twin that somebody deleted before the hub knew of it (the answer was lost) is made again.
  const bool never_known = !of.twin.empty() && tickets_.at(of.twin).deleted && !linked(of.twin);
  if (!of.twin.empty() && !never_known)
    fail("doubled: " + source + " has " + of.twin + " and now " + ticket);
  of.twin = ticket;
  KnownTicket twin;
  twin.flow = of.flow;
  twin.twin = source;
  twin.by_hub = true;
  tickets_[ticket] = std::move(twin);
}

// Whether it is a value that was there before, or that robots set again and again: then nobody can
// tell, by value, which of the times it is.
bool Model::comes_again(const std::string& name, int number) const {
  const Edit& edit = edits_[static_cast<std::size_t>(number)];
  if (edit.field == "severity" && excused(name, edit.field)) return true;
  // A field that is empty again, after a write that was never answered.
  if (edit.value == "-" && tickets_.at(name).unsure) return true;
  for (int i = 1; i < number; ++i) {
    const Edit& one = edits_[static_cast<std::size_t>(i)];
    const bool pair = one.ticket == name || one.ticket == tickets_.at(name).twin;
    if (pair && one.field == edit.field && one.value == edit.value) return true;
  }
  return false;
}

void Model::hub_wrote(const std::string& name, const std::string& field, const std::string& value) {
  KnownTicket& ticket = tickets_.at(name);
  if (ticket.twin.empty()) {
    fail("leak: " + name + " was written to and is nobody's twin");
    return;
  }
  const int written = edit_with(name, field, value);
  // "-" is also what a new ticket has before anybody set it.
  if (written == 0 && value != "-")
    fail("leak: " + name + " got the " + field + " '" + value + "' of another");
  int& current = ticket.edits[field];
  Edit& over = edits_[static_cast<std::size_t>(current)];
  const bool known = over.shown_at >= 0 && over.shown_at <= sent_at_ && !over.unclear;
  if (current != written && after(current, written) && known && !comes_again(name, current)) {
    fail("lost: " + field + " of " + name + " was '" + over.value + "', set after '" + value +
         "', and the hub put that back");
  }
  if (current != written) over.gone = true;
  current = written;
}

void Model::judge_place(const std::string& ticket, const std::string& source,
                        const std::string& what) {
  if (source == ticket) {
    fail("echo: " + what + " of " + source + " was written to it again");
  } else if (tickets_.at(ticket).twin != source) {
    fail("leak: " + what + " of " + source + " was written to " + ticket);
  }
}

void Model::hub_said(const std::string& ticket, const std::string& text, Visibility visibility) {
  const auto [number, version] = comment_in(text);
  const int file = number == 0 ? file_in(text) : 0;
  if (number == 0 && file == 0) {
    fail("made: the hub wrote to " + ticket + " what nobody said: " + text);
    return;
  }
  Said& said = number != 0 ? comments_.at(number) : files_.at(file);
  const std::string what = number != 0
                               ? "comment " + std::to_string(number) + "." + std::to_string(version)
                               : "the line for file " + std::to_string(file);
  judge_place(ticket, said.ticket, what);
  if (visibility > said.visibility) {
    fail("leak: " + what + " of " + said.ticket + " is " + shown(said.visibility) + ", and " +
         shown(visibility) + " on " + ticket);
  }
  if (++said.copies[number != 0 ? version : 1] > 1)
    fail("doubled: " + what + " of " + said.ticket + " is twice on " + ticket);
}

void Model::hub_attached(const std::string& ticket, const std::string& name,
                         Visibility visibility) {
  const int file = file_in(name);
  if (!files_.contains(file)) {
    fail("made: the hub attached to " + ticket + " what nobody has: " + name);
    return;
  }
  Said& said = files_.at(file);
  judge_place(ticket, said.ticket, name);
  if (visibility > said.visibility)
    fail("leak: " + name + " of " + said.ticket + " is wider on " + ticket);
  if (++said.copies[1] > 1) fail("doubled: " + name + " of " + said.ticket + " is twice");
}

}  // namespace navette::test
