// ISO 8601 time stamps, as far as the language accepts them without a picture.

#include <cmath>
#include <limits>

#include "mapping/jsonata/calendar.h"
#include "mapping/jsonata/picture_date.h"

namespace navette::jsonata {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::optional<double> run() {
    double year = 0;
    double month = 1;
    double day = 1;
    if (!digits(4, year)) return std::nullopt;
    if (peek() == '-' && !(next() && digits(2, month))) return std::nullopt;
    if (month_read() && peek() == '-' && !(next() && digits(2, day))) return std::nullopt;
    double hour = 0;
    double minute = 0;
    double second = 0;
    double milli = 0;
    bool time = false;
    if (peek() == 'T') {
      time = true;
      if (!next() || !digits(2, hour) || !colon() || !digits(2, minute) || !colon() ||
          !digits(2, second)) {
        return std::nullopt;
      }
    }
    if (peek() == '.' && !fraction(milli)) return std::nullopt;
    double offset = 0;
    if (!zone(offset) || at_ != text_.size()) return std::nullopt;
    static constexpr int kDays[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool whole_day = hour == 24 && minute == 0 && second == 0 && milli == 0;
    if (month < 1 || month > 12 || day < 1 || day > kDays[static_cast<std::size_t>(month) - 1] ||
        (hour > 23 && !whole_day) || minute > 59 || second > 59 || (!time && milli != 0)) {
      return kNaN;
    }
    // Not through two-digit years: year 0050 is the year 50.
    const double shift = year < 100 ? 400 : 0;
    const double millis = utc_millis(year + shift, month - 1, day, hour, minute, second, milli) -
                          shift / 400 * 146097 * kDayMillis;
    return millis - offset * 60'000;
  }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool next() {
    ++at_;
    return true;
  }
  bool colon() { return peek() == ':' && next(); }
  bool month_read() const { return at_ == 7; }

  bool digits(int count, double& value) {
    value = 0;
    for (int i = 0; i < count; ++i, ++at_) {
      if (peek() < '0' || peek() > '9') return false;
      value = value * 10 + (peek() - '0');
    }
    return true;
  }

  bool fraction(double& milli) {
    next();
    double scale = 100;
    std::size_t count = 0;
    for (; peek() >= '0' && peek() <= '9'; ++at_, ++count, scale /= 10) {
      if (scale >= 1) milli += (peek() - '0') * scale;
    }
    return count > 0;
  }

  bool zone(double& minutes) {
    const char sign = peek();
    if (sign == 'Z') return next();
    if (sign != '+' && sign != '-') return sign == '\0';
    next();
    double hour = 0;
    double minute = 0;
    if (!digits(2, hour)) return false;
    if (peek() == ':') next();
    if (!digits(2, minute)) return false;
    minutes = (hour * 60 + minute) * (sign == '-' ? -1 : 1);
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<double> parse_iso_date(std::string_view text) {
  return Reader(text).run();
}

}  // namespace navette::jsonata
