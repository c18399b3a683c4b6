// VolumeEngine::Unmount and ReleaseConsumer: consumers end, and with the last one the stage.
//
// When the file system is busy nothing changes: the caller gets an error that names who keeps it, the
// consumer stays, and the same call can be repeated. An error means that it did not happen.
//
// A mount that was found here has the consumer "adopted" in place of those that nobody remembers. Their ids
// are unknown to us; an Unmount with one of these is theirs, and when the kernel shows that no process of
// this machine has the volume any more, it was the last.

#include "base/logging.h"
#include "base/status.h"
#include "engine/consumer_rule.h"
#include "engine/engine_impl.h"
#include "engine/stale_consumers.h"
#include "engine/unstage.h"
#include "volume/volume_name.h"

namespace rexray::engine {

void EngineImpl::Unmount(const VolumeRef& ref, const Consumer& consumer, bool now, Deadline deadline,
                         DoneStatus done) {
  if (ref.id.empty()) {
    if (const absl::Status valid = ValidateVolumeName(ref.name); !valid.ok()) return done(valid);
  }
  const absl::StatusOr<std::optional<Target>> target = FindStaged(ref);
  if (!target.ok()) return done(target.status());
  if (!*target) return done(absl::OkStatus());
  const bool drop_uncounted = (*target)->service->config.ignore_used_count;
  ChangeConsumers(
      **target, fmt::format("unmount {} {} {}", ToString(consumer.api), consumer.id, now), now, deadline,
      std::move(done),
      [consumer, drop_uncounted](std::vector<ConsumerRecord> consumers) {
        return AfterUnmount(std::move(consumers), consumer, drop_uncounted);
      },
      /*only_known=*/false);
}

void EngineImpl::ReleaseConsumer(const VolumeRef& ref, const std::string& consumer_id, Deadline deadline,
                                 DoneStatus done) {
  const absl::StatusOr<std::optional<Target>> target = FindStaged(ref);
  if (!target.ok()) return done(target.status());
  if (!*target) {
    return done(Error(absl::StatusCode::kNotFound, "volume \"{}\" is not mounted on this node",
                      Printable(ref.id.empty() ? ref.name : ref.id)));
  }
  ChangeConsumers(
      **target, "release " + consumer_id, /*now=*/false, deadline, std::move(done),
      [consumer_id](std::vector<ConsumerRecord> consumers) {
        return AfterRelease(std::move(consumers), consumer_id);
      },
      /*only_known=*/true);
}

void EngineImpl::ChangeConsumers(
    const Target& target, const std::string& join, bool now, Deadline deadline, DoneStatus done,
    std::function<std::vector<ConsumerRecord>(std::vector<ConsumerRecord>)> change, bool only_known) {
  const VolumeKey key = target.key;
  ServiceState& service = *target.service;
  // Others hold it still: one row in the journal, on the caller's thread.
  absl::Status answer;
  bool answered = false;
  core_.queue.TryInline(key, [&] {
    const StagePtr stage = core_.table.Find(key);
    if (stage == nullptr) {
      answered = !only_known;
    } else if (stage->Staged() && !only_known) {
      std::vector<ConsumerRecord> left = change(stage->consumers);
      if (left.empty() || OnlyAdopted(stage->consumers)) return;
      answered = true;
      answer = Blame(core_.SetConsumers(key, std::move(left)), stage->name);
    }
  });
  if (answered) return done(answer);
  SubmitStatus(
      key, target.name, "unmount", join, deadline, std::move(done),
      [this, &service, key, now, only_known, change = std::move(change)] {
        return RunUnmount(service, key, now, only_known, change);
      },
      /*join_only_abandoned=*/true);
}

absl::Status EngineImpl::RunUnmount(
    ServiceState& service, const VolumeKey& key, bool now, bool only_known,
    const std::function<std::vector<ConsumerRecord>(std::vector<ConsumerRecord>)>& change) {
  const StagePtr stage = core_.table.Find(key);
  if (stage == nullptr) {
    return only_known ? Error(absl::StatusCode::kNotFound, "volume {} is not mounted on this node", key.id)
                      : absl::OkStatus();
  }
  std::vector<ConsumerRecord> left = change(stage->consumers);
  if (only_known && left.size() == stage->consumers.size()) {
    return Error(absl::StatusCode::kNotFound, "volume \"{}\" has no such consumer; it has: {}", stage->name,
                 stage->consumers.empty() ? "none" : DescribeConsumers(*stage));
  }
  if (!left.empty() && !only_known && stage->Staged() && OnlyAdopted(stage->consumers)) {
    EndAdopted(service, *stage, now);
    return absl::OkStatus();  // for whoever asked nothing is mounted, in either case
  }
  if (!left.empty()) return Blame(core_.SetConsumers(key, std::move(left)), stage->name);

  StepRunner steps = core_.Steps(key, stage->name, "unmount");
  absl::Status status = absl::OkStatus();
  if (stage->Staged()) {
    status = UmountStage(core_, service, steps, key);
    if (status.ok()) DetachOrLinger(core_, service, steps, key, now);
  } else {
    status = core_.SetConsumers(key, {});  // of a mount that was lost
    if (status.ok() && (now || stage->state != StageState::kLingering)) {
      DetachOrLinger(core_, service, steps, key, now);
    }
  }
  steps.Finish();
  return Blame(status, stage->name);
}

void EngineImpl::EndAdopted(ServiceState& service, const Stage& stage, bool now) {
  StepRunner steps = core_.Steps(stage.key, stage.name, "release");
  absl::Status status = steps.Run("look", [&] { return CheckNobodyHasIt(core_, service, stage); });
  if (status.ok()) status = UmountStage(core_, service, steps, stage.key);
  if (status.ok()) {
    core_.AddEvent(
        LogLevel::kInfo, "adopted-ended", stage.key, stage.name,
        fmt::format("volume \"{}\": an unmount came with an id that is not known here, and no process "
                    "has what was found mounted any more; it is unmounted",
                    stage.name));
    DetachOrLinger(core_, service, steps, stage.key, now);
  } else {
    LogInfo("what was found mounted stays",
            {{"volume", stage.name}, {"reason", std::string(MessageOf(status))}});
  }
  steps.Finish();
}

}  // namespace rexray::engine
