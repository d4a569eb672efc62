// A library for LD_PRELOAD that makes disks and clocks fail for one process, as the kernel would:
//
//   NAVETTE_FAULTS        a file of 16 bytes, shared with the test while the process runs:
//                         int64 nanoseconds that the clock is ahead; int32 errno that writing
//                         meets (EIO, EROFS, ENOSPC), 0: none; int32 the same for flushing
//   NAVETTE_FAULTS_UNDER  the folder whose files fail
//
// The monotonic clock is left alone, as it is when a person or a time server sets a clock.

#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

struct Faults {
  std::int64_t clock_ahead_ns;
  std::int32_t write_errno;
  std::int32_t flush_errno;
};

template <class F>
F real(const char* name) {
  void* found = dlsym(RTLD_NEXT, name);
  F function = nullptr;
  std::memcpy(&function, &found, sizeof function);
  return function;
}

const volatile Faults* map_faults() {
  static const volatile Faults kNone{};
  const char* path = std::getenv("NAVETTE_FAULTS");
  if (path == nullptr) return &kNone;
  const int file = real<int (*)(const char*, int, ...)>("open")(path, O_RDONLY);
  if (file < 0) return &kNone;
  void* memory = mmap(nullptr, sizeof(Faults), PROT_READ, MAP_SHARED, file, 0);
  close(file);
  return memory == MAP_FAILED ? &kNone : static_cast<const volatile Faults*>(memory);
}

const volatile Faults& faults() {
  static const volatile Faults* const kFaults = map_faults();
  return *kFaults;
}

bool under(const char* path) {
  const char* folder = std::getenv("NAVETTE_FAULTS_UNDER");
  return folder != nullptr && std::strncmp(path, folder, std::strlen(folder)) == 0;
}

bool hit(int file) {
  char link[64];
  char path[4096];
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  const ssize_t size = readlink(link, path, sizeof path - 1);
  if (size <= 0) return false;
  path[size] = '\0';
  return under(path);
}

// Whether this call fails; errno says how.
bool fails(int trouble, int file) {
  if (trouble == 0 || !hit(file)) return false;
  errno = trouble;
  return true;
}

void add(timespec* time, std::int64_t ahead) {
  std::int64_t rest = time->tv_nsec + ahead % kSecond;
  time->tv_sec += ahead / kSecond;
  if (rest >= kSecond) {
    rest -= kSecond;
    ++time->tv_sec;
  } else if (rest < 0) {
    rest += kSecond;
    --time->tv_sec;
  }
  time->tv_nsec = rest;
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  static const auto kReal = real<int (*)(clockid_t, timespec*)>("clock_gettime");
  const int done = kReal(clock, time);
  if (done == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
    add(time, faults().clock_ahead_ns);
  }
  return done;
}

int gettimeofday(timeval* time, void*) noexcept {
  timespec fine{};
  const int done = clock_gettime(CLOCK_REALTIME, &fine);
  time->tv_sec = fine.tv_sec;
  time->tv_usec = fine.tv_nsec / 1000;
  return done;
}

time_t time(time_t* out) noexcept {
  timespec fine{};
  clock_gettime(CLOCK_REALTIME, &fine);
  if (out != nullptr) *out = fine.tv_sec;
  return fine.tv_sec;
}

// Who waits until a moment of our clock means the kernel's.
int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex,
                           const timespec* until) {
  static const auto kReal =
      real<int (*)(pthread_cond_t*, pthread_mutex_t*, const timespec*)>("pthread_cond_timedwait");
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  timespec moved = *until;
  // A moment far from now by our clock is one of the monotonic clock.
  const std::int64_t far = 100'000'000;
  if (std::abs(until->tv_sec - now.tv_sec) < far) add(&moved, -faults().clock_ahead_ns);
  return kReal(condition, mutex, &moved);
}

ssize_t write(int file, const void* data, size_t size) {
  static const auto kReal = real<ssize_t (*)(int, const void*, size_t)>("write");
  return fails(faults().write_errno, file) ? -1 : kReal(file, data, size);
}

ssize_t pwrite(int file, const void* data, size_t size, off_t at) {
  static const auto kReal = real<ssize_t (*)(int, const void*, size_t, off_t)>("pwrite");
  return fails(faults().write_errno, file) ? -1 : kReal(file, data, size, at);
}

ssize_t pwrite64(int file, const void* data, size_t size, off64_t at) {
  static const auto kReal = real<ssize_t (*)(int, const void*, size_t, off64_t)>("pwrite64");
  return fails(faults().write_errno, file) ? -1 : kReal(file, data, size, at);
}

int ftruncate(int file, off_t size) noexcept {
  static const auto kReal = real<int (*)(int, off_t)>("ftruncate");
  return fails(faults().write_errno, file) ? -1 : kReal(file, size);
}

int ftruncate64(int file, off64_t size) noexcept {
  static const auto kReal = real<int (*)(int, off64_t)>("ftruncate64");
  return fails(faults().write_errno, file) ? -1 : kReal(file, size);
}

int fsync(int file) {
  static const auto kReal = real<int (*)(int)>("fsync");
  return fails(faults().flush_errno, file) ? -1 : kReal(file);
}

int fdatasync(int file) {
  static const auto kReal = real<int (*)(int)>("fdatasync");
  return fails(faults().flush_errno, file) ? -1 : kReal(file);
}

}  // extern "C"
