// A text with places in it, filled in and parsed back: "RT-{id}", "{project.key}/{key}".
//
// Thread safety: immutable after parse(); safe from any thread.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "navette/result.h"

#include "config/model.h"
#include "mapping/path.h"

namespace navette {

class Template {
 public:
  enum class Of : unsigned char {
    kTicket,  // {id}: the number of the ticket, one place
    kValue,   // {value}: the value of the rule's own path, one place
    kPaths,   // paths of the other side's document
  };

  // Errors: kMisconfigured, with what was found and what was expected.
  static Result<Template> parse(std::string_view text);

  Of of = Of::kValue;
  Side towards = Side::kProvider;  // the side that holds the written text; for the rule to set

  const std::string& text() const { return text_; }
  const std::vector<Path>& paths() const { return paths_; }  // kPaths: one a place
  std::size_t places() const { return literals_.size() - 1; }
  // The texts around the places: one more than places.
  const std::vector<std::string>& literals() const { return literals_; }
  // Whether no filling with texts that hold none of the literals between places can be misread:
  // two places stand side by side nowhere.
  bool reversible() const;

  // REQUIRES: one filling a place.
  std::string write(const std::vector<std::string>& fillings) const;
  std::string write(const std::string& filling) const {
    return write(std::vector<std::string>(places(), filling));
  }

  // What fills each place; nothing for a text that does not come from write(). An empty filling is
  // none. Where a filling holds the text that follows its place, the shortest reading counts.
  std::optional<std::vector<std::string>> read(std::string_view text) const;
  // The filling of the first place.
  std::optional<std::string> read_one(std::string_view text) const;

 private:
  std::string text_;
  std::vector<std::string> literals_;
  std::vector<Path> paths_;
};

}  // namespace navette
