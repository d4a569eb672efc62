#include "connectors/host/wire.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace navette::wire {
namespace {

template <class E>
using Words = std::pair<E, std::string_view>;

constexpr std::array<Words<Visibility>, 3> kVisibilities{{
    {Visibility::kInternal, "internal"},
    {Visibility::kShared, "shared"},
    {Visibility::kPublic, "public"},
}};
constexpr std::array<Words<CommandKind>, 4> kCommandKinds{{
    {CommandKind::kCreate, "create"},
    {CommandKind::kUpdate, "update"},
    {CommandKind::kComment, "comment"},
    {CommandKind::kAttach, "attach"},
}};
constexpr std::array<Words<Verdict>, 10> kVerdicts{{
    {Verdict::kOk, "ok"},
    {Verdict::kRetryable, "retryable"},
    {Verdict::kThrottled, "throttled"},
    {Verdict::kConflict, "conflict"},
    {Verdict::kDuplicate, "duplicate"},
    {Verdict::kAuth, "auth"},
    {Verdict::kRejected, "rejected"},
    {Verdict::kMisconfigured, "misconfigured"},
    {Verdict::kGone, "gone"},
    {Verdict::kAmbiguous, "ambiguous"},
}};
constexpr const auto& words(Visibility) {
  return kVisibilities;
}
constexpr const auto& words(CommandKind) {
  return kCommandKinds;
}
constexpr const auto& words(Verdict) {
  return kVerdicts;
}

// The members of each struct, named once for both directions. need(): must be there; may(): has a
// default.
template <class V>
void members(V& v, Person& p) {
  v.may("id", p.id);
  v.may("login", p.login);
  v.may("name", p.name);
  v.may("email", p.email);
}

template <class V>
void members(V& v, Comment& c) {
  v.may("id", c.id);
  v.may("key", c.key);
  v.may("author", c.author);
  v.may("own", c.own);
  v.may("created_at", c.created_at);
  v.need("visibility", c.visibility);
  v.may("markup", c.markup);
  v.may("text", c.text);
}

template <class V>
void members(V& v, Attachment& a) {
  v.may("id", a.id);
  v.may("key", a.key);
  v.may("name", a.name);
  v.may("content_type", a.content_type);
  v.may("size", a.size);
  v.may("author", a.author);
  v.may("own", a.own);
  v.may("created_at", a.created_at);
  v.need("visibility", a.visibility);
  v.may("comment_id", a.comment_id);
}

template <class V>
void members(V& v, Record& r) {
  v.may("entity", r.entity);
  v.need("id", r.id);
  v.may("version", r.version);
  v.may("updated_at", r.updated_at);
  v.may("url", r.url);
  v.may("deleted", r.deleted);
  v.may("merged_into", r.merged_into);
  v.may("in_scope", r.in_scope);
  v.may("doc", r.doc);
  v.may("comments", r.comments);
  v.may("attachments", r.attachments);
}

template <class V>
void members(V& v, PollRequest& p) {
  v.may("entity", p.entity);
  v.may("where", p.where);
  v.may("since", p.since);
  v.may("cursor", p.cursor);
  v.may("limit", p.limit);
}

template <class V>
void members(V& v, Page& p) {
  v.need("records", p.records);
  v.may("cursor", p.cursor);
  v.may("more", p.more);
}

template <class V>
void members(V& v, FieldWrite& f) {
  v.need("path", f.path);
  v.need("value", f.value);
}

template <class V>
void members(V& v, Command& c) {
  v.need("key", c.key);
  v.need("kind", c.kind);
  v.may("entity", c.entity);
  v.may("id", c.id);
  v.may("where", c.where);
  v.may("fields", c.fields);
  if (v.wants(c.kind == CommandKind::kComment)) v.may("comment", c.comment);
  if (v.wants(c.kind == CommandKind::kAttach)) v.may("attachment", c.attachment);
}

template <class V>
void members(V& v, Refusal& r) {
  v.need("path", r.path);
  v.may("reason", r.reason);
  v.may("wanted", r.wanted);
  v.may("found", r.found);
}

template <class V>
void members(V& v, Outcome& o) {
  v.need("verdict", o.verdict);
  v.may("message", o.message);
  v.may("retry_after_ms", o.retry_after);
  v.may("id", o.id);
  v.may("refused", o.refused);
  v.may("after", o.after);
}

template <class V>
void members(V& v, FieldInfo& f) {
  v.need("path", f.path);
  v.may("about", f.about);
  v.may("writable", f.writable);
  v.may("create_only", f.create_only);
  v.may("required", f.required);
  v.may("bytes_max", f.bytes_max);
  v.may("markup", f.markup);
}

template <class V>
void members(V& v, Description& d) {
  v.need("connector", d.connector);
  v.may("version", d.version);
  v.may("system", d.system);
  v.may("self", d.self);
  v.may("fields", d.fields);
  v.may("internal_comments", d.internal_comments);
  v.may("comment_keys", d.comment_keys);
  v.may("attachment_visibility", d.attachment_visibility);
  v.may("quiet_changes", d.quiet_changes);
  v.may("can_poll", d.can_poll);
  v.may("comment_markup", d.comment_markup);
  v.may("attachment_bytes_max", d.attachment_bytes_max);
  v.may("warnings", d.warnings);
}

// ---- writing -----------------------------------------------------------------------------------

class Encoder {
 public:
  static bool wants(bool meant) { return meant; }

