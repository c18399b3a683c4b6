#include "host/helper/helper_host.h"

#include "base/status.h"
#include "host/helper/calls.h"

namespace rexray::host {
namespace {

absl::Status TakeStatus(Unpacker& in) {
  const auto code = static_cast<absl::StatusCode>(in.Take<int>());
  const auto message = in.Take<std::string>();
  if (!in.ok()) return Error(absl::StatusCode::kInternal, "a helper's answer cannot be read");
  return {code, message};
}

// A method's result from its answer; `fallback` is how "no answer" looks in that type.
void TakeResult(Unpacker& in, absl::Status& result) {
  result = TakeStatus(in);
}
template <typename T>
void TakeResult(Unpacker& in, absl::StatusOr<T>& result) {
  const absl::Status status = TakeStatus(in);
  if (status.ok()) {
    result = in.Take<T>();
  } else {
    result = status;
  }
}
template <typename T>
void TakeResult(Unpacker& in, std::vector<T>& result) {
  if (TakeStatus(in).ok()) result = in.Take<std::vector<T>>();
}

void SetFailure(const absl::Status& status, absl::Status& result) {
  result = status;
}
template <typename T>
void SetFailure(const absl::Status& status, absl::StatusOr<T>& result) {
  result = status;
}
template <typename T>
void SetFailure(const absl::Status&, std::vector<T>&) {}  // best effort by contract

/// The method gives the types of arguments and result.
template <typename Object, typename Result, typename... Args>
Result Ask(HelperPool& pool, Call call, Result (Object::*)(Args...), const std::decay_t<Args>&... arguments) {
  Packer out;
  out.Put(call);
  (out.Put(arguments), ...);
  Result result{};
  const absl::StatusOr<std::string> answer = pool.Ask(out.Take());
  if (!answer.ok()) {
    SetFailure(answer.status(), result);
    return result;
  }
  Unpacker in(*answer);
  TakeResult(in, result);
  if (!in.Complete())
    SetFailure(Error(absl::StatusCode::kInternal, "a helper's answer cannot be read"), result);
  return result;
}

class HelperBlockDevices final : public BlockDevices {
 public:
  HelperBlockDevices(HelperPool& pool, BlockDevices& local) : pool_(pool), local_(local) {}

  absl::StatusOr<LoopDevice> AttachLoop(const std::string& path, bool read_only, Deadline deadline) override {
    return Ask(pool_, Call::kAttachLoop, &BlockDevices::AttachLoop, path, read_only, deadline);
  }
  absl::StatusOr<std::optional<LoopDevice>> FindLoop(const FileIdentity& backing) override {
    return Ask(pool_, Call::kFindLoop, &BlockDevices::FindLoop, backing);
  }
  absl::StatusOr<std::vector<LoopDevice>> ListLoops() override {
    return Ask(pool_, Call::kListLoops, &BlockDevices::ListLoops);
  }
  absl::Status SetAutoclear(const std::string& device, bool autoclear) override {
    return Ask(pool_, Call::kSetAutoclear, &BlockDevices::SetAutoclear, device, autoclear);
  }
  absl::Status DetachLoop(const std::string& device, const FileIdentity& backing,
                          Deadline deadline) override {
    return Ask(pool_, Call::kDetachLoop, &BlockDevices::DetachLoop, device, backing, deadline);
  }
  absl::Status RefreshLoopSize(const std::string& device) override {
    return Ask(pool_, Call::kRefreshLoopSize, &BlockDevices::RefreshLoopSize, device);
  }
  absl::StatusOr<ProbeResult> Probe(const std::string& device) override {
    return Ask(pool_, Call::kProbe, &BlockDevices::Probe, device);
  }
  absl::StatusOr<uint64_t> SizeOf(const std::string& device) override {
    return Ask(pool_, Call::kSizeOf, &BlockDevices::SizeOf, device);
  }
  absl::StatusOr<dev_t> NumberOf(const std::string& device) override { return local_.NumberOf(device); }
  absl::Status CheckUnused(const std::string& device) override {
    return Ask(pool_, Call::kCheckUnused, &BlockDevices::CheckUnused, device);
  }

 private:
  HelperPool& pool_;
  BlockDevices& local_;
};

class HelperMounter final : public Mounter {
 public:
  HelperMounter(HelperPool& pool, Mounter& local) : pool_(pool), local_(local) {}

  absl::Status Mount(const MountRequest& request) override {
    return Ask(pool_, Call::kMount, &Mounter::Mount, request);
  }
  absl::Status Unmount(const std::string& target) override {
    return Ask(pool_, Call::kUnmount, &Mounter::Unmount, target);
  }
  absl::Status UnmountLazily(const std::string& target) override {
    return Ask(pool_, Call::kUnmountLazily, &Mounter::UnmountLazily, target);
  }
  absl::StatusOr<std::vector<MountEntry>> List() override { return local_.List(); }
  absl::StatusOr<bool> IsMountedAt(const std::string& target, dev_t device) override {
    return local_.IsMountedAt(target, device);
  }
  std::vector<MountHolder> HoldersOf(const std::string& target, size_t limit) override {
    return Ask(pool_, Call::kHoldersOf, &Mounter::HoldersOf, target, limit);
  }

 private:
  HelperPool& pool_;
  Mounter& local_;
};

class HelperFileSystems final : public FileSystems {
 public:
  HelperFileSystems(HelperPool& pool, FileSystems& local) : pool_(pool), local_(local) {}

  absl::Status Make(const std::string& device, const MakeOptions& options) override {
    return Ask(pool_, Call::kMake, &FileSystems::Make, device, options);
  }
  absl::Status Check(const std::string& device, const std::string& fs_type, Deadline deadline) override {
    return Ask(pool_, Call::kCheck, &FileSystems::Check, device, fs_type, deadline);
  }
  absl::Status Grow(const std::string& device, const std::string& fs_type, const std::string& mount_point,
                    Deadline deadline) override {
    return Ask(pool_, Call::kGrow, &FileSystems::Grow, device, fs_type, mount_point, deadline);
  }
  absl::Status NewUuid(const std::string& device, const std::string& fs_type, Deadline deadline) override {
    return Ask(pool_, Call::kNewUuid, &FileSystems::NewUuid, device, fs_type, deadline);
  }
  absl::StatusOr<int64_t> Freeze(const std::string& mount_point, int64_t owner, Deadline thaw_at,
                                 Deadline deadline) override {
    return Ask(pool_, Call::kFreeze, &FileSystems::Freeze, mount_point, owner, thaw_at, deadline);
  }
  absl::Status Thaw(const std::string& mount_point, int64_t guard) override {
    return Ask(pool_, Call::kThaw, &FileSystems::Thaw, mount_point, guard);
  }
  absl::StatusOr<FileSystemUsage> UsageOf(const std::string& mount_point) override {
    return Ask(pool_, Call::kUsageOf, &FileSystems::UsageOf, mount_point);
  }
  bool GrowsMounted(const std::string& fs_type) const override { return local_.GrowsMounted(fs_type); }
  std::vector<std::string> DefaultMountOptions(const std::string& fs_type) const override {
    return local_.DefaultMountOptions(fs_type);
  }

 private:
  HelperPool& pool_;
  FileSystems& local_;
};

}  // namespace

HelperHost MakeHelperHost(HelperPool& pool, const Host& local) {
  return {std::make_unique<HelperBlockDevices>(pool, *local.devices),
          std::make_unique<HelperMounter>(pool, *local.mounter),
          std::make_unique<HelperFileSystems>(pool, *local.file_systems)};
}

}  // namespace rexray::host
