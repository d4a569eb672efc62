// The back office's reports, from what was recorded. Each is a pure function: of a day that is over
// at the client, it says the same for ever, whatever was recorded since. Only a comment that was
// shown and is now internal or deleted is no longer shown.
//
// Thread safety: pure functions, safe from any thread.

#pragma once

#include <chrono>
#include <string>

#include "navette/result.h"

#include "backoffice/records.h"
#include "backoffice/report.h"

namespace navette::backoffice {

// For whom a report is. The client sees no internal comment, no hours that are not approved, and
// of the provider's events those only that its own system has.
enum class Audience : unsigned char { kClient, kProvider };

struct Reading {
  std::chrono::sys_days day;  // as known at its end, at the client
  TimePoint now;              // whether that day is over
  Language language = Language::kEnglish;
  Audience audience = Audience::kClient;
};

// What was recorded on the day, by ticket: events, comments, time, the clocks' state, and the
// credit before and after.
Report daily_report(const Records& records, const Reading& reading);
// Blocks of credit, limits reached, and what each ticket drew.
Report credit_report(const Records& records, const Reading& reading);
// How the amount of one of the provider's entries came to be.
// Errors: kRejected: no such entry by then, or none that the audience may see, or on no contract.
Result<Report> explain_report(const Records& records, const std::string& entry,
                              const Reading& reading);
// Every ticket's clocks; for the provider by both agreements, with what makes them differ.
Report sla_report(const Records& records, const Reading& reading);
// The client's hours against the provider's, by ticket and month.
Report drift_report(const Records& records, const Reading& reading);

}  // namespace navette::backoffice
