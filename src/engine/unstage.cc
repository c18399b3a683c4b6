#include "engine/unstage.h"

#include <algorithm>

#include "base/status.h"
#include "engine/mount_point.h"

namespace rexray::engine {
namespace {

absl::Status CheckDeviceUnused(Core& core, ServiceState& service, const VolumeKey& key) {
  if (service.directory()) return absl::OkStatus();
  // Asked again, not remembered: a loop device with autoclear has gone with the umount, and its number may be
  // another volume's by now.
  ASSIGN_OR_RETURN(const std::optional<LocalResource> local,
                   service.driver().FindLocal(core.WorkContext(), key.id));
  if (!local) return absl::OkStatus();
  const absl::Status unused = core.host.devices->CheckUnused(local->path);
  if (!absl::IsNotFound(unused)) return unused;
  return absl::OkStatus();  // gone between the two
}

void NoteFailure(Core& core, const VolumeKey& key, const std::string& name, const absl::Status& status) {
  const StagePtr stage = core.table.Find(key);
  if (stage == nullptr) return;
  Stage changed = *stage;
  const std::string note = fmt::format("detach: {}", MessageOf(status));
  if (changed.note != note) {
    core.AddEvent(LogLevel::kWarn, absl::IsFailedPrecondition(status) ? "still-in-use" : "detach-failed", key,
                  name, fmt::format("volume \"{}\" stays attached: {}", name, MessageOf(status)));
  }
  changed.note = note;
  if (changed.state == StageState::kLingering) changed.state = StageState::kAttached;
  ++changed.failures;
  core.table.Put(std::move(changed));
}

/// Runs in the volume's turn, some time later: is it still to be detached?
void DetachInBackground(Core& core, ServiceState& service, const VolumeKey& key) {
  const StagePtr stage = core.table.Find(key);
  if (stage == nullptr || stage->Staged() || !stage->consumers.empty()) return;
  if (stage->keep_attached && stage->device_number == 0) return;
  // A mount came between and went again: its own linger time counts.
  if (stage->state == StageState::kLingering && !core.stopping_lingers &&
      core.clock.Now() < stage->idle_since + service.config.linger) {
    return;
  }
  StepRunner steps = core.Steps(key, stage->name, "detach");
  absl::Status status = absl::OkStatus();
  if (stage->device_number != 0) status = UmountStage(core, service, steps, key);
  if (status.ok()) status = DetachStage(core, service, steps, key);
  steps.Finish();
  if (status.ok()) return;
  if (stage->device_number != 0) NoteFailure(core, key, stage->name, status);
  RetryDetachLater(core, service, key);
}

/// From this node, and what is listed says so at once.
absl::Status DetachHere(Core& core, ServiceState& service, const VolumeKey& key) {
  RETURN_IF_ERROR(service.driver().Detach(core.WorkContext(), key.id, "", /*force=*/false));
  const absl::StatusOr<Node> node = service.driver().ThisNode(core.WorkContext());
  if (node.ok()) service.cache->NoteDetached(key.id, node->id);
  return absl::OkStatus();
}

}  // namespace

absl::Status UmountStage(Core& core, ServiceState& service, StepRunner& steps, const VolumeKey& key) {
  const StagePtr stage = core.table.Find(key);
  if (stage == nullptr) return absl::OkStatus();
  const absl::Status status = steps.Run(
      "umount",
      [&]() -> absl::Status {
        if (stage->device_number == 0) return absl::OkStatus();
        RETURN_IF_ERROR(core.host.mounter->Unmount(stage->stage_path));
        RemoveMountPoint(stage->stage_path);
        return absl::OkStatus();
      },
      [&]() -> absl::Status {
        Stage left = *stage;
        left.state = left.keep_attached || service.config.linger == Duration::zero() ? StageState::kAttached
                                                                                     : StageState::kLingering;
        left.device_number = 0;
        left.user_path.clear();
        left.stage_path.clear();
        left.note.clear();
        left.failures = 0;
        left.idle_since = core.clock.Now();
        left.consumers.clear();
        // The row first: after a crash in between, consumers of what is not mounted are dropped.
        const absl::Status saved = core.journal->PutStage(RowOf(left));
        for (const ConsumerRecord& record : stage->consumers) {
          (void)core.journal->DropConsumer(key, record.consumer);
        }
        core.table.Put(std::move(left));  // whatever the journal said: it is not mounted any more
        core.table.Release(stage->stage_path, key);
        return saved;
      });
  if (status.ok() && stage->device_number != 0) {
    core.AddEvent(LogLevel::kInfo, "unmounted", key, stage->name,
                  fmt::format("volume \"{}\" is unmounted from {}", stage->name, stage->stage_path));
  }
  return Blame(status, stage->name);
}

absl::Status DetachStage(Core& core, ServiceState& service, StepRunner& steps, const VolumeKey& key) {
  const StagePtr stage = core.table.Find(key);
  if (stage == nullptr || stage->keep_attached) return absl::OkStatus();
  absl::Status status = absl::OkStatus();
  if (stage->attached_by_us) {
    status = steps.Run("check_unused", [&] { return CheckDeviceUnused(core, service, key); });
    if (status.ok()) {
      status = steps.Run(
          "detach", [&] { return DetachHere(core, service, key); }, [&] { return core.DropStage(key); });
    }
    // Gone from the backend: there is nothing left to detach.
    if (absl::IsNotFound(status)) status = core.DropStage(key);
  } else {
    status = core.DropStage(key);
  }
  if (!status.ok()) NoteFailure(core, key, stage->name, status);
  return Blame(status, stage->name);
}

void DetachOrLinger(Core& core, ServiceState& service, StepRunner& steps, const VolumeKey& key, bool now) {
  const Duration linger = service.config.linger;
  if (!now && linger > Duration::zero()) return DetachLater(core, service, key, linger);
  // The unmount took place, and its caller does not wait for a driver that is still being opened.
  if (!service.driver().Ready().ready()) return RetryDetachLater(core, service, key);
  if (!DetachStage(core, service, steps, key).ok()) RetryDetachLater(core, service, key);
}

absl::Status DetachUnused(Core& core, ServiceState& service, const VolumeKey& key) {
  RETURN_IF_ERROR(CheckDeviceUnused(core, service, key));
  const absl::Status status = DetachHere(core, service, key);
  return absl::IsNotFound(status) ? absl::OkStatus() : status;
}

void RetryDetachLater(Core& core, ServiceState& service, const VolumeKey& key) {
  const StagePtr stage = core.table.Find(key);
  if (stage == nullptr || stage->keep_attached) return;
  DetachLater(core, service, key, std::max(core.RetryWait(stage->failures - 1), service.config.linger));
}

void DetachLater(Core& core, ServiceState& service, const VolumeKey& key, Duration delay) {
  core.Later(delay, [&core, &service, key] {
    const StagePtr stage = core.table.Find(key);
    if (stage == nullptr) return;
    auto operation = std::make_shared<Operation>();
    operation->key = key;
    operation->name = stage->name;
    operation->kind = "detach";
    operation->join = "detach in the background";
    operation->body = [&core, &service, key](Operation&) { DetachInBackground(core, service, key); };
    core.queue.Submit(std::move(operation), nullptr);
  });
}

bool MayHaveHappened(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnimplemented:
      return false;
    default:
      return true;
  }
}

}  // namespace rexray::engine
