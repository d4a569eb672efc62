#include "tests/bench/mapping/tickets.h"

#include <array>
#include <cstdio>
#include <string_view>
#include <utility>
#include <vector>

namespace navette::bench {
namespace {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15 + 0x1234567) {}
  std::uint64_t below(std::uint64_t bound) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return (state_ >> 11) % bound;
  }
  bool one_in(std::uint64_t of) { return below(of) == 0; }
  template <std::size_t kSize>
  std::string_view pick(const std::array<std::string_view, kSize>& list) {
    return list[below(kSize)];
  }

 private:
  std::uint64_t state_;
};

constexpr std::array<std::string_view, 40> kWords = {
    "printer",   "invoice", "after",  "update", "the",     "server", "Zürich", "does",
    "not",       "respond", "since",  "Monday", "morning", "backup", "failed", "with",
    "error",     "code",    "please", "check",  "order",   "number", "café",   "the",
    "warehouse", "module",  "shows",  "wrong",  "totals",  "for",    "client", "Москва",
    "again",     "users",   "cannot", "log",    "in",      "über",   "VPN",    "tunnel"};
constexpr std::array<std::string_view, 6> kNames = {"Jana Nováková", "Peter Müller", "Ann Smith",
                                                    "Aïcha Benali",  "Иван Петров",  "Li Wei"};
constexpr std::array<std::string_view, 6> kMails = {
    "Jana.Novakova@Client.example", "peter.mueller@client.example", "Ann.Smith@Client.Example",
    "aicha.benali@client.example",  "ivan.petrov@client.example",   "LI.WEI@client.example"};

std::string words(Dice& dice, std::uint64_t count) {
  std::string out;
  for (std::uint64_t i = 0; i < count; ++i) {
    if (i > 0) out += dice.one_in(14) ? "\\n" : " ";
    if (dice.one_in(40)) out += "\\\"quoted\\\" ";
    out += dice.pick(kWords);
  }
  return out;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  out += text;
  return out += '"';
}

std::string date(Dice& dice) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "2026-%02u-%02uT%02u:%02u:%02u.%03u+0%u00",
                static_cast<unsigned>(1 + dice.below(12)),
                static_cast<unsigned>(1 + dice.below(28)), static_cast<unsigned>(dice.below(24)),
                static_cast<unsigned>(dice.below(60)), static_cast<unsigned>(dice.below(60)),
                static_cast<unsigned>(1 + dice.below(999)),
                static_cast<unsigned>(1 + dice.below(2)));
  return text.data();
}

// An object whose members may be put in another order.
class Members {
 public:
  void add(std::string_view name, std::string value) {
    members_.push_back(quoted(name) + ":" + std::move(value));
  }
  std::string text(Dice& dice, const TicketStyle& style) {
    if (style.shuffled) {
      for (std::size_t i = members_.size(); i > 1; --i) {
        std::swap(members_[i - 1], members_[dice.below(i)]);
      }
    }
    std::string out = "{";
    for (const std::string& member : members_) out += (out.size() > 1 ? "," : "") + member;
    return out += '}';
  }

 private:
  std::vector<std::string> members_;
};

class Ticket {
 public:
  Ticket(std::uint64_t seed, std::uint64_t number, const TicketStyle& style)
      : dice_(seed * 1'000'003 + number), style_(style), number_(number) {}

