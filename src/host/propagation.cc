#include "host/propagation.h"

#include <algorithm>
#include <optional>

#include "base/status.h"
#include "host/kernel_file.h"
#include "host/linux_host.h"

namespace rexray::host {
namespace {

bool Contains(const std::string& directory, const std::string& path) {
  if (directory == "/" || directory == path) return true;
  return path.starts_with(directory) && path[directory.size()] == '/';
}

}  // namespace

absl::Status CheckPropagation(const std::vector<MountEntry>& ours, const std::vector<MountEntry>* hosts,
                              const std::string& root) {
  const MountEntry* holder = nullptr;
  for (const MountEntry& entry : ours) {
    if (!Contains(entry.target, root)) continue;
    if (holder == nullptr || entry.target.size() >= holder->target.size()) holder = &entry;
  }
  constexpr auto kCode = absl::StatusCode::kFailedPrecondition;
  if (holder == nullptr) return Error(kCode, "no mount holds {}", root);
  constexpr std::string_view kFix =
      "with systemd, drop PrivateMounts/ProtectSystem/PrivateTmp from the unit and set MountFlags=shared; in "
      "a "
      "container, pass the directory with rshared propagation";
  if (holder->peer_group == 0) {
    return Error(
        kCode,
        "mounts below {} would not reach containers: this process has a mount namespace of its own and {} is "
        "{} there; {}",
        root, holder->target, holder->master_group != 0 ? "a slave (it only receives)" : "private", kFix);
  }
  if (hosts == nullptr) return absl::OkStatus();
  const auto peer = std::find_if(hosts->begin(), hosts->end(), [&](const MountEntry& entry) {
    return entry.peer_group == holder->peer_group;
  });
  if (peer != hosts->end()) return absl::OkStatus();
  return Error(
      kCode,
      "mounts below {} would not reach containers: {} is shared, but not with the host (peer group {}); {}",
      root, holder->target, holder->peer_group, kFix);
}

absl::Status CheckMountsReachHost(Mounter& mounter, const std::string& root) {
  const auto ours = TryReadLink("/proc/self/ns/mnt");
  const auto hosts = TryReadLink("/proc/1/ns/mnt");
  if (!ours || (hosts && *ours == *hosts)) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto mounts, mounter.List());
  const auto text = ReadKernelFile("/proc/1/mountinfo");
  // Without root neither may be readable: nothing is known, and nothing is claimed.
  if (!text.ok()) return hosts ? CheckPropagation(mounts, nullptr, root) : absl::OkStatus();
  ASSIGN_OR_RETURN(const auto host_mounts, ParseMountInfo(*text));
  // The link of a process that we may not trace cannot be read. No two namespaces have a mount's number in
  // common.
  const bool same = std::any_of(mounts.begin(), mounts.end(), [&](const MountEntry& mount) {
    return std::any_of(host_mounts.begin(), host_mounts.end(),
                       [&](const MountEntry& other) { return other.id == mount.id; });
  });
  if (same) return absl::OkStatus();
  return CheckPropagation(mounts, &host_mounts, root);
}

}  // namespace rexray::host
