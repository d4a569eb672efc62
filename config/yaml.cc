#include "config/yaml.h"

#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <utility>

#include <yaml-cpp/anchor.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "base/text.h"

namespace navette {
namespace {

// Ends the parse: a limit was reached, or YAML that a configuration cannot use.
struct Refused {
  YAML::Mark mark;
  std::string found;
  std::string advice;
};

std::size_t count_nodes(const YamlNode& node) {
  std::size_t count = 1;
  for (const YamlNode& item : node.items) count += count_nodes(item);
  for (const YamlMember& member : node.members) count += 1 + count_nodes(member.value);
  return count;
}

// Turns marks, which count bytes from 0, into places, which count characters from 1.
class Lines {
 public:
  Lines(std::string file, const std::string& text) : file_(std::move(file)) {
    lines_ = split(text, '\n');
    for (std::string& line : lines_) {
      if (!line.empty() && line.back() == '\r') line.pop_back();
    }
    last_ = static_cast<int>(lines_.size());
    while (last_ > 1 && trim(line(last_)).empty()) --last_;
  }

  const std::string& line(int number) const {
    static const std::string kNone;
    const auto index = static_cast<std::size_t>(number - 1);
    return number >= 1 && index < lines_.size() ? lines_[index] : kNone;
  }

  Place place(const YAML::Mark& mark) const {
    if (mark.is_null()) return Place{file_, 0, 0};
    if (mark.line >= last_) return end();
    const std::string_view text = line(mark.line + 1);
    const auto bytes = std::min(text.size(), static_cast<std::size_t>(std::max(0, mark.column)));
    return Place{file_, mark.line + 1, static_cast<int>(utf8_length(text.substr(0, bytes))) + 1};
  }

  // The last character that is no blank: where a file ends too early.
  Place end() const {
    const std::string_view text = line(last_);
    const std::size_t size = text.find_last_not_of(" \t") + 1;
    return Place{file_, last_, std::max(1, static_cast<int>(utf8_length(text.substr(0, size))))};
  }

  // Characters of the token that starts there.
  int length(const Place& place, bool plain, const std::string& value) const {
    const std::string& whole = line(place.line);
    const auto column = static_cast<std::size_t>(std::max(0, place.column - 1));
    const std::string_view rest = std::string_view(whole).substr(utf8_prefix(whole, column).size());
    std::size_t bytes = 0;
    if (plain && rest.starts_with(value)) {
      bytes = value.size();
    } else if (!rest.empty() && (rest.front() == '"' || rest.front() == '\'')) {
      bytes = 1;
      while (bytes < rest.size() && rest[bytes] != rest.front()) {
        bytes += rest[bytes] == '\\' && rest.front() == '"' ? 2 : 1;
      }
      bytes = std::min(bytes + 1, rest.size());
    } else {
      bytes = std::min(rest.size(), rest.find_first_of(" \t,]}#"));
    }
    return std::max(1, static_cast<int>(utf8_length(rest.substr(0, bytes))));
  }

 private:
  std::string file_;
  std::vector<std::string> lines_;
  int last_ = 1;  // the last line that is not blank
};

// Builds the tree from the parser's events.
class Builder final : public YAML::EventHandler {
 public:
  Builder(const Lines& lines, std::vector<Diagnostic>& diagnostics)
      : lines_(lines), diagnostics_(diagnostics) {}

  YamlNode take_root() { return std::move(root_); }
  bool has_root() const { return has_root_; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (has_root_) {
      throw Refused{mark, "a second document begins",
                    "keep one document in a file: remove the \"---\""};
    }
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    YamlNode node;
    node.place = lines_.place(mark);
    add(std::move(node), anchor, mark);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      throw Refused{mark, "an alias stands inside what it names", "name something complete"};
    }
    YamlNode copy = found->second;
    count_ += count_nodes(copy);
    add(std::move(copy), YAML::NullAnchor, mark);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode node;
    node.type = YamlNode::Type::kScalar;
    node.place = lines_.place(mark);
    node.plain = tag == "?" || tag.empty();
    node.length = lines_.length(node.place, node.plain, value);
    node.text = value;
    node.raw = value;
    add(std::move(node), anchor, mark);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    open(mark, anchor, YamlNode::Type::kList);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    open(mark, anchor, YamlNode::Type::kMap);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    YamlNode node;
    YAML::anchor_t anchor;
    YAML::Mark mark;
    std::optional<YamlNode> key;        // read, and its value is awaited
    std::map<std::string, Place> keys;  // where each key stands
    std::vector<YamlNode> merged;       // values of "<<"
  };

