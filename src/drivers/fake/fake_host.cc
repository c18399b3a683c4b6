#include "drivers/fake/fake_host.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "base/status.h"

namespace rexray::drivers::fake {

FakeHost::FakeHost(Clock& clock) : FakeHost(clock, Options{}) {}

FakeHost::FakeHost(Clock& clock, Options options)
    : clock_(clock),
      options_(std::move(options)),
      calls_("the fake host", clock,
             {"AttachLoop", "FindLoop", "ListLoops",     "SetAutoclear", "DetachLoop",   "RefreshLoopSize",
              "Probe",      "SizeOf",   "NumberOf",      "CheckUnused",  "Mount",        "Unmount",
              "HoldersOf",  "List",     "UnmountLazily", "Make",         "Check",        "Grow",
              "NewUuid",    "Freeze",   "Thaw",          "UsageOf",      "CheckPresent", "ReadBlock",
              "Count"}) {}

FakeHost::~FakeHost() = default;

host::Host FakeHost::AsHost() {
  host::Host all;
  all.devices = this;
  all.mounter = this;
  all.file_systems = this;
  all.clock = &clock_;
  all.watch = this;
  all.users = this;
  return all;
}

// --- for tests ---

void FakeHost::Plug(const std::string& path, std::shared_ptr<FakeDisk> disk) {
  MutexLock lock(mutex_);
  Device device;
  device.path = path;
  device.number = makedev(259, next_number_++);
  device.disk = std::move(disk);
  devices_[path] = std::move(device);
}

void FakeHost::Unplug(const std::string& path) {
  if (keep_devices_) return;
  dev_t number = 0;
  {
    MutexLock lock(mutex_);
    const auto found = devices_.find(path);
    if (found == devices_.end()) return;
    number = found->second.number;
    devices_.erase(found);
  }
  Tell({number, path});
}

bool FakeHost::HasDevice(const std::string& path) const {
  MutexLock lock(mutex_);
  return devices_.contains(path);
}

std::vector<std::string> FakeHost::Devices() const {
  MutexLock lock(mutex_);
  std::vector<std::string> paths;
  for (const auto& [path, device] : devices_) paths.push_back(path);
  return paths;
}

namespace {
[[noreturn]] void NoSuchDevice(const std::string& path) {
  std::fprintf(stderr, "the fake host has no device \"%s\"\n", path.c_str());
  std::abort();
}
}  // namespace

DiskContent FakeHost::ContentOf(const std::string& device) const {
  MutexLock lock(mutex_);
  const auto found = devices_.find(device);
  if (found == devices_.end()) NoSuchDevice(device);
  return found->second.disk->content();
}

void FakeHost::SetContent(const std::string& device, DiskContent content) {
  MutexLock lock(mutex_);
  const auto found = devices_.find(device);
  if (found == devices_.end()) NoSuchDevice(device);
  found->second.disk->set_content(std::move(content));
}

void FakeHost::HoldDevice(const std::string& device, const std::string& by) {
  MutexLock lock(mutex_);
  const auto found = devices_.find(device);
  if (found == devices_.end()) NoSuchDevice(device);
  found->second.held_by = by;
  DropIfAutoclear(found->second.number);
}

void FakeHost::SetMountHolders(const std::string& target, std::vector<host::MountHolder> holders) {
  MutexLock lock(mutex_);
  holders_[target] = std::move(holders);
}

void FakeHost::SetMountUses(const std::string& target, std::vector<host::MountUse> uses) {
  MutexLock lock(mutex_);
  uses_[target] = std::move(uses);
}

void FakeHost::SetCensusGap(const std::string& gap) {
  MutexLock lock(mutex_);
  census_gap_ = gap;
}

void FakeHost::SetSeesEveryProcess(absl::Status status) {
  MutexLock lock(mutex_);
  sees_all_ = std::move(status);
}

void FakeHost::FailNextMakeHalfway(absl::Status status) {
  MutexLock lock(mutex_);
  half_made_ = std::move(status);
}

void FakeHost::AddMount(host::MountEntry entry) {
  MutexLock lock(mutex_);
  if (entry.id == 0) entry.id = next_mount_id_++;
  mounts_.push_back({std::move(entry), nullptr, ""});
}

absl::Status FakeHost::PeekUnused(const std::string& device) const {
  MutexLock lock(mutex_);
  const auto found = devices_.find(device);
  return found == devices_.end() ? absl::OkStatus() : InUse(found->second);
}

std::vector<std::string> FakeHost::TargetsOf(const std::string& device) const {
  MutexLock lock(mutex_);
  std::vector<std::string> targets;
  for (const MountRecord& mount : mounts_) {
    if (mount.entry.source == device) targets.push_back(mount.entry.target);
  }
  return targets;
}

std::optional<host::MountEntry> FakeHost::MountAt(const std::string& target) const {
  MutexLock lock(mutex_);
  for (auto mount = mounts_.rbegin(); mount != mounts_.rend(); ++mount) {
    if (mount->entry.target == target) return mount->entry;
  }
  return std::nullopt;
}

std::vector<host::MountRequest> FakeHost::MountRequests() const {
  MutexLock lock(mutex_);
  return mount_requests_;
}

std::vector<std::pair<std::string, host::MakeOptions>> FakeHost::MakeRequests() const {
  MutexLock lock(mutex_);
  return make_requests_;
}

// --- helpers ---

absl::StatusOr<FakeHost::Device*> FakeHost::Find(const std::string& path) {
  const auto found = devices_.find(path);
  if (found == devices_.end()) return ErrnoError(ENOENT, "open " + path);
  return &found->second;
}

bool FakeHost::IsMounted(dev_t number) const {
  return std::any_of(mounts_.begin(), mounts_.end(),
                     [&](const MountRecord& mount) { return mount.entry.device == number; });
}

absl::Status FakeHost::InUse(const Device& device) const {
  for (const MountRecord& mount : mounts_) {
    if (mount.entry.device == device.number) {
      return Error(absl::StatusCode::kFailedPrecondition, "{} is in use: mounted at {}", device.path,
                   mount.entry.target);
    }
  }
  if (!device.held_by.empty()) {
    return Error(absl::StatusCode::kFailedPrecondition, "{} is in use by {}", device.path, device.held_by);
  }
  return absl::OkStatus();
}

void FakeHost::DropIfAutoclear(dev_t number) {
  for (auto device = devices_.begin(); device != devices_.end(); ++device) {
    if (device->second.number != number) continue;
    if (device->second.loop && device->second.loop->autoclear && InUse(device->second).ok()) {
      devices_.erase(device);
    }
    return;
  }
}

// --- loop devices ---

absl::StatusOr<host::LoopDevice> FakeHost::AttachLoop(const std::string& path, bool read_only,
                                                      Deadline deadline) {
  return calls_.Run("AttachLoop", path, deadline, [&] { return DoAttachLoop(path, read_only); });
}

absl::StatusOr<host::LoopDevice> FakeHost::DoAttachLoop(const std::string& path, bool read_only) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return ErrnoError(errno, "cannot attach a loop device to " + path);
  const host::FileIdentity backing{info.st_dev, info.st_ino};

