// VolumeEngine::Mount: who joins what, and how a caller becomes a consumer.

#include <algorithm>

#include "absl/strings/str_join.h"

#include "base/status.h"
#include "engine/engine_impl.h"
#include "engine/mount_operation.h"
#include "engine/unstage.h"
#include "volume/volume_name.h"

namespace rexray::engine {
namespace {

std::string JoinText(const MountSpec& spec) {
  return fmt::format("mount {} {} {} {}", spec.fs_type.value_or(""), spec.read_only,
                     spec.preempt ? ToString(*spec.preempt) : "", absl::StrJoin(spec.mount_options, ","));
}

bool SameConsumer(const Consumer& a, const Consumer& b) {
  return a.api == b.api && a.id == b.id;
}

/// A repeated Mount that asks for no more than what is there.
bool Fits(const Stage& stage, const MountSpec& spec) {
  if (!stage.Staged() || stage.read_only != spec.read_only) return false;
  return std::all_of(spec.mount_options.begin(), spec.mount_options.end(), [&](const std::string& option) {
    return std::find(stage.mount_options.begin(), stage.mount_options.end(), option) !=
           stage.mount_options.end();
  });
}

}  // namespace

void EngineImpl::Mount(const VolumeRef& ref, const Consumer& consumer, const MountSpec& spec,
                       Deadline deadline, MountDone done) {
  Resolve(
      ref, deadline,
      [this, ref, consumer, spec, deadline, done = std::move(done)](absl::StatusOr<Target> target) {
        if (target.ok())
          return MountTarget(*target, ref, consumer, spec, deadline, done, /*may_look_again=*/true);
        const absl::StatusOr<ServiceState*> service = core_.FindService(ref.service);
        const bool create = absl::IsNotFound(target.status()) && service.ok() &&
                            (*service)->config.implicit_create && ref.id.empty();
        if (!create) {
          (void)done(target.status());
          return;
        }
        CreateSpec wanted;
        wanted.name = ref.name;
        wanted.fs_type = spec.fs_type;
        CreateVolume(
            ref.service, wanted, deadline,
            [this, ref, consumer, spec, deadline, done, state = *service](absl::StatusOr<CreateResult> made) {
              if (!made.ok()) {
                (void)done(made.status());
                return;
              }
              Target created;
              created.service = state;
              created.key = made->view.volume.key;
              created.name = ref.name;
              MountTarget(created, ref, consumer, spec, deadline, done, /*may_look_again=*/false);
            });
      });
}

void EngineImpl::MountTarget(const Target& target, const VolumeRef& ref, const Consumer& consumer,
                             const MountSpec& spec, Deadline deadline, MountDone done, bool may_look_again) {
  // A nameless volume's id becomes the directory's name.
  if (const absl::Status valid = ValidateVolumeName(target.name); !valid.ok()) {
    (void)done(valid);
    return;
  }
  if (may_look_again) {
    // Removed on another node, and perhaps made again with the same name, since the cache looked.
    done = [this, target, ref, consumer, spec, deadline,
            first = std::move(done)](const absl::StatusOr<std::string>& path) {
      if (!absl::IsNotFound(path.status()) || !ref.id.empty() || deadline.Passed(core_.clock))
        return first(path);
      target.service->cache->Erase(target.key.id);
      ResolveFresh(*target.service, ref, deadline,
                   [this, target, ref, consumer, spec, deadline, first, path](absl::StatusOr<Target> again) {
                     if (again.ok() && again->key != target.key) {
                       return MountTarget(*again, ref, consumer, spec, deadline, first,
                                          /*may_look_again=*/false);
                     }
                     (void)first(again.ok() ? path.status() : again.status());
                   });
      return true;  // the caller is still there, and will be answered
    };
  }
  auto waiter = std::make_shared<MountWaiter>(deadline, consumer, std::move(done));
  if (TryJoinStaged(target, spec, waiter)) return;
  auto operation = std::make_shared<Operation>();
  operation->key = target.key;
  operation->name = target.name;
  operation->kind = "mount";
  operation->join = JoinText(spec);
  operation->skip_when_abandoned = true;
  operation->body = [this, service = target.service, spec](Operation& self) {
    RunMount(self, *service, spec);
  };
  core_.queue.Submit(std::move(operation), std::move(waiter));
}

/// Mounted already, and nothing under way: one row in the journal, on the caller's thread.
bool EngineImpl::TryJoinStaged(const Target& target, const MountSpec& spec,
                               const std::shared_ptr<MountWaiter>& waiter) {
  const StagePtr stage = core_.table.Find(target.key);
  if (stage == nullptr || !Fits(*stage, spec)) return false;
  bool joined = false;
  core_.queue.TryInline(target.key, [&] {
    const StagePtr now = core_.table.Find(target.key);
    if (now == nullptr || !Fits(*now, spec)) return;
    const absl::StatusOr<bool> mounted = core_.StillMounted(*now);
    if (!mounted.ok() || !*mounted) return;  // the operation finds out and mounts again
    joined = true;
    Admit(target.key, {waiter});
  });
  return joined;
}

void EngineImpl::RunMount(Operation& operation, ServiceState& service, const MountSpec& spec) {
  const auto mount = [&] {
    return MountOperation(core_, service, operation.key, operation.name, spec,
                          [&] { return core_.queue.WantedUntil(operation); })
        .Run();
  };
  absl::Status status = mount();
  for (int left = service.config.mount_retries; left > 0 && MayPass(status); --left) {
    core_.AddEvent(LogLevel::kWarn, "mount-retried", operation.key, operation.name,
                   fmt::format("{}; the mount is tried again, at most {} times", MessageOf(status), left));
    if (!core_.Pause(core_.clock.Now() + service.config.mount_retry_wait)) break;
    status = mount();
  }
  std::vector<std::shared_ptr<MountWaiter>> waiters;
  for (const std::shared_ptr<Waiter>& waiter : core_.queue.Close(operation)) {
    waiters.push_back(std::static_pointer_cast<MountWaiter>(waiter));
  }
  if (status.ok()) return Admit(operation.key, waiters);
  for (const std::shared_ptr<MountWaiter>& waiter : waiters) waiter->FailOnce(status);
}

/// In the volume's turn, staged: everybody who still waits becomes a consumer and gets the path. The same
/// consumer several times counts once: a repeat that joins a running Mount adds nothing.
void EngineImpl::Admit(const VolumeKey& key, const std::vector<std::shared_ptr<MountWaiter>>& waiters) {
  const std::string path = core_.table.Find(key)->user_path;
  std::vector<std::shared_ptr<MountWaiter>> left;
  std::copy_if(waiters.begin(), waiters.end(), std::back_inserter(left),
               [](const std::shared_ptr<MountWaiter>& waiter) { return !waiter->Claimed(); });
  while (!left.empty()) {
    const Consumer consumer = left.front()->consumer();
    const auto others = std::stable_partition(left.begin(), left.end(), [&](const auto& waiter) {
      return SameConsumer(waiter->consumer(), consumer);
    });
    AdmitOne(key, {left.begin(), others}, path);
    left.erase(left.begin(), others);
  }
  EndWhenAbandoned(key);
}

/// The row is written before the answer: nobody is told of a path that a crash would forget.
void EngineImpl::AdmitOne(const VolumeKey& key, const std::vector<std::shared_ptr<MountWaiter>>& same,
                          const std::string& path) {
  const Consumer consumer = same.front()->consumer();
  const absl::StatusOr<bool> was_there = core_.AddConsumer(key, consumer);
  bool received = false;
  for (const std::shared_ptr<MountWaiter>& waiter : same) {
    if (!was_there.ok()) {
      waiter->FailOnce(Blame(was_there.status(), core_.table.Find(key)->name));
    } else if (waiter->AnswerOnce(path)) {
      received = true;
    }
  }
  if (!was_there.ok() || received) return;
  if (*was_there && !consumer.counted) return;  // it was one before this call
  const StagePtr stage = core_.table.Find(key);
  std::vector<ConsumerRecord> consumers = stage->consumers;
  for (ConsumerRecord& record : consumers) {
    if (SameConsumer(record.consumer, consumer)) --record.count;
  }
  std::erase_if(consumers, [](const ConsumerRecord& record) { return record.count <= 0; });
  const absl::Status taken_back = core_.SetConsumers(key, std::move(consumers));
  core_.AddEvent(
      taken_back.ok() ? LogLevel::kInfo : LogLevel::kError, "caller-gone", key, stage->name,
      fmt::format("volume \"{}\": the caller of a mount ({} {}) was gone before its answer{}", stage->name,
                  ToString(consumer.api), consumer.id,
                  taken_back.ok() ? "" : "; it stays a consumer: " + std::string(MessageOf(taken_back))));
}

/// A stage that nobody has (all callers gone or too late) waits for the retry.
void EngineImpl::EndWhenAbandoned(const VolumeKey& key) {
  const StagePtr stage = core_.table.Find(key);
  if (stage == nullptr || !stage->Staged() || !stage->consumers.empty()) return;
  Stage idle = *stage;
  idle.idle_since = core_.clock.Now();
  core_.table.Put(std::move(idle));
  core_.Later(core_.options.abandoned_mount_grace, [this, key, name = stage->name] {
    auto operation = std::make_shared<Operation>();
    operation->key = key;
    operation->name = name;
    operation->kind = "unmount";
    operation->join = "unmount what was abandoned";
    operation->body = [this, key](Operation&) { UnstageAbandoned(key); };
    core_.queue.Submit(std::move(operation), nullptr);
  });
}

void EngineImpl::UnstageAbandoned(const VolumeKey& key) {
  const StagePtr stage = core_.table.Find(key);
  if (stage == nullptr || !stage->Staged() || !stage->consumers.empty()) return;
  if (core_.clock.Now() < stage->idle_since + core_.options.abandoned_mount_grace)
    return;  // a later one's turn
  const absl::StatusOr<ServiceState*> service = core_.FindService(key.service);
  if (!service.ok()) return;
  StepRunner steps = core_.Steps(key, stage->name, "unmount");
  const absl::Status status = UmountStage(core_, **service, steps, key);
  if (status.ok()) DetachOrLinger(core_, **service, steps, key, /*now=*/true);
  steps.Finish();
  if (status.ok()) return;
  core_.AddEvent(LogLevel::kWarn, "still-in-use", key, stage->name,
                 fmt::format("volume \"{}\" has no consumer and cannot be unmounted: {}", stage->name,
                             MessageOf(status)));
  EndWhenAbandoned(key);
}

}  // namespace rexray::engine
