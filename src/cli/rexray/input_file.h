#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace rexray::cli {

/// The whole of a file, or of standard input for "-"; at most 16 MiB. Errors name it. A terminal, a pipe and
/// a device are read to their end; a directory is refused.
absl::StatusOr<std::string> ReadInputFile(const std::string& path);

}  // namespace rexray::cli
