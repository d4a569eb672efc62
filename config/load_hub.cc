// navette.yaml: the hub, its bus and its systems.

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/text.h"
#include "config/loading.h"
#include "config/scalar.h"
#include "config/shapes.h"

namespace navette {
namespace {

constexpr std::size_t kCurveKeySize = 40;
constexpr const char* kMakeKeys = "make a pair of keys with `navette keys`";

bool is_curve_key(const std::string& text) {
  constexpr std::string_view kZ85 =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
  return text.size() == kCurveKeySize && text.find_first_not_of(kZ85) == std::string::npos;
}

void check_curve_key(Loading& loading, const Reader& reader, const std::string& name, bool secret) {
  const YamlNode* node = reader.find(name);
  const auto key = reader.text(name);
  if (node == nullptr || !key || is_curve_key(*key)) return;
  if (secret && !node->referenced) return;  // reported as a secret in the file already
  const std::string why = key->size() == kCurveKeySize
                              ? "has characters that Z85 does not know"
                              : "has " + std::to_string(key->size()) + " characters";
  Diagnostic& error =
      loading.report.error("CFG034", *node, "\"" + name + "\" is no CURVE key: it " + why);
  error.expected = "40 characters of Z85";
  error.advice = kMakeKeys;
}

// Nothing when the address can be used; else why not.
std::string listen_trouble(const std::string& address) {
  if (address.starts_with("ipc://")) return address.size() > 6 ? "" : "names no path";
  if (!address.starts_with("tcp://")) return "begins with neither tcp:// nor ipc://";
  return parse_address(std::string_view(address).substr(6)) ? "" : "has no host:port after tcp://";
}

bool leaves_machine(const std::string& address) {
  if (!address.starts_with("tcp://")) return false;
  const auto parsed = parse_address(std::string_view(address).substr(6));
  return parsed && !is_loopback(parsed->host);
}

void load_bus(Loading& loading, const YamlNode& root) {
  const Shape& shape = member_shape(hub_shape(), "bus");
  const Reader reader(Reader(&root, hub_shape()).find("bus"), shape);
  BusConfig& bus = loading.hub.bus;
  bus.listen = reader.text_or_empty("listen");
  bus.public_key = reader.text_or_empty("public_key");
  bus.secret_key = reader.text_or_empty("secret_key");
  check_curve_key(loading, reader, "public_key", false);
  check_curve_key(loading, reader, "secret_key", true);
  const YamlNode* public_key = reader.find("public_key");
  const YamlNode* secret_key = reader.find("secret_key");
  if (secret_key != nullptr) loading.references.keep_secret(*secret_key);
  if ((public_key == nullptr) != (secret_key == nullptr)) {
    const bool has_public = public_key != nullptr;
    loading.report
        .error("CFG034", has_public ? *public_key : *secret_key,
               has_public ? "\"public_key\" stands here without \"secret_key\""
                          : "\"secret_key\" stands here without \"public_key\"")
        .advice = "add the other half of the pair, or remove this one";
  }
  const YamlNode* listen = reader.find("listen");
  if (listen == nullptr || bus.listen.empty()) return;
  const std::string trouble = listen_trouble(bus.listen);
  if (!trouble.empty()) {
    loading.report
        .error("CFG007", *listen, "\"listen\" is " + shown(*listen) + ", which " + trouble)
        .expected = "tcp://host:port such as tcp://127.0.0.1:8701, or ipc://path";
  } else if (leaves_machine(bus.listen) && public_key == nullptr && secret_key == nullptr) {
    Diagnostic& error = loading.report.error(
        "CFG035", *listen, "the bus could be reached from other machines without encryption");
    error.expected = "\"public_key\" and \"secret_key\" (CURVE) beside \"listen\"";
    error.advice = std::string(kMakeKeys) + ", or listen on tcp://127.0.0.1 or ipc://";
  }
}

void load_retention(Loading& loading, const YamlNode& root) {
  const Shape& shape = member_shape(hub_shape(), "retention");
  const Reader reader(Reader(&root, hub_shape()).find("retention"), shape);
  RetentionConfig& retention = loading.hub.retention;
  retention.payload = parse_duration(reader.text_or_empty("payload"));
  retention.metadata = parse_duration(reader.text_or_empty("metadata"));
  retention.audit = parse_duration(reader.text_or_empty("audit"));
  retention.bytes_max = parse_size(reader.text_or_empty("size"));
  const YamlNode* size = reader.find("size");
  if (size == nullptr || loading.hub.store.empty() || loading.hub.store.starts_with("sqlite:"))
    return;
  loading.report.error("CFG007", *size, "\"size\" is of no use with this store").advice =
      "remove it: how much of a PostgreSQL database is in use cannot be told; limit by age";
}

void check_name(Loading& loading, const YamlNode& key, const std::string& what) {
  if (is_name(key.text)) return;
  Diagnostic& error =
      loading.report.error("CFG015", key, "\"" + key.text + "\" cannot be the name of " + what);
  error.expected = "up to 64 letters, digits, \".\", \"_\" and \"-\", a letter or digit first";
  error.advice = "names appear in web addresses, logs and stored keys";
}

// Whether somebody here needs the system's settings: not those of a process elsewhere.
bool needed_here(const Loading& loading, const std::string& name, bool external) {
  const std::string& process = loading.options.process_of;
  return process.empty() ? !external : process == name;
}

void resolve_system(Loading& loading, const std::string& name, YamlNode& node) {
  YamlNode* external = node.find("external");
  if (external != nullptr) loading.references.resolve(*external, Missing::kError);
  const bool is_external = external != nullptr && external->text == "true";
  const bool in_hub = loading.options.process_of.empty();
  for (YamlMember& member : node.members) {
    if (&member.value == external) continue;
    const bool common = find_member(system_shape(), member.key.text) != nullptr;
    const bool needed = needed_here(loading, name, is_external) || (in_hub && common);
    loading.references.resolve(member.value, needed ? Missing::kError : Missing::kLeave);
  }
}

void resolve_hub(Loading& loading, YamlNode& root) {
  const Missing elsewhere = loading.options.process_of.empty() ? Missing::kError : Missing::kLeave;
  for (YamlMember& member : root.members) {
    if (member.key.text == "systems") {
      for (YamlMember& system : member.value.members) {
        resolve_system(loading, system.key.text, system.value);
      }
    } else if (member.key.text == "bus" && member.value.is_map()) {
      for (YamlMember& part : member.value.members) {
        // A connector's process needs to find the hub, and must not have the hub's secret.
        const bool secret = part.key.text == "secret_key";
        loading.references.resolve(part.value, secret ? elsewhere : Missing::kError);
      }
    } else {
      loading.references.resolve(member.value, elsewhere);
    }
  }
}

// The connector's declaration; reports a name that is none.
const ConnectorSpec* find_spec(Loading& loading, const Reader& reader, bool external) {
  const auto name = reader.text("connector");
  if (!name) return nullptr;
  const ConnectorSpec* spec = loading.catalog.find(*name);
  const YamlNode* node = reader.find("connector");
  // A connector of one's own, in its own process, is in no catalog.
  if (spec != nullptr || external || node == nullptr) return spec;
  Diagnostic& error =
      loading.report.error("CFG020", *node, "there is no connector " + shown(*node));
  const std::vector<std::string> known = loading.catalog.names();
  if (!node->referenced) error.meant = nearest(*name, known).value_or("");
  error.expected = "one of: " + join(known, ", ");
  error.advice = "a connector of your own, in its own process, also needs \"external: true\"";
  return nullptr;
}

void check_plain_http(Loading& loading, const YamlNode& node, const ConnectorSpec& spec) {
  const bool has_secret =
      std::any_of(spec.settings.begin(), spec.settings.end(),
                  [](const SettingSpec& setting) { return setting.kind == Kind::kSecret; });
  for (const SettingSpec& setting : spec.settings) {
    const YamlNode* url = node.find(setting.name);
    if (setting.kind != Kind::kUrl || url == nullptr || url->unresolved || !has_secret) continue;
    if (!url->text.starts_with("http://")) continue;
    std::string authority = url->text.substr(7);
    authority = authority.substr(0, authority.find('/'));
    if (parse_address(authority + ":80")) authority += ":80";
    const auto address = parse_address(authority);
    if (!address || is_loopback(address->host)) continue;
    loading.report.note("CFG042", *url, "the credentials of this system travel unencrypted")
        .advice = "use https://";
  }
}

void read_settings(Loading& loading, SystemConfig& system, const YamlNode& node,
                   const ConnectorSpec* spec, const Shape& shape) {
  const Reader reader(&node, shape);
  const auto take = [&](const std::string& name, bool secret) {
    const YamlNode* value = reader.find(name);
    if (value != nullptr && secret) loading.references.keep_secret(*value);
    const auto text = reader.text(name);
    if (!text) return;
    system.settings[name] = *text;
    system.places[name] = reader.place(name);
  };
  if (spec != nullptr) {
    for (const SettingSpec& setting : spec->settings) {
      take(setting.name, setting.kind == Kind::kSecret);
    }
    return;
  }
  for (const YamlMember& member : node.members) {
    if (find_member(system_shape(), member.key.text) != nullptr) continue;
    take(member.key.text, member.value.referenced);
  }
}

void check_external(Loading& loading, const SystemConfig& system, const Reader& reader) {
  const BusConfig& bus = loading.hub.bus;
  const YamlNode* external = reader.find("external");
  if (!system.external || external == nullptr) return;
  if (bus.listen.empty()) {
    loading.report
        .error("CFG041", *external, "the connector of this system has no bus to connect to")
        .advice = "add \"bus: {listen: tcp://127.0.0.1:8701}\" to navette.yaml";
  } else if (!bus.public_key.empty() && reader.find("bus_public_key") == nullptr) {
    loading.report
        .error("CFG034", *external,
               "the bus is encrypted, and \"bus_public_key\" of this system is missing")
        .advice = std::string(kMakeKeys) +
                  " for this connector and put its public half here; without it nobody is let in";
  }
}

void load_system(Loading& loading, const YamlNode& key, const YamlNode& node) {
  check_name(loading, key, "a system");
  if (!node.is_map()) return;
  const Reader common(&node, system_shape());
  const bool external = common.boolean("external");
  const ConnectorSpec* spec = find_spec(loading, common, external);
  Shape shape = spec != nullptr ? system_shape(*spec) : system_shape();
  shape.extra = spec == nullptr;
  if (!needed_here(loading, key.text, external)) {
    for (Member& member : shape.members) {
      if (member.name != "connector") member.required = false;
    }
  }
  check_shape(node, shape, "\"" + key.text + "\"", loading.report);
  if (spec != nullptr) check_plain_http(loading, node, *spec);

  SystemConfig system;
  system.name = key.text;
  system.place = key.place;
  system.connector = common.text_or_empty("connector");
  system.external = external;
  if (const auto poll = parse_duration(common.text_or_empty("poll"))) system.poll = *poll;
  const Shape& concurrency = member_shape(system_shape(), "concurrency");
  if (const auto count = measure(concurrency, common.text_or_empty("concurrency"))) {
    system.concurrency = static_cast<int>(std::clamp<std::int64_t>(*count, 1, *concurrency.max));
  }
  system.rate = parse_rate(common.text_or_empty("rate"));
  system.bus_public_key = common.text_or_empty("bus_public_key");
  check_curve_key(loading, common, "bus_public_key", false);
  system.webhook_secret = common.text_or_empty("webhook_secret");
  if (const YamlNode* secret = common.find("webhook_secret")) {
    loading.references.keep_secret(*secret);
  }
  read_settings(loading, system, node, spec, shape);
  check_external(loading, system, common);
  loading.hub.systems[system.name] = std::move(system);
}

// The text of a value as the file has it, without its references; a default stands in the file.
std::string literal_part(const std::string& raw) {
  std::string out;
  for (std::size_t at = 0; at < raw.size();) {
    const std::size_t start = std::min(raw.find("${", at), raw.size());
    out += raw.substr(at, start - at);
    const std::size_t end = std::min(raw.find('}', start), raw.size());
    const std::string reference = raw.substr(start, end - start);
    if (const auto fallback = reference.find(":-"); fallback != std::string::npos) {
      out += reference.substr(fallback + 2);
    }
    at = end + 1;
  }
  return out;
}

bool has_literal_password(const std::string& raw) {
  const std::string text = literal_part(raw);
  const std::size_t start = text.find("://");
  const std::size_t end = text.rfind('@', text.find('/', start + 3));
  const std::size_t colon = text.find(':', start + 3);
  if (end != std::string::npos && colon < end && end > colon + 1) return true;
  const std::size_t named = text.find("password=");
  return named != std::string::npos && named + 9 < text.size() && text[named + 9] != '&';
}

void check_database(Loading& loading, const Reader& reader, const YamlNode& node) {
  YamlNode parts = node;
  parts.text.clear();
  loading.references.keep_secret(parts);
  if (has_literal_password(node.raw)) {
    loading.report.hide(node);
    Diagnostic& error =
        loading.report.error("CFG011", node, "the password in \"store\" stands in the file itself");
    error.expected = "a reference: postgresql://USER:${file:/path}@HOST/DATABASE";
    error.advice = "put the password into a file that only navette may read, or into ~/.pgpass";
  }
  if (reader.find("folder") != nullptr) return;
  Diagnostic& error = loading.report.error("CFG005", node, "\"folder\" is missing");
  error.expected = "with PostgreSQL: a folder of this hub's own, such as /var/lib/navette";
}

void check_store(Loading& loading, const Reader& reader) {
  const YamlNode* node = reader.find("store");
  const auto text = reader.text("store");
  if (node == nullptr || !text || text->empty()) return;
  if (text->starts_with("sqlite:") && text->size() > 7) return;
  for (const std::string_view kind : {"postgresql://", "postgres://"}) {
    if (text->starts_with(kind)) return check_database(loading, reader, *node);
  }
  loading.report.error("CFG007", *node, "\"store\" is " + shown(*node) + ", which is no store")
      .expected =
      "sqlite:path such as sqlite:/var/lib/navette/navette.db, or postgresql://USER@HOST/DATABASE";
}

// `flows` may have wildcards in its last part only.
void check_flows(Loading& loading, const Reader& reader) {
  const YamlNode* node = reader.find("flows");
  const auto text = reader.text("flows");
  if (node == nullptr || !text) return;
  const std::size_t slash = text->rfind('/');
  if (slash == std::string::npos) return;
  if (text->substr(0, slash).find_first_of("*?[") == std::string::npos) return;
  loading.report.error("CFG007", *node, "\"flows\" has a wildcard in a folder's name").expected =
      "wildcards in the last part only, such as flows/*.yaml";
}

void check_process(Loading& loading, const YamlNode& root) {
  const std::string& process = loading.options.process_of;
  if (process.empty() || loading.hub.systems.contains(process)) return;
  std::vector<std::string> known;
  for (const auto& [name, system] : loading.hub.systems) known.push_back(name);
  const YamlNode* systems = root.find("systems");
  Diagnostic& error = loading.report.error("CFG021", systems != nullptr ? *systems : root,
                                           "there is no system \"" + process + "\"");
  error.expected = "one of: " + join(known, ", ");
  error.meant = nearest(process, known).value_or("");
}

}  // namespace

void load_hub(Loading& loading, YamlNode root) {
  resolve_hub(loading, root);
  Shape shape = hub_shape();
  for (Member& member : shape.members) {
    // What a system holds is known only with its connector: load_system() checks it.
    if (member.name == "systems") member.shape.parts[0].members.clear();
  }
  check_shape(root, shape, "the file", loading.report);
  if (!root.is_map()) return;
  const Reader reader(&root, hub_shape());
  HubConfig& hub = loading.hub;
  hub.place = root.place;
  hub.store = reader.text_or_empty("store");
  hub.folder = reader.text_or_empty("folder");
  hub.listen = reader.text("listen").value_or(hub.listen);
  hub.flows = reader.text("flows").value_or(hub.flows);
  if (loading.options.process_of.empty()) {
    check_store(loading, reader);
    check_flows(loading, reader);
  }
  load_bus(loading, root);
  load_retention(loading, root);
  const YamlNode* systems = reader.find("systems");
  if (systems == nullptr || !systems->is_map()) return;
  for (const YamlMember& member : systems->members) load_system(loading, member.key, member.value);
  loading.hub_readable = true;
  check_process(loading, root);
}

const ConnectorSpec* spec_of(const Loading& loading, const std::string& system) {
  const auto found = loading.hub.systems.find(system);
  if (found == loading.hub.systems.end()) return nullptr;
  return loading.catalog.find(found->second.connector);
}

}  // namespace navette
