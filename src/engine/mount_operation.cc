#include "engine/mount_operation.h"

#include <algorithm>

#include "absl/strings/str_join.h"

#include "base/status.h"
#include "engine/claim.h"
#include "engine/fencing.h"
#include "engine/format_rule.h"
#include "engine/mount_point.h"
#include "engine/unstage.h"
#include "volume/mkfs_options.h"
#include "volume/mount_options.h"
#include "volume/volume_name.h"

namespace rexray::engine {

MountOperation::MountOperation(Core& core, ServiceState& service, VolumeKey key, std::string name,
                               MountSpec spec, std::function<std::optional<TimePoint>()> wanted_until)
    : core_(core),
      service_(service),
      key_(std::move(key)),
      name_(std::move(name)),
      spec_(std::move(spec)),
      wanted_until_(std::move(wanted_until)),
      steps_(core.Steps(key_, name_, "mount")) {}

absl::Status MountOperation::Run() {
  before_ = core_.table.Find(key_);
  if (before_ != nullptr && before_->Staged()) {
    const absl::StatusOr<bool> there = core_.StillMounted(*before_);
    if (!there.ok()) return Blame(there.status(), name_);
    if (*there) return JoinStage(*before_);
    core_.AddEvent(LogLevel::kWarn, "stage-gone", key_, name_,
                   fmt::format("volume \"{}\" is no longer mounted at {}, and not by us; mounting it again",
                               name_, before_->stage_path));
  }
  absl::Status status = before_ != nullptr ? CheckNotLost(core_, service_, *before_) : absl::OkStatus();
  if (!status.ok()) return Blame(status, name_);
  status = Prepare();
  if (status.ok()) status = Bring();
  if (status.ok()) status = MountIt();
  if (status.ok()) status = Publish();
  if (!status.ok()) Undo(status);
  steps_.Finish();
  return Blame(status, name_);
}

absl::Status MountOperation::JoinStage(const Stage& stage) const {
  if (stage.read_only != spec_.read_only) {
    return Error(
        absl::StatusCode::kFailedPrecondition,
        "volume \"{}\" is already mounted {} on this node for {}; it cannot be mounted {} at the same time",
        name_, stage.read_only ? "read-only" : "read-write", DescribeConsumers(stage),
        spec_.read_only ? "read-only" : "read-write");
  }
  for (const std::string& option : spec_.mount_options) {
    if (std::find(stage.mount_options.begin(), stage.mount_options.end(), option) !=
        stage.mount_options.end())
      continue;
    return Error(absl::StatusCode::kFailedPrecondition,
                 "volume \"{}\" is already mounted on this node for {} with the options \"{}\", which lack "
                 "\"{}\"; unmount it "
                 "first",
                 name_, DescribeConsumers(stage), absl::StrJoin(stage.mount_options, ","), option);
  }
  return absl::OkStatus();
}

/// What can be refused before anything happens.
absl::Status MountOperation::Prepare() {
  RETURN_IF_ERROR(ValidateFsType(spec_.fs_type.value_or("")));
  ASSIGN_OR_RETURN(volume_, core_.VolumeOf(service_, key_));
  if (before_ != nullptr) stage_ = *before_;
  stage_.key = key_;
  stage_.name = name_;
  stage_.note.clear();
  stage_.lost_because.clear();
  stage_.failures = 0;
  stage_.read_only = spec_.read_only;
  stage_.device_number = 0;
  stage_.since = core_.clock.WallNow();
  stage_.stage_path = core_.StagePathOf(key_.service, name_);
  if (service_.directory() && !core_.options.can_mount) return absl::OkStatus();
  // A mount that no container will see looks like an empty volume to whoever starts one.
  if (core_.options.mounts_reach_containers) RETURN_IF_ERROR(core_.options.mounts_reach_containers());
  if (const auto holder = core_.table.Reserve(stage_.stage_path, key_)) {
    return Error(absl::StatusCode::kFailedPrecondition,
                 "volume \"{}\" ({}) cannot be mounted at {}: the volume {} with the same name is there; "
                 "unmount that first",
                 name_, key_.id, stage_.stage_path, holder->id);
  }
  reserved_ = before_ == nullptr || before_->stage_path != stage_.stage_path;
  return absl::OkStatus();
}

/// The device or directory, on this node.
absl::Status MountOperation::Bring() {
  const CallContext context = core_.WorkContext();
  ASSIGN_OR_RETURN(std::optional<LocalResource> local, service_.driver().FindLocal(context, key_.id));
  if (!local) {
    RETURN_IF_ERROR(AttachNow());
    RETURN_IF_ERROR(steps_.Run("await_device", [&]() -> absl::Status {
      ASSIGN_OR_RETURN(local, service_.driver().AwaitLocal(context, key_.id));
      return absl::OkStatus();
    }));
  }
  stage_.attached_by_us = attach_tried_ || stage_.attached_by_us;
  stage_.state = StageState::kAttached;
  stage_.device = local->path;
  stage_.identity = local->identity;
  // Before anything is mounted there is a row that explains it.
  recorded_ = true;
  return core_.SaveStage(stage_);
}

absl::Status MountOperation::AttachNow() {
  steps_.SetArguments(R"({"attached_before":false})");
  Claim claim(core_, service_, key_, name_, steps_,
              {.preempt = spec_.preempt.value_or(service_.Adjusted().preempt),
               .read_only = spec_.read_only,
               .wanted_until = wanted_until_});
  const absl::Status claimed = claim.Run([&]() -> absl::Status {
    Stage attached = stage_;
    attached.state = StageState::kAttached;
    attached.attached_by_us = true;
    recorded_ = true;
    return core_.SaveStage(attached);
  });
  attach_tried_ = claim.tried();
  return claimed;
}

absl::Status MountOperation::MountIt() {
  if (!service_.directory()) {
    RETURN_IF_ERROR(BringFileSystem());
    const bool grows_mounted = core_.host.file_systems->GrowsMounted(stage_.fs_type);
    if (!grows_mounted) RETURN_IF_ERROR(GrowIfSmaller(fs_size_, /*mount_point=*/""));
    RETURN_IF_ERROR(MakeStageDirectory());
    RETURN_IF_ERROR(MountBlock());
    RETURN_IF_ERROR(
        steps_.Run("on_staged", [&] { return service_.driver().OnStaged(core_.WorkContext(), key_.id); }));
    return grows_mounted ? GrowIfSmaller(fs_size_, stage_.stage_path) : absl::OkStatus();
  }
  if (!core_.options.can_mount) {
    stage_.stage_path = stage_.device;
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(MakeStageDirectory());
  return MountDirectory();
}

absl::Status MountOperation::BringFileSystem() {
  host::ProbeResult probe;
  RETURN_IF_ERROR(steps_.Run("probe", [&]() -> absl::Status {
    ASSIGN_OR_RETURN(probe, core_.host.devices->Probe(stage_.device));
    return absl::OkStatus();
  }));
  // Another node may have made the file system since we last looked.
  if (!probe.empty && volume_.blank) {
    ASSIGN_OR_RETURN(volume_, core_.FreshVolumeOf(service_, key_));
  }
  ASSIGN_OR_RETURN(const bool format, MustFormat(probe, volume_.blank, name_, stage_.device));
  if (format) {
    RETURN_IF_ERROR(MakeFileSystem(probe));
    return volume_.needs_new_uuid ? ClearUuidMark() : absl::OkStatus();
  }
  stage_.fs_type = probe.fs_type;
  fs_size_ = probe.fs_size;
  RETURN_IF_ERROR(CheckFileSystem());
  return volume_.needs_new_uuid ? GiveNewUuid() : absl::OkStatus();
}

/// A copy's file system, before its first mount that may write.
absl::Status MountOperation::GiveNewUuid() {
  if (spec_.read_only) {
    // ext4 does not mind a second one, and xfs is mounted with nouuid.
    if (stage_.fs_type != "btrfs") return absl::OkStatus();
    return Error(absl::StatusCode::kFailedPrecondition,
                 "volume \"{}\" is a copy, and its btrfs file system still has its source's fsid: mount it "
                 "read-write once, so that it gets its own",
                 name_);
  }
  if (!core_.host.devices->CheckUnused(stage_.device).ok()) return absl::OkStatus();  // mounted by hand
  RETURN_IF_ERROR(steps_.Run("new_uuid", [&] {
    return core_.host.file_systems->NewUuid(stage_.device, stage_.fs_type, core_.WorkContext().deadline);
  }));
  return ClearUuidMark();
}

absl::Status MountOperation::ClearUuidMark() {
  return steps_.Run("clear_uuid", [&]() -> absl::Status {
    RETURN_IF_ERROR(service_.driver().ClearUuidMark(core_.WorkContext(), key_.id));
    volume_.needs_new_uuid = false;
    service_.cache->Edit(key_.id, [](Volume& volume) { volume.needs_new_uuid = false; });
    return absl::OkStatus();
  });
}

absl::Status MountOperation::MakeFileSystem(const host::ProbeResult& probe) {
  if (spec_.read_only) {
    return Error(absl::StatusCode::kFailedPrecondition,
                 "volume \"{}\" has no file system yet: mount it read-write once, so that one is made",
                 name_);
  }
  stage_.fs_type = spec_.fs_type.value_or("");
  if (stage_.fs_type.empty()) stage_.fs_type = volume_.fs_type;
  if (stage_.fs_type.empty()) stage_.fs_type = service_.Adjusted().default_fs_type;
  RETURN_IF_ERROR(ValidateFsType(stage_.fs_type));
  // Kept with the volume, perhaps by another version or for another file system.
  RETURN_IF_ERROR(ValidateMkfsOptions(stage_.fs_type, volume_.mkfs_options));
  RETURN_IF_ERROR(steps_.Run("format", [&] {
    host::MakeOptions options;
    options.fs_type = stage_.fs_type;
    options.extra = volume_.mkfs_options;
    options.deadline = core_.WorkContext().deadline;
    return core_.host.file_systems->Make(stage_.device, options);
  }));
  core_.AddEvent(
      LogLevel::kInfo, "formatted", key_, name_,
      fmt::format("volume \"{}\": made a file system ({}) on {}, which held {}", name_, stage_.fs_type,
                  stage_.device, probe.empty ? "nothing" : probe.description + " under its blank mark"));
  fs_size_ = UINT64_MAX;  // as large as the device
  if (!volume_.blank) return absl::OkStatus();
  return steps_.Run("clear_blank", [&]() -> absl::Status {
    RETURN_IF_ERROR(service_.driver().ClearBlankMark(core_.WorkContext(), key_.id));
    volume_.blank = false;
    service_.cache->Edit(key_.id, [](Volume& volume) { volume.blank = false; });
    return absl::OkStatus();
  });
}

absl::Status MountOperation::CheckFileSystem() {
  if (spec_.read_only) return absl::OkStatus();
  // In use already (another mount namespace, a mount by hand): the kernel has it, and a checker must not
  // touch it.
  if (!core_.host.devices->CheckUnused(stage_.device).ok()) return absl::OkStatus();
  return steps_.Run("check", [&] {
    return core_.host.file_systems->Check(stage_.device, stage_.fs_type, core_.WorkContext().deadline);
  });
}

absl::Status MountOperation::MakeStageDirectory() {
  return steps_.Run("make_stage", [&]() -> absl::Status {
    ASSIGN_OR_RETURN(const bool occupied, core_.host.mounter->IsMountedAt(stage_.stage_path, 0));
    if (!occupied) return MakeMountPoint(stage_.stage_path);
    if (!service_.directory()) {
      RETURN_IF_ERROR(FindDeviceNumber());
      ASSIGN_OR_RETURN(const std::vector<host::MountEntry> mounts, core_.host.mounter->List());
      const auto there = host::FindMount(mounts, stage_.stage_path);
      if (there && (there->device == stage_.device_number || there->source == stage_.device)) {
        stage_.device_number = there->device;
        core_.AddEvent(
            LogLevel::kWarn, "adopted", key_, name_,
            fmt::format("volume \"{}\" was mounted at {} already, by nobody that we know; it is taken up",
                        name_, stage_.stage_path));
        return absl::OkStatus();
      }
      stage_.device_number = 0;
    }
    return Error(absl::StatusCode::kFailedPrecondition,
                 "volume \"{}\" cannot be mounted: something else is mounted at {}; see findmnt {}, unmount "
                 "it and repeat",
                 name_, stage_.stage_path, stage_.stage_path);
  });
}

absl::Status MountOperation::MountBlock() {
  stage_.mount_options = core_.host.file_systems->DefaultMountOptions(stage_.fs_type);
  const std::vector<std::string>* const sources[] = {&volume_.mount_options, &spec_.mount_options};
  for (const std::vector<std::string>* more : sources) {
    for (const std::string& option : *more) {
      if (std::find(stage_.mount_options.begin(), stage_.mount_options.end(), option) ==
          stage_.mount_options.end()) {
        stage_.mount_options.push_back(option);
      }
    }
  }
  if (stage_.device_number != 0) return absl::OkStatus();  // taken up
  return steps_.Run(
      "mount",
      [&]() -> absl::Status {
        host::MountRequest request;
        request.source = stage_.device;
        request.target = stage_.stage_path;
        request.fs_type = stage_.fs_type;
        request.options = stage_.mount_options;
        request.read_only = spec_.read_only;
        // Asked before: a mount whose number is not known is one that nothing later recognises as ours.
        dev_t number = 0;
        if (stage_.fs_type != "btrfs") {
          ASSIGN_OR_RETURN(number, core_.host.devices->NumberOf(stage_.device));
        }
        RETURN_IF_ERROR(core_.host.mounter->Mount(request));
        mounted_ = true;
        stage_.device_number = number;
        return number != 0 ? absl::OkStatus() : FindDeviceNumber();
      },
      [&] {
        stage_.state = StageState::kReady;
        recorded_ = true;
        return core_.SaveStage(stage_);
      });
}

absl::Status MountOperation::MountDirectory() {
  return steps_.Run(
      "mount",
      [&]() -> absl::Status {
        host::MountRequest request;
        request.source = stage_.device;
        request.target = stage_.stage_path;
        request.options = {"bind"};
        request.read_only = spec_.read_only;
        RETURN_IF_ERROR(core_.host.mounter->Mount(request));
        mounted_ = true;
        return FindDeviceNumber();
      },
      [&] {
        stage_.state = StageState::kReady;
        recorded_ = true;
        return core_.SaveStage(stage_);
      });
}

/// Of the file system as mountinfo tells it: the block device's own, but for btrfs and bind mounts.
absl::Status MountOperation::FindDeviceNumber() {
  if (!service_.directory() && stage_.fs_type != "btrfs") {
    ASSIGN_OR_RETURN(stage_.device_number, core_.host.devices->NumberOf(stage_.device));
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const std::vector<host::MountEntry> mounts, core_.host.mounter->List());
  const auto mount = host::FindMount(mounts, stage_.stage_path);
  if (mount) stage_.device_number = mount->device;
  if (!mount && mounted_) {
    return Error(absl::StatusCode::kInternal, "volume \"{}\": {} was mounted and is not in mountinfo", name_,
                 stage_.stage_path);
  }
  return absl::OkStatus();
}

/// A volume may have grown while it was not mounted, on any node: the file system follows here, at each
/// mount.
absl::Status MountOperation::GrowIfSmaller(uint64_t fs_size, const std::string& mount_point) {
  if (spec_.read_only || !service_.driver().Capabilities().grow) return absl::OkStatus();
  ASSIGN_OR_RETURN(const uint64_t device_size, core_.host.devices->SizeOf(stage_.device));
  constexpr uint64_t kTail = 1 << 20;  // less than what any of them can use
  if (fs_size != 0 && (fs_size >= device_size || device_size - fs_size < kTail)) return absl::OkStatus();
  return steps_.Run("grow_fs", [&] {
    return core_.host.file_systems->Grow(stage_.device, stage_.fs_type, mount_point,
                                         core_.WorkContext().deadline);
  });
}

/// The directory that users get, and the fact.
absl::Status MountOperation::Publish() {
  RETURN_IF_ERROR(steps_.Run("make_root", [&]() -> absl::Status {
    ASSIGN_OR_RETURN(stage_.user_path, MakeUserDirectory(stage_.stage_path, service_.config.root_path,
                                                         service_.config.file_mode, !spec_.read_only));
    return absl::OkStatus();
  }));
  RETURN_IF_ERROR(steps_.Run("record", [&] {
    stage_.state = StageState::kStaged;
    // What we mounted is ours to detach after its last Unmount, whoever attached it: after a reboot it would
    // stay on this node for ever. What an operator attached through us stays all the same (keep_attached).
    stage_.attached_by_us = true;
    stage_.idle_since = core_.clock.Now();
    recorded_ = true;
    return core_.SaveStage(stage_);
  }));
  core_.AddEvent(LogLevel::kInfo, "mounted", key_, name_,
                 fmt::format("volume \"{}\" ({}) is mounted at {}", name_, stage_.device, stage_.stage_path));
  return absl::OkStatus();
}

// --- undoing ---

void MountOperation::Undo(const absl::Status& why) {
  absl::Status undone = absl::OkStatus();
  if (mounted_) undone = UndoMount();
  if (!mounted_ && stage_.device_number == 0 && reserved_) RemoveMountPoint(stage_.stage_path);
  if (undone.ok() && attach_tried_) undone = UndoAttach();
  if (!undone.ok()) {
    core_.AddEvent(
        LogLevel::kError, "undo-failed", key_, name_,
        fmt::format("volume \"{}\" could not be mounted ({}), and what was done could not be undone: {}",
                    name_, MessageOf(why), MessageOf(undone)));
    stage_.note = fmt::format("undo: {}", MessageOf(undone));
  }
  KeepWhatIsLeft();
}

absl::Status MountOperation::UndoMount() {
  return steps_.RunAnyway("undo_mount", [&]() -> absl::Status {
    RETURN_IF_ERROR(core_.host.mounter->Unmount(stage_.stage_path));
    mounted_ = false;
    stage_.device_number = 0;
    RemoveMountPoint(stage_.stage_path);
    return absl::OkStatus();
  });
}

absl::Status MountOperation::UndoAttach() {
  return steps_.RunAnyway("undo_attach", [&]() -> absl::Status {
    RETURN_IF_ERROR(DetachUnused(core_, service_, key_));
    attach_tried_ = false;
    return absl::OkStatus();
  });
}

/// The table and the journal say what is there now: nothing, what was there before, or what could not be
/// undone.
void MountOperation::KeepWhatIsLeft() {
  const std::string path = stage_.stage_path;
  absl::Status saved = absl::OkStatus();
  if (mounted_ || attach_tried_) {
    stage_.state = mounted_ ? StageState::kReady : StageState::kAttached;
    if (!mounted_) stage_.stage_path.clear();
    stage_.attached_by_us = stage_.attached_by_us || attach_tried_;
    stage_.consumers = before_ != nullptr ? before_->consumers : std::vector<ConsumerRecord>();
    saved = core_.SaveStage(stage_);
    if (!saved.ok()) core_.table.Put(stage_);
    RetryDetachLater(core_, service_, key_);
  } else if (before_ == nullptr) {
    if (recorded_) saved = core_.DropStage(key_);
    if (!saved.ok()) core_.table.Drop(key_);
  } else {
    Stage left = *before_;
    if (left.Staged())
      left.state = StageState::kLost;  // its mount had gone; its consumers stay until they end
    if (left.state == StageState::kLost) left.device_number = 0;
    saved = core_.SaveStage(left);
    if (!saved.ok()) core_.table.Put(left);
    if (left.attached_by_us && !left.keep_attached && left.consumers.empty())
      RetryDetachLater(core_, service_, key_);
  }
  if (reserved_ && !mounted_) core_.table.Release(path, key_);
  if (!saved.ok()) {
    core_.AddEvent(LogLevel::kError, "journal", key_, name_, std::string(MessageOf(saved)));
  }
}

}  // namespace rexray::engine
