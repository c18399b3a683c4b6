#include "cli/dvdcli/standard_streams.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>

#include "base/status.h"

namespace rexray::dvdcli {
namespace {

/// 0 or an errno. A descriptor that somebody made non-blocking is waited for.
int WriteAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t wrote = write(fd, text.data(), text.size());
    if (wrote >= 0) {
      text.remove_prefix(static_cast<size_t>(wrote));
    } else if (errno == EAGAIN) {
      pollfd entry{fd, POLLOUT, 0};
      poll(&entry, 1, -1);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

}  // namespace

void OccupyStandardDescriptors() {
  for (int fd = 0; fd <= 2; ++fd) {
    if (fcntl(fd, F_GETFD) != -1 || errno != EBADF) continue;
    // "/" is always there, and O_PATH makes every read and write fail. The lowest free number is `fd`.
    if (open("/", O_PATH | O_CLOEXEC) != fd) return;
  }
}

void StandardStreams::Out(std::string_view text) {
  if (error_ == 0) error_ = WriteAll(STDOUT_FILENO, text);
}

void StandardStreams::Err(std::string_view text) {
  WriteAll(STDERR_FILENO, text);
}

bool StandardStreams::ErrIsTerminal() const {
  return isatty(STDERR_FILENO) == 1;
}

absl::Status StandardStreams::Finish() {
  return error_ == 0 ? absl::OkStatus() : ErrnoError(error_, "standard output");
}

}  // namespace rexray::dvdcli
