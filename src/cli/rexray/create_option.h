#pragma once

// `volume create --opt KEY=VALUE`: the names that Docker users know (`docker volume create -o …`).

#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/rexray/invocation.h"

namespace rexray::cli {

/// InvalidArgument for a word without "=", an unknown key (the known ones are listed) or a bad value. Keys
/// are case-insensitive.
absl::Status ApplyCreateOption(std::string_view word, CreateOptions* create);

/// "true", "false", "yes", "1", …
absl::StatusOr<bool> ParseBool(std::string_view what, std::string_view text);
/// Digits alone.
absl::StatusOr<uint64_t> ParseCount(std::string_view what, std::string_view text);

}  // namespace rexray::cli
