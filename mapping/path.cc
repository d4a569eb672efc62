#include "mapping/path.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/text.h"

namespace navette {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// What may stand in a name without backquotes. JSONata wants them for blanks and '-' too; here
// these can mean nothing else.
bool is_name_character(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '$' ||
         c == '-' || c == ' ' || byte >= 0x80;
}

}  // namespace

class PathParser {
 public:
  PathParser(std::string_view text, Misread* misread) : text_(text), misread_(misread) {}

  Result<Path> parse() {
    Path path;
    path.text_ = std::string(text_);
    for (;;) {
      auto step = this->step();
      if (!step) return step.error();
      path.steps_.push_back(std::move(*step));
      if (at_ == text_.size()) return path;
      if (!take('.')) return wrong("'.', '[' or the end");
    }
  }

 private:
  Error wrong(const std::string& expected) const {
    std::string found = "its end";
    if (at_ < text_.size()) {
      const std::string_view rest = text_.substr(at_);
      found = "'" + std::string(utf8_prefix(rest, 1)) + "'";
    }
    if (misread_ != nullptr) *misread_ = {at_, found, expected};
    return {.fault = Fault::kMisconfigured,
            .message = "read path \"" + std::string(text_) + "\": column " +
                       std::to_string(utf8_length(text_.substr(0, at_)) + 1) + ": found " + found +
                       ", expected " + expected};
  }

  bool take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void skip_blanks() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }

  Result<std::string> name() {
    skip_blanks();
    if (take('`')) {
      const std::size_t end = text_.find('`', at_);
      if (end == std::string_view::npos) {
        at_ = text_.size();
        return wrong("a closing backquote");
      }
      std::string quoted(text_.substr(at_, end - at_));
      if (quoted.empty()) return wrong("a name between the backquotes");
      at_ = end + 1;
      skip_blanks();
      return quoted;
    }
    const std::size_t start = at_;
    while (at_ < text_.size() && is_name_character(text_[at_])) ++at_;
    const std::string_view bare = trim(text_.substr(start, at_ - start));
    if (bare.empty()) return wrong("a name (in backquotes when it holds signs)");
    return std::string(bare);
  }

  Result<Path::Step> step() {
    skip_blanks();
    const std::size_t start = at_;
    auto name = this->name();
    if (!name) return name.error();
    Path::Step step;
    step.name = std::move(*name);
    step.at = start;
    while (take('[')) {
      auto filter = this->filter();
      if (!filter) return filter.error();
      step.filters.push_back(std::move(*filter));
      skip_blanks();
    }
    return step;
  }

  Result<Path::Filter> filter() {
    Path::Filter filter;
    skip_blanks();
    filter.at = at_;
    if (at_ < text_.size() && (is_digit(text_[at_]) || text_[at_] == '-')) {
      auto number = this->number();
      if (!number) return number.error();
      if (!number->is_int()) return wrong("a whole number");
      filter.by_index = true;
      filter.index = number->as_int();
    } else {
      auto member = name();
      if (!member) return member.error();
      filter.member = std::move(*member);
      if (!take('=')) return wrong("'='");
      skip_blanks();
      filter.literal_at = at_;
      auto literal = this->literal();
      if (!literal) return literal.error();
      filter.literal = std::move(*literal);
    }
    skip_blanks();
    if (!take(']')) return wrong("']'");
    return filter;
  }

  Result<Json> number() {
    const std::size_t start = at_;
    while (at_ < text_.size() &&
           (is_digit(text_[at_]) || text_[at_] == '-' || text_[at_] == '.' || text_[at_] == 'e')) {
      ++at_;
    }
    auto value = Json::parse(text_.substr(start, at_ - start));
    if (value && value->is_number()) return value;
    at_ = start;
    return wrong("a number");
  }

  Result<Json> literal() {
    skip_blanks();
    if (at_ < text_.size() && (text_[at_] == '\'' || text_[at_] == '"')) return quoted();
    for (const auto& [word, value] :
         {std::pair<std::string_view, Json>{"true", true}, {"false", false}, {"null", nullptr}}) {
      if (text_.substr(at_).starts_with(word)) {
        at_ += word.size();
        return value;
      }
    }
    if (at_ < text_.size() && (is_digit(text_[at_]) || text_[at_] == '-')) return number();
    return wrong("a literal: 'text', a number, true, false or null");
  }

  Result<Json> quoted() {
    const char quote = text_[at_++];
    std::string json = "\"";
    while (at_ < text_.size() && text_[at_] != quote) {
      const char c = text_[at_++];
      if (c == '\\' && at_ < text_.size()) {
        const char escaped = text_[at_++];
        if (escaped != '\'') json += '\\';
        json += escaped;
      } else {
        if (c == '"') json += '\\';
        json += c;
      }
    }
    if (!take(quote)) return wrong(std::string("a closing ") + quote);
    auto value = Json::parse(json + "\"");
    if (!value) return wrong("a text without control characters or unknown escapes before this");
    return value;
  }

  std::string_view text_;
  Misread* misread_;
  std::size_t at_ = 0;
};

