#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace rexray {

/// A volume's name becomes a directory name: 1–128 bytes of [A-Za-z0-9][A-Za-z0-9_.-]*. Anything else
/// ("../x", "a/b", NUL, "", ".") is InvalidArgument that says which rule was broken, before anything happens.
/// (Docker's own rule for names is [a-zA-Z0-9][a-zA-Z0-9_.-]+.)
absl::Status ValidateVolumeName(std::string_view name);

/// The same rule for services, with at most 64 bytes: a service's name becomes a socket's file name.
absl::Status ValidateServiceName(std::string_view name);

/// `text` for a message: control characters and invalid UTF-8 escaped, cut at 128 bytes.
std::string Printable(std::string_view text);

}  // namespace rexray
