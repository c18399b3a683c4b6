// Freezing, new UUIDs and how full a mount is, on a FakeHost.

#include <utility>

#include "base/status.h"
#include "drivers/fake/fake_host.h"

namespace rexray::drivers::fake {

absl::Status FakeHost::NewUuid(const std::string& device, const std::string& fs_type, Deadline deadline) {
  return calls_.Run("NewUuid", device, deadline, [&]() -> absl::Status {
    MutexLock lock(mutex_);
    ASSIGN_OR_RETURN(Device * found, Find(device));
    if (IsMounted(found->number)) return InUse(*found);
    DiskContent content = found->disk->content();
    if (content.kind != DiskContent::Kind::kFileSystem || content.fs_type != fs_type) {
      return Error(absl::StatusCode::kInternal, "{} is not {}", device, fs_type);
    }
    content.uuid = fmt::format("6a6f7973-0000-4000-8000-{:012}", 1000 + next_number_++);
    found->disk->set_content(std::move(content));
    return absl::OkStatus();
  });
}

absl::StatusOr<int64_t> FakeHost::Freeze(const std::string& mount_point, int64_t /*owner*/,
                                         Deadline /*thaw_at*/, Deadline deadline) {
  return calls_.Run("Freeze", mount_point, deadline, [&]() -> absl::StatusOr<int64_t> {
    MutexLock lock(mutex_);
    if (TopMount(mount_point) == mounts_.end()) {
      return Error(absl::StatusCode::kNotFound, "nothing is mounted at {}", mount_point);
    }
    if (frozen_.insert(mount_point).second) return 1;
    return Error(absl::StatusCode::kFailedPrecondition, "{} is frozen already", mount_point);
  });
}

absl::Status FakeHost::Thaw(const std::string& mount_point, int64_t /*guard*/) {
  return calls_.Run("Thaw", mount_point, Deadline::Never(), [&]() -> absl::Status {
    MutexLock lock(mutex_);
    if (frozen_.erase(mount_point) == 1) return absl::OkStatus();
    return Error(absl::StatusCode::kFailedPrecondition, "{} is not frozen any more", mount_point);
  });
}

absl::StatusOr<host::FileSystemUsage> FakeHost::UsageOf(const std::string& mount_point) {
  return calls_.Run("UsageOf", mount_point, Deadline::Never(),
                    [&]() -> absl::StatusOr<host::FileSystemUsage> {
                      MutexLock lock(mutex_);
                      if (TopMount(mount_point) != mounts_.end()) return usage_;
                      return Error(absl::StatusCode::kNotFound, "nothing is mounted at {}", mount_point);
                    });
}

std::vector<std::string> FakeHost::Frozen() const {
  MutexLock lock(mutex_);
  return {frozen_.begin(), frozen_.end()};
}

void FakeHost::SetUsage(host::FileSystemUsage usage) {
  MutexLock lock(mutex_);
  usage_ = usage;
}

}  // namespace rexray::drivers::fake
