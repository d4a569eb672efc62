#include "mapping/mapping.h"

#include <utility>

#include "base/text.h"
#include "mapping/markup.h"
#include "mapping/rule.h"
#include "mapping/text.h"

namespace navette {

struct Mapping::Compiled {
  Rule rule;
};

namespace {

constexpr std::string_view kAuthor = "{author}";

// The attribution with the author's name in it; one line of plain text.
std::string attribution_of(const std::string& attribution, const Person& author) {
  std::string name = author.name;
  if (name.empty()) name = author.login;
  if (name.empty()) name = author.email;
  if (name.empty()) name = "?";
  std::string line = attribution;
  if (const std::size_t at = line.find(kAuthor); at != std::string::npos) {
    line.replace(at, kAuthor.size(), name);
  }
  line = clean_text(line, nullptr);
  for (char& c : line) {
    if (c == '\n' || c == '\t') c = ' ';
  }
  return std::string(trim(line));
}

// Whether this line may have come from attribution_of() for any author.
bool is_attribution(const std::string& line, const std::string& attribution) {
  const std::size_t at = attribution.find(kAuthor);
  if (at == std::string::npos) return line == trim(attribution);
  const std::string before(trim(attribution).substr(0, at));
  const std::string after = attribution.substr(at + kAuthor.size());
  const std::string_view tail = trim(after).empty() ? std::string_view() : trim(after);
  return line.size() > before.size() + tail.size() && line.starts_with(before) &&
         line.ends_with(tail);
}

}  // namespace

Result<Mapping> Mapping::compile(const FlowConfig& flow) {
  Mapping mapping;
  std::vector<std::string> mistakes;
  for (const FieldRule& field : flow.fields) {
    auto rule = Rule::compile(field, flow);
    if (!rule) {
      mistakes.push_back(rule.error().message);
      continue;
    }
    mapping.rules_.push_back(field);
    mapping.compiled_.push_back(std::make_shared<const Compiled>(Compiled{std::move(*rule)}));
  }
  if (!mistakes.empty()) {
    return Error{.fault = Fault::kMisconfigured, .message = join(mistakes, "\n")};
  }
  return mapping;
}

Json Mapping::read(std::size_t index, Side side, const Record& record) const {
  return compiled_[index]->rule.read(side, record);
}

Converted Mapping::convert(std::size_t index, Side from, const Json& value,
                           const ConvertContext& context) const {
  return compiled_[index]->rule.convert(from, value, context);
}

bool Mapping::applies(std::size_t index, Side from, const Record& record) const {
  const auto& condition = compiled_[index]->rule.condition(from);
  return !condition || condition->holds(record.doc);
}

Ownership Mapping::owner(std::size_t index, const Record& client, const Record& provider) const {
  const Rule& rule = compiled_[index]->rule;
  if (rules_[index].owner != Ownership::kBoth) return rules_[index].owner;
  const auto& while_client = rule.owner_condition(Side::kClient);
  if (while_client && while_client->holds(client.doc)) return Ownership::kClient;
  const auto& while_provider = rule.owner_condition(Side::kProvider);
  if (while_provider && while_provider->holds(provider.doc)) return Ownership::kProvider;
  return Ownership::kBoth;
}

bool Mapping::same(std::size_t index, Side side, const Json& a, const Json& b) const {
  return compiled_[index]->rule.same(side, a, b);
}

std::optional<std::size_t> Mapping::mark_of(Side side) const {
  for (std::size_t i = 0; i < compiled_.size(); ++i) {
    const Template* mark = compiled_[i]->rule.mark();
    if (mark != nullptr && mark->towards == side) return i;
  }
  return std::nullopt;
}

std::string Mapping::mark_text(std::size_t index, const std::string& id) const {
  const Template* mark = compiled_[index]->rule.mark();
  return mark != nullptr ? mark->write(id) : std::string();
}

std::optional<std::string> Mapping::id_of_mark(std::size_t index, const std::string& text) const {
  const Template* mark = compiled_[index]->rule.mark();
  return mark != nullptr ? mark->read_one(text) : std::nullopt;
}

std::string Mapping::comment_text(const Comment& comment, const std::string& target_markup,
                                  const std::string& attribution, std::size_t bytes_max) const {
  const std::string text = clean_text(comment.text, nullptr);
  auto document = read_markup(text, comment.markup, nullptr);
  if (!document) document = read_markup(text, "text", nullptr);
  if (!attribution.empty()) {
    Block line;
    append_text(attribution_of(attribution, comment.author), &line.inlines);
    document->blocks.insert(document->blocks.begin(), std::move(line));
  }
  const TextLimit limit = {.count = static_cast<std::int64_t>(bytes_max), .bytes = true};
  const std::string markup = is_markup(target_markup) ? target_markup : "text";
  auto written = write_markup(*document, markup, limit, nullptr);
  return written ? *written : std::string();
}

std::string Mapping::comment_content(const Comment& comment, const std::string& attribution) const {
  const std::string text = clean_text(comment.text, nullptr);
  auto plain = convert_markup(text, comment.markup, "text", nullptr);
  std::string content = blanks_trimmed(plain ? *plain : text);
  if (attribution.empty()) return content;
  const std::size_t end = content.find('\n');
  if (!is_attribution(content.substr(0, end), attribution)) return content;
  return end == std::string::npos ? std::string() : blanks_trimmed(content.substr(end));
}

}  // namespace navette
