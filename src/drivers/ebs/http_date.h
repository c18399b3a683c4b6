#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"

namespace rexray::drivers::ebs {

/// "Tue, 15 Nov 1994 08:12:31 GMT" (RFC 9110, 5.6.7), spaces around allowed; nullopt for anything else.
std::optional<WallTime> ParseHttpDate(std::string_view text);

/// "2026-01-31T23:59:59.000Z" (EC2, with or without the fraction), "2026-01-31T23:59:59Z" (credentials);
/// nullopt for anything else.
std::optional<WallTime> ParseIso8601(std::string_view text);

}  // namespace rexray::drivers::ebs
