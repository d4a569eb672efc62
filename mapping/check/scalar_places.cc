#include "mapping/check/scalar_places.h"

#include <cstddef>

namespace navette {
namespace {

bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

// Reads the file forward, counting lines and characters.
class Walk {
 public:
  Walk(std::string_view file, const Place& start) : file_(file), place_(start) {
    int line = 1;
    while (at_ < file_.size() && line < start.line) {
      if (file_[at_++] == '\n') ++line;
    }
    for (int column = 1; column < start.column && !done(); ++column) skip_character();
  }
  bool done() const { return at_ >= file_.size(); }
  char look() const { return done() ? '\0' : file_[at_]; }
  bool line_end() const { return done() || look() == '\n' || look() == '\r'; }
  const Place& place() const { return place_; }
  void next() {
    const char c = file_[at_++];
    if (c == '\n') {
      ++place_.line;
      place_.column = 1;
    } else if (done() || !continues_character(file_[at_])) {
      ++place_.column;
    }
  }
  void next_line() {
    while (!done() && look() != '\n') next();
    if (!done()) next();
  }

 private:
  void skip_character() {
    ++at_;
    while (!done() && continues_character(file_[at_])) ++at_;
  }
  std::string_view file_;
  std::size_t at_ = 0;
  Place place_;
};

// Follows `value` along the file: line ends and indentation may differ, other characters may not.
class Match {
 public:
  Match(Walk walk, std::string_view value) : walk_(walk), value_(value) {}

  std::optional<std::vector<Place>> run() {
    const char first = walk_.look();
    if (first == '|' || first == '>') {
      walk_.next_line();
      block_ = true;
      indent_ = indentation();
    } else if (first == '"' || first == '\'') {
      quote_ = first;
      walk_.next();
    }
    while (places_.size() < value_.size()) {
      const char wanted = value_[places_.size()];
      if (wanted == '\n' || (wanted == ' ' && walk_.line_end()) ||
          (wanted == ' ' && !block_ && rest_is_blank())) {
        if (!fold(wanted)) return std::nullopt;
      } else if (!character(wanted)) {
        return std::nullopt;
      }
    }
    return std::move(places_);
  }

 private:
  bool rest_is_blank() const {
    Walk ahead = walk_;
    while (ahead.look() == ' ' || ahead.look() == '\t') ahead.next();
    return ahead.line_end();
  }
  // A line's end that stands for `wanted`; at the end of the file a newline may be implied.
  bool fold(char wanted) {
    if (wanted == '\n' && !rest_is_blank()) return escaped('n');
    places_.push_back(walk_.place());
    walk_.next_line();
    return true;
  }
  bool escaped(char letter) {
    if (quote_ != '"' || walk_.look() != '\\') return false;
    const Place place = walk_.place();
    walk_.next();
    if (walk_.look() != letter) return false;
    walk_.next();
    places_.push_back(place);
    return true;
  }
  bool character(char wanted) {
    if (walk_.place().column == 1 || places_.empty()) skip_indentation(wanted);
    if (quote_ == '"' && walk_.look() == '\\') {
      if (wanted == '\t') return escaped('t');
      return escaped(wanted);
    }
    if (walk_.done() || walk_.look() != wanted) return false;
    places_.push_back(walk_.place());
    walk_.next();
    if (quote_ == '\'' && wanted == '\'') {
      if (walk_.look() != '\'') return false;
      walk_.next();
    }
    return true;
  }
  // Of the block's first line that is not blank.
  int indentation() const {
    Walk ahead = walk_;
    while (!ahead.done() && (ahead.look() == ' ' || ahead.line_end())) ahead.next();
    return ahead.place().column - 1;
  }
  // A block's deeper blanks are its own.
  void skip_indentation(char wanted) {
    if (block_) {
      while (walk_.look() == ' ' && walk_.place().column <= indent_) walk_.next();
    } else if (wanted != ' ') {
      while (walk_.look() == ' ' || walk_.look() == '\t') walk_.next();
    }
  }

  Walk walk_;
  std::string_view value_;
  char quote_ = '\0';
  bool block_ = false;
  int indent_ = 0;
  std::vector<Place> places_;
};

}  // namespace

std::optional<std::vector<Place>> scalar_places(std::string_view file, const Place& start,
                                                std::string_view value) {
  return Match(Walk(file, start), value).run();
}

}  // namespace navette
