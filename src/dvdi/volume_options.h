#pragma once

// The grammar of --volumeopts and of DVDI_VOLUME_OPTS.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace rexray::dvdi {

/// Adds one occurrence of the flag, "key=value" or several of them joined by commas. Each is split at its
/// FIRST "="; a later key wins. A segment without "=" behind a comma belongs to the value before it
/// ("zones=a,b,size=5" is zones "a,b" and size "5"), so a value can have commas. InvalidArgument when the
/// first segment has no "=", or for bytes that JSON cannot carry (not UTF-8).
absl::Status AddVolumeOptions(std::string_view text, std::map<std::string, std::string>& options);

/// InvalidArgument unless `text` is UTF-8; `what` says what it is: "volume name".
absl::Status CheckUtf8(std::string_view what, std::string_view text);

}  // namespace rexray::dvdi
