#include "connectors/declarative/poller.h"

#include <algorithm>

namespace navette::declarative {

Trouble ask_rows(const RowsSpec& rows, Runner& runner, const Scope& scope, Json cursor, int number,
                 int offset, int size, Json& found) {
  Scope inner(&scope);
  inner.set("cursor", std::move(cursor));
  Json page = Json::object();
  page.set("number", number);
  page.set("offset", offset);
  page.set("size", size);
  inner.set("page", std::move(page));
  Json answer;
  NAVETTE_STEP(runner.call(rows.request, inner, answer));
  inner.set("answer", std::move(answer));
  found = Json::array();
  const Json items = rows.items.evaluate(inner);
  if (!items.is_array()) {
    return Failure{Verdict::kRetryable, "read the answer to " + rows.request.path.text_of(scope) +
                                            ": found no list where the rows should be"};
  }
  for (const Json& item : items.items()) {
    Scope row(&inner);
    row.set("item", item);
    found.push(rows.row.evaluate(row));
  }
  return {};
}

Trouble poll(const PollSpec& spec, Runner& runner, const Scope& scope, const PollRequest& request,
             Page& page) {
  page = Page{};
  Json cursor;
  if (!request.cursor.empty()) {
    Result<Json> read = Json::parse(request.cursor, "cursor");
    if (!read || !read->is_object()) {
      return Failure{Verdict::kRejected, "poll: the cursor \"" + request.cursor.substr(0, 80) +
                                             "\" is not one of this connector's"};
    }
    cursor = *std::move(read);
  }
  Scope inner(&scope);
  NAVETTE_STEP(runner.run(spec.steps, inner));
  PollRequest limited = request;
  limited.limit = std::clamp(request.limit, 1, spec.page_size);
  return spec.kind == CursorKind::kTimestamp
             ? poll_timestamp(spec, runner, inner, limited, cursor, page)
             : poll_feed(spec, runner, inner, limited, cursor, page);
}

}  // namespace navette::declarative
