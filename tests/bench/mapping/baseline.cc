#include "tests/bench/mapping/baseline.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cstring>
#include <string_view>

namespace navette::bench {
namespace {

using simdjson::ondemand::array;
using simdjson::ondemand::json_type;
using simdjson::ondemand::object;
using simdjson::ondemand::value;

constexpr std::array<bool, 256> kEscaped = [] {
  std::array<bool, 256> table{};
  for (int i = 0; i < 32; ++i) table[static_cast<std::size_t>(i)] = true;
  table['"'] = table['\\'] = true;
  return table;
}();

void escape(std::string* out, std::string_view text) {
  out->push_back('"');
  std::size_t plain = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!kEscaped[static_cast<unsigned char>(text[i])]) continue;
    out->append(text, plain, i - plain);
    plain = i + 1;
    switch (text[i]) {
      case '"':
        out->append("\\\"");
        break;
      case '\\':
        out->append("\\\\");
        break;
      case '\n':
        out->append("\\n");
        break;
      case '\t':
        out->append("\\t");
        break;
      case '\r':
        out->append("\\r");
        break;
      default: {
        constexpr std::string_view kHex = "0123456789abcdef";
        const auto byte = static_cast<unsigned char>(text[i]);
        out->append("\\u00");
        out->push_back(kHex[byte >> 4]);
        out->push_back(kHex[byte & 15]);
      }
    }
  }
  out->append(text, plain, std::string_view::npos);
  out->push_back('"');
}

int digits(std::string_view text, std::size_t at, std::size_t count) {
  int number = 0;
  for (std::size_t i = at; i < at + count; ++i) number = number * 10 + (text[i] - '0');
  return number;
}

char* put_two(int number, char* to) {
  to[0] = static_cast<char>('0' + number / 10);
  to[1] = static_cast<char>('0' + number % 10);
  return to + 2;
}

