// Dates in the forms that systems use.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "navette/json.h"
#include "navette/result.h"

#include "base/clock.h"
#include "mapping/zone.h"

namespace navette {

// One form on the clock of one place.
//
// Thread safety: immutable after parse(); safe from any thread.
class DateForm {
 public:
  DateForm() = default;  // datetime in UTC

  // `form`: "date": "2026-11-24"; "datetime": RFC 3339, in UTC or with the zone's offset; "epoch":
  // seconds since 1970 as a number; "epoch_ms": milliseconds; or a picture as JSONata's
  // $fromMillis takes it: "[D01].[M01].[Y0001] [H01]:[m01]".
  // Errors: kMisconfigured, with what was found and what was expected.
  static Result<DateForm> parse(const std::string& form, const std::string& zone);

  // The moment. Reads this form, and date, datetime and epoch whichever it is. What has no offset
  // is on the zone's clock; a date alone is midnight there. Nothing for what is no date.
  std::optional<TimePoint> read(const Json& value) const;
  // The moment in this form's one spelling. Nothing where it cannot hold it.
  std::optional<Json> write(TimePoint time) const;

  const std::string& form() const { return form_; }
  const std::string& zone() const { return zone_name_; }
  bool is_day() const { return form_ == "date"; }
  const Zone& place() const { return zone_; }

 private:
  struct Picture;
  std::string form_ = "datetime";
  std::string zone_name_;
  Zone zone_;
  std::shared_ptr<const Picture> picture_;  // shared: a form is copied with its rule
};

// The value in the form's one spelling, in UTC; nothing for what is no date.
std::optional<Json> to_date_form(const Json& value, const std::string& form);

// Whether two dates (of any form) fall on the same day in UTC.
bool same_day(const Json& a, const Json& b);

}  // namespace navette
