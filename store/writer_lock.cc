#include "store/writer_lock.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace navette {
namespace {

std::string holder(int handle) {
  std::array<char, 24> text{};
  const ssize_t size = pread(handle, text.data(), text.size(), 0);
  std::string pid(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  while (!pid.empty() && pid.back() == '\n') pid.pop_back();
  return pid.empty() ? "another process" : "the process with pid " + pid;
}

}  // namespace

Result<WriterLock> WriterLock::take(const std::string& store) {
  const std::string file = store + ".lock";
  const int handle = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (handle < 0) {
    // Of a disk that may be well again tomorrow, or of a mistake that stays one.
    const bool disk = errno == EROFS || errno == ENOSPC || errno == EIO || errno == EDQUOT;
    return Error{disk ? Fault::kRetryLater : Fault::kMisconfigured,
                 "open store " + store + ": cannot open its lock file " + file + ": " +
                     std::strerror(errno) +
                     (disk ? ": mend that disk" : ": let this user write in that folder")};
  }
  WriterLock lock(handle);
  if (flock(handle, LOCK_EX | LOCK_NB) != 0) {
    return Error{Fault::kRetryLater, "open store " + store + ": " + holder(handle) +
                                         " writes to it: stop that hub first, or give this one "
                                         "a store of its own"};
  }
  // The pid is only there for the message above; a disk too full to hold it stops nobody.
  const std::string pid = std::to_string(getpid()) + "\n";
  if (ftruncate(handle, 0) == 0) static_cast<void>(!pwrite(handle, pid.data(), pid.size(), 0));
  return lock;
}

WriterLock::WriterLock(WriterLock&& from) noexcept : handle_(std::exchange(from.handle_, -1)) {}

WriterLock& WriterLock::operator=(WriterLock&& from) noexcept {
  std::swap(handle_, from.handle_);
  return *this;
}

WriterLock::~WriterLock() {
  // The file stays: removing it would let two hubs lock two files of the same name.
  if (handle_ >= 0) close(handle_);
}

}  // namespace navette