  void open(const YAML::Mark& mark, YAML::anchor_t anchor, YamlNode::Type type) {
    if (open_.size() >= static_cast<std::size_t>(kYamlDepthMax)) {
      throw Refused{mark, "values are nested deeper than " + std::to_string(kYamlDepthMax),
                    "flatten the file"};
    }
    Open opened;
    opened.node.type = type;
    opened.node.place = lines_.place(mark);
    opened.node.length = lines_.length(opened.node.place, false, {});
    opened.anchor = anchor;
    opened.mark = mark;
    open_.push_back(std::move(opened));
  }

  void close() {
    Open closed = std::move(open_.back());
    open_.pop_back();
    for (const YamlNode& merged : closed.merged) {
      for (const YamlMember& member : merged.members) {
        if (closed.keys.emplace(member.key.text, member.key.place).second) {
          closed.node.members.push_back(member);
        }
      }
    }
    add(std::move(closed.node), closed.anchor, closed.mark);
  }

  void add(YamlNode node, YAML::anchor_t anchor, const YAML::Mark& mark) {
    if (++count_ > kYamlNodesMax) {
      throw Refused{mark, "the file has more than " + std::to_string(kYamlNodesMax) + " values",
                    "split it"};
    }
    if (anchor != YAML::NullAnchor) anchors_[anchor] = node;
    if (open_.empty()) {
      root_ = std::move(node);
      has_root_ = true;
      return;
    }
    Open& parent = open_.back();
    if (parent.node.is_list()) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.key) {
      add_key(parent, std::move(node), mark);
    } else {
      add_value(parent, std::move(node), mark);
    }
  }

  static void add_key(Open& parent, YamlNode node, const YAML::Mark& mark) {
    if (node.is_null()) {  // `null: x` and `~: x` are keys like any other
      node.type = YamlNode::Type::kScalar;
      node.text = node.raw = "null";
      node.plain = true;
    }
    if (!node.is_scalar()) throw Refused{mark, "a key is no text", "write a name before the colon"};
    parent.key = std::move(node);
  }

  void add_value(Open& parent, YamlNode node, const YAML::Mark& mark) {
    YamlNode key = std::move(*parent.key);
    parent.key.reset();
    if (key.plain && key.text == "<<") {
      merge(parent, std::move(node), mark);
      return;
    }
    if (node.is_null() && node.place.line != key.place.line) {
      node.place = key.place;  // nothing stands there: point to its key
      node.length = key.length;
    }
    const auto [before, is_new] = parent.keys.emplace(key.text, key.place);
    if (!is_new) {
      Diagnostic twice;
      twice.code = "CFG003";
      twice.place = key.place;
      twice.length = key.length;
      twice.found = "the key \"" + key.text + "\" stands here a second time";
      twice.advice =
          "keep one of the two; the first is at line " + std::to_string(before->second.line);
      diagnostics_.push_back(std::move(twice));
    }
    parent.node.members.push_back({std::move(key), std::move(node)});
  }

  static void merge(Open& parent, YamlNode node, const YAML::Mark& mark) {
    std::vector<YamlNode> merged;
    if (node.is_list()) {
      merged = std::move(node.items);
    } else {
      merged.push_back(std::move(node));
    }
    for (YamlNode& one : merged) {
      if (!one.is_map()) {
        throw Refused{mark, "\"<<\" merges something that is no map", "name a map's anchor there"};
      }
      parent.merged.push_back(std::move(one));
    }
  }

  const Lines& lines_;
  std::vector<Diagnostic>& diagnostics_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, YamlNode> anchors_;
  YamlNode root_;
  bool has_root_ = false;
  std::size_t count_ = 0;
};

// What the parser's words mean for somebody who does not know its insides.
std::pair<std::string, std::string> explain(const std::string& message, const std::string& line,
                                            bool tab, int column) {
  if (tab) {
    return {"a tab stands where the line is indented", "indent with spaces: YAML allows no tabs"};
  }
  const std::string_view body = trim(line);
  if (!body.empty() && (body.front() == '@' || body.front() == '`')) {
    return {"a value begins with a character that YAML reserves", "put the value in quotes"};
  }
  // The parser stops at the "{" of an unquoted ${...}.
  if (column > 1 && utf8_prefix(line, static_cast<std::size_t>(column)).ends_with("${")) {
    return {"a ${...} stands inside {} or [] without quotes", "put the value in quotes"};
  }
  if (message.find("end of map flow not found") != std::string::npos) {
    return {"a \"{\" is never closed, or a comma is missing before this", "close it with \"}\""};
  }
  if (message.find("end of sequence flow not found") != std::string::npos) {
    return {"a \"[\" is never closed, or a comma is missing before this", "close it with \"]\""};
  }
  if (message.find("illegal map value") != std::string::npos) {
    return {"a second \": \" stands in one value", "put the value in quotes"};
  }
  if (message.find("end of map not found") != std::string::npos ||
      message.find("end of sequence not found") != std::string::npos) {
    return {"this line is not indented like the ones it belongs to",
            "align it with its neighbours and follow a key by \": \"; if it looks right, a quote "
            "or a bracket above it is never closed"};
  }
  if (message.find("unknown escape") != std::string::npos) {
    return {"an unknown escape stands in double quotes",
            "use single quotes, in which \"\\\" is nothing special"};
  }
  if (message.find("EOF in scalar") != std::string::npos ||
      message.find("illegal EOF") != std::string::npos) {
    return {"a quoted text is never closed", "close the quotes"};
  }
  return {"this is not YAML: " + message, "look at this line and the one before it"};
}

