// Sees to it that one hub at a time writes to a store: an advisory lock on a file beside it, which
// the system lifts when the process ends, however it ends.

#pragma once

#include <string>

#include "navette/result.h"

namespace navette {

class WriterLock {
 public:
  // Takes the lock of `store`, on the file "<store>.lock". Never waits.
  // Errors: kRetryLater (another process holds it, and the message has its pid; or the disk is
  // full, read-only or broken), kMisconfigured (the lock file cannot be made).
  static Result<WriterLock> take(const std::string& store);

  WriterLock() = default;  // holds nothing
  WriterLock(WriterLock&& from) noexcept;
  WriterLock& operator=(WriterLock&& from) noexcept;
  ~WriterLock();

 private:
  explicit WriterLock(int handle) : handle_(handle) {}
  int handle_ = -1;
};

}  // namespace navette
