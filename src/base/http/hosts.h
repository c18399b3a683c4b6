#pragma once

// Names of hosts without a resolver. Private to this room.

#include <optional>
#include <string>
#include <string_view>

namespace rexray::http {

/// The first address that a file in the format of hosts(5) gives `name` (upper and lower case are the same).
/// "localhost" is 127.0.0.1 even where the file does not say so.
std::optional<std::string> FindHost(std::string_view hosts_file, std::string_view name);

/// True for an IPv4 or IPv6 address in text (no brackets, no zone).
bool IsIpAddress(const std::string& text);

}  // namespace rexray::http
