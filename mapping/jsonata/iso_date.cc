// ISO 8601 time stamps, as far as the language accepts them without a picture.

#include <cmath>
#include <initializer_list>
#include <limits>

#include "mapping/jsonata/calendar.h"
#include "mapping/jsonata/picture_date.h"

namespace navette::jsonata {
namespace {

struct Stamp {
  int year = 0;
  int month = 1;
  int day = 1;
  int hour = 0;
  int minute = 0;
  int second = 0;
  double milli = 0;
  bool has_fraction = false;
  bool has_zone = false;  // other than Z
  int zone_hours = 0;
  int zone_minutes = 0;
};

// Each field is two digits, the first of which has a bound. A month or a day may be left out, so a
// reading that does not fit is tried again without them.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool run(bool month, bool day, bool time, Stamp& out) {
    at_ = 0;
    out = Stamp{};
    int high = 0;
    int low = 0;
    if (!field('9', high) || !field('9', low)) return false;
    out.year = high * 100 + low;
    if (month && !(take('-') && field('1', out.month))) return false;
    if (day && !(take('-') && field('3', out.day))) return false;
    if (time && !(take('T') && field('2', out.hour) && take(':') && field('5', out.minute) &&
                  take(':') && field('5', out.second))) {
      return false;
    }
    if (take('.') && !fraction(out)) return false;
    return zone(out) && at_ == text_.size();
  }

 private:
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }

  bool field(char first_most, int& value) {
    if (peek() < '0' || peek() > first_most || peek(1) < '0' || peek(1) > '9') return false;
    value = (peek() - '0') * 10 + (peek(1) - '0');
    at_ += 2;
    return true;
  }

  bool fraction(Stamp& out) {
    const std::size_t start = at_;
    double scale = 100;
    for (; peek() >= '0' && peek() <= '9'; ++at_, scale /= 10) {
      if (scale >= 1) out.milli += (peek() - '0') * scale;
    }
    out.has_fraction = true;
    return at_ > start;
  }

  bool zone(Stamp& out) {
    if (take('Z')) return true;
    const bool negative = peek() == '-';
    if (!negative && peek() != '+') return true;
    ++at_;
    out.has_zone = true;
    if (!field('2', out.zone_hours)) return false;
    take(':');
    if (!field('5', out.zone_minutes)) return false;
    if (negative) out.zone_minutes = -out.zone_minutes;
    if (negative) out.zone_hours = -out.zone_hours;
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

double millis_of(const Stamp& stamp, bool month, bool day, bool time) {
  const bool midnight = stamp.minute == 0 && stamp.second == 0 && stamp.milli == 0;
  const bool proper = (month || !day) && stamp.month >= 1 && stamp.month <= 12 && stamp.day >= 1 &&
                      stamp.day <= 31 && (stamp.hour < 24 || (stamp.hour == 24 && midnight)) &&
                      (time || (!stamp.has_fraction && !stamp.has_zone)) &&
                      stamp.zone_hours > -24 && stamp.zone_hours < 24;
  if (!proper) return std::numeric_limits<double>::quiet_NaN();
  const std::int64_t days = days_to_month(stamp.year, stamp.month - 1) + stamp.day - 1;
  const int minutes = (stamp.hour - stamp.zone_hours) * 60 + stamp.minute - stamp.zone_minutes;
  return static_cast<double>(days) * kDayMillis + minutes * 60'000.0 + stamp.second * 1000.0 +
         std::trunc(stamp.milli);
}

}  // namespace

std::optional<double> parse_iso_date(std::string_view text) {
  const bool time = text.find('T') != std::string_view::npos;
  Reader reader(text);
  Stamp stamp;
  for (const bool month : {true, false}) {
    for (const bool day : {true, false}) {
      if (reader.run(month, day, time, stamp)) return millis_of(stamp, month, day, time);
    }
  }
  return std::nullopt;
}

}  // namespace navette::jsonata
