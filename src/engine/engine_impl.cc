#include "engine/engine_impl.h"

#include "base/status.h"
#include "engine/aborted.h"
#include "engine/mount_point.h"
#include "engine/unstage.h"
#include "volume/volume_name.h"

namespace rexray::engine {

absl::StatusOr<std::unique_ptr<VolumeEngine>> VolumeEngine::Create(EngineOptions options, Parts parts) {
  if (parts.journal == nullptr || parts.events == nullptr || parts.host.clock == nullptr ||
      parts.host.devices == nullptr || parts.host.mounter == nullptr || parts.host.file_systems == nullptr) {
    return Error(absl::StatusCode::kInvalidArgument, "the engine needs a journal, an event log and a host");
  }
  std::map<std::string, int> names;
  for (const Service& service : parts.services) {
    RETURN_IF_ERROR(ValidateServiceName(service.name));
    RETURN_IF_ERROR(Annotate(ValidateRootPath(service.root_path), "service \"" + service.name + "\""));
    if (service.driver == nullptr) {
      return Error(absl::StatusCode::kInvalidArgument, "service \"{}\" has no driver", service.name);
    }
    if (++names[service.name] > 1) {
      return Error(absl::StatusCode::kInvalidArgument, "there are two services \"{}\"", service.name);
    }
  }
  return std::unique_ptr<VolumeEngine>(std::make_unique<EngineImpl>(std::move(options), std::move(parts)));
}

namespace {

absl::Status Stopping() {
  return Error(absl::StatusCode::kUnavailable, "the daemon is stopping; repeat the call when it is back");
}

}  // namespace

void EngineImpl::EndReads() {
  for (const auto& [name, service] : core_.services) service->cache->Close(Stopping());
}

bool EngineImpl::Shutdown(Deadline deadline) {
  const absl::Status stopping = Stopping();
  EndReads();
  core_.queue.RefuseNew(stopping);
  core_.BeginStopping();
  for (const StagePtr& stage : core_.table.All()) {
    if (stage->state != StageState::kLingering) continue;
    if (const auto service = core_.FindService(stage->key.service); service.ok()) {
      DetachLater(core_, **service, stage->key, Duration::zero());
    }
  }
  core_.FlushTimer();
  bool idle = core_.queue.WaitIdle(deadline);
  core_.queue.FailAllWaiters(stopping);
  // Nobody needs what these would still hear.
  const Deadline at_once = Deadline::After(core_.clock, Duration::zero());
  for (const auto& [name, service] : core_.services) idle = service->cache->WaitIdle(at_once) && idle;
  return fencing_.Idle() && stale_.Idle() && evidence_.WaitIdle(core_.clock, at_once) && idle;
}

absl::Status EngineImpl::Adjust(const std::string& service, const AdjustableSettings& settings) {
  ASSIGN_OR_RETURN(ServiceState * state, core_.FindService(service));
  state->Adjust(settings);
  return absl::OkStatus();
}

std::vector<std::string> EngineImpl::Services() const {
  std::vector<std::string> names;
  for (const auto& [name, service] : core_.services) names.push_back(name);
  return names;
}

absl::StatusOr<Readiness> EngineImpl::ReadinessOf(const std::string& service) const {
  ASSIGN_OR_RETURN(ServiceState * state, core_.FindService(service));
  return state->cache->Ready();
}

absl::StatusOr<DriverCapabilities> EngineImpl::CapabilitiesOf(const std::string& service) const {
  ASSIGN_OR_RETURN(ServiceState * state, core_.FindService(service));
  return state->driver().Capabilities();
}

/// May ask a metadata service: in a turn of its own, which several callers share.
void EngineImpl::ThisNode(const std::string& service, Deadline deadline, Done<Node> done) {
  const absl::StatusOr<ServiceState*> state = core_.FindService(service);
  if (!state.ok()) return done(state.status());
  SubmitFor<Node>({(*state)->config.name, "this node"}, "", "look up this node", /*join=*/"node", deadline,
                  std::move(done),
                  [this, &found = **state] { return found.driver().ThisNode(core_.WorkContext()); });
}

// --- reads ---

VolumeView EngineImpl::ViewOf(const Target& target) const {
  CachedVolume cached{target.volume, target.as_of};
  if (cached.volume == nullptr) {
    auto known = std::make_shared<Volume>();
    known->key = target.key;
    known->name = target.name;
    cached.volume = std::move(known);
  }
  return core_.ViewOf(cached, core_.table.Find(target.key).get(), core_.queue.WaitingFor(target.key));
}

void EngineImpl::Get(const VolumeRef& ref, Deadline deadline, Done<VolumeView> done) {
  Resolve(ref, deadline, [this, done = std::move(done)](absl::StatusOr<Target> target) {
    if (!target.ok()) return done(target.status());
    VolumeView view = ViewOf(*target);
    if (view.waiting_for.empty()) view.waiting_for = WhyAborted(core_, target->key);
    done(std::move(view));
  });
}

void EngineImpl::List(const std::string& service, Deadline deadline, Done<std::vector<VolumeView>> done) {
  const absl::StatusOr<ServiceState*> state = core_.FindService(service);
  if (!state.ok()) return done(state.status());
  const std::string name = (*state)->config.name;
  (*state)->cache->All(
      deadline, [this, name, done = std::move(done)](absl::StatusOr<std::vector<CachedVolume>> volumes) {
        if (!volumes.ok()) return done(volumes.status());
        const std::map<std::string, StagePtr> stages = core_.table.AllOf(name);
        const std::map<VolumeKey, std::string> waiting = core_.queue.AllWaitingFor();
        std::vector<VolumeView> views;
        views.reserve(volumes->size());
        for (const CachedVolume& volume : *volumes) {
          const auto stage = stages.find(volume.volume->key.id);
          const auto waits = waiting.find(volume.volume->key);
          views.push_back(core_.ViewOf(volume, stage == stages.end() ? nullptr : stage->second.get(),
                                       waits == waiting.end() ? "" : waits->second));
        }
        done(std::move(views));
      });
}

void EngineImpl::Consumers(const VolumeRef& ref, Deadline deadline, Done<ConsumerReport> done) {
  Resolve(ref, deadline, [this, done = std::move(done)](absl::StatusOr<Target> target) {
    if (!target.ok()) return done(target.status());
    const absl::Status started = evidence_.Start([this, target = *target, done] {
      done(stale_.Report(ViewOf(target), core_.table.Find(target.key), target.service->config));
    });
    if (!started.ok()) done(started);
  });
}

void EngineImpl::Path(const VolumeRef& ref, Deadline deadline, Done<std::string> done) {
  Resolve(ref, deadline, [this, done = std::move(done)](absl::StatusOr<Target> target) {
    if (!target.ok()) return done(target.status());
    const StagePtr stage = core_.table.Find(target->key);
    done(stage != nullptr && stage->Staged() ? stage->user_path : "");
  });
}

void EngineImpl::SubmitStatus(const VolumeKey& key, const std::string& name, const std::string& kind,
                              const std::string& join, Deadline deadline, DoneStatus done,
                              std::function<absl::Status()> body, bool join_only_abandoned) {
  auto operation = std::make_shared<Operation>();
  operation->key = key;
  operation->name = name;
  operation->kind = kind;
  operation->join = join;
  operation->join_only_abandoned = join_only_abandoned;
  operation->body = [this, body = std::move(body)](Operation& self) {
    const absl::Status result = body();
    for (const std::shared_ptr<Waiter>& waiter : core_.queue.Close(self)) {
      static_cast<StatusWaiter&>(*waiter).AnswerOnce(result);
    }
  };
  core_.queue.Submit(std::move(operation), std::make_shared<StatusWaiter>(deadline, std::move(done)));
}

}  // namespace rexray::engine
