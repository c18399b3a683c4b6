// VolumeEngine::Attach and Detach: an operator's hands on the device itself.

#include "base/status.h"
#include "engine/claim.h"
#include "engine/engine_impl.h"
#include "engine/unstage.h"

namespace rexray::engine {
namespace {

/// Asked and written down before an operator's force is carried out.
void RecordForce(Core& core, ServiceState& service, const VolumeKey& key, const std::string& name) {
  const absl::StatusOr<std::optional<OtherHolder>> holder = FindOtherHolder(core, service, key);
  if (holder.ok() && *holder) return RecordTaking(core, key, name, **holder, "as an operator asked");
  core.AddEvent(LogLevel::kWarn, "preempted", key, name,
                fmt::format("volume \"{}\" is attached here by force, as an operator asked", name));
}

}  // namespace

void EngineImpl::Attach(const VolumeRef& ref, bool force, Deadline deadline, Done<VolumeView> done) {
  Resolve(ref, deadline, [this, force, deadline, done = std::move(done)](absl::StatusOr<Target> target) {
    if (!target.ok()) return done(target.status());
    ServiceState& service = *target->service;
    SubmitFor<VolumeView>(target->key, target->name, "attach", fmt::format("attach {}", force), deadline,
                          done, [this, &service, key = target->key, name = target->name, force] {
                            return RunAttach(service, key, name, force);
                          });
  });
}

absl::StatusOr<VolumeView> EngineImpl::RunAttach(ServiceState& service, const VolumeKey& key,
                                                 const std::string& name, bool force) {
  const CallContext context = core_.WorkContext();
  const StagePtr before = core_.table.Find(key);
  absl::StatusOr<Volume> volume = core_.FreshVolumeOf(service, key);
  if (!volume.ok()) return Blame(volume.status(), name);
  absl::StatusOr<std::optional<LocalResource>> local = service.driver().FindLocal(context, key.id);
  if (!local.ok()) return Blame(local.status(), name);

  StepRunner steps = core_.Steps(key, name, "attach");
  Stage stage;
  if (before != nullptr) stage = *before;
  bool may_be_attached = false;
  absl::Status status = absl::OkStatus();
  if (volume->blank && !(before != nullptr && before->Staged())) {
    // A person gets the device and may put anything on it: from now on only what is found there decides.
    status = steps.Run("clear_blank", [&]() -> absl::Status {
      RETURN_IF_ERROR(service.driver().ClearBlankMark(context, key.id));
      volume->blank = false;
      service.cache->Put(*volume);
      return absl::OkStatus();
    });
  }
  if (status.ok() && !*local) {
    steps.SetArguments(R"({"attached_before":false})");
    if (force) RecordForce(core_, service, key, name);
    status = steps.Run("attach", [&]() -> absl::Status {
      AttachOptions options;
      options.force = force;
      const absl::Status attached = service.driver().Attach(context, key.id, options).status();
      may_be_attached = attached.ok() || MayHaveHappened(attached);
      return attached;
    });
    if (status.ok()) {
      status = steps.Run("await_device", [&]() -> absl::Status {
        ASSIGN_OR_RETURN(*local, service.driver().AwaitLocal(context, key.id));
        return absl::OkStatus();
      });
    }
    stage.attached_by_us = true;
  }
  if (!status.ok()) {
    if (may_be_attached) UndoAttachLater(service, key, name, std::move(stage));
    steps.Finish();
    return Blame(status, name);
  }
  stage.key = key;
  stage.name = name;
  if (!stage.Staged()) stage.state = StageState::kAttached;
  stage.device = (*local)->path;
  stage.identity = (*local)->identity;
  stage.keep_attached = true;
  stage.note.clear();
  stage.lost_because.clear();  // it is back
  if (before == nullptr) stage.since = core_.clock.WallNow();
  status = core_.SaveStage(stage);
  steps.Finish();
  if (!status.ok()) return Blame(status, name);
  core_.AddEvent(LogLevel::kInfo, "attached", key, name,
                 fmt::format("volume \"{}\" is attached as {}", name, stage.device));
  volume = core_.FreshVolumeOf(service, key);
  if (!volume.ok()) return Blame(volume.status(), name);
  return core_.ViewOf(service, *volume);
}

/// An attach that failed after the backend had begun: what is attached in the end is detached again.
void EngineImpl::UndoAttachLater(ServiceState& service, const VolumeKey& key, const std::string& name,
                                 Stage stage) {
  stage.key = key;
  stage.name = name;
  stage.state = StageState::kAttached;
  stage.attached_by_us = true;
  stage.keep_attached = false;
  if (const absl::Status saved = core_.SaveStage(stage); !saved.ok()) {
    core_.AddEvent(LogLevel::kError, "journal", key, name, std::string(MessageOf(saved)));
    core_.table.Put(std::move(stage));
  }
  RetryDetachLater(core_, service, key);
}

void EngineImpl::Detach(const VolumeRef& ref, bool force, Deadline deadline, DoneStatus done) {
  Resolve(ref, deadline, [this, force, deadline, done = std::move(done)](absl::StatusOr<Target> target) {
    if (!target.ok()) return done(target.status());
    ServiceState& service = *target->service;
    SubmitStatus(target->key, target->name, "detach", fmt::format("detach {}", force), deadline, done,
                 [this, &service, key = target->key, name = target->name, force] {
                   return RunDetach(service, key, name, force);
                 });
  });
}

absl::Status EngineImpl::RunDetach(ServiceState& service, const VolumeKey& key, const std::string& name,
                                   bool force) {
  const StagePtr stage = core_.table.Find(key);
  if (stage != nullptr && !stage->consumers.empty()) {
    return Error(absl::StatusCode::kFailedPrecondition,
                 "volume \"{}\" is in use on this node by {}; end these first (rexray volume unmount)", name,
                 DescribeConsumers(*stage));
  }
  const absl::StatusOr<std::optional<LocalResource>> local =
      service.driver().FindLocal(core_.WorkContext(), key.id);
  if (!local.ok()) return Blame(local.status(), name);
  if (stage == nullptr && !*local)
    return force ? DetachElsewhere(service, key, name, force) : absl::OkStatus();

  StepRunner steps = core_.Steps(key, name, "detach");
  absl::Status status = absl::OkStatus();
  if (stage != nullptr && stage->device_number != 0) status = UmountStage(core_, service, steps, key);
  if (status.ok()) {
    // The operator's word: whoever attached it, it is to go.
    Stage asked;
    if (const StagePtr now = core_.table.Find(key)) asked = *now;
    asked.key = key;
    asked.name = name;
    asked.state = StageState::kAttached;
    asked.attached_by_us = true;
    asked.keep_attached = false;
    status = core_.SaveStage(asked);
    if (status.ok()) status = DetachStage(core_, service, steps, key);
    if (!status.ok() && stage == nullptr) {
      (void)core_.DropStage(key);  // it was not ours before, and this call did not take it
    } else if (!status.ok()) {
      RetryDetachLater(core_, service, key);
    }
  }
  steps.Finish();
  if (!status.ok()) return Blame(status, name);
  core_.AddEvent(LogLevel::kInfo, "detached", key, name, fmt::format("volume \"{}\" is detached", name));
  absl::StatusOr<Volume> fresh = core_.FreshVolumeOf(service, key);  // the list shows it at once
  return absl::OkStatus();
}

/// By force, from other nodes: an operator's decision, recorded before it is carried out.
absl::Status EngineImpl::DetachElsewhere(ServiceState& service, const VolumeKey& key, const std::string& name,
                                         bool force) {
  absl::StatusOr<Volume> volume = core_.FreshVolumeOf(service, key);
  if (!volume.ok()) return Blame(volume.status(), name);
  StepRunner steps = core_.Steps(key, name, "detach");
  absl::Status status = absl::OkStatus();
  for (const Attachment& attachment : volume->attachments) {
    OtherHolder holder{attachment.node, HolderState::kUnknown, false};
    const auto state = service.driver().StateOfHolder(core_.WorkContext(), attachment.node);
    if (state.ok()) holder.state = *state;
    RecordTaking(core_, key, name, holder, "as an operator asked");
    status = steps.Run("detach", [&] {
      return service.driver().Detach(core_.WorkContext(), key.id, attachment.node, force);
    });
    if (!status.ok()) break;
  }
  steps.Finish();
  if (status.ok()) volume = core_.FreshVolumeOf(service, key);
  return Blame(status, name);
}

}  // namespace rexray::engine
