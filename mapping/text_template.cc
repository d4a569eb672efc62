#include "mapping/text_template.h"

#include <utility>

#include "base/text.h"

namespace navette {
namespace {

Error wrong(std::string_view text, const std::string& what) {
  return {.fault = Fault::kMisconfigured,
          .message = "read template \"" + std::string(text) + "\": " + what};
}

}  // namespace

Result<Template> Template::parse(std::string_view text) {
  Template out;
  out.text_ = std::string(text);
  std::vector<std::string> names;
  std::size_t at = 0;
  for (;;) {
    const std::size_t open = text.find('{', at);
    out.literals_.emplace_back(text.substr(at, open - at));
    if (open == std::string_view::npos) break;
    const std::size_t close = text.find('}', open);
    if (close == std::string_view::npos) return wrong(text, "found a { without its }");
    names.emplace_back(text.substr(open + 1, close - open - 1));
    at = close + 1;
  }
  int own = 0;
  for (const std::string& name : names) own += name == "id" || name == "value" ? 1 : 0;
  if (names.empty() || (own > 0 && names.size() > 1)) {
    return wrong(text, "found " + std::to_string(names.size()) +
                           " placeholders, expected one: {id} (number of the ticket) or {value} "
                           "(value of the field); or paths of the other side's document");
  }
  if (own == 1) {
    out.of = names.front() == "id" ? Of::kTicket : Of::kValue;
    return out;
  }
  out.of = Of::kPaths;
  for (const std::string& name : names) {
    auto path = Path::parse(name);
    if (!path) return wrong(text, path.error().message);
    out.paths_.push_back(std::move(*path));
  }
  return out;
}

bool Template::reversible() const {
  for (std::size_t i = 1; i + 1 < literals_.size(); ++i) {
    if (literals_[i].empty()) return false;
  }
  return true;
}

std::string Template::write(const std::vector<std::string>& fillings) const {
  std::string out = literals_.front();
  for (std::size_t i = 0; i < fillings.size() && i + 1 < literals_.size(); ++i) {
    out += fillings[i];
    out += literals_[i + 1];
  }
  return out;
}

std::optional<std::vector<std::string>> Template::read(std::string_view text) const {
  if (!text.starts_with(literals_.front())) return std::nullopt;
  text.remove_prefix(literals_.front().size());
  std::vector<std::string> fillings;
  for (std::size_t i = 1; i < literals_.size(); ++i) {
    const std::string& after = literals_[i];
    const bool last = i + 1 == literals_.size();
    if (last && !text.ends_with(after)) return std::nullopt;
    const std::size_t end = last ? text.size() - after.size() : text.find(after);
    if (end == std::string_view::npos || end == 0) return std::nullopt;
    fillings.emplace_back(text.substr(0, end));
    text.remove_prefix(end + after.size());
  }
  return fillings;
}

std::optional<std::string> Template::read_one(std::string_view text) const {
  text = trim(text);
  if (text.size() < literals_.front().size() + literals_.back().size()) return std::nullopt;
  auto fillings = read(text);
  if (!fillings) return std::nullopt;
  return std::move(fillings->front());
}

}  // namespace navette
