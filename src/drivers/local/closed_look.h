#pragma once

// A data directory as `rexray doctor` sees it while no daemon has it open. Nothing in it is made, repaired or
// locked: the catalogue, with what its -wal file holds, is read from a copy in the temporary directory.

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "drivers/local/record.h"

namespace rexray::drivers::local {

struct ClosedLook {
  size_t volumes = 0;
  std::optional<bool> has_attributes;  ///< nullopt: there are no images yet
  std::vector<std::string> findings;   ///< full sentences; what an opening could not repair, or would have to
};

absl::StatusOr<ClosedLook> LookWithoutOpening(const std::string& data_directory);

/// Why a volume or snapshot cannot be used with an image of that length (nullopt: there is none); "" when it
/// can.
std::string ImageProblem(const VolumeRecord& record, std::optional<uint64_t> length,
                         const std::string& image);

}  // namespace rexray::drivers::local