// "2026-03-01T10:11:12.123+0100" to UTC.
void date(std::string* out, std::string_view text) {
  using std::chrono::day;
  using std::chrono::month;
  using std::chrono::sys_days;
  using std::chrono::year;
  using std::chrono::year_month_day;
  const year_month_day local{year(digits(text, 0, 4)),
                             month(static_cast<unsigned>(digits(text, 5, 2))),
                             day(static_cast<unsigned>(digits(text, 8, 2)))};
  std::int64_t seconds = sys_days(local).time_since_epoch().count() * 86'400LL +
                         digits(text, 11, 2) * 3600LL + digits(text, 14, 2) * 60LL +
                         digits(text, 17, 2);
  const int millis = digits(text, 20, 3);
  const int offset = digits(text, 24, 2) * 3600 + digits(text, 26, 2) * 60;
  seconds -= text[23] == '-' ? -offset : offset;
  const std::int64_t days = seconds / 86'400;
  const auto rest = static_cast<int>(seconds - days * 86'400);
  const year_month_day utc{sys_days(std::chrono::days(days))};
  std::array<char, 32> room{};
  char* to = room.data();
  *to++ = '"';
  to = put_two(static_cast<int>(utc.year()) / 100, to);
  to = put_two(static_cast<int>(utc.year()) % 100, to);
  *to++ = '-';
  to = put_two(static_cast<int>(static_cast<unsigned>(utc.month())), to);
  *to++ = '-';
  to = put_two(static_cast<int>(static_cast<unsigned>(utc.day())), to);
  *to++ = 'T';
  to = put_two(rest / 3600, to);
  *to++ = ':';
  to = put_two(rest / 60 % 60, to);
  *to++ = ':';
  to = put_two(rest % 60, to);
  if (millis != 0) {
    *to++ = '.';
    *to++ = static_cast<char>('0' + millis / 100);
    to = put_two(millis % 100, to);
  }
  *to++ = 'Z';
  *to++ = '"';
  out->append(room.data(), static_cast<std::size_t>(to - room.data()));
}

std::string_view status(std::string_view name) {
  if (name == "Open") return "\"new\"";
  if (name == "In Progress") return "\"active\"";
  if (name == "Waiting for customer") return "\"waiting\"";
  if (name == "Resolved") return "\"solved\"";
  return "\"closed\"";
}

std::string_view priority(std::string_view name) {
  if (name == "Highest") return "1";
  if (name == "High") return "2";
  if (name == "Low") return "4";
  if (name == "Lowest") return "5";
  return "3";
}

std::string_view kind(std::string_view name) {
  if (name == "Incident") return "\"incident\"";
  if (name == "Service Request") return "\"request\"";
  if (name == "Problem") return "\"problem\"";
  return "\"change\"";
}

std::string_view severity(std::string_view name) {
  if (name == "S1") return "\"critical\"";
  if (name == "S2") return "\"major\"";
  return "\"minor\"";
}

void lower(std::string* out, std::string_view text) {
  out->push_back('"');
  for (const char c : text) {
    out->push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
  }
  out->push_back('"');
}

void number(std::string* out, std::int64_t value) {
  std::array<char, 24> room{};
  const auto end = std::to_chars(room.data(), room.data() + room.size(), value).ptr;
  out->append(room.data(), static_cast<std::size_t>(end - room.data()));
}

// Texts of a ticket by the name of the field they go to; empty where there is none.
struct Ticket {
  std::string_view id, key, summary, description, status, category, priority, kind, project,
      reporter, email, assignee, created, updated, resolved, due, customer, contract, severity;
  bool has_contract = false;
  bool has_assignee = false;
  std::int64_t spent = -1;
};

void comments(array list, std::string* out) {
  out->append(",\"comments\":[");
  bool first = true;
  for (object comment : list) {
    out->append(first ? "{\"id\":" : ",{\"id\":");
    first = false;
    escape(out, comment.find_field_unordered("id").get_string());
    out->append(",\"author\":");
    escape(out,
           comment.find_field_unordered("author").find_field_unordered("displayName").get_string());
    out->append(",\"body\":");
    escape(out, comment.find_field_unordered("body").get_string());
    out->append(",\"at\":");
    date(out, comment.find_field_unordered("created").get_string());
    const bool is_public = comment.find_field_unordered("jsdPublic").get_bool();
    out->append(is_public ? ",\"visibility\":\"public\"}" : ",\"visibility\":\"internal\"}");
  }
  out->push_back(']');
}

void files(array list, std::string* out) {
  out->append(",\"files\":[");
  bool first = true;
  for (object file : list) {
    out->append(first ? "{\"name\":" : ",{\"name\":");
    first = false;
    escape(out, file.find_field_unordered("filename").get_string());
    out->append(",\"bytes\":");
    number(out, file.find_field_unordered("size").get_int64());
    out->append(",\"href\":");
    escape(out, file.find_field_unordered("content").get_string());
    out->push_back('}');
  }
  out->push_back(']');
}

void custom_fields(array list, Ticket* ticket) {
  for (object field : list) {
    const std::int64_t id = field.find_field_unordered("id").get_int64();
    value found = field.find_field_unordered("value");
    if (id == 360'001) {
      ticket->customer = found.get_string();
    } else if (id == 360'002) {
      ticket->has_contract = !bool(found.is_null());
      if (ticket->has_contract) ticket->contract = found.get_string();
    } else if (id == 360'003) {
      ticket->severity = found.get_string();
    }
  }
}

void labels(array list, std::string* out) {
  out->append(",\"tags\":[");
  bool first = true;
  for (value label : list) {
    if (!first) out->push_back(',');
    first = false;
    escape(out, label.get_string());
  }
  out->push_back(']');
}

void head(const Ticket& ticket, std::string* out) {
  const auto text = [out](std::string_view name, std::string_view value) {
    out->append(name);
    escape(out, value);
  };
  out->append("{\"id\":\"jira:");
  out->append(ticket.key);
  text("\",\"number\":", ticket.id);
  text(",\"title\":", ticket.summary.empty() ? "(no subject)" : ticket.summary);
  text(",\"description\":", ticket.description);
  out->append(",\"status\":");
  out->append(status(ticket.status));
  out->append(",\"priority\":");
  out->append(priority(ticket.priority));
  out->append(",\"kind\":");
  out->append(kind(ticket.kind));
  text(",\"project\":", ticket.project);
  text(",\"requester\":{\"name\":", ticket.reporter);
  out->append(",\"email\":");
  lower(out, ticket.email);
  text("},\"assignee\":", ticket.has_assignee ? ticket.assignee : "nobody");
  out->append(",\"created_at\":");
  date(out, ticket.created);
  out->append(",\"updated_at\":");
  date(out, ticket.updated);
  if (ticket.category == "done") {
    out->append(",\"resolved_at\":");
    if (ticket.resolved.empty()) {
      out->append("null");
    } else {
      date(out, ticket.resolved);
    }
  }
  if (ticket.due.empty()) {
    out->append(",\"due_on\":null");
  } else {
    text(",\"due_on\":", ticket.due);
  }
}

void tail(const Ticket& ticket, std::string* out) {
  out->append(",\"customer_number\":");
  escape(out, ticket.customer);
  out->append(",\"contract\":");
  escape(out, ticket.has_contract ? ticket.contract : "none");
  out->append(",\"severity\":");
  out->append(severity(ticket.severity));
  out->append(",\"spent_minutes\":");
  if (ticket.spent < 0) {
    out->append("null");
  } else {
    number(out, ticket.spent / 60);
  }
  out->append(",\"url\":\"https://helpdesk.example/browse/");
  out->append(ticket.project);
  out->push_back('/');
  out->append(ticket.key);
  out->push_back('"');
}

}  // namespace

