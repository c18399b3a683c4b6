#include "host/kernel_file.h"

#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/status.h"
#include "base/unique_fd.h"

namespace rexray::host {

absl::StatusOr<std::string> ReadKernelFile(const std::string& path, size_t limit) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return ErrnoError(errno, "cannot open " + path);
  return ReadKernelFile(fd.get(), path, limit);
}

absl::StatusOr<std::string> ReadKernelFile(int fd, const std::string& path, size_t limit) {
  std::string text;
  size_t used = 0;
  while (used < limit) {
    if (text.size() - used < 2048) text.resize(std::max<size_t>(4096, 2 * text.size()));
    const ssize_t got = ::read(fd, text.data() + used, std::min(text.size(), limit) - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ErrnoError(errno, "cannot read " + path);
    if (got == 0) break;
    used += static_cast<size_t>(got);
  }
  text.resize(used);
  return text;
}

std::optional<std::string> TryReadLine(const std::string& path) {
  auto text = ReadKernelFile(path, 4096);
  if (!text.ok()) return std::nullopt;
  if (!text->empty() && text->back() == '\n') text->pop_back();
  return *std::move(text);
}

std::optional<std::string> TryReadLink(const std::string& path) {
  char target[PATH_MAX];
  const ssize_t size = ::readlink(path.c_str(), target, sizeof target);
  if (size < 0) return std::nullopt;
  return std::string(target, static_cast<size_t>(size));
}

}  // namespace rexray::host
