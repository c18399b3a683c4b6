// CreateVolume from a snapshot or a volume.

#include <memory>

#include "base/mutex.h"
#include "base/size.h"
#include "base/status.h"
#include "engine/engine_impl.h"
#include "engine/snapshot_lookup.h"
#include "engine/still_source.h"
#include "volume/volume_name.h"

namespace rexray::engine {
namespace {

/// An id counts before a name.
absl::StatusOr<Volume> FindVolume(const CallContext& context, ServiceState& service,
                                  const std::string& id_or_name) {
  absl::StatusOr<Volume> by_id = service.driver().Get(context, id_or_name);
  if (by_id.ok() || !absl::IsNotFound(by_id.status())) return by_id;
  std::vector<Volume> named;
  if (ValidateVolumeName(id_or_name).ok()) {
    ASSIGN_OR_RETURN(named, service.driver().FindByName(context, {id_or_name}));
  }
  if (named.size() == 1) return named.front();
  if (named.empty()) {
    return Error(absl::StatusCode::kNotFound, "there is no volume \"{}\" on service \"{}\" to copy",
                 Printable(id_or_name), service.config.name);
  }
  return Error(absl::StatusCode::kFailedPrecondition,
               "the name \"{}\" is ambiguous on service \"{}\": {} volumes have it; use an id",
               Printable(id_or_name), service.config.name, named.size());
}

absl::Status CheckIsCopy(const CreateSpec& spec, const std::string& source_fs, uint64_t source_size) {
  if (!spec.mkfs_options.empty()) {
    return Error(absl::StatusCode::kInvalidArgument,
                 "a copy comes with its source's file system; leave the options for mkfs out");
  }
  if (spec.fs_type && !spec.fs_type->empty() && !source_fs.empty() && *spec.fs_type != source_fs) {
    return Error(absl::StatusCode::kInvalidArgument,
                 "its source has a file system of type {}, and a copy has the same; leave \"{}\" out",
                 source_fs, *spec.fs_type);
  }
  if (spec.size && *spec.size < source_size) {
    return Error(absl::StatusCode::kInvalidArgument,
                 "{} is less than its source has, {}; a copy cannot be smaller", FormatSize(*spec.size),
                 FormatSize(source_size));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<EngineImpl::SourcedSpec> EngineImpl::FindSource(ServiceState& service, CreateSpec spec) {
  SourcedSpec found;
  const DriverCapabilities& can = service.driver().Capabilities();
  if (spec.source_volume && spec.source_snapshot) {
    return Error(absl::StatusCode::kInvalidArgument,
                 "a volume is made from a snapshot or from a volume, not from both");
  }
  if ((spec.source_volume && !can.clone) || (spec.source_snapshot && !can.snapshots)) {
    return Error(absl::StatusCode::kUnimplemented, "driver {} cannot make a volume from a {}",
                 service.driver().Name(), spec.source_volume ? "volume" : "snapshot");
  }
  if (spec.source_volume) {
    ASSIGN_OR_RETURN(const Volume source, FindVolume(core_.WorkContext(), service, *spec.source_volume));
    RETURN_IF_ERROR(CheckIsCopy(spec, source.fs_type, source.size));
    found.source = VolumeKey{service.config.name, source.key.id};
    found.source_name = source.name.empty() ? source.key.id : source.name;
    spec.source_volume = source.key.id;
    if (!spec.type && !source.type.empty()) spec.type = source.type;
    if (!spec.iops) spec.iops = source.iops;
    if (!spec.throughput) spec.throughput = source.throughput;
  } else if (spec.source_snapshot) {
    ASSIGN_OR_RETURN(const Snapshot snapshot, FindSnapshot(core_, service, *spec.source_snapshot));
    RETURN_IF_ERROR(CheckIsCopy(spec, snapshot.fs_type, snapshot.size));
    if (snapshot.status != SnapshotStatus::kCompleted) {
      return Error(absl::StatusCode::kFailedPrecondition,
                   "snapshot {} cannot be used yet: it is {} ({} %); repeat when it is completed",
                   snapshot.id, ToString(snapshot.status), snapshot.progress_percent);
    }
    spec.source_snapshot = snapshot.id;
  }
  if (spec.source_volume || spec.source_snapshot) spec.fs_type.reset();
  found.spec = std::move(spec);
  return found;
}

absl::StatusOr<Volume> EngineImpl::MakeVolume(ServiceState& service, StepRunner& steps,
                                              const SourcedSpec& sourced) {
  const CreateSpec& spec = sourced.spec;
  Volume made;
  const auto create = [&](const CallContext& context) -> absl::Status {
    ASSIGN_OR_RETURN(made, service.driver().Create(context, spec));
    return absl::OkStatus();
  };
  if (!sourced.source) {
    RETURN_IF_ERROR(steps.Run("create", [&] { return create(core_.WorkContext()); }));
    return made;
  }
  const auto discard = [&] { (void)service.driver().Remove(core_.WorkContext(), made.key.id); };
  RETURN_IF_ERROR(RunInTurnOf(*sourced.source, sourced.source_name, [&] {
    return CopyStill(core_, service, steps, *sourced.source, sourced.source_name, spec.freeze_source,
                     "create", create, discard);
  }));
  return made;
}

absl::Status EngineImpl::RunInTurnOf(const VolumeKey& key, const std::string& name,
                                     std::function<absl::Status()> body) {
  // A daemon that stops answers whoever waits before the work has ended; the work uses what its caller has.
  struct Turn {
    Mutex mutex;
    CondVar changed;
    std::optional<absl::Status> answer ABSL_GUARDED_BY(mutex);
    bool runs ABSL_GUARDED_BY(mutex) = false;
    bool given_up ABSL_GUARDED_BY(mutex) = false;
  };
  auto turn = std::make_shared<Turn>();
  const auto work = [turn, body = std::move(body)]() -> absl::Status {
    {
      MutexLock lock(turn->mutex);
      if (turn->given_up) return Error(absl::StatusCode::kUnavailable, "the daemon is stopping");
      turn->runs = true;
    }
    const absl::Status status = body();
    MutexLock lock(turn->mutex);
    turn->runs = false;
    turn->changed.NotifyAll();
    return status;
  };
  const auto done = [turn](const absl::Status& status) {
    MutexLock lock(turn->mutex);
    turn->answer = status;
    turn->changed.NotifyAll();
  };
  SubmitStatus(key, name, "copy", /*join=*/"", Deadline::Never(), done, work);
  MutexLock lock(turn->mutex);
  while (!turn->answer || turn->runs) turn->changed.Wait(turn->mutex);
  turn->given_up = true;
  return *turn->answer;
}

}  // namespace rexray::engine