void ByHand::map(simdjson::padded_string_view line, std::string* out) {
  auto document = parser_.iterate(line);
  Ticket ticket;
  ticket.id = document.find_field_unordered("id").get_string();
  ticket.key = document.find_field_unordered("key").get_string();
  object fields = document.find_field_unordered("fields").get_object();
  const auto get = [&fields](std::string_view name) { return fields.find_field_unordered(name); };
  const auto text_or_null = [&get](std::string_view name) {
    value found = get(name);
    return bool(found.is_null()) ? std::string_view() : std::string_view(found.get_string());
  };
  ticket.kind = get("issuetype").find_field_unordered("name").get_string();
  value spent = get("timespent");
  if (!bool(spent.is_null())) ticket.spent = spent.get_int64();
  ticket.project = get("project").find_field_unordered("key").get_string();
  object status = get("status").get_object();
  ticket.status = status.find_field_unordered("name").get_string();
  ticket.category =
      status.find_field_unordered("statusCategory").find_field_unordered("key").get_string();
  ticket.resolved = text_or_null("resolutiondate");
  ticket.created = get("created").get_string();
  ticket.priority = get("priority").find_field_unordered("name").get_string();
  // Lists can be read once, in passing; what they become waits for its turn.
  thread_local std::string tags;
  tags.clear();
  labels(get("labels").get_array(), &tags);
  custom_fields(get("custom_fields").get_array(), &ticket);
  value assignee = get("assignee");
  ticket.has_assignee = !bool(assignee.is_null());
  if (ticket.has_assignee) {
    ticket.assignee = assignee.find_field_unordered("emailAddress").get_string();
  }
  ticket.updated = get("updated").get_string();
  ticket.description = get("description").get_string();
  thread_local std::string attached;
  attached.clear();
  files(get("attachment").get_array(), &attached);
  ticket.summary = get("summary").get_string();
  object reporter = get("reporter").get_object();
  ticket.reporter = reporter.find_field_unordered("displayName").get_string();
  ticket.email = reporter.find_field_unordered("emailAddress").get_string();
  ticket.due = text_or_null("duedate");
  head(ticket, out);
  out->append(tags);
  tail(ticket, out);
  comments(get("comment").find_field_unordered("comments").get_array(), out);
  out->append(attached);
  out->push_back('}');
}

