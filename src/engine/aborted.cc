#include "engine/aborted.h"

#include <vector>

#include "absl/strings/str_split.h"

#include "base/status.h"

namespace rexray::engine {

std::string WhyAborted(const Core& core, const VolumeKey& key) {
  const StagePtr stage = core.table.Find(key);
  if (stage == nullptr || !stage->Staged() || stage->device_number == 0 || stage->fs_type.empty()) return "";
  const absl::StatusOr<std::vector<host::MountEntry>> mounts = core.host.mounter->List();
  if (!mounts.ok()) return "";
  const auto mount = host::FindMount(*mounts, stage->stage_path);
  if (!mount || mount->device != stage->device_number) return "";
  const std::vector<std::string> options = absl::StrSplit(mount->super_options, ',');
  for (const std::string& option : options) {
    const bool given_up = option == "shutdown" || option == "emergency_ro";
    if (!given_up && (option != "ro" || stage->read_only)) continue;
    return fmt::format(
        "a remount: the kernel has given its file system up after an error ({} in /proc/mounts; dmesg says "
        "why) "
        "and takes no writes; stop its users, unmount it everywhere and mount it again, which checks it",
        option);
  }
  return "";
}

}  // namespace rexray::engine
