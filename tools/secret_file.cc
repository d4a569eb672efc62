#include "tools/secret_file.h"

#include <array>
#include <cerrno>
#include <fstream>
#include <random>
#include <sstream>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

namespace navette::tools {
namespace {

Error trouble(const std::string& verb, const std::string& path) {
  return {Fault::kMisconfigured, verb + " " + path + ": " + std::generic_category().message(errno)};
}

}  // namespace

Result<std::string> read_secret(const std::string& path) {
  std::ifstream file(path);
  if (!file) return trouble("read", path);
  std::ostringstream text;
  text << file.rdbuf();
  const std::string secret = text.str();
  return std::string(trim(secret));
}

Result<std::string> read_or_make_secret(const std::string& path,
                                        const std::function<std::string()>& make) {
  if (::access(path.c_str(), F_OK) == 0) return read_secret(path);
  const std::string text = make() + "\n";
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0)
    return errno == EEXIST ? read_secret(path) : Result<std::string>(trouble("write", path));
  const auto written = ::write(fd, text.data(), text.size());
  const bool whole = written == static_cast<ssize_t>(text.size());
  if (::close(fd) != 0 || !whole) {
    const Error error = trouble("write", path);
    ::unlink(path.c_str());
    return error;
  }
  return read_secret(path);
}

std::string random_secret() {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::random_device source;
  std::string secret;
  for (int i = 0; i < 64; ++i) secret += kDigits[source() % kDigits.size()];
  return secret;
}

}  // namespace navette::tools
