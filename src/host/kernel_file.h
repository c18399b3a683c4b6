#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"

namespace rexray::host {

/// The whole of a file of /proc or /sys (their sizes are not known beforehand), up to `limit` bytes.
absl::StatusOr<std::string> ReadKernelFile(const std::string& path, size_t limit = size_t{64} << 20);

/// The same of an open one; `path` is for the message.
absl::StatusOr<std::string> ReadKernelFile(int fd, const std::string& path, size_t limit = size_t{64} << 20);

/// The same without its last newline; nullopt when it cannot be read, which for /proc/PID is everyday life.
std::optional<std::string> TryReadLine(const std::string& path);

/// What a symbolic link says; nullopt when it cannot be read.
std::optional<std::string> TryReadLink(const std::string& path);

}  // namespace rexray::host
