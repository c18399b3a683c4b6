#include "engine/engine_core.h"

#include <algorithm>

#include "base/status.h"

namespace rexray::engine {

absl::Status Blame(const absl::Status& status, const std::string& volume_name) {
  if (status.ok() || volume_name.empty()) return status;
  if (MessageOf(status).find('"' + volume_name + '"') != std::string_view::npos) return status;
  return Annotate(status, "volume \"" + volume_name + "\"");
}

bool MayPass(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
      return true;
    default:
      return false;
  }
}

Core::Core(EngineOptions engine_options, VolumeEngine::Parts parts)
    : options(std::move(engine_options)),
      host(parts.host),
      clock(*parts.host.clock),
      journal(parts.journal),
      events(parts.events),
      timer(clock),
      queue(clock, timer, options.operation_limit, [this](const std::string& name) {
        const absl::StatusOr<ServiceState*> service = FindService(name);
        const Readiness readiness = service.ok() ? (*service)->cache->Ready() : Readiness();
        return readiness.ready()
                   ? ""
                   : fmt::format("service \"{}\" is {}: {}", name, ToString(readiness.phase), readiness.why);
      }) {
  for (Service& service : parts.services) {
    auto state = std::make_unique<ServiceState>(std::move(service));
    state->cache = std::make_unique<VolumeCache>(state->config.name, state->driver(), clock, timer,
                                                 options.cache_age, options.read_threads);
    const std::string name = state->config.name;
    services.emplace(name, std::move(state));
  }
}

void Core::Stop() {
  stopping = true;
  BeginStopping();
  queue.CloseForAll(Error(absl::StatusCode::kUnavailable, "the daemon is stopping"));
  queue.WaitIdle(Deadline::Never());
  for (auto& [name, service] : services)
    service->cache->WaitIdle(Deadline::Never());  // deadlines are still served meanwhile
  timer.Stop();
}

absl::StatusOr<ServiceState*> Core::FindService(const std::string& name) const {
  const auto found = services.find(name.empty() ? options.default_service : name);
  if (found != services.end()) return found->second.get();
  std::string known;
  for (const auto& [other, state] : services) known += (known.empty() ? "" : ", ") + other;
  return Error(absl::StatusCode::kNotFound, "there is no service \"{}\"; configured: {}",
               name.empty() ? options.default_service : name, known.empty() ? "none" : known);
}

CallContext Core::WorkContext() const {
  CallContext context;
  context.deadline = Deadline::After(clock, options.work_limit);
  return context;
}

std::string Core::StagePathOf(const std::string& service, const std::string& name) const {
  if (service == options.default_service) return options.volumes_root + "/" + name;
  return options.volumes_root + "/.services/" + service + "/" + name;
}

StepRunner Core::Steps(const VolumeKey& key, const std::string& name, const std::string& operation) {
  return StepRunner(*journal, queue, clock, key, name, operation);
}

absl::StatusOr<Volume> Core::VolumeOf(ServiceState& service, const VolumeKey& key) {
  if (const auto known = service.cache->FindById(key.id)) return *known->volume;
  return FreshVolumeOf(service, key);
}

absl::StatusOr<Volume> Core::FreshVolumeOf(ServiceState& service, const VolumeKey& key) {
  absl::StatusOr<Volume> volume = service.driver().Get(WorkContext(), key.id);
  if (volume.ok()) {
    volume->key.service = key.service;
    service.cache->Put(*volume);
  } else if (absl::IsNotFound(volume.status())) {
    service.cache->Erase(key.id);
  }
  return volume;
}

absl::Status Core::SaveStage(const Stage& stage) {
  RETURN_IF_ERROR(journal->PutStage(RowOf(stage)));
  table.Put(stage);
  return absl::OkStatus();
}

absl::Status Core::DropStage(const VolumeKey& key) {
  RETURN_IF_ERROR(journal->DropStage(key));
  table.Drop(key);
  return absl::OkStatus();
}

namespace {

auto FindConsumer(std::vector<ConsumerRecord>& consumers, const Consumer& wanted) {
  return std::find_if(consumers.begin(), consumers.end(), [&](const ConsumerRecord& record) {
    return record.consumer.api == wanted.api && record.consumer.id == wanted.id;
  });
}

}  // namespace