  MutexLock lock(mutex_);
  for (const auto& [name, device] : devices_) {
    if (device.loop && device.loop->backing == backing) return *device.loop;
  }
  Device device;
  for (int n = 0; device.path.empty(); ++n) {
    const std::string candidate = "/dev/loop" + std::to_string(n);
    if (!devices_.contains(candidate)) device.path = candidate;
  }
  device.number = makedev(7, next_number_++);
  // Inodes are used again: what is remembered of a file is only for the file that it was.
  std::shared_ptr<FakeDisk>& disk = file_disks_[{info.st_dev, info.st_ino}];
  if (disk == nullptr || disk->file() != path) disk = std::make_shared<FakeDisk>(0, path);
  disk->set_size(static_cast<uint64_t>(info.st_size));
  device.disk = disk;
  host::LoopDevice loop;
  loop.path = device.path;
  loop.number = device.number;
  loop.backing = backing;
  loop.read_only = read_only;
  device.loop = loop;
  devices_[device.path] = device;
  return loop;
}

absl::StatusOr<std::optional<host::LoopDevice>> FakeHost::FindLoop(const host::FileIdentity& backing) {
  return calls_.Run("FindLoop", "", Deadline::Never(),
                    [&]() -> absl::StatusOr<std::optional<host::LoopDevice>> {
                      MutexLock lock(mutex_);
                      for (const auto& [path, device] : devices_) {
                        if (device.loop && device.loop->backing == backing) return device.loop;
                      }
                      return std::nullopt;
                    });
}

