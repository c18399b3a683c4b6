// From what a caller says (a name or an id) to the volume that it means.

#include "base/status.h"
#include "engine/engine_impl.h"
#include "volume/volume_name.h"

namespace rexray::engine {
namespace {

absl::Status Ambiguous(const std::string& name, const std::string& service,
                       const std::vector<CachedVolume>& volumes) {
  std::string ids;
  for (const CachedVolume& volume : volumes) ids += (ids.empty() ? "" : ", ") + volume.volume->key.id;
  return Error(
      absl::StatusCode::kFailedPrecondition,
      "the name \"{}\" is ambiguous on service \"{}\": volumes {} have it; use an id, or rename all but one",
      name, service, ids);
}

}  // namespace

absl::StatusOr<std::optional<EngineImpl::Target>> EngineImpl::FindKnown(ServiceState& service,
                                                                        const VolumeRef& ref) const {
  Target target;
  target.service = &service;
  if (!ref.id.empty()) {
    const auto known = service.cache->FindById(ref.id);
    if (!known) return std::nullopt;
    target.volume = known->volume;
    target.as_of = known->as_of;
  } else {
    const std::vector<CachedVolume> known = service.cache->FindByName(ref.name);
    if (known.size() > 1) return Ambiguous(ref.name, service.config.name, known);
    if (known.empty()) return std::nullopt;
    target.volume = known.front().volume;
    target.as_of = known.front().as_of;
  }
  target.key = target.volume->key;
  target.name = target.volume->name.empty() ? target.key.id : target.volume->name;
  return target;
}

/// What is staged here is known even when its backend is not to be reached.
absl::StatusOr<std::optional<EngineImpl::Target>> EngineImpl::FindStaged(const VolumeRef& ref) const {
  ASSIGN_OR_RETURN(ServiceState * service, core_.FindService(ref.service));
  StagePtr stage;
  if (!ref.id.empty()) {
    stage = core_.table.Find({service->config.name, ref.id});
  } else {
    const std::vector<StagePtr> stages = core_.table.FindByName(service->config.name, ref.name);
    for (const StagePtr& candidate : stages) {
      if (stage == nullptr || candidate->Staged()) stage = candidate;
    }
  }
  if (stage != nullptr) {
    Target target;
    target.service = service;
    target.key = stage->key;
    target.name = stage->name;
    if (const auto known = service->cache->FindById(stage->key.id)) {
      target.volume = known->volume;
      target.as_of = known->as_of;
    }
    return target;
  }
  absl::StatusOr<std::optional<Target>> known = FindKnown(*service, ref);
  if (!known.ok()) return std::nullopt;  // ambiguous, and none of them is staged
  return known;
}

void EngineImpl::Resolve(const VolumeRef& ref, Deadline deadline, TargetDone done) {
  const absl::StatusOr<ServiceState*> service = core_.FindService(ref.service);
  if (!service.ok()) return done(service.status());
  if (ref.id.empty()) {
    if (const absl::Status valid = ValidateVolumeName(ref.name); !valid.ok()) return done(valid);
  }
  absl::StatusOr<std::optional<Target>> known = FindKnown(**service, ref);
  if (known.ok() && *known) {
    (*service)->cache->Touch();
    return done(std::move(**known));
  }
  // A backend that has not answered yet is not waited for where the journal knows enough.
  if (!(*service)->cache->Ready().ready()) {
    const absl::StatusOr<std::optional<Target>> staged = FindStaged(ref);
    if (staged.ok() && *staged) return done(**staged);
  }
  // Unknown; or one of two of that name, and one of them may be gone: removed by another node, or by a call
  // whose answer was lost.
  ResolveFresh(**service, ref, deadline, std::move(done));
}

void EngineImpl::ResolveFresh(ServiceState& service, const VolumeRef& ref, Deadline deadline,
                              TargetDone done) {
  auto answer = [this, &service, ref,
                 done = std::move(done)](absl::StatusOr<std::vector<CachedVolume>> found) {
    if (found.ok() && !found->empty()) {
      absl::StatusOr<std::optional<Target>> known = FindKnown(service, ref);
      if (!known.ok()) return done(known.status());
      if (*known) return done(std::move(**known));
    }
    // Not listed, or the backend is away: what is staged here exists all the same.
    const absl::StatusOr<std::optional<Target>> staged = FindStaged(ref);
    if (staged.ok() && *staged) return done(**staged);
    if (!found.ok() && !absl::IsNotFound(found.status())) return done(found.status());
    done(Error(absl::StatusCode::kNotFound, "volume \"{}\" does not exist on service \"{}\"",
               Printable(ref.id.empty() ? ref.name : ref.id), service.config.name));
  };
  ref.id.empty() ? service.cache->LookupName(ref.name, deadline, std::move(answer))
                 : service.cache->LookupId(ref.id, deadline, std::move(answer));
}

}  // namespace rexray::engine