  std::string text() {
    Members ticket;
    ticket.add("expand", quoted("renderedFields,names,schema,operations,changelog"));
    ticket.add("id", quoted(std::to_string(10'000 + number_)));
    ticket.add("self", link("issue"));
    ticket.add("key", quoted("ACME-" + std::to_string(1 + number_)));
    ticket.add("fields", fields());
    return ticket.text(dice_, style_);
  }

 private:
  std::string link(std::string_view what) {
    return quoted("https://helpdesk.example/rest/api/2/" + std::string(what) + "/" +
                  std::to_string(10'000 + dice_.below(100'000)));
  }
  std::string done(Members& members) { return members.text(dice_, style_); }

  std::string person() {
    const std::uint64_t who = dice_.below(kNames.size());
    Members person;
    person.add("self", link("user"));
    person.add("accountId", quoted("5b10ac8d82e05b22cc7d4e" + std::to_string(who)));
    person.add("displayName", quoted(kNames[who]));
    person.add("emailAddress", quoted(kMails[who]));
    person.add("active", "true");
    person.add("timeZone", quoted("Europe/Paris"));
    return done(person);
  }

  std::string named(std::string_view what, std::string_view name) {
    Members out;
    out.add("self", link(what));
    out.add("name", quoted(name));
    out.add("id", quoted(std::to_string(dice_.below(20))));
    return done(out);
  }

  std::string status(bool* is_done) {
    static constexpr std::array<std::string_view, 5> kStatuses = {
        "Open", "In Progress", "Waiting for customer", "Resolved", "Closed"};
    const std::uint64_t which = dice_.below(kStatuses.size());
    *is_done = which >= 3;
    Members category;
    category.add("id", std::to_string(which));
    category.add("key", quoted(*is_done ? "done" : which == 0 ? "new" : "indeterminate"));
    category.add("colorName", quoted("blue-gray"));
    Members out;
    out.add("self", link("status"));
    out.add("description", quoted("This ticket is being worked on."));
    out.add("name", quoted(kStatuses[which]));
    out.add("id", quoted(std::to_string(which)));
    out.add("statusCategory", done(category));
    return done(out);
  }

  std::string custom_fields() {
    static constexpr std::array<std::string_view, 4> kSeverities = {"S1", "S2", "S3", "S4"};
    std::string out = "[";
    for (int id = 360'001; id <= 360'005; ++id) {
      std::string value = "null";
      if (id == 360'001) value = quoted("C-" + std::to_string(dice_.below(9999)));
      if (id == 360'002 && !dice_.one_in(4))
        value = quoted("TMA 2026/" + std::to_string(number_ % 90));
      if (id == 360'003) value = quoted(dice_.pick(kSeverities));
      if (id == 360'004) value = std::to_string(dice_.below(100'000));
      Members field;
      field.add("id", std::to_string(id));
      field.add("value", value);
      out += (out.size() > 1 ? "," : "") + done(field);
    }
    return out + "]";
  }

  std::string comments() {
    std::string out = "[";
    for (int i = 0; i < 3; ++i) {
      Members comment;
      comment.add("self", link("comment"));
      comment.add("id", quoted(std::to_string(40'000 + dice_.below(100'000))));
      comment.add("author", person());
      comment.add("body", quoted(words(dice_, 8 + dice_.below(24))));
      comment.add("created", quoted(date(dice_)));
      comment.add("jsdPublic", dice_.one_in(3) ? "false" : "true");
      out += (i > 0 ? "," : "") + done(comment);
    }
    Members page;
    page.add("comments", out + "]");
    page.add("maxResults", "3");
    page.add("total", "3");
    return done(page);
  }

  std::string files() {
    std::string out = "[";
    for (std::uint64_t i = dice_.below(3); i > 0; --i) {
      Members file;
      file.add("self", link("attachment"));
      file.add("filename", quoted("screenshot " + std::to_string(i) + ".png"));
      file.add("size", std::to_string(dice_.below(5'000'000)));
      file.add("mimeType", quoted("image/png"));
      file.add("content", link("attachment/content"));
      out += (out.size() > 1 ? "," : "") + done(file);
    }
    return out + "]";
  }

  std::string labels() {
    std::string out = "[";
    for (std::uint64_t i = dice_.below(4); i > 0; --i) {
      out += (out.size() > 1 ? "," : "") + quoted(dice_.pick(kWords));
    }
    return out + "]";
  }

  std::string fields() {
    static constexpr std::array<std::string_view, 6> kPriorities = {"Highest", "High",   "Medium",
                                                                    "Low",     "Lowest", "Blocker"};
    static constexpr std::array<std::string_view, 4> kKinds = {"Incident", "Service Request",
                                                               "Problem", "Change"};
    bool is_done = false;
    Members fields;
    fields.add("statuscategorychangedate", quoted(date(dice_)));
    fields.add("issuetype", named("issuetype", dice_.pick(kKinds)));
    fields.add("timespent", dice_.one_in(3) ? "null" : std::to_string(60 * dice_.below(2000)));
    Members project;
    project.add("self", link("project"));
    project.add("id", quoted("10001"));
    project.add("key", quoted("ACME"));
    project.add("name", quoted("Acme support"));
    fields.add("project", done(project));
    fields.add("status", status(&is_done));
    fields.add("resolutiondate", is_done ? quoted(date(dice_)) : "null");
    fields.add("workratio", "-1");
    fields.add("created", quoted(date(dice_)));
    fields.add("priority", named("priority", dice_.pick(kPriorities)));
    fields.add("labels", labels());
    fields.add("custom_fields", custom_fields());
    fields.add("assignee", dice_.one_in(4) ? "null" : person());
    fields.add("updated", quoted(date(dice_)));
    fields.add("components", "[]");
    fields.add("description", quoted(words(dice_, 90 + dice_.below(60))));
    fields.add("attachment", files());
    fields.add("summary", quoted(words(dice_, 4 + dice_.below(6))));
    fields.add("reporter", person());
    fields.add("duedate", dice_.one_in(2) ? "null" : quoted(date(dice_).substr(0, 10)));
    fields.add("comment", comments());
    return done(fields);
  }

  Dice dice_;
  TicketStyle style_;
  std::uint64_t number_;
};

}  // namespace

void append_ticket(std::uint64_t seed, std::uint64_t number, const TicketStyle& style,
                   std::string* out) {
  *out += Ticket(seed, number, style).text();
  *out += '\n';
}

}  // namespace navette::bench