Result<Path> Path::parse(std::string_view text, Misread* misread) {
  return PathParser(text, misread).parse();
}

std::string_view Path::single_name() const {
  if (steps_.size() != 1 || !steps_.front().filters.empty()) return {};
  return steps_.front().name;
}

void Path::apply(const Filter& filter, std::vector<const Json*>* hits) {
  if (filter.by_index) {
    const auto size = static_cast<std::int64_t>(hits->size());
    const std::int64_t index = filter.index < 0 ? size + filter.index : filter.index;
    if (index < 0 || index >= size) {
      hits->clear();
    } else {
      *hits = {(*hits)[static_cast<std::size_t>(index)]};
    }
    return;
  }
  std::erase_if(*hits, [&filter](const Json* hit) {
    const Json* member = hit->find(filter.member);
    return member == nullptr || !(*member == filter.literal);
  });
}

void Path::select(const Step& step, const Json& from, std::vector<const Json*>* hits) {
  if (from.is_array()) {
    for (const Json& item : from.items()) select(step, item, hits);
    return;
  }
  const Json* value = from.find(step.name);
  if (value == nullptr) return;
  if (step.filters.empty()) {
    hits->push_back(value);
    return;
  }
  std::vector<const Json*> found;
  if (value->is_array()) {
    for (const Json& item : value->items()) found.push_back(&item);
  } else {
    found.push_back(value);
  }
  for (const Filter& filter : step.filters) apply(filter, &found);
  hits->insert(hits->end(), found.begin(), found.end());
}

std::optional<Json> Path::read(const Json& document) const {
  std::vector<const Json*> hits = {&document};
  for (const Step& step : steps_) {
    std::vector<const Json*> next;
    for (const Json* hit : hits) select(step, *hit, &next);
    hits = std::move(next);
  }
  if (hits.empty()) return std::nullopt;
  if (hits.size() == 1) return *hits.front();
  Json many = Json::array();
  for (const Json* hit : hits) many.push(*hit);
  return many;
}

namespace {

bool fits_all(const Json& item, const std::vector<Path::Filter>& filters) {
  return std::all_of(filters.begin(), filters.end(), [&item](const Path::Filter& filter) {
    if (filter.by_index) return true;
    const Json* member = item.find(filter.member);
    return member != nullptr && *member == filter.literal;
  });
}

// The item of the list that the filters ask for, made when there is none; null: there can't be one.
Json* item_of(Json* list, const std::vector<Path::Filter>& filters) {
  if (list->is_null()) *list = Json::array();
  if (!list->is_array()) return nullptr;
  Json::Array& items = list->items();
  for (const Path::Filter& filter : filters) {
    if (!filter.by_index) continue;
    constexpr std::int64_t kIndexMax = 1000;
    if (filter.index > kIndexMax) return nullptr;
    const auto size = static_cast<std::int64_t>(items.size());
    if (filter.index < 0) {
      if (size + filter.index >= 0) return &items[static_cast<std::size_t>(size + filter.index)];
      items.emplace_back();
      return &items.back();
    }
    while (static_cast<std::int64_t>(items.size()) <= filter.index) items.emplace_back();
    return &items[static_cast<std::size_t>(filter.index)];
  }
  for (Json& item : items) {
    if (fits_all(item, filters)) return &item;
  }
  Json made = Json::object();
  for (const Path::Filter& filter : filters) made.set(filter.member, filter.literal);
  items.push_back(std::move(made));
  return &items.back();
}

}  // namespace

bool Path::write(Json* document, Json value) const {
  Json* at = document;
  for (const Step& step : steps_) {
    if (!at->is_null() && !at->is_object()) return false;
    Json* child = at->find(step.name);
    at = child != nullptr ? child : &at->set(step.name, Json());
    if (step.filters.empty()) continue;
    at = item_of(at, step.filters);
    if (at == nullptr) return false;
  }
  *at = std::move(value);
  return true;
}

}  // namespace navette
