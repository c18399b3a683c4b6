#pragma once

// Sizes of volumes, in bytes inside the program; in GiB where a person writes a bare number (REX-Ray's and EBS's unit).

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace rexray {

inline constexpr uint64_t kKiB = uint64_t{1} << 10;
inline constexpr uint64_t kMiB = uint64_t{1} << 20;
inline constexpr uint64_t kGiB = uint64_t{1} << 30;
inline constexpr uint64_t kTiB = uint64_t{1} << 40;

/// "10", "10G", "10GB", "10GiB", "500MiB", "1.5TiB", any letter case, spaces around allowed. A bare number counts in
/// `bare_unit`. All units are powers of 1024 (so "10GB" is 10 GiB, as with REX-Ray and EBS). Zero, negative, more than
/// 2^60 bytes, or anything left over is InvalidArgument that quotes the text.
absl::StatusOr<uint64_t> ParseSize(std::string_view text, uint64_t bare_unit = kGiB);

/// The largest unit that divides evenly, else two decimals: "1GiB", "500MiB", "1.46GiB".
std::string FormatSize(uint64_t bytes);

}  // namespace rexray