absl::StatusOr<std::vector<host::LoopDevice>> FakeHost::ListLoops() {
  return calls_.Run("ListLoops", "", Deadline::Never(),
                    [&]() -> absl::StatusOr<std::vector<host::LoopDevice>> {
                      MutexLock lock(mutex_);
                      std::vector<host::LoopDevice> loops;
                      for (const auto& [path, device] : devices_) {
                        if (device.loop) loops.push_back(*device.loop);
                      }
                      return loops;
                    });
}

absl::Status FakeHost::SetAutoclear(const std::string& device, bool autoclear) {
  return calls_.Run("SetAutoclear", device, Deadline::Never(), [&]() -> absl::Status {
    MutexLock lock(mutex_);
    ASSIGN_OR_RETURN(Device * found, Find(device));
    if (!found->loop) return ErrnoError(ENOTTY, device + " is no loop device");
    found->loop->autoclear = autoclear;
    DropIfAutoclear(found->number);  // as the kernel does when the last descriptor of an unused one closes
    return absl::OkStatus();
  });
}

absl::Status FakeHost::DetachLoop(const std::string& device, const host::FileIdentity& backing,
                                  Deadline deadline) {
  return calls_.Run("DetachLoop", device, deadline, [&] { return DoDetachLoop(device, backing); });
}

