// VolumeEngine::CreateVolume, Remove, Grow, Modify and Adopt.

#include <algorithm>

#include "base/size.h"
#include "base/status.h"
#include "engine/engine_impl.h"
#include "engine/unstage.h"
#include "volume/mkfs_options.h"
#include "volume/mount_options.h"
#include "volume/volume_name.h"

namespace rexray::engine {
namespace {

/// A volume that is being made has no id yet: its name has a turn of its own.
VolumeKey KeyOfName(const std::string& service, const std::string& name) {
  return {service, "name " + name};
}

CreateSpec WithDefaults(const AdjustableSettings& defaults, CreateSpec spec, bool sizes) {
  const bool copy = spec.source_snapshot || spec.source_volume;
  if (!spec.size && sizes && !copy) spec.size = defaults.default_size;
  if (!copy && (!spec.fs_type || spec.fs_type->empty())) spec.fs_type = defaults.default_fs_type;
  if (!spec.type && !defaults.default_type.empty()) spec.type = defaults.default_type;
  if (!spec.iops) spec.iops = defaults.default_iops;
  if (!spec.zone && !defaults.default_zone.empty()) spec.zone = defaults.default_zone;
  spec.tags.insert(defaults.default_tags.begin(),
                   defaults.default_tags.end());  // not over what was asked for
  return spec;
}

/// What a repeated Create finds different from what it wants.
class Differences {
 public:
  void Add(const char* what, const std::string& wanted, const std::string& has) {
    if (!text_.empty()) text_ += ", ";
    text_ += fmt::format("{}: wanted {}, has {}", what, wanted, has.empty() ? "none" : has);
  }
  template <typename T>
  void Compare(const char* what, const std::optional<T>& wanted, const T& has) {
    if (wanted && *wanted != has) Add(what, fmt::format("{}", *wanted), fmt::format("{}", has));
  }
  template <typename T>
  void Compare(const char* what, const std::optional<T>& wanted, const std::optional<T>& has) {
    if (wanted && wanted != has) Add(what, fmt::format("{}", *wanted), has ? fmt::format("{}", *has) : "");
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

absl::Status CheckCanGrow(const Core& core, const ServiceState& service, const VolumeKey& key,
                          const std::string& name) {
  const DriverCapabilities& can = service.driver().Capabilities();
  if (!can.grow) {
    return Error(absl::StatusCode::kUnimplemented, "volume \"{}\" cannot grow: driver {} has no means for it",
                 name, service.driver().Name());
  }
  const StagePtr stage = core.table.Find(key);
  if (stage != nullptr && stage->Staged() && !can.grow_online) {
    return Error(absl::StatusCode::kFailedPrecondition,
                 "volume \"{}\" is mounted, and driver {} grows only what is not; unmount it first", name,
                 service.driver().Name());
  }
  return absl::OkStatus();
}

/// The file system, when it is mounted here and may be written to.
absl::Status GrowMounted(Core& core, const ServiceState& service, StepRunner& steps, const VolumeKey& key) {
  const StagePtr stage = core.table.Find(key);
  if (stage == nullptr || !stage->Staged() || stage->read_only || service.directory()) {
    return absl::OkStatus();
  }
  return steps.Run("grow_fs", [&] {
    return core.host.file_systems->Grow(stage->device, stage->fs_type, stage->stage_path,
                                        core.WorkContext().deadline);
  });
}

}  // namespace

void EngineImpl::CreateVolume(const std::string& service, const CreateSpec& spec, Deadline deadline,
                              Done<CreateResult> done) {
  const absl::StatusOr<ServiceState*> state = core_.FindService(service);
  if (!state.ok()) return done(state.status());
  if (const absl::Status valid = ValidateVolumeName(spec.name); !valid.ok()) return done(valid);
  if (const absl::Status valid = ValidateFsType(spec.fs_type.value_or("")); !valid.ok()) return done(valid);
  ServiceState& found = **state;
  const std::string default_fs = found.Adjusted().default_fs_type;
  if (const absl::Status valid = ValidateMkfsOptions(
          spec.fs_type.value_or("").empty() ? default_fs : *spec.fs_type, spec.mkfs_options);
      !valid.ok()) {
    return done(Blame(valid, spec.name));
  }
  const std::vector<CachedVolume> known = found.cache->FindByName(spec.name);
  if (found.config.create_disabled) {
    Volume shown;
    shown.key.service = found.config.name;
    shown.name = spec.name;
    return done(
        CreateResult{core_.ViewOf(found, known.empty() ? shown : *known.front().volume), /*existed=*/true});
  }
  // Nobody else can remove a volume of this node alone, so memory is the truth.
  if (known.size() == 1 && !found.driver().Capabilities().network) {
    absl::StatusOr<CreateResult> same = Compare(found, spec, *known.front().volume);
    if (same.ok()) return done(std::move(same));
  }
  const VolumeKey key = KeyOfName(found.config.name, spec.name);
  SubmitFor<CreateResult>(key, spec.name, "create", /*join=*/"", deadline, std::move(done),
                          [this, &found, spec, key] { return RunCreate(found, spec, key); });
}

absl::StatusOr<CreateResult> EngineImpl::RunCreate(ServiceState& service, const CreateSpec& spec,
                                                   const VolumeKey& key) {
  const CallContext context = core_.WorkContext();
  const auto find = [&]() -> absl::StatusOr<std::optional<CreateResult>> {
    ASSIGN_OR_RETURN(const std::vector<Volume> volumes, service.driver().FindByName(context, {spec.name}));
    if (volumes.empty()) return std::nullopt;
    for (const Volume& volume : volumes) service.cache->Put(volume);
    if (volumes.size() > 1) {
      return Error(absl::StatusCode::kAlreadyExists,
                   "volume \"{}\": there are {} of that name on service \"{}\" already", spec.name,
                   volumes.size(), service.config.name);
    }
    ASSIGN_OR_RETURN(CreateResult same, Compare(service, spec, volumes.front()));
    return same;
  };
  absl::StatusOr<std::optional<CreateResult>> existing = find();
  if (!existing.ok()) return Blame(existing.status(), spec.name);
  if (*existing) return **existing;

  absl::StatusOr<SourcedSpec> sourced = FindSource(service, spec);
  if (!sourced.ok()) return Blame(sourced.status(), spec.name);
  sourced->spec = WithDefaults(service.Adjusted(), sourced->spec, service.driver().Capabilities().sizes);
  StepRunner steps = core_.Steps(key, spec.name, "create");
  absl::StatusOr<Volume> created = MakeVolume(service, steps, *sourced);
  steps.Finish();
  pools_.LookSoon(core_, service);
  const absl::Status status = created.status();
  if (absl::IsAlreadyExists(status)) {  // another node was quicker
    existing = find();
    if (!existing.ok()) return Blame(existing.status(), spec.name);
    if (*existing) return **existing;
  }
  if (!status.ok()) return Blame(status, spec.name);
  Volume& made = *created;
  made.key.service = service.config.name;
  service.cache->Put(made);
  core_.AddEvent(
      LogLevel::kInfo, "created", made.key, made.name,
      fmt::format("volume \"{}\" ({}, {}) is made", made.name, made.key.id, FormatSize(made.size)));
  return CreateResult{core_.ViewOf(service, made), /*existed=*/false};
}

absl::StatusOr<CreateResult> EngineImpl::Compare(ServiceState& service, const CreateSpec& spec,
                                                 const Volume& volume) const {
  Differences differences;
  if (spec.size && volume.size != 0 && *spec.size > volume.size) {
    differences.Add("size", FormatSize(*spec.size), FormatSize(volume.size));
  }
  const std::string has_fs = volume.fs_type.empty() ? service.Adjusted().default_fs_type : volume.fs_type;
  if (spec.fs_type && !spec.fs_type->empty()) differences.Compare("file system", spec.fs_type, has_fs);
  differences.Compare("type", spec.type, volume.type);
  differences.Compare("iops", spec.iops, volume.iops);
  differences.Compare("throughput", spec.throughput, volume.throughput);
  differences.Compare("zone", spec.zone, volume.zone);
  differences.Compare("encrypted", spec.encrypted, volume.encrypted);
  for (const auto& [name, value] : spec.tags) {
    const auto tag = volume.tags.find(name);
    if (tag == volume.tags.end() || tag->second != value) {
      differences.Add("tag", fmt::format("{}={}", name, value), tag == volume.tags.end() ? "" : tag->second);
    }
  }
  if (!differences.text().empty()) {
    return Error(absl::StatusCode::kAlreadyExists,
                 "volume \"{}\" exists already and is not what was asked for ({}); use another name, or "
                 "leave these options "
                 "out",
                 spec.name, differences.text());
  }
  return CreateResult{core_.ViewOf(service, volume), /*existed=*/true};
}

void EngineImpl::Remove(const VolumeRef& ref, const RemoveOptions& options, Deadline deadline,
                        DoneStatus done) {
  Resolve(ref, deadline, [this, options, deadline, done = std::move(done)](absl::StatusOr<Target> target) {
    if (!target.ok()) return done(target.status());
    if (target->service->config.remove_disabled) return done(absl::OkStatus());
    ServiceState& service = *target->service;
    SubmitStatus(target->key, target->name, "remove", fmt::format("remove {}", options.only_ours), deadline,
                 done, [this, &service, key = target->key, name = target->name, options] {
                   return RunRemove(service, key, name, options);
                 });
  });
}

absl::Status EngineImpl::RunRemove(ServiceState& service, const VolumeKey& key, const std::string& name,
                                   const RemoveOptions& options) {
  const StagePtr stage = core_.table.Find(key);
  if (stage != nullptr && !stage->consumers.empty()) {
    return Error(absl::StatusCode::kFailedPrecondition,
                 "volume \"{}\" is in use on this node by {}; end these first (rexray volume unmount)", name,
                 DescribeConsumers(*stage));
  }
  if (stage != nullptr && stage->keep_attached) {
    return Error(
        absl::StatusCode::kFailedPrecondition,
        "volume \"{}\" is attached here by \"rexray volume attach\"; detach it first (rexray volume detach)",
        name);
  }
  absl::StatusOr<Volume> volume = core_.FreshVolumeOf(service, key);
  if (!volume.ok()) return Blame(volume.status(), name);
  if (options.only_ours && !service.config.remove_foreign && !volume->created_by_us) {
    return Error(absl::StatusCode::kPermissionDenied,
                 "volume \"{}\" ({}) was not made by rexray, so an orchestrator may not remove it; a person "
                 "may: rexray "
                 "volume rm --volumeid {}  (or set rexray.volume.remove.foreign: true)",
                 name, key.id, key.id);
  }
  StepRunner steps = core_.Steps(key, name, "remove");
  absl::Status status = absl::OkStatus();
  if (stage != nullptr && stage->device_number != 0) status = UmountStage(core_, service, steps, key);
  if (status.ok()) status = DetachStage(core_, service, steps, key);
  if (!status.ok()) RetryDetachLater(core_, service, key);
  if (status.ok()) {
    status = steps.Run("remove", [&] {
      const absl::Status removed = service.driver().Remove(core_.WorkContext(), key.id);
      return absl::IsNotFound(removed) ? absl::OkStatus() : removed;  // somebody was quicker
    });
  }
  steps.Finish();
  if (!status.ok()) return Blame(status, name);
  service.cache->Erase(key.id);
  core_.AddEvent(LogLevel::kInfo, "removed", key, name,
                 fmt::format("volume \"{}\" ({}) is removed", name, key.id));
  return absl::OkStatus();
}

void EngineImpl::Grow(const VolumeRef& ref, uint64_t size, Deadline deadline, Done<VolumeView> done) {
  Resolve(ref, deadline, [this, size, deadline, done = std::move(done)](absl::StatusOr<Target> target) {
    if (!target.ok()) return done(target.status());
    ServiceState& service = *target->service;
    SubmitFor<VolumeView>(target->key, target->name, "grow", fmt::format("grow {}", size), deadline, done,
                          [this, &service, key = target->key, name = target->name, size] {
                            return RunGrow(service, key, name, size);
                          });
  });
}

/// Not mounted here: the volume alone grows, and its file system follows at its next mount, wherever that is.
absl::StatusOr<VolumeView> EngineImpl::RunGrow(ServiceState& service, const VolumeKey& key,
                                               const std::string& name, uint64_t size) {
  RETURN_IF_ERROR(CheckCanGrow(core_, service, key, name));
  StepRunner steps = core_.Steps(key, name, "grow");
  Volume volume;
  absl::Status status = steps.Run("grow_volume", [&]() -> absl::Status {
    ASSIGN_OR_RETURN(volume, service.driver().Grow(core_.WorkContext(), key.id, size));
    volume.key.service = key.service;
    service.cache->Put(volume);
    return absl::OkStatus();
  });
  if (status.ok()) status = GrowMounted(core_, service, steps, key);
  steps.Finish();
  if (!status.ok()) return Blame(status, name);
  core_.AddEvent(LogLevel::kInfo, "grown", key, name,
                 fmt::format("volume \"{}\" has {} now", name, FormatSize(volume.size)));
  return core_.ViewOf(service, volume);
}

void EngineImpl::Modify(const VolumeRef& ref, const ModifySpec& spec, Deadline deadline,
                        Done<VolumeView> done) {
  if (spec == ModifySpec{}) {
    return done(Error(absl::StatusCode::kInvalidArgument,
                      "nothing to change: give a size, a type, iops or a throughput"));
  }
  if (spec.size && !spec.type && !spec.iops && !spec.throughput) {
    return Grow(ref, *spec.size, deadline, std::move(done));
  }
  Resolve(ref, deadline, [this, spec, deadline, done = std::move(done)](absl::StatusOr<Target> target) {
    if (!target.ok()) return done(target.status());
    ServiceState& service = *target->service;
    const std::string join = fmt::format("modify {} {} {} {}", spec.size.value_or(0), spec.type.value_or(""),
                                         spec.iops.value_or(0), spec.throughput.value_or(0));
    SubmitFor<VolumeView>(target->key, target->name, "modify", join, deadline, done,
                          [this, &service, key = target->key, name = target->name, spec] {
                            return RunModify(service, key, name, spec);
                          });
  });
}

absl::StatusOr<VolumeView> EngineImpl::RunModify(ServiceState& service, const VolumeKey& key,
                                                 const std::string& name, const ModifySpec& spec) {
  if (!service.driver().Capabilities().modify) {
    return Error(
        absl::StatusCode::kUnimplemented,
        "volume \"{}\": driver {} cannot change a volume's type, iops or throughput; \"rexray volume "
        "grow\" changes its size",
        name, service.driver().Name());
  }
  if (spec.size) RETURN_IF_ERROR(CheckCanGrow(core_, service, key, name));
  StepRunner steps = core_.Steps(key, name, "modify");
  Volume volume;
  absl::Status status = steps.Run("modify_volume", [&]() -> absl::Status {
    ASSIGN_OR_RETURN(volume, service.driver().Modify(core_.WorkContext(), key.id, spec));
    volume.key.service = key.service;
    service.cache->Put(volume);
    return absl::OkStatus();
  });
  if (status.ok() && spec.size) status = GrowMounted(core_, service, steps, key);
  steps.Finish();
  if (!status.ok()) return Blame(status, name);
  core_.AddEvent(LogLevel::kInfo, "modified", key, name,
                 fmt::format("volume \"{}\" is modified: {}{}", name, FormatSize(volume.size),
                             volume.type.empty() ? "" : ", type " + volume.type));
  return core_.ViewOf(service, volume);
}

void EngineImpl::Adopt(const VolumeRef& ref, Deadline deadline, Done<VolumeView> done) {
  Resolve(ref, deadline, [this, deadline, done = std::move(done)](absl::StatusOr<Target> target) {
    if (!target.ok()) return done(target.status());
    ServiceState& service = *target->service;
    SubmitFor<VolumeView>(
        target->key, target->name, "adopt", "adopt", deadline, done,
        [this, &service, key = target->key, name = target->name] { return RunAdopt(service, key, name); });
  });
}

absl::StatusOr<VolumeView> EngineImpl::RunAdopt(ServiceState& service, const VolumeKey& key,
                                                const std::string& name) {
  StepRunner steps = core_.Steps(key, name, "adopt");
  Volume volume;
  const absl::Status status = steps.Run("adopt", [&]() -> absl::Status {
    ASSIGN_OR_RETURN(volume, service.driver().Adopt(core_.WorkContext(), key.id));
    volume.key.service = key.service;
    service.cache->Put(volume);
    return absl::OkStatus();
  });
  steps.Finish();
  if (!status.ok()) return Blame(status, name);
  core_.AddEvent(LogLevel::kInfo, "adopted", key, name,
                 fmt::format("volume \"{}\" ({}) is ours now: orchestrators may remove it", name, key.id));
  return core_.ViewOf(service, volume);
}

}  // namespace rexray::engine
