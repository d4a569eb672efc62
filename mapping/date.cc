#include "mapping/date.h"

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "base/text.h"
#include "mapping/jsonata/picture_date.h"
#include "mapping/jsonata/regex.h"
#include "mapping/text.h"

namespace navette {
namespace {

// Beyond the year 9999 it is no date, and multiplying would overflow.
constexpr std::int64_t kSecondsMax = 253'402'300'799;

bool is_picture(std::string_view form) {
  return form.find('[') != std::string_view::npos;
}

std::optional<TimePoint> from_seconds(std::int64_t seconds) {
  if (seconds > kSecondsMax || seconds < -kSecondsMax) return std::nullopt;
  return TimePoint(std::chrono::seconds(seconds));
}

std::optional<TimePoint> from_millis(std::int64_t millis) {
  if (millis / 1000 > kSecondsMax || millis / 1000 < -kSecondsMax) return std::nullopt;
  return TimePoint(std::chrono::milliseconds(millis));
}

// RFC 3339, with a blank for its T, and without an offset.
std::optional<TimePoint> from_text(std::string text, const Zone& zone) {
  constexpr std::size_t kDateSize = 10;
  constexpr std::size_t kSecondsSize = 19;
  if (text.size() > kDateSize && text[kDateSize] == ' ') text[kDateSize] = 'T';
  bool local = text.size() == kDateSize;
  if (text.size() >= kSecondsSize &&
      text.find_first_of("Zz+-", kSecondsSize) == std::string::npos) {
    text += 'Z';
    local = true;
  }
  // "+0100", as Jira and many logs write it.
  const std::size_t sign = text.size() >= 5 ? text.size() - 5 : 0;
  if (text.size() > kSecondsSize && (text[sign] == '+' || text[sign] == '-')) {
    text.insert(text.size() - 2, ":");
  }
  const auto time = parse_rfc3339(text);
  if (!time || !local) return time;
  return zone.from_local(time->time_since_epoch());
}

// Offsets as pictures take them: hours * 100 + minutes.
double picture_offset(std::chrono::seconds offset) {
  const std::int64_t minutes = offset.count() / 60;
  const std::int64_t hours = minutes / 60;
  return static_cast<double>(hours * 100 + minutes % 60);
}

std::string offset_text(std::chrono::seconds offset) {
  if (offset.count() == 0) return "Z";
  const auto minutes = std::abs(offset.count()) / 60;
  char text[16];
  std::snprintf(text, sizeof text, "%c%02d:%02d", offset.count() < 0 ? '-' : '+',
                static_cast<int>(minutes / 60 % 100), static_cast<int>(minutes % 60));
  return text;
}

}  // namespace

struct DateForm::Picture {
  jsonata::DatePicture parts;
  bool has_offset = false;  // its texts say where their clock stands
};

Result<DateForm> DateForm::parse(const std::string& form, const std::string& zone) {
  DateForm out;
  out.form_ = form;
  out.zone_name_ = zone;
  const auto wrong = [&form](const std::string& what) {
    return Error{.fault = Fault::kMisconfigured, .message = "found date \"" + form + "\", " + what};
  };
  const auto place = Zone::find(zone);
  if (!place) {
    const auto near = nearest(zone, Zone::names());
    return Error{.fault = Fault::kMisconfigured,
                 .message = "found time zone \"" + zone + "\", expected a name of the tz database" +
                            (near ? "; did you mean \"" + *near + "\"?" : " (Europe/Paris)")};
  }
  out.zone_ = *place;
  if (is_picture(form)) {
    auto picture = std::make_shared<Picture>();
    jsonata::PictureError error;
    if (!jsonata::analyse_date_picture(form, picture->parts, error)) {
      return wrong(std::string("which is no picture: JSONata's error ") +
                   (error.code == nullptr ? "D3132" : error.code));
    }
    for (const jsonata::DatePart& part : picture->parts) {
      picture->has_offset = picture->has_offset || part.component == 'Z' || part.component == 'z';
    }
    out.picture_ = std::move(picture);
  } else if (form != "date" && form != "datetime" && form != "epoch" && form != "epoch_ms") {
    return wrong("expected date, datetime, epoch, epoch_ms or a picture such as " +
                 std::string("\"[D01].[M01].[Y0001]\""));
  }
  return out;
}

std::optional<TimePoint> DateForm::read(const Json& value) const {
  if (value.is_int()) {
    return form_ == "epoch_ms" ? from_millis(value.as_int()) : from_seconds(value.as_int());
  }
  if (value.is_double() && (form_ == "epoch" || form_ == "epoch_ms")) {
    const double millis = value.as_double() * (form_ == "epoch" ? 1000 : 1);
    if (!(millis > -9e15 && millis < 9e15)) return std::nullopt;
    return from_millis(static_cast<std::int64_t>(millis));
  }
  if (!value.is_string()) return std::nullopt;
  const std::string text(trim(value.as_string()));
  if (picture_ != nullptr) {
    constexpr std::uint64_t kStepsMax = 100'000;
    jsonata::RegexBudget budget{.steps = kStepsMax};
    jsonata::PictureError error;
    const auto millis = jsonata::parse_date(text, picture_->parts, 0, budget, error);
    if (millis && error.code == nullptr && std::abs(*millis) <= 1000.0 * kSecondsMax) {
      const LocalTime shown(static_cast<std::int64_t>(*millis));
      return picture_->has_offset ? TimePoint(shown) : zone_.from_local(shown);
    }
  }
  if (const auto time = from_text(text, zone_)) return time;
  // "20261201" and shorter are days or years that somebody wrote, not seconds.
  if (!is_numeral(text) || text.size() <= 8) return std::nullopt;
  const auto number = Json::parse(text);
  return number && number->is_int() ? read(*number) : std::nullopt;
}

std::optional<Json> DateForm::write(TimePoint time) const {
  if (form_ == "epoch") {
    return Json(std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count());
  }
  if (form_ == "epoch_ms") return Json(std::int64_t{time.time_since_epoch().count()});
  const std::chrono::seconds offset = zone_.offset(time);
  if (picture_ != nullptr) {
    // Offsets have no seconds; a clock of before 1972 may.
    const TimePoint shown = picture_->has_offset ? time : time + offset % std::chrono::minutes(1);
    std::string out;
    jsonata::PictureError error;
    if (!jsonata::format_date(static_cast<double>(shown.time_since_epoch().count()),
                              picture_->parts, picture_offset(offset), out, error)) {
      return std::nullopt;
    }
    return Json(std::move(out));
  }
  if (is_day()) {
    const std::string text = to_rfc3339(time + offset);
    return Json(text.substr(0, text.find('T')));
  }
  std::string text = to_rfc3339(time + offset - offset % std::chrono::minutes(1));
  text.pop_back();
  return Json(text + offset_text(offset));
}

std::optional<Json> to_date_form(const Json& value, const std::string& form) {
  const auto parsed = DateForm::parse(form, {});
  if (!parsed) return std::nullopt;
  const auto time = parsed->read(value);
  if (!time) return std::nullopt;
  return parsed->write(*time);
}

bool same_day(const Json& a, const Json& b) {
  const auto left = to_date_form(a, "date");
  const auto right = to_date_form(b, "date");
  return left && right && *left == *right;
}

}  // namespace navette
