#include "cli/rexray/input_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "base/status.h"
#include "base/unique_fd.h"

namespace rexray::cli {

namespace {

constexpr size_t kLimit = 16 * 1024 * 1024;

}  // namespace

absl::StatusOr<std::string> ReadInputFile(const std::string& path) {
  UniqueFd opened;
  int fd = STDIN_FILENO;
  const std::string name = path == "-" ? "standard input" : path;
  if (path != "-") {
    opened.Reset(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
    if (!opened.valid()) return ErrnoError(errno, name);
    fd = opened.get();
  }
  std::string text;
  std::string buffer(64 * 1024, '\0');
  for (;;) {
    const ssize_t got = read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ErrnoError(errno, name);
    if (got == 0) return text;
    text.append(buffer, 0, static_cast<size_t>(got));
    if (text.size() > kLimit) {
      return Error(absl::StatusCode::kResourceExhausted, "{}: larger than 16 MiB", name);
    }
  }
}

}  // namespace rexray::cli
