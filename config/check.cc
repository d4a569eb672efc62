#include "config/check.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "config/scalar.h"

namespace navette {
namespace {

std::string in_quotes(const std::string& text) {
  constexpr std::size_t kShownMax = 60;
  std::string shown_text(utf8_prefix(text, kShownMax));
  for (char& c : shown_text) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  }
  if (shown_text.size() < text.size()) shown_text += "...";
  return "\"" + shown_text + "\"";
}

class Checker {
 public:
  explicit Checker(Report& report) : report_(report) {}

  void check(const YamlNode& node, const Shape& whole, const std::string& what) {
    const Shape& shape = choose_part(node, whole);
    if (shape.kind == Kind::kJson) return;
    const bool fits = shape.kind == Kind::kObject || shape.kind == Kind::kMap ? node.is_map()
                      : shape.kind == Kind::kList                             ? node.is_list()
                      : shape.kind == Kind::kValue          ? node.is_scalar() || node.is_null()
                      : node.is_null() && takes_null(shape) ? true
                                                            : node.is_scalar();
    if (!fits) {
      const std::string stands = node.is_scalar() ? shown(node) : std::string(node.type_name());
      const std::string found = node.is_null() ? what + " has no value" : what + " is " + stands;
      // What stands where a secret belongs may be one, whatever its form.
      if (shape.kind == Kind::kSecret) report_.hide(node);
      report_.error("CFG006", node, found).expected = describe(whole);
      return;
    }
    switch (shape.kind) {
      case Kind::kObject:
        check_object(node, shape);
        break;
      case Kind::kMap:
        check_map(node, shape, what);
        break;
      case Kind::kList:
        check_list(node, shape, what);
        break;
      case Kind::kValue:
        break;
      default:
        if (!node.is_null()) check_scalar(node, shape, what);
    }
  }

 private:
  // `null` is a word there, though YAML reads it as nothing.
  static bool takes_null(const Shape& shape) {
    return shape.kind == Kind::kChoice &&
           std::find(shape.choices.begin(), shape.choices.end(), "null") != shape.choices.end();
  }

  void check_object(const YamlNode& node, const Shape& shape) {
    for (const YamlMember& member : node.members) {
      const Member* known = find_member(shape, member.key.text);
      if (known == nullptr) {
        if (!shape.extra) unknown_key(member, shape);
        continue;
      }
      if (known->name != member.key.text) renamed(node, member, *known);
      check(member.value, known->shape, "\"" + member.key.text + "\"");
    }
    for (const Member& known : shape.members) {
      if (known.required && !has(node, known) && !is_misspelt(node, known, shape)) {
        missing(node, known, shape);
      }
    }
  }

  static bool has(const YamlNode& node, const Member& known) {
    return node.find(known.name) != nullptr ||
           std::any_of(known.old_names.begin(), known.old_names.end(),
                       [&node](const std::string& name) { return node.find(name) != nullptr; });
  }

  // Whether an unknown key there was probably meant to be this one: that is reported already.
  static bool is_misspelt(const YamlNode& node, const Member& known, const Shape& shape) {
    return std::any_of(node.members.begin(), node.members.end(), [&](const YamlMember& member) {
      return find_member(shape, member.key.text) == nullptr &&
             nearest(member.key.text, names_of(shape)) == known.name;
    });
  }

  static std::vector<std::string> names_of(const Shape& shape) {
    std::vector<std::string> names;
    for (const Member& known : shape.members) names.push_back(known.name);
    return names;
  }

  void missing(const YamlNode& node, const Member& known, const Shape& shape) {
    Diagnostic& error =
        report_.error("CFG005", node, "\"" + known.name + "\" is missing in " + shape.name);
    error.expected = describe(known.shape);
    if (!known.example.empty()) {
      error.advice = "add \"" + known.name + ": " + known.example + "\": " + known.about;
    } else {
      error.advice = "add \"" + known.name + "\": " + known.about;
    }
  }

  void renamed(const YamlNode& node, const YamlMember& member, const Member& known) {
    if (node.find(known.name) != nullptr) {
      report_
          .error("CFG003", member.key,
                 "\"" + member.key.text + "\" is the old name of \"" + known.name +
                     "\", which stands here too")
          .advice = "keep \"" + known.name + "\"";
      return;
    }
    report_
        .note("CFG014", member.key,
              "\"" + member.key.text + "\" is now called \"" + known.name + "\"")
        .advice = "rename it; the old name works for the time being";
  }

  void unknown_key(const YamlMember& member, const Shape& shape) {
    const std::vector<std::string> names = names_of(shape);
    const auto near = nearest(member.key.text, names);
    const Member* meant = near ? find_member(shape, *near) : nullptr;
    const bool has_secrets =
        std::any_of(shape.members.begin(), shape.members.end(),
                    [](const Member& known) { return known.shape.kind == Kind::kSecret; });
    // A misspelt secret is still a secret.
    const bool may_be_secret = meant == nullptr || meant->shape.kind == Kind::kSecret;
    if (has_secrets && may_be_secret && !member.value.referenced) report_.hide(member.value);
    Diagnostic& error = report_.error("CFG004", member.key,
                                      "\"" + member.key.text + "\" is not known in " + shape.name);
    if (near) {
      error.meant = *near;
    } else {
      error.expected = "one of: " + join(names, ", ");
    }
  }

  void check_map(const YamlNode& node, const Shape& shape, const std::string& what) {
    bounds(node, shape, node.members.size(), what);
    for (const YamlMember& member : node.members) {
      check(member.value, shape.parts[0], "\"" + member.key.text + "\"");
    }
  }

