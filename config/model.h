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

struct SystemConfig {
  std::string name;
  std::string connector;                        // name of a catalog entry
  std::chrono::milliseconds poll{5000};         // pause between two polls
  int concurrency = 2;                          // calls at the same time
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

struct HubConfig {
  std::string store;                      // "sqlite:/var/lib/navette/navette.db"
  std::string listen = "127.0.0.1:8700";  // host:port of HTTP: webhooks, health, metrics
  BusConfig bus;
  std::map<std::string, SystemConfig> systems;
  std::string flows = "flows/*.yaml";  // glob, relative to the file
  Place place;
};

// ---- flows -------------------------------------------------------------------------------------

struct Endpoint {
  std::string system;
  std::string entity = "ticket";
  Json where = Json::object();  // filters the connector declares; new tickets are put there too
  Place place;
};

enum class ConflictPolicy : unsigned char { kNewest, kClient, kProvider, kPark };
enum class Ownership : unsigned char { kBoth, kClient, kProvider };
enum class Unmatched : unsigned char { kKeep, kClear, kReject };

// A limit on a text: its unit, and what happens beyond it.
struct TextLimit {
  std::int64_t count = 0;  // 0: none
  bool bytes = false;      // else characters
};

struct Table {
  std::string name;
  // In the order written; the first pair of a value wins in either direction.
  std::vector<std::pair<Json, Json>> rows;  // client value, provider value
  std::optional<Json> default_client;       // for a provider value that has no row
  std::optional<Json> default_provider;     // for a client value that has no row
  Place place;
};

// One line under `fields:`.
struct FieldRule {
  std::string client;         // path; empty for a constant
  std::string provider;       // path
  std::string name;           // stable name of the rule in links and logs: "Subject~subject"
  std::string table;          // name of a Table; empty: none
  std::string text_template;  // "RT-{id}"
  std::vector<std::pair<std::string, std::string>> people;  // client name, provider name
  bool has_people = false;
  Unmatched unmatched = Unmatched::kKeep;
  std::optional<Sides<std::string>> markup;  // "text", "html", "textile", "markdown"
  std::optional<Sides<std::string>> date;    // "date", "datetime", "epoch"
  Sides<std::optional<Json>> default_value;  // for a value that is missing or empty
  Sides<TextLimit> limit;
  bool create_only = false;            // when: create
  Ownership owner = Ownership::kBoth;  // that side's value always wins
  std::optional<Side> only_towards;    // direction: one way
  std::optional<ConflictPolicy> conflict;
  Place place;
  Sides<Place> path_place;
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

struct FlowConfig {
  std::string name;
  Endpoint client;
  Endpoint provider;
  std::string since;  // RFC 3339; empty: from the first start on
  std::vector<FieldRule> fields;
  std::map<std::string, Table> tables;
  CommentPolicy comments;
  AttachmentPolicy attachments;
  ConflictPolicy conflict = ConflictPolicy::kNewest;
  std::optional<Side> only_towards;  // tickets are created and changed on this side only
  std::string hash;                  // of what the file says, for the journal
  std::string file;

  const Endpoint& side(Side which) const { return which == Side::kClient ? client : provider; }
};

}  // namespace navette
