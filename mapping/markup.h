// Rich text between markups, through one document tree.
//
// Markups: "text", "html", "textile" (Redmine's), "markdown" (GitHub's: CommonMark with tables and
// ~~strike~~), "jira" (the wiki markup of Jira's server and of its cloud's REST API 2).
// What the target can't say, and what is not safe to carry (scripts, event handlers, javascript:
// links), is left out and named in `losses`. A sign that means something in the target is
// escaped, so that text stays text: it never becomes markup, a macro or a script there.
//
// Text -> any markup -> text gives the same text (see read_text() for what counts as the same).
//
// Thread safety: no shared state.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "navette/result.h"

#include "config/model.h"
#include "mapping/document.h"

namespace navette {

bool is_markup(std::string_view name);
// "text, html, textile, markdown, jira", for messages.
std::string markup_names();

// Errors: kMisconfigured for an unknown markup.
Result<Document> read_markup(std::string_view text, std::string_view markup,
                             std::vector<std::string>* losses);
Result<std::string> write_markup(const Document& document, std::string_view markup,
                                 std::vector<std::string>* losses);
// write_markup() cut so that the result is within the limit and still well-formed.
Result<std::string> write_markup(const Document& document, std::string_view markup,
                                 const TextLimit& limit, std::vector<std::string>* losses);

// Errors: kMisconfigured for an unknown markup. From a markup to itself the text is only cleaned
// (HTML: sanitised).
Result<std::string> convert_markup(std::string_view text, std::string_view from,
                                   std::string_view to, std::vector<std::string>* losses);
Result<std::string> convert_markup(std::string_view text, std::string_view from,
                                   std::string_view to, const TextLimit& limit,
                                   std::vector<std::string>* losses);

}  // namespace navette