Diagnostic trouble(const char* code, Place place, std::string found, std::string advice) {
  Diagnostic diagnostic;
  diagnostic.code = code;
  diagnostic.place = std::move(place);
  diagnostic.found = std::move(found);
  diagnostic.advice = std::move(advice);
  return diagnostic;
}

// What makes parsing pointless.
std::optional<Diagnostic> refuse_bytes(const std::string& file, const std::string& text) {
  const Place nowhere{file, 0, 0};
  if (text.size() > kYamlBytesMax) {
    return trouble("CFG001", nowhere, "the file is larger than 1 MB",
                   "split it: a configuration is never that large");
  }
  int number = 0;
  for (const std::string& line : split(text, '\n')) {
    ++number;
    if (!is_utf8(line)) {
      return trouble("CFG001", Place{file, number, 1}, "this line is not UTF-8",
                     "save the file as UTF-8");
    }
    if (line.find('\0') != std::string::npos) {
      return trouble("CFG001", Place{file, number, 1}, "this line has a NUL character",
                     "remove it");
    }
  }
  return std::nullopt;
}

}  // namespace

std::string_view YamlNode::type_name() const {
  switch (type) {
    case Type::kNull:
      return "nothing";
    case Type::kScalar:
      return "a single value";
    case Type::kList:
      return "a list";
    case Type::kMap:
      return "a map";
  }
  return "nothing";
}

const YamlNode* YamlNode::find(std::string_view key) const {
  for (const YamlMember& member : members) {
    if (member.key.text == key) return &member.value;
  }
  return nullptr;
}

YamlNode* YamlNode::find(std::string_view key) {
  for (YamlMember& member : members) {
    if (member.key.text == key) return &member.value;
  }
  return nullptr;
}

Json to_json(const YamlNode& scalar) {
  if (scalar.is_null()) return nullptr;
  const std::string& text = scalar.text;
  if (!scalar.plain || text.empty()) return text;
  if (text == "null" || text == "~") return nullptr;
  if (text == "true" || text == "false") return text == "true";
  const std::string_view digits = std::string_view(text).substr(text[0] == '-' ? 1 : 0);
  const bool padded = digits.size() > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9';
  const bool number_like =
      !padded && text.find_first_not_of("+-.0123456789eE") == std::string::npos;
  if (number_like) {
    if (auto number = Json::parse(text); number && number->is_number()) return *number;
  }
  return text;
}

std::optional<YamlNode> parse_yaml(const std::string& file, const std::string& text,
                                   std::vector<Diagnostic>& diagnostics) {
  if (auto refused = refuse_bytes(file, text)) {
    diagnostics.push_back(std::move(*refused));
    return std::nullopt;
  }
  const Lines lines(file, text);
  Builder builder(lines, diagnostics);
  try {
    std::istringstream input(text);
    YAML::Parser parser(input);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Refused& refused) {
    diagnostics.push_back(
        trouble("CFG002", lines.place(refused.mark), refused.found, refused.advice));
    return std::nullopt;
  } catch (const YAML::Exception& failure) {
    Place place = lines.place(failure.mark);
    const std::string& line = lines.line(place.line);
    const std::size_t tab = line.substr(0, line.find_first_not_of(" \t")).find('\t');
    if (tab != std::string::npos) place.column = static_cast<int>(tab) + 1;
    auto [found, advice] = explain(failure.msg, line, tab != std::string::npos, place.column);
    diagnostics.push_back(trouble("CFG002", place, std::move(found), std::move(advice)));
    return std::nullopt;
  }
  if (!builder.has_root()) {
    YamlNode nothing;
    nothing.place = Place{file, 1, 1};
    return nothing;
  }
  return builder.take_root();
}

}  // namespace navette