  template <class T>
  void need(std::string_view name, T& value) {
    out_.set(name, made(value));
  }

  template <class T>
  void may(std::string_view name, T& value) {
    Json json = made(value);
    const bool empty =
        json.is_null() || (json.is_array() && json.size() == 0) ||
        (std::is_class_v<T> && !std::is_same_v<T, Json> && json.is_object() && json.size() == 0);
    if (empty) return;
    out_.set(name, std::move(json));
  }
  // An empty text is left out too, unless that differs from what a missing one means.
  void may(std::string_view name, std::string& value) {
    if (!value.empty() || name == "entity" || name.ends_with("markup")) out_.set(name, value);
  }

  Json take() { return std::move(out_); }

  template <class T>
  static Json of(const T& value) {
    Encoder encoder;
    members(encoder, const_cast<T&>(value));  // members() only reads through an Encoder
    return encoder.take();
  }

 private:
  static Json made(bool value) { return value; }
  static Json made(int value) { return value; }
  static Json made(std::int64_t value) { return value; }
  static Json made(std::chrono::milliseconds value) { return std::int64_t{value.count()}; }
  static Json made(const std::string& value) { return value; }
  static Json made(const Json& value) { return value; }

  template <class T>
  static Json made(const std::vector<T>& values) {
    Json list = Json::array();
    for (const T& value : values) list.push(made(value));
    return list;
  }
  template <class T>
  static Json made(const std::optional<T>& value) {
    return value ? made(*value) : Json();
  }
  template <class T>
  static Json made(const T& value) {
    if constexpr (std::is_enum_v<T>) {
      for (const auto& [known, word] : words(value)) {
        if (known == value) return word;
      }
      return {};
    } else {
      return of(value);
    }
  }

  Json out_ = Json::object();
};

// ---- reading -----------------------------------------------------------------------------------

class Decoder {
 public:
  static bool wants(bool) { return true; }

  template <class T>
  void need(std::string_view name, T& value) {
    const Json* json = json_->find(name);
    const std::string before = enter(name);
    if (json == nullptr) {
      fail("it is missing");
    } else {
      read(*json, value);
    }
    path_ = before;
  }

  template <class T>
  void may(std::string_view name, T& value) {
    const Json* json = json_->find(name);
    if (json == nullptr) return;
    const std::string before = enter(name);
    read(*json, value);
    path_ = before;
  }

  template <class T>
  static Result<T> whole(const Json& json, std::string_view what) {
    Decoder decoder;
    T value;
    decoder.read(json, value);
    if (decoder.error_.empty()) return value;
    return Error{Fault::kRejected, "read " + std::string(what) + ": " + decoder.error_};
  }

 private:
  std::string enter(std::string_view name) {
    std::string before = path_;
    if (!path_.empty()) path_ += '.';
    path_ += name;
    return before;
  }

  void fail(const std::string& why) {
    if (error_.empty()) error_ = path_.empty() ? why : path_ + ": " + why;
  }
  void expect(std::string_view wanted, const Json& found) {
    fail("expected " + std::string(wanted) + ", found " + std::string(found.type_name()));
  }

