#pragma once

// Sizes of volumes, in bytes inside the program; in GiB where a person writes a bare number (REX-Ray's and
// EBS's unit).

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace rexray {

inline constexpr uint64_t kKiB = uint64_t{1} << 10;
inline constexpr uint64_t kMiB = uint64_t{1} << 20;
inline constexpr uint64_t kGiB = uint64_t{1} << 30;
inline constexpr uint64_t kTiB = uint64_t{1} << 40;

/// "10", "10G", "10GB", "10Gi", "10GiB", "500 MiB", "1.5TiB", "4096B", any letter case, spaces around
/// allowed. A bare number counts in `bare_unit`. All units (B, K, M, G, T, P) are powers of 1024 (so "10GB"
/// is 10 GiB, as with REX-Ray and EBS). Fractions are rounded down to whole bytes. Zero, negative, more than
/// 2^60 bytes, more than 18 decimals, or anything left over is InvalidArgument that quotes the text.
absl::StatusOr<uint64_t> ParseSize(std::string_view text, uint64_t bare_unit = kGiB);

/// The largest unit that divides evenly (if that makes fewer than 10,000 of it), else two decimals: "1GiB",
/// "1500MiB", "1.46GiB". Less than 1 KiB in bytes: "0B", "512B". ParseSize reads the result back.
std::string FormatSize(uint64_t bytes);

}  // namespace rexray