absl::Status FakeHost::DoDetachLoop(const std::string& device, const host::FileIdentity& backing) {
  MutexLock lock(mutex_);
  const auto found = devices_.find(device);
  if (found == devices_.end() || !found->second.loop || found->second.loop->backing != backing) {
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(InUse(found->second));
  devices_.erase(found);
  return absl::OkStatus();
}

absl::Status FakeHost::RefreshLoopSize(const std::string& device) {
  return calls_.Run("RefreshLoopSize", device, Deadline::Never(), [&] { return DoRefreshLoopSize(device); });
}

absl::Status FakeHost::DoRefreshLoopSize(const std::string& device) {
  MutexLock lock(mutex_);
  ASSIGN_OR_RETURN(Device * found, Find(device));
  if (!found->loop) return ErrnoError(ENOTTY, device + " is no loop device");
  struct stat info {};
  if (stat(found->disk->file().c_str(), &info) != 0) return ErrnoError(errno, "stat " + found->disk->file());
  found->disk->set_size(static_cast<uint64_t>(info.st_size));
  return absl::OkStatus();
}

// --- devices ---

absl::StatusOr<host::ProbeResult> FakeHost::Probe(const std::string& device) {
  return calls_.Run("Probe", device, Deadline::Never(), [&] { return DoProbe(device); });
}

absl::StatusOr<host::ProbeResult> FakeHost::DoProbe(const std::string& device) {
  MutexLock lock(mutex_);
  ASSIGN_OR_RETURN(Device * found, Find(device));
  const DiskContent content = found->disk->content();
  host::ProbeResult result;
  switch (content.kind) {
    case DiskContent::Kind::kEmpty:
      result.empty = true;
      result.description = "nothing";
      break;
    case DiskContent::Kind::kFileSystem:
      result.fs_type = content.fs_type;
      result.uuid = content.uuid;
      result.description = "an " + content.fs_type + " file system (UUID " + content.uuid + ")";
      break;
    case DiskContent::Kind::kOther:
      result.fs_type = content.fs_type;
      result.uuid = content.uuid;
      result.description = content.description.empty() ? "data that is no known format" : content.description;
      break;
  }
  return result;
}

absl::StatusOr<uint64_t> FakeHost::SizeOf(const std::string& device) {
  return calls_.Run("SizeOf", device, Deadline::Never(), [&]() -> absl::StatusOr<uint64_t> {
    MutexLock lock(mutex_);
    ASSIGN_OR_RETURN(Device * found, Find(device));
    return found->disk->size();
  });
}

absl::StatusOr<dev_t> FakeHost::NumberOf(const std::string& device) {
  return calls_.Run("NumberOf", device, Deadline::Never(), [&]() -> absl::StatusOr<dev_t> {
    MutexLock lock(mutex_);
    ASSIGN_OR_RETURN(Device * found, Find(device));
    return found->number;
  });
}

absl::Status FakeHost::CheckUnused(const std::string& device) {
  return calls_.Run("CheckUnused", device, Deadline::Never(), [&]() -> absl::Status {
    MutexLock lock(mutex_);
    ASSIGN_OR_RETURN(Device * found, Find(device));
    return InUse(*found);
  });
}

// --- file systems ---

absl::Status FakeHost::Make(const std::string& device, const host::MakeOptions& options) {
  return calls_.Run("Make", device, options.deadline, [&] { return DoMake(device, options); });
}

absl::Status FakeHost::DoMake(const std::string& device, const host::MakeOptions& options) {
  MutexLock lock(mutex_);
  ASSIGN_OR_RETURN(Device * found, Find(device));
  RETURN_IF_ERROR(InUse(*found));  // every mkfs opens with O_EXCL
  if (half_made_) {
    absl::Status status = *std::exchange(half_made_, std::nullopt);
    found->disk->set_content(DiskContent::Other("data that is no known format (first MiB is not zero)"));
    return status;
  }
  DiskContent content = DiskContent::FileSystem(options.fs_type);
  content.uuid = fmt::format("6a6f7973-0000-4000-8000-{:012x}", ++next_directory_);
  content.fs_size = found->disk->size();
  found->disk->set_content(std::move(content));
  if (!options_.data_root.empty()) {
    const std::string directory = fmt::format("{}/disk-{}", options_.data_root, ++next_directory_);
    if (mkdir(directory.c_str(), 0755) != 0) return ErrnoError(errno, "mkdir " + directory);
    found->disk->set_data_directory(directory);
  }
  make_requests_.emplace_back(device, options);
  return absl::OkStatus();
}

absl::Status FakeHost::Check(const std::string& device, const std::string& fs_type, Deadline deadline) {
  return calls_.Run("Check", device, deadline, [&] { return DoCheck(device, fs_type); });
}

absl::Status FakeHost::DoCheck(const std::string& device, const std::string& fs_type) {
  MutexLock lock(mutex_);
  ASSIGN_OR_RETURN(Device * found, Find(device));
  const DiskContent content = found->disk->content();
  if (content.kind != DiskContent::Kind::kFileSystem || content.fs_type != fs_type) {
    return Error(absl::StatusCode::kInternal, "fsck.{} on {}: bad magic number in super-block", fs_type,
                 device);
  }
  if (content.damaged) {
    return Error(absl::StatusCode::kDataLoss, "{}: UNEXPECTED INCONSISTENCY; run fsck by hand", device);
  }
  return IsMounted(found->number) ? InUse(*found) : absl::OkStatus();
}

absl::Status FakeHost::Grow(const std::string& device, const std::string& fs_type,
                            const std::string& mount_point, Deadline deadline) {
  return calls_.Run("Grow", device, deadline, [&] { return DoGrow(device, fs_type, mount_point); });
}

absl::Status FakeHost::DoGrow(const std::string& device, const std::string& fs_type,
                              const std::string& mount_point) {
  MutexLock lock(mutex_);
  ASSIGN_OR_RETURN(Device * found, Find(device));
  const auto mount = TopMount(mount_point);
  if (!mount_point.empty() && (mount == mounts_.end() || mount->entry.device != found->number)) {
    return Error(absl::StatusCode::kInternal, "cannot grow {}: it is not mounted at {}", device, mount_point);
  }
  if (!mount_point.empty() && !grows_mounted_) {
    return Error(absl::StatusCode::kPermissionDenied, "cannot grow {} while it is mounted", device);
  }
  DiskContent content = found->disk->content();
  if (content.fs_type != fs_type) {
    return Error(absl::StatusCode::kInternal, "cannot grow {}: it is {}, not {}", device, content.fs_type,
                 fs_type);
  }
  content.fs_size = found->disk->size();
  found->disk->set_content(std::move(content));
  return absl::OkStatus();
}

std::vector<std::string> FakeHost::DefaultMountOptions(const std::string& fs_type) const {
  if (fs_type == "xfs") return {"nouuid"};
  return {};
}

}  // namespace rexray::drivers::fake
