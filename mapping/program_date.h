// Dates from one form to another without anything in between. A part of Program.

#pragma once

#include <cstdint>
#include <string_view>

#include "mapping/date.h"
#include "mapping/program_output.h"

namespace navette::program {

// The common spellings of the common forms; the rest says false and is DateForm's.
class DateCopy {
 public:
  DateCopy() = default;
  DateCopy(const DateForm& from, const DateForm& to);

  // Whether it is worth trying: neither form is a picture.
  bool usable() const { return usable_; }
  // Append what the other side gets for the text of a date, as JSON. False: nothing was appended.
  bool put_text(std::string_view text, Output& out);
  bool put_number(std::string_view text, Output& out);

 private:
  enum class Form : unsigned char { kDay, kMoment, kSeconds, kMilliseconds };
  bool put(std::int64_t millis, Output& out);
  std::int64_t offset_at(std::int64_t millis);

  bool usable_ = false;
  bool millis_in_ = false;
  Form form_ = Form::kMoment;
  Zone from_;
  Zone to_;
  bool utc_ = true;  // the zone written
  // The newest answer about the zone written holds from here to there.
  std::int64_t known_from_ = 0;
  std::int64_t known_until_ = 0;
  std::int64_t offset_ = 0;
};

}  // namespace navette::program