absl::StatusOr<bool> Core::AddConsumer(const VolumeKey& key, const Consumer& consumer) {
  const StagePtr stage = table.Find(key);
  if (stage == nullptr)
    return Error(absl::StatusCode::kInternal, "volume {} has no stage to be added to", key.id);
  Stage changed = *stage;
  const auto found = FindConsumer(changed.consumers, consumer);
  const bool there = found != changed.consumers.end();
  if (there && !consumer.counted) return true;
  ConsumerRecord record{consumer, 1, clock.WallNow()};
  if (there) {
    record = *found;
    ++record.count;
  }
  RETURN_IF_ERROR(journal->PutConsumer({key, record.consumer, record.count, record.since}));
  if (there) {
    *found = record;
  } else {
    changed.consumers.push_back(std::move(record));
  }
  table.Put(std::move(changed));
  return there;
}

absl::Status Core::SetConsumers(const VolumeKey& key, std::vector<ConsumerRecord> consumers) {
  const StagePtr stage = table.Find(key);
  if (stage == nullptr) return absl::OkStatus();
  Stage changed = *stage;
  for (const ConsumerRecord& old : stage->consumers) {
    const auto kept = FindConsumer(consumers, old.consumer);
    if (kept == consumers.end()) {
      RETURN_IF_ERROR(journal->DropConsumer(key, old.consumer));
    } else if (kept->count != old.count) {
      RETURN_IF_ERROR(journal->PutConsumer({key, kept->consumer, kept->count, kept->since}));
    }
  }
  changed.consumers = std::move(consumers);
  if (changed.consumers.empty()) changed.idle_since = clock.Now();
  table.Put(std::move(changed));
  return absl::OkStatus();
}

absl::StatusOr<bool> Core::StillMounted(const Stage& stage) const {
  if (stage.device_number == 0) return true;  // a directory that is handed out as it is
  return host.mounter->IsMountedAt(stage.stage_path, stage.device_number);
}

VolumeView Core::ViewOf(const CachedVolume& volume, const Stage* stage, std::string waiting_for) const {
  VolumeView view;
  view.volume = *volume.volume;
  view.as_of = volume.as_of;
  view.waiting_for = std::move(waiting_for);
  if (stage == nullptr) return view;
  view.state = stage->Staged() && !stage->consumers.empty() ? StageState::kInUse : stage->state;
  view.device = stage->device;
  if (stage->Staged()) view.mount_point = stage->user_path;
  view.consumers = stage->consumers;
  if (view.waiting_for.empty()) view.waiting_for = stage->note;
  return view;
}

VolumeView Core::ViewOf(const ServiceState& service, const Volume& volume) const {
  VolumeKey key = volume.key;
  key.service = service.config.name;
  auto shared = std::make_shared<Volume>(volume);
  shared->key = key;
  return ViewOf(CachedVolume{std::move(shared), clock.Now()}, table.Find(key).get(), "");
}

bool Core::Pause(TimePoint until) {
  MutexLock lock(pause_mutex_);
  while (!stopping_lingers && clock.Now() < until) clock.WaitUntil(pause_ends_, pause_mutex_, until);
  return !stopping_lingers;
}

void Core::BeginStopping() {
  MutexLock lock(pause_mutex_);
  stopping_lingers = true;
  pause_ends_.NotifyAll();
}

void Core::FlushTimer() {
  Mutex mutex;
  CondVar flushed;
  bool done = false;
  const uint64_t id = timer.At(clock.Now(), [&] {
    MutexLock lock(mutex);
    done = true;
    flushed.NotifyAll();
  });
  if (id == 0) return;
  MutexLock lock(mutex);
  while (!done) flushed.Wait(mutex);
}

Duration Core::RetryWait(int failures) const {
  Duration wait = options.retry_first;
  for (int i = 0; i < failures && wait < options.retry_cap; ++i) wait *= 2;
  return std::min(wait, options.retry_cap);
}

void Core::Later(Duration delay, std::function<void()> task) {
  timer.At(clock.Now() + delay, [this, task = std::move(task)] {
    if (!stopping) task();
  });
}

}  // namespace rexray::engine
