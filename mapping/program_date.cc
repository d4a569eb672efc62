#include "mapping/program_date.h"

#include <chrono>

namespace navette::program {
namespace {

constexpr std::int64_t kDay = 86'400'000;

int two(const char* at) {
  const unsigned tens = static_cast<unsigned char>(at[0]) - '0';
  const unsigned ones = static_cast<unsigned char>(at[1]) - '0';
  return tens > 9 || ones > 9 ? -1 : static_cast<int>(tens * 10 + ones);
}

char* put_two(unsigned number, char* to) {
  to[0] = static_cast<char>('0' + number / 10);
  to[1] = static_cast<char>('0' + number % 10);
  return to + 2;
}

// The days since 1970-01-01 of "YYYY-MM-DD".
bool day_of(const char* at, std::int64_t* days) {
  const int century = two(at);
  const int years = two(at + 2);
  const int month = two(at + 5);
  const int day = two(at + 8);
  if ((century | years | month | day) < 0 || at[4] != '-' || at[7] != '-') return false;
  const std::chrono::year_month_day date{std::chrono::year{century * 100 + years},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return false;
  *days = std::chrono::sys_days{date}.time_since_epoch().count();
  return true;
}

// "HH:MM:SS" with a fraction; `*at` is behind it afterwards.
bool time_of(const char*& at, const char* end, std::int64_t* millis) {
  const int hour = two(at);
  const int minute = two(at + 3);
  const int second = two(at + 6);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return false;
  if (at[2] != ':' || at[5] != ':') return false;
  *millis = ((hour * 60LL + minute) * 60 + second) * 1000;
  at += 8;
  if (at == end || *at != '.') return true;
  const char* const point = at++;
  for (std::int64_t scale = 100; at < end && *at >= '0' && *at <= '9'; ++at, scale /= 10) {
    *millis += (*at - '0') * scale;
  }
  return at - point > 1;
}

// "Z", "+01:00", "-0330".
bool offset_of(const char* at, const char* end, std::int64_t* millis) {
  if (end - at == 1 && *at == 'Z') {
    *millis = 0;
    return true;
  }
  if ((*at != '+' && *at != '-') || (end - at != 5 && end - at != 6)) return false;
  if (end - at == 6 && at[3] != ':') return false;
  const int hour = two(at + 1);
  const int minute = two(end - 2);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59) return false;
  *millis = (hour * 60LL + minute) * (*at == '-' ? -60'000 : 60'000);
  return true;
}

}  // namespace

DateCopy::DateCopy(const DateForm& from, const DateForm& to)
    : millis_in_(from.form() == "epoch_ms"),
      from_(from.place()),
      to_(to.place()),
      utc_(to.zone().empty() || to.zone() == "UTC") {
  const auto plain = [](const DateForm& form) {
    return form.form().find('[') == std::string::npos;
  };
  usable_ = plain(from) && plain(to);
  form_ = to.is_day()               ? Form::kDay
          : to.form() == "epoch"    ? Form::kSeconds
          : to.form() == "epoch_ms" ? Form::kMilliseconds
                                    : Form::kMoment;
}

std::int64_t DateCopy::offset_at(std::int64_t millis) {
  if (utc_) return 0;
  if (millis < known_from_ || millis >= known_until_) {
    const Zone::Span span = to_.span(TimePoint(std::chrono::milliseconds(millis)));
    known_from_ = span.begin.time_since_epoch().count();
    known_until_ = span.end.time_since_epoch().count();
    offset_ = std::chrono::milliseconds(span.offset).count();
  }
  return offset_;
}

bool DateCopy::put_text(std::string_view text, Output& out) {
  constexpr std::size_t kDaySize = 10;
  constexpr std::size_t kSecondsSize = 19;
  std::int64_t days = 0;
  if (text.size() != kDaySize && text.size() < kSecondsSize) return false;
  if (!day_of(text.data(), &days)) return false;
  std::int64_t millis = days * kDay;
  bool local = text.size() == kDaySize;
  if (!local) {
    const char* at = text.data() + kDaySize;
    const char* const end = text.data() + text.size();
    if (*at != 'T' && *at != ' ') return false;
    std::int64_t time = 0;
    if (!time_of(++at, end, &time)) return false;
    millis += time;
    local = at == end;
    std::int64_t offset = 0;
    if (!local && !offset_of(at, end, &offset)) return false;
    millis -= offset;
  }
  if (local) millis = from_.from_local(LocalTime(millis)).time_since_epoch().count();
  return put(millis, out);
}

bool DateCopy::put_number(std::string_view text, Output& out) {
  std::int64_t number = 0;
  constexpr std::int64_t kSecondsMax = 253'402'300'799;
  if (!small_integer(text, &number)) return false;
  if (!millis_in_) {
    if (number > kSecondsMax || number < -kSecondsMax) return false;
    number *= 1000;
  }
  return number / 1000 <= kSecondsMax && number / 1000 >= -kSecondsMax && put(number, out);
}

bool DateCopy::put(std::int64_t millis, Output& out) {
  if (form_ == Form::kMilliseconds) {
    put_integer(millis, out);
    return true;
  }
  if (form_ == Form::kSeconds) {
    put_integer(millis >= 0 ? millis / 1000 : -((999 - millis) / 1000), out);
    return true;
  }
  constexpr std::int64_t kMillisMin = -62'167'219'200'000;  // year 0
  constexpr std::int64_t kMillisMax = 253'402'300'799'000;
  if (millis < kMillisMin + kDay || millis > kMillisMax - kDay) return false;
  constexpr std::int64_t kMinute = 60'000;
  std::int64_t offset = offset_at(millis);
  if (form_ == Form::kMoment) offset -= offset % kMinute;  // texts have no more
  const std::int64_t shown = millis + offset;
  const std::int64_t days = shown >= 0 ? shown / kDay : -((kDay - 1 - shown) / kDay);
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{days}}};
  out.reserve(48);
  char* to = out.at();
  *to++ = '"';
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
  to = put_two(year % 100, put_two(year / 100, to));
  *to++ = '-';
  to = put_two(static_cast<unsigned>(date.month()), to);
  *to++ = '-';
  to = put_two(static_cast<unsigned>(date.day()), to);
  if (form_ == Form::kMoment) {
    const auto rest = static_cast<unsigned>(shown - days * kDay);
    const unsigned seconds = rest / 1000;
    *to++ = 'T';
    to = put_two(seconds / 3600, to);
    *to++ = ':';
    to = put_two(seconds / 60 % 60, to);
    *to++ = ':';
    to = put_two(seconds % 60, to);
    if (const unsigned fraction = rest % 1000; fraction != 0) {
      *to++ = '.';
      *to++ = static_cast<char>('0' + fraction / 100);
      to = put_two(fraction % 100, to);
    }
    if (offset == 0) {
      *to++ = 'Z';
    } else {
      const auto minutes = static_cast<unsigned>((offset < 0 ? -offset : offset) / 60'000);
      *to++ = offset < 0 ? '-' : '+';
      to = put_two(minutes / 60 % 100, to);
      *to++ = ':';
      to = put_two(minutes % 60, to);
    }
  }
  *to++ = '"';
  out.take(to);
  return true;
}

}  // namespace navette::program
