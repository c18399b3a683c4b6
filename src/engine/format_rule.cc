#include "engine/format_rule.h"

#include <algorithm>
#include <array>

#include "base/status.h"
#include "volume/mount_options.h"

namespace rexray::engine {
namespace {

/// mkfs may have died before the superblock was there.
bool CanBeHalfMade(const host::ProbeResult& probe) {
  if (probe.ambivalent || !probe.partition_table.empty()) return false;
  return probe.fs_type.empty() || ValidateFsType(probe.fs_type).ok();
}

}  // namespace

bool IsMountable(const std::string& fs_type) {
  constexpr std::array<const char*, 5> kKnown = {"ext4", "ext3", "ext2", "xfs", "btrfs"};
  return std::any_of(kKnown.begin(), kKnown.end(), [&](const char* known) { return fs_type == known; });
}

absl::StatusOr<bool> MustFormat(const host::ProbeResult& probe, bool blank_mark,
                                const std::string& volume_name, const std::string& device) {
  if (probe.empty) return true;
  if (blank_mark && CanBeHalfMade(probe)) return true;
  if (!probe.ambivalent && probe.partition_table.empty() && IsMountable(probe.fs_type)) return false;
  return Error(absl::StatusCode::kFailedPrecondition,
               "volume \"{}\": its device {} holds {}, which is neither mounted nor formatted; if that data "
               "is not wanted, "
               "wipe it by hand (wipefs --all {}) and mount again",
               volume_name, device, probe.description.empty() ? "data of an unknown kind" : probe.description,
               device);
}

}  // namespace rexray::engine