  void check_list(const YamlNode& node, const Shape& shape, const std::string& what) {
    bounds(node, shape, node.items.size(), what);
    std::size_t number = 0;
    for (const YamlNode& item : node.items) {
      check(item, shape.parts[0], "item " + std::to_string(++number) + " of " + what);
    }
  }

  void bounds(const YamlNode& node, const Shape& shape, std::size_t size, const std::string& what) {
    const auto count = static_cast<std::int64_t>(size);
    const bool few = shape.min && count < *shape.min;
    const bool many = shape.max && count > *shape.max;
    if (!few && !many) return;
    Diagnostic& error = report_.error(
        "CFG008", node,
        what + (count == 0 ? " is empty" : " has " + std::to_string(count) + " items"));
    if (shape.min && shape.max && *shape.min == *shape.max) {
      error.expected = "exactly " + std::to_string(*shape.min);
    } else {
      error.expected =
          few ? "at least " + std::to_string(*shape.min) : "at most " + std::to_string(*shape.max);
    }
  }

  void check_scalar(const YamlNode& node, const Shape& shape, const std::string& what) {
    if (shape.kind == Kind::kSecret && !check_secret(node, what)) return;
    if (node.unresolved) return;
    if (shape.kind == Kind::kChoice) {
      check_choice(node, shape, what);
      return;
    }
    // Quotes make a text of what looks like a number; a reference's value has no quotes of its own.
    if (shape.kind == Kind::kBoolean && !node.plain && !node.referenced) {
      report_.error("CFG006", node, what + " is the text " + in_quotes(node.text)).advice =
          "remove the quotes";
      return;
    }
    const std::string trouble = scalar_trouble(shape, node.text);
    if (!trouble.empty()) {
      report_.error("CFG007", node, what + " is " + shown(node) + ", which " + trouble).expected =
          describe(shape);
      return;
    }
    check_bounds(node, shape, what);
  }

  void check_bounds(const YamlNode& node, const Shape& shape, const std::string& what) {
    const auto size = measure(shape, node.text);
    if (!size) return;
    const bool small = shape.min && *size < *shape.min;
    const bool large = shape.max && *size > *shape.max;
    if (!small && !large) return;
    if (shape.kind == Kind::kText) {
      report_
          .error("CFG008", node,
                 what + (node.text.empty() ? " is empty"
                         : small           ? " is too short"
                                           : " is too long"))
          .expected = node.text.empty() ? "a text" : "";
      return;
    }
    report_
        .error("CFG008", node,
               what + " is " + shown(node) + ", which is too " + (small ? "small" : "large"))
        .expected = (small ? "at least " : "at most ") +
                    bound_text(shape.kind, small ? *shape.min : *shape.max);
  }

  void check_choice(const YamlNode& node, const Shape& shape, const std::string& what) {
    if (std::find(shape.choices.begin(), shape.choices.end(), node.text) != shape.choices.end()) {
      return;
    }
    Diagnostic& error = report_.error("CFG009", node, what + " is " + shown(node));
    error.expected = describe(shape);
    if (!node.referenced) error.meant = nearest(node.text, shape.choices).value_or("");
  }

  // Says whether the value may be looked at further.
  bool check_secret(const YamlNode& node, const std::string& what) {
    const bool has_default =
        node.raw.find(":-") != std::string::npos && node.raw.find(":-}") == std::string::npos;
    if (node.referenced && !has_default) return true;
    report_.hide(node);
    Diagnostic& error =
        report_.error("CFG011", node,
                      what + (node.referenced ? " has a default that stands in the file itself"
                                              : " stands in the file itself"));
    error.expected = "a reference: ${env:NAME} or ${file:/path}";
    error.advice =
        "put the secret into the environment or into a file that only navette may read; "
        "if this file was ever shared, replace the secret in its system too";
    return false;
  }

  Report& report_;
};

bool is_kind_of(const YamlNode& node, const Shape& part) {
  if (part.kind == Kind::kObject || part.kind == Kind::kMap) return node.is_map();
  if (part.kind == Kind::kList) return node.is_list();
  return node.is_scalar();
}

}  // namespace

const Shape& choose_part(const YamlNode& node, const Shape& shape) {
  if (shape.kind != Kind::kAnyOf) return shape;
  const Shape* last = nullptr;
  for (const Shape& part : shape.parts) {
    if (!is_kind_of(node, part)) continue;
    last = &part;
    const bool complete =
        std::all_of(part.members.begin(), part.members.end(), [&node](const Member& member) {
          return !member.required || node.find(member.name) != nullptr;
        });
    if (complete) return part;
  }
  return last != nullptr ? *last : shape;
}

std::string shown(const YamlNode& scalar) {
  if (scalar.referenced) return "the value of " + scalar.raw;
  return in_quotes(scalar.text);
}

void check_shape(const YamlNode& node, const Shape& shape, const std::string& what,
                 Report& report) {
  Checker(report).check(node, shape, what);
}

const YamlNode* Reader::find(const std::string& name) const {
  if (node_ == nullptr) return nullptr;
  const Member* member = find_member(shape_, name);
  const YamlNode* found = node_->find(name);
  if (found == nullptr && member != nullptr) {
    for (const std::string& old_name : member->old_names) {
      if (found == nullptr) found = node_->find(old_name);
    }
  }
  return found == nullptr || found->is_null() ? nullptr : found;
}

std::optional<std::string> Reader::text(const std::string& name) const {
  if (const YamlNode* node = find(name)) {
    if (!node->is_scalar() || node->unresolved) return std::nullopt;
    return node->text;
  }
  const Member* member = find_member(shape_, name);
  return member == nullptr ? std::nullopt : member->fallback;
}

Place Reader::place(const std::string& name) const {
  if (const YamlNode* node = find(name)) return node->place;
  return node_ == nullptr ? Place{} : node_->place;
}

}  // namespace navette
