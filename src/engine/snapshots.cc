// VolumeEngine::ListSnapshots, CreateSnapshot, RemoveSnapshot.

#include <algorithm>

#include "base/status.h"
#include "engine/engine_impl.h"
#include "engine/snapshot_lookup.h"
#include "engine/still_source.h"
#include "volume/volume_name.h"

namespace rexray::engine {
namespace {

/// Snapshots have turns of their own: by what the caller called them, so that a repeat joins.
VolumeKey KeyOfSnapshot(const std::string& service, const std::string& id_or_name) {
  return {service, "snapshot " + id_or_name};
}

absl::Status CheckHasSnapshots(const ServiceState& service) {
  if (service.driver().Capabilities().snapshots) return absl::OkStatus();
  return Error(absl::StatusCode::kUnimplemented, "service \"{}\": driver {} has no snapshots",
               service.config.name, service.driver().Name());
}

}  // namespace

void EngineImpl::ListSnapshots(const std::string& service, Deadline deadline,
                               Done<std::vector<Snapshot>> done) {
  const absl::StatusOr<ServiceState*> state = core_.FindService(service);
  if (!state.ok()) return done(state.status());
  ServiceState& found = **state;
  if (const absl::Status has = CheckHasSnapshots(found); !has.ok()) return done(has);
  SubmitFor<std::vector<Snapshot>>({found.config.name, "snapshots"}, "", "list snapshots", "list", deadline,
                                   std::move(done), [this, &found] { return AllSnapshots(core_, found); });
}

void EngineImpl::CreateSnapshot(const VolumeRef& ref, const SnapshotSpec& spec, bool freeze,
                                Deadline deadline, Done<Snapshot> done) {
  if (!spec.name.empty()) {
    if (const absl::Status valid = ValidateVolumeName(spec.name); !valid.ok()) {
      return done(Annotate(valid, "snapshot"));
    }
  }
  Resolve(
      ref, deadline, [this, spec, freeze, deadline, done = std::move(done)](absl::StatusOr<Target> target) {
        if (!target.ok()) return done(target.status());
        ServiceState& service = *target->service;
        if (const absl::Status has = CheckHasSnapshots(service); !has.ok()) return done(has);
        const std::string join = spec.name.empty() ? "" : fmt::format("snapshot {} {}", spec.name, freeze);
        SubmitFor<Snapshot>(target->key, target->name, "snapshot", join, deadline, done,
                            [this, &service, key = target->key, name = target->name, spec, freeze] {
                              return RunSnapshot(service, key, name, spec, freeze);
                            });
      });
}

absl::StatusOr<Snapshot> EngineImpl::RunSnapshot(ServiceState& service, const VolumeKey& key,
                                                 const std::string& name, const SnapshotSpec& spec,
                                                 bool freeze) {
  if (!spec.name.empty()) {
    ASSIGN_OR_RETURN(const std::vector<Snapshot> snapshots, AllSnapshots(core_, service));
    const auto same = std::find_if(snapshots.begin(), snapshots.end(),
                                   [&](const Snapshot& other) { return other.name == spec.name; });
    if (same != snapshots.end()) {
      if (same->source_volume == key.id) return *same;
      return Error(absl::StatusCode::kAlreadyExists,
                   "snapshot \"{}\" exists already ({}), of volume {}; use another name", spec.name, same->id,
                   same->source_volume);
    }
  }
  StepRunner steps = core_.Steps(key, name, "snapshot");
  Snapshot made;
  const auto cut = [&](const CallContext& context) -> absl::Status {
    ASSIGN_OR_RETURN(made, service.driver().CreateSnapshot(context, key.id, spec));
    made.service = key.service;
    return absl::OkStatus();
  };
  const auto discard = [&] { (void)service.driver().RemoveSnapshot(core_.WorkContext(), made.id); };
  const absl::Status status = CopyStill(core_, service, steps, key, name, freeze, "snapshot", cut, discard);
  steps.Finish();
  pools_.LookSoon(core_, service);
  if (!status.ok()) return Blame(status, name);
  core_.AddEvent(LogLevel::kInfo, "snapshot", key, name,
                 fmt::format("snapshot {}{} of volume \"{}\" is made", made.id,
                             made.name.empty() ? "" : " \"" + made.name + "\"", name));
  return made;
}

void EngineImpl::RemoveSnapshot(const std::string& service, const std::string& id_or_name,
                                const RemoveOptions& options, Deadline deadline, DoneStatus done) {
  const absl::StatusOr<ServiceState*> state = core_.FindService(service);
  if (!state.ok()) return done(state.status());
  ServiceState& found = **state;
  if (const absl::Status has = CheckHasSnapshots(found); !has.ok()) return done(has);
  const VolumeKey key = KeyOfSnapshot(found.config.name, id_or_name);
  SubmitStatus(key, id_or_name, "remove_snapshot", fmt::format("remove {}", options.only_ours), deadline,
               std::move(done), [this, &found, key, id_or_name, options] {
                 return RunRemoveSnapshot(found, key, id_or_name, options);
               });
}

absl::Status EngineImpl::RunRemoveSnapshot(ServiceState& service, const VolumeKey& key,
                                           const std::string& id_or_name, const RemoveOptions& options) {
  ASSIGN_OR_RETURN(const Snapshot snapshot, FindSnapshot(core_, service, id_or_name));
  if (options.only_ours && !service.config.remove_foreign && !snapshot.created_by_us) {
    return Error(absl::StatusCode::kPermissionDenied,
                 "snapshot {} was not made by rexray, so an orchestrator may not remove it; a person may: "
                 "rexray snapshot rm {}",
                 snapshot.id, snapshot.id);
  }
  StepRunner steps = core_.Steps(key, id_or_name, "remove_snapshot");
  const absl::Status status = steps.Run(
      "remove_snapshot", [&] { return service.driver().RemoveSnapshot(core_.WorkContext(), snapshot.id); });
  steps.Finish();
  RETURN_IF_ERROR(Annotate(status, "snapshot " + snapshot.id));
  core_.AddEvent(LogLevel::kInfo, "snapshot-removed", {key.service, snapshot.id}, snapshot.name,
                 fmt::format("snapshot {} is removed", snapshot.id));
  return absl::OkStatus();
}

}  // namespace rexray::engine
