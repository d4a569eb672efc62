#include "config/reference.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "base/text.h"

namespace navette {
namespace {

constexpr int kNestedMax = 8;
constexpr std::size_t kFileBytesMax = 64 << 10;
// Shorter ones are in too many words to be hidden inside other values.
constexpr std::size_t kHiddenBytesMin = 4;

// Index of the "}" that closes the "${" before `from`; npos when none does.
std::size_t closing(const std::string& text, std::size_t from) {
  int open = 1;
  for (std::size_t i = from; i < text.size(); ++i) {
    if (text.compare(i, 2, "${") == 0) ++open;
    if (text[i] == '}' && --open == 0) return i;
  }
  return std::string::npos;
}

bool is_variable_name(const std::string& name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  return name.find_first_not_of(
             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") ==
         std::string::npos;
}

// A variable that is called so is hidden wherever it stands, in the wrong setting too.
bool names_a_secret(const std::string& name) {
  const std::string lower = lower_ascii(name);
  if (lower.find("public") != std::string::npos) return false;
  for (const char* word : {"token", "secret", "password", "passwd", "key"}) {
    if (lower.find(word) != std::string::npos) return true;
  }
  return false;
}

void replace_all(std::string& text, const std::string& what, const std::string& with) {
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
}

}  // namespace

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  };
}

References::References(Environment environment, std::string folder, Report& report)
    : environment_(std::move(environment)), folder_(std::move(folder)), report_(report) {}

void References::resolve(YamlNode& node, Missing missing) {
  if (node.is_scalar() && node.text.find("${") != std::string::npos) {
    auto text = replace(node, node.raw, missing, 0);
    node.unresolved = !text;
    if (text) node.text = std::move(*text);
  }
  for (YamlNode& item : node.items) resolve(item, missing);
  for (YamlMember& member : node.members) resolve(member.value, missing);
}

std::optional<std::string> References::replace(YamlNode& node, const std::string& text,
                                               Missing missing, int depth) {
  if (depth > kNestedMax) {
    report_.error("CFG012", node, "a ${...} stands inside another more than 8 times");
    return std::nullopt;
  }
  std::string out;
  bool complete = true;
  for (std::size_t at = 0; at < text.size();) {
    if (text.compare(at, 3, "$${") == 0) {
      out += "${";
      at += 3;
    } else if (text.compare(at, 2, "${") == 0) {
      node.referenced = true;
      const std::size_t end = closing(text, at + 2);
      if (end == std::string::npos) {
        report_.error("CFG012", node, "a \"${\" is never closed").advice =
            "close it with \"}\"; a plain \"${\" is written \"$${\"";
        return std::nullopt;
      }
      const auto value = value_of(node, text.substr(at + 2, end - at - 2), missing, depth);
      complete = complete && value.has_value();
      if (value) out += *value;
      at = end + 1;
    } else {
      out += text[at++];
    }
  }
  if (!complete) return std::nullopt;
  return out;
}

std::optional<std::string> References::value_of(YamlNode& node, const std::string& reference,
                                                Missing missing, int depth) {
  if (reference.starts_with("env:")) return variable(node, reference.substr(4), missing, depth);
  if (reference.starts_with("file:")) return file(node, reference.substr(5), missing);
  const std::size_t colon = reference.find(':');
  const std::string name = reference.substr(0, colon);
  Diagnostic& unknown =
      report_.error("CFG012", node, "${" + reference + "} says not where its value comes from");
  unknown.expected = "${env:NAME}, ${env:NAME:-default} or ${file:/path}";
  if (is_variable_name(reference)) unknown.meant = "${env:" + reference + "}";
  if (!is_variable_name(reference) && colon != std::string::npos) {
    if (const auto near = nearest(name, {"env", "file"})) {
      unknown.meant = "${" + *near + reference.substr(colon) + "}";
    }
  }
  unknown.advice = "a plain \"${\" is written \"$${\"";
  return std::nullopt;
}

std::optional<std::string> References::variable(YamlNode& node, const std::string& body,
                                                Missing missing, int depth) {
  const std::size_t split_at = body.find(":-");
  const std::string name = body.substr(0, split_at);
  if (!is_variable_name(name)) {
    report_.error("CFG012", node, "\"" + name + "\" is no name of an environment variable")
        .expected = "${env:NAME} or ${env:NAME:-default}; a name has letters, digits and \"_\"";
    return std::nullopt;
  }
  auto value = environment_ ? environment_(name) : std::nullopt;
  if (split_at != std::string::npos && (!value || value->empty())) {
    return replace(node, body.substr(split_at + 2), missing, depth + 1);
  }
  if (!value) {
    if (missing == Missing::kError) {
      report_.error("CFG010", node, "the environment variable " + name + " is not set").advice =
          "set it where navette is started; what is no secret may have a default here: ${env:" +
          name + ":-...}";
    }
    return std::nullopt;
  }
  node.resolved.push_back(*value);
  if (names_a_secret(name) && value->size() >= kHiddenBytesMin) secrets_.insert(*value);
  return value;
}

std::optional<std::string> References::file(YamlNode& node, const std::string& path,
                                            Missing missing) {
  const std::filesystem::path full = std::filesystem::path(folder_) / path;
  const auto fail = [&](const std::string& why) -> std::optional<std::string> {
    if (missing == Missing::kError) {
      report_.error("CFG013", node, "the file \"" + full.generic_string() + "\" " + why).advice =
          "name a file that the user of navette may read; a relative path starts at navette.yaml";
    }
    return std::nullopt;
  };
  std::error_code failure;
  if (path.empty() || std::filesystem::is_directory(full, failure)) return fail("is no file");
  std::ifstream input(full, std::ios::binary);
  if (!std::filesystem::exists(full, failure)) return fail("does not exist");
  if (!input) return fail("cannot be read");
  std::string value(kFileBytesMax + 1, '\0');
  input.read(value.data(), static_cast<std::streamsize>(value.size()));
  value.resize(static_cast<std::size_t>(input.gcount()));
  if (value.size() > kFileBytesMax) return fail("is larger than 64 kB");
  // Editors and `echo` end a file with a line end that is no part of the secret.
  while (!value.empty() && (value.back() == '\n' || value.back() == '\r')) value.pop_back();
  node.resolved.push_back(value);
  if (value.size() >= kHiddenBytesMin) secrets_.insert(value);
  return value;
}

void References::keep_secret(const YamlNode& value) {
  if (value.text.size() >= kHiddenBytesMin && !value.unresolved) secrets_.insert(value.text);
  for (const std::string& part : value.resolved) {
    if (part.size() >= kHiddenBytesMin) secrets_.insert(part);
  }
}

std::string References::redact(std::string text) const {
  for (const std::string& secret : secrets_) replace_all(text, secret, "***");
  return text;
}

Json References::redact(const Json& value) const {
  if (value.is_string()) return redact(std::string(value.as_string()));
  if (value.is_array()) {
    Json out = Json::array();
    for (const Json& item : value.items()) out.push(redact(item));
    return out;
  }
  if (value.is_object()) {
    Json out = Json::object();
    for (const Json::Member& member : value.members()) {
      out.set(redact(member.first), redact(member.second));
    }
    return out;
  }
  return value;
}

}  // namespace navette
