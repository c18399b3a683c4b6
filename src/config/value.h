#pragma once

// One written value, and what it means for a key's type. Nothing is silently taken for zero: text that is no
// value of the type is an error.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "base/clock.h"
#include "config/known_keys.h"

namespace rexray::config {

/// A value as it was written, before its key's type is known.
struct RawValue {
  enum class Kind { kScalar, kList, kOther };  ///< kOther: a list of lists or maps
  Kind kind = Kind::kScalar;
  std::string text = {};                ///< kScalar
  std::vector<std::string> items = {};  ///< kList
};

/// The one spelling of a value: "true", "0700", "16" (GiB) or "500MiB", "1m30s", list items joined by spaces.
/// Empty text of any type but a string means "not written" and comes back as "". InvalidArgument says what is
/// wrong and what to write; it quotes the value unless the key is a secret.
absl::StatusOr<std::string> CanonicalValue(const KeyInfo& info, const RawValue& raw);

/// Go's ParseBool and YAML 1.1's words: true/false, t/f, 1/0, yes/no, y/n, on/off; any case.
absl::StatusOr<bool> ParseBool(std::string_view text);

/// Go's durations ("1h2m3.5s", "100ms"); a bare number is seconds. Not negative, at most 10 years.
absl::StatusOr<Duration> ParseDuration(std::string_view text);
std::string FormatDuration(Duration duration);  ///< "1m30s", "100ms"; ParseDuration reads it back

/// Octal with its leading 0 ("0700", "0o755"), at most 07777. 700 is an error: YAML says seven hundred, a
/// person means 0700, and neither is worth a guess.
absl::StatusOr<uint32_t> ParseMode(std::string_view text);

/// 0 to 2^31-1.
absl::StatusOr<uint64_t> ParseInt(std::string_view text);

/// unix:///ABSOLUTE (at most 107 bytes, the kernel's limit) or tcp://HOST:PORT.
absl::Status CheckAddress(std::string_view text);

}  // namespace rexray::config