  void read(const Json& json, bool& value) {
    if (!json.is_bool()) return expect("a boolean", json);
    value = json.as_bool();
  }
  void read(const Json& json, std::int64_t& value) {
    if (!json.is_int()) return expect("a whole number", json);
    value = json.as_int();
  }
  void read(const Json& json, int& value) {
    std::int64_t wide = 0;
    read(json, wide);
    constexpr std::int64_t kMax = 1'000'000;
    if (wide < 0 || wide > kMax) return fail("expected a number from 0 to 1000000");
    value = static_cast<int>(wide);
  }
  void read(const Json& json, std::chrono::milliseconds& value) {
    std::int64_t wide = 0;
    read(json, wide);
    constexpr std::int64_t kMax = 86'400'000;
    if (wide < 0 || wide > kMax) return fail("expected milliseconds, at most a day");
    value = std::chrono::milliseconds(wide);
  }
  void read(const Json& json, std::string& value) {
    if (!json.is_string()) return expect("a text", json);
    value = json.as_string();
  }
  void read(const Json& json, Json& value) { value = json; }

  template <class T>
  void read(const Json& json, std::vector<T>& values) {
    if (!json.is_array()) return expect("an array", json);
    const std::string before = path_;
    values.clear();
    for (std::size_t i = 0; i < json.size(); ++i) {
      path_ = before + '[' + std::to_string(i) + ']';
      read(json.items()[i], values.emplace_back());
    }
    path_ = before;
  }
  template <class T>
  void read(const Json& json, std::optional<T>& value) {
    if (json.is_null()) return;
    read(json, value.emplace());
  }
  template <class T>
  void read(const Json& json, T& value) {
    if constexpr (std::is_enum_v<T>) {
      read_word(json, value);
    } else {
      if (!json.is_object()) return expect("an object", json);
      const Json* outer = std::exchange(json_, &json);
      members(*this, value);
      json_ = outer;
    }
  }
  template <class E>
  void read_word(const Json& json, E& value) {
    std::string known_words;
    for (const auto& [known, word] : words(E{})) {
      if (json.is_string() && json.as_string() == word) {
        value = known;
        return;
      }
      known_words += (known_words.empty() ? "" : ", ") + std::string(word);
    }
    fail("expected one of " + known_words + "; found " + json.dump().substr(0, 40));
  }

  const Json* json_ = nullptr;
  std::string path_;
  std::string error_;
};

struct Ids {
  std::vector<std::string> ids;
};

template <class V>
void members(V& v, Ids& i) {
  v.need("ids", i.ids);
}

}  // namespace

Json encode(const Description& value) {
  return Encoder::of(value);
}
Json encode(const PollRequest& value) {
  return Encoder::of(value);
}
Json encode(const Page& value) {
  return Encoder::of(value);
}
Json encode(const Record& value) {
  return Encoder::of(value);
}
Json encode(const Command& value) {
  return Encoder::of(value);
}
Json encode(const Outcome& value) {
  return Encoder::of(value);
}

Result<Description> decode_description(const Json& json) {
  return Decoder::whole<Description>(json, "description");
}
Result<PollRequest> decode_poll_request(const Json& json) {
  return Decoder::whole<PollRequest>(json, "poll request");
}
Result<Page> decode_page(const Json& json) {
  auto page = Decoder::whole<Page>(json, "page");
  if (!page) return page;
  for (const Record& record : page->records) {
    if (record.id.empty()) return Error{Fault::kRejected, "read page: a record has an empty id"};
  }
  return page;
}
Result<Record> decode_record(const Json& json) {
  auto record = Decoder::whole<Record>(json, "record");
  if (record && record->id.empty()) return Error{Fault::kRejected, "read record: id: it is empty"};
  return record;
}
Result<Command> decode_command(const Json& json) {
  return Decoder::whole<Command>(json, "command");
}
Result<Outcome> decode_outcome(const Json& json) {
  return Decoder::whole<Outcome>(json, "outcome");
}

Json encode_ids(const std::vector<std::string>& ids) {
  return Encoder::of(Ids{ids});
}
Result<std::vector<std::string>> decode_ids(const Json& json) {
  auto read = Decoder::whole<Ids>(json, "ids");
  if (!read) return read.error();
  return std::move(read->ids);
}

}  // namespace navette::wire