namespace {

// The characters of a text as they are spelt, without quotes.
std::string_view raw(value found) {
  const std::string_view token = found.raw_json_token();
  return token.substr(1, token.rfind('"') - 1);
}

void raw_text(std::string* out, std::string_view name, std::string_view text) {
  out->append(name);
  out->append(text);
  out->push_back('"');
}

void raw_comments(array list, std::string* out) {
  out->append(",\"comments\":[");
  bool first = true;
  for (object comment : list) {
    raw_text(out, first ? "{\"id\":\"" : ",{\"id\":\"", raw(comment.find_field("id")));
    first = false;
    raw_text(out, ",\"author\":\"", raw(comment.find_field("author").find_field("displayName")));
    raw_text(out, ",\"body\":\"", raw(comment.find_field("body")));
    out->append(",\"at\":");
    date(out, raw(comment.find_field("created")));
    const bool is_public = comment.find_field("jsdPublic").get_bool();
    out->append(is_public ? ",\"visibility\":\"public\"}" : ",\"visibility\":\"internal\"}");
  }
  out->push_back(']');
}

void raw_files(array list, std::string* out) {
  out->append(",\"files\":[");
  bool first = true;
  for (object file : list) {
    raw_text(out, first ? "{\"name\":\"" : ",{\"name\":\"", raw(file.find_field("filename")));
    first = false;
    out->append(",\"bytes\":");
    number(out, file.find_field("size").get_int64());
    raw_text(out, ",\"href\":\"", raw(file.find_field("content")));
    out->push_back('}');
  }
  out->push_back(']');
}

void raw_head(const Ticket& ticket, std::string* out) {
  raw_text(out, "{\"id\":\"jira:", ticket.key);
  raw_text(out, ",\"number\":\"", ticket.id);
  raw_text(out, ",\"title\":\"", ticket.summary.empty() ? "(no subject)" : ticket.summary);
  raw_text(out, ",\"description\":\"", ticket.description);
  out->append(",\"status\":");
  out->append(status(ticket.status));
  out->append(",\"priority\":");
  out->append(priority(ticket.priority));
  out->append(",\"kind\":");
  out->append(kind(ticket.kind));
  raw_text(out, ",\"project\":\"", ticket.project);
  raw_text(out, ",\"requester\":{\"name\":\"", ticket.reporter);
  out->append(",\"email\":");
  lower(out, ticket.email);
  raw_text(out, "},\"assignee\":\"", ticket.has_assignee ? ticket.assignee : "nobody");
  out->append(",\"created_at\":");
  date(out, ticket.created);
  out->append(",\"updated_at\":");
  date(out, ticket.updated);
  if (ticket.category == "done") {
    out->append(",\"resolved_at\":");
    date(out, ticket.resolved);
  }
  if (ticket.due.empty()) {
    out->append(",\"due_on\":null");
  } else {
    raw_text(out, ",\"due_on\":\"", ticket.due);
  }
}

}  // namespace

void ByHandTuned::map(simdjson::padded_string_view line, std::string* out) {
  auto document = parser_.iterate(line);
  Ticket ticket;
  ticket.id = raw(document.find_field("id"));
  ticket.key = raw(document.find_field("key"));
  object fields = document.find_field("fields").get_object();
  const auto get = [&fields](std::string_view name) { return fields.find_field(name); };
  const auto raw_or_null = [&get](std::string_view name) {
    value found = get(name);
    return bool(found.is_null()) ? std::string_view() : raw(found);
  };
  ticket.kind = raw(get("issuetype").find_field("name"));
  value spent = get("timespent");
  if (!bool(spent.is_null())) ticket.spent = spent.get_int64();
  ticket.project = raw(get("project").find_field("key"));
  object status = get("status").get_object();
  ticket.status = raw(status.find_field("name"));
  ticket.category = raw(status.find_field("statusCategory").find_field("key"));
  ticket.resolved = raw_or_null("resolutiondate");
  ticket.created = raw(get("created"));
  ticket.priority = raw(get("priority").find_field("name"));
  thread_local std::string tags;
  tags.assign(",\"tags\":");
  tags.append(std::string_view(simdjson::to_json_string(get("labels"))));
  for (object field : get("custom_fields").get_array()) {
    const std::int64_t id = field.find_field("id").get_int64();
    value found = field.find_field("value");
    if (id == 360'001) {
      ticket.customer = raw(found);
    } else if (id == 360'002) {
      ticket.has_contract = !bool(found.is_null());
      if (ticket.has_contract) ticket.contract = raw(found);
    } else if (id == 360'003) {
      ticket.severity = raw(found);
    }
  }
  value assignee = get("assignee");
  ticket.has_assignee = !bool(assignee.is_null());
  if (ticket.has_assignee) ticket.assignee = raw(assignee.find_field("emailAddress"));
  ticket.updated = raw(get("updated"));
  ticket.description = raw(get("description"));
  thread_local std::string attached;
  attached.clear();
  raw_files(get("attachment").get_array(), &attached);
  ticket.summary = raw(get("summary"));
  object reporter = get("reporter").get_object();
  ticket.reporter = raw(reporter.find_field("displayName"));
  ticket.email = raw(reporter.find_field("emailAddress"));
  ticket.due = raw_or_null("duedate");
  raw_head(ticket, out);
  out->append(tags);
  tail(ticket, out);
  raw_comments(get("comment").find_field("comments").get_array(), out);
  out->append(attached);
  out->push_back('}');
}

}  // namespace navette::bench
