// What the configuration files say, read and checked. Made by config/load.h; plain values after.

#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "navette/json.h"

namespace navette {

// Where in a file something stands; 1-based; line 0: nowhere in particular.
struct Place {
  std::string file;
  int line = 0;
  int column = 0;
};

enum class Side : unsigned char { kClient, kProvider };
inline Side other(Side side) {
  return side == Side::kClient ? Side::kProvider : Side::kClient;
}
inline const char* to_text(Side side) {
  return side == Side::kClient ? "client" : "provider";
}

// A pair of values, one a side.
template <class T>
struct Sides {
  T client{};
  T provider{};
  T& operator[](Side side) { return side == Side::kClient ? client : provider; }
  const T& operator[](Side side) const { return side == Side::kClient ? client : provider; }
};

// So many of something within that time.
struct Rate {
  std::int64_t count = 0;
  std::chrono::seconds period{0};
  bool operator==(const Rate&) const = default;
};

struct SystemConfig {
  std::string name;
  std::string connector;                        // name of a catalog entry
  std::chrono::milliseconds poll{5000};         // pause between two polls
  int concurrency = 2;                          // calls at the same time
  std::optional<Rate> rate;                     // HTTP requests of one process; none: no limit
  bool external = false;                        // an own process connects over the bus
  std::string bus_public_key;                   // CURVE key that this process must show (Z85)
  std::string webhook_secret;                   // empty: hints are taken without proof
  std::map<std::string, std::string> settings;  // the connector's own, secrets resolved
  std::map<std::string, Place> places;
  Place place;
};

struct BusConfig {
  std::string listen;      // "tcp://127.0.0.1:8701" or "ipc://..."; empty: threads only
  std::string public_key;  // CURVE, Z85; both empty: no encryption, loopback and ipc only
  std::string secret_key;
};

// How long what is in the store is kept; nothing: for ever. See docs/store.md.
struct RetentionConfig {
  std::optional<std::chrono::milliseconds> payload;
  std::optional<std::chrono::milliseconds> metadata;
  std::optional<std::chrono::milliseconds> audit;
  std::optional<std::int64_t> bytes_max;  // of the store
};

struct HubConfig {
  std::string store;   // "sqlite:/var/lib/navette/navette.db", "postgresql://..."
  std::string folder;  // this hub's own; empty: where the store's file lies
  std::string listen = "127.0.0.1:8700";  // host:port of HTTP: webhooks, health, metrics
  BusConfig bus;
  RetentionConfig retention;
  std::map<std::string, SystemConfig> systems;
  std::string flows = "flows/*.yaml";  // glob, relative to the file
  Place place;
};

// ---- flows -------------------------------------------------------------------------------------

// Who may see a field. The order is from narrow to wide.
enum class Audience : unsigned char { kInternal, kShared, kPublic };
inline const char* to_text(Audience audience) {
  return audience == Audience::kInternal ? "internal"
         : audience == Audience::kShared ? "shared"
                                         : "public";
}

// What a side's documents look like, for the checks of mappings.
struct Example {
  std::string name;  // "samples/order.json", with ":3" when it is that line of an NDJSON file
  Json document;
};

struct Endpoint {
  std::string system;
  std::string entity = "ticket";
  Json where = Json::object();  // filters the connector declares; new tickets are put there too
  std::optional<Json> schema;   // a JSON Schema of its documents
  std::vector<Example> samples;
  // Paths whose values not everybody may see, narrower than public; the narrowest that fits counts.
  std::vector<std::pair<std::string, Audience>> audiences;
  std::vector<Place> audience_places;  // one for each
  Place place;
};

enum class ConflictPolicy : unsigned char { kNewest, kClient, kProvider, kPark };
enum class Ownership : unsigned char { kBoth, kClient, kProvider };
enum class Unmatched : unsigned char { kKeep, kClear, kReject };
enum class Overflow : unsigned char { kCut, kReject };
// What a side gets where the other side's value is missing, null or "": three different things.
enum class EmptyPolicy : unsigned char {
  kKeep,  // the same thing: missing stays missing, null null and "" ""
  kOmit,  // nothing is written
  kNull,  // null
};

// A limit on a text: its unit, and what happens beyond it.
struct TextLimit {
  std::int64_t count = 0;  // 0: none
  bool bytes = false;      // else characters
};

struct Table {
  std::string name;
  bool pass = false;  // unknown: pass: a value without a row is carried over as it is
  // In the order written; the first pair of a value wins in either direction.
  std::vector<std::pair<Json, Json>> rows;  // client value, provider value
  std::optional<Json> default_client;       // for a provider value that has no row
  std::optional<Json> default_provider;     // for a client value that has no row
  Place place;
  std::vector<Sides<Place>> row_places;  // one for each of rows
  Sides<Place> default_place;            // by the side that gets it
};

// One person as both sides know them: attribute (id, login, email, name) -> value. The first
// attribute is what a write takes.
struct PersonPair {
  Sides<std::vector<std::pair<std::string, std::string>>> known;
};

// One line under `fields:`, or under `each:` of another.
struct FieldRule {
  std::string client;         // path; empty for a constant
  std::string provider;       // path
  std::string name;           // stable name of the rule in links and logs: "Subject~subject"
  std::string table;          // name of a Table; empty: none
  std::string text_template;  // "RT-{id}"
  std::vector<PersonPair> people;
  bool has_people = false;
  std::vector<std::string> by;  // the ladder: which attributes are tried, in this order
  // For a value without a row or a pair, or one that cannot be converted.
  Unmatched unmatched = Unmatched::kKeep;
  bool unmatched_said = false;                 // else people: keep; everything else: reject
  std::optional<Sides<std::string>> markup;    // "text", "html", "textile", ...: mapping/markup.h
  std::optional<Sides<std::string>> date;      // "date", "datetime", "epoch", "epoch_ms", a picture
  Sides<std::string> zone;                     // of dates without an offset; empty: UTC
  std::optional<Sides<std::string>> duration;  // "seconds", "minutes", "hours", "h:mm", "iso"
  std::optional<Sides<std::string>> number;    // "number", "integer", "text"
  std::vector<std::string> text_steps;         // do: "trim", "lower", "upper", in this order
  Sides<std::string> expr;      // JSONata: what that side gets, from the other side's document
  std::vector<FieldRule> each;  // rules for the items of two lists
  Sides<std::optional<Json>> default_value;  // for a value that is missing or empty
  Sides<EmptyPolicy> empty;                  // by the side that gets the value
  Sides<TextLimit> limit;
  Overflow overflow = Overflow::kCut;
  bool create_only = false;  // when: create
  // Conditions on that side's document: its value is carried over only while it holds.
  Sides<std::string> when;
  Ownership owner = Ownership::kBoth;  // that side's value always wins
  Sides<std::string> owner_while;      // ... while its document fulfils this condition
  std::string widen;                   // why a wider circle may see the value; empty: it may not
  std::optional<Side> only_towards;    // direction: one way
  std::optional<ConflictPolicy> conflict;
  Place place;
  Sides<Place> path_place;
  // Where the text of each key stands: "template", "date", "date.client", "expr.provider",
  // "when.client", "default.client" ...
  std::map<std::string, Place> places;
};

struct CommentPolicy {
  bool enabled = true;
  // From the visibility on one side to that on the other: [internal, shared, public]. Wider than
  // the source only when `widen` names it.
  Sides<std::array<std::string, 3>> visibility;  // towards that side: "internal", "public", "none"
  std::string attribution = "{author}:";         // first line of a copied comment; empty: none
  bool widen = false;
  bool repost_edits = true;  // an edited comment that the other side can't edit is posted again
};

struct AttachmentPolicy {
  bool enabled = true;
  std::int64_t bytes_max = 20 << 20;
};

// So many values that are there already may be changed within an hour; nothing: any number.
struct FlowLimits {
  std::optional<std::int64_t> overwrites;
  std::optional<std::int64_t> clears;
};

struct FlowConfig {
  std::string name;
  Endpoint client;
  Endpoint provider;
  std::string since;         // RFC 3339; empty: from the first start on
  std::string zone = "UTC";  // of dates without an offset
  Place zone_place;          // line 0: it was not said
  std::vector<FieldRule> fields;
  std::map<std::string, Table> tables;
  CommentPolicy comments;
  AttachmentPolicy attachments;
  FlowLimits limits;
  ConflictPolicy conflict = ConflictPolicy::kNewest;
  std::optional<Side> only_towards;  // tickets are created and changed on this side only
  std::string hash;                  // of what the file says, for the journal
  std::string file;

  const Endpoint& side(Side which) const { return which == Side::kClient ? client : provider; }
};

}  // namespace navette
