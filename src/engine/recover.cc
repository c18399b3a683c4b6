// VolumeEngine::Recover: the journal against the kernel's truth, before serving begins. Nothing here waits
// for a backend: what needs one is an operation in the volume's queue, ahead of any caller's, and is tried
// again until the backend has answered.
//
// clang-format off
//
//   row, and its mount is there (path and device number)  -> staged, with its consumers
//   row says staged, the mount is gone                    -> its consumers are lost (an event); detached if it is ours
//   row of a half-made mount                              -> undone: unmounted, detached if this boot's journal
//                                                            says that we attached it
//   row of what was taken away (lost)                     -> as it is, with its consumers
//   row of what lingered                                  -> detached
//   intent that says that it froze a file system          -> thawed
//   intent to attach, no row                              -> detached: it was not here before
//   mount under our root that no row explains             -> adopted, with an event; never detached by ourselves
//   anything else                                         -> left as it is, with an event
//   intent, while a process of the former daemon hangs    -> the volume waits for the end of that process, in its
//                                                            queue ahead of any caller; then all of the above
//
// clang-format on

#include <functional>
#include <set>

#include "base/json.h"
#include "base/status.h"
#include "engine/consumer_rule.h"
#include "engine/engine_impl.h"
#include "engine/mount_point.h"
#include "engine/still_source.h"
#include "engine/unstage.h"
#include "volume/volume_name.h"

namespace rexray::engine {
namespace {

using Intents = std::map<VolumeKey, IntentRow>;

/// Between two looks at what a former daemon left at work.
constexpr Duration kLookAgain = std::chrono::milliseconds(200);

/// The operation had found the volume not attached here, so what is attached now is its doing.
bool AttachedByIntent(const IntentRow& intent) {
  if (intent.operation != "mount" && intent.operation != "attach") return false;
  const absl::StatusOr<nlohmann::json> arguments = ParseJson(intent.arguments);
  if (!arguments.ok() || !arguments->is_object()) return false;
  const auto before = arguments->find("attached_before");
  return before != arguments->end() && before->is_boolean() && !before->get<bool>();
}

/// The mount of this stage, if it is there.
std::optional<host::MountEntry> MountOf(const ServiceState& service, const Stage& stage,
                                        const std::string& path,
                                        const std::vector<host::MountEntry>& mounts) {
  std::optional<host::MountEntry> found = host::FindMount(mounts, path);
  if (!found) return std::nullopt;
  if (stage.device_number != 0) return found->device == stage.device_number ? found : std::nullopt;
  // Killed between the mount and its row: by the device's name, or by the directory that is bind-mounted.
  const bool same = service.directory() ? found->root.size() > 1 && stage.device.ends_with(found->root)
                                        : !stage.device.empty() && found->source == stage.device;
  return same ? found : std::nullopt;
}

class Recovery {
 public:
  explicit Recovery(Core& core) : core_(core) {}

  absl::Status Run();
  /// The same for one volume that had to wait; in its turn.
  absl::Status RunFor(const VolumeKey& key);
  /// What has to wait for the end of a process of the former daemon: key -> name.
  const std::map<VolumeKey, std::string>& held() const { return held_; }
  /// Mounts under our root that no row explains: path -> entry.
  const std::map<std::string, host::MountEntry>& unexplained() const { return unexplained_; }

 private:
  void TakeRow(const StageRow& row, std::vector<ConsumerRecord> consumers);
  void TakeLost(Stage stage);
  void TakeStaged(ServiceState& service, Stage stage);
  void TakeHalfMade(ServiceState& service, Stage stage);
  void TakeIntent(const IntentRow& intent);
  void ThawWhatItFroze(const IntentRow& intent);
  void LoseConsumers(const Stage& stage);
  absl::Status Load();
  void Hold(const IntentRow& intent);
  void FindUnexplained();
  void SweepMountPoints();
  bool WasBeingUnmounted(const VolumeKey& key) const {
    const auto intent = intents_.find(key);
    if (intent == intents_.end()) return false;
    const std::string& operation = intent->second.operation;
    return operation == "unmount" || operation == "detach" || operation == "remove" || operation == "release";
  }

  Core& core_;
  /// What becomes an operation, with an intent of its own: when the old intents have been read and dropped.
  std::vector<std::function<void()>> begin_;
  std::vector<host::MountEntry> mounts_;
  std::vector<StageRow> rows_;
  std::map<VolumeKey, std::vector<ConsumerRecord>> consumers_;
  Intents intents_;
  std::map<VolumeKey, std::string> held_;
  std::set<std::string> explained_;  // paths
  std::map<std::string, host::MountEntry> unexplained_;
};

absl::Status Recovery::Load() {
  ASSIGN_OR_RETURN(rows_, core_.journal->Stages());
  ASSIGN_OR_RETURN(const std::vector<ConsumerRow> consumers, core_.journal->Consumers());
  ASSIGN_OR_RETURN(const std::vector<IntentRow> intents, core_.journal->Intents());
  ASSIGN_OR_RETURN(mounts_, core_.host.mounter->List());
  for (const ConsumerRow& row : consumers)
    consumers_[row.key].push_back({row.consumer, row.count, row.since});
  for (const IntentRow& intent : intents) intents_[intent.key] = intent;
  return absl::OkStatus();
}

absl::Status Recovery::Run() {
  RETURN_IF_ERROR(Load());
  const bool wait = core_.options.former_work && !core_.options.former_work().ok();
  for (const auto& [key, intent] : intents_) wait ? Hold(intent) : ThawWhatItFroze(intent);
  for (const StageRow& row : rows_) {
    if (!held_.contains(row.key)) TakeRow(row, consumers_[row.key]);
  }
  for (const auto& [key, intent] : intents_) {
    if (!held_.contains(key)) TakeIntent(intent);
  }
  FindUnexplained();
  SweepMountPoints();
  for (const std::function<void()>& begin : begin_) begin();
  return absl::OkStatus();
}

absl::Status Recovery::RunFor(const VolumeKey& key) {
  RETURN_IF_ERROR(Load());
  const auto intent = intents_.find(key);
  if (intent != intents_.end()) ThawWhatItFroze(intent->second);
  for (const StageRow& row : rows_) {
    row.key == key ? TakeRow(row, consumers_[key]) : void(explained_.insert(row.stage_path));
  }
  std::string name;
  if (intent != intents_.end()) {
    name = intent->second.name;
    TakeIntent(intent->second);
  }
  FindUnexplained();
  const std::string path = core_.StagePathOf(key.service, name);
  std::erase_if(unexplained_, [&](const auto& mount) { return mount.first != path; });
  for (const std::function<void()>& begin : begin_) begin();
  return absl::OkStatus();
}

/// What is known of it is shown meanwhile, and nothing at its mount point is ours to explain or to remove.
void Recovery::Hold(const IntentRow& intent) {
  held_[intent.key] = intent.name;
  explained_.insert(core_.StagePathOf(intent.key.service, intent.name));
  for (const StageRow& row : rows_) {
    if (row.key != intent.key) continue;
    explained_.insert(row.stage_path);
    Stage stage = StageOf(row);
    stage.consumers = consumers_[row.key];
    core_.table.Put(std::move(stage));
  }
}

void Recovery::TakeRow(const StageRow& row, std::vector<ConsumerRecord> consumers) {
  Stage stage = StageOf(row);
  stage.consumers = std::move(consumers);
  stage.idle_since = core_.clock.Now();
  const absl::StatusOr<ServiceState*> service = core_.FindService(row.key.service);
  if (!service.ok()) {
    // Its row stays for the day when the service is configured again.
    explained_.insert(row.stage_path);
    core_.AddEvent(
        LogLevel::kWarn, "service-gone", row.key, row.name,
        fmt::format(
            "volume \"{}\" was mounted at {} for service \"{}\", which is no longer configured; it is "
            "left as it is",
            row.name, row.stage_path, row.key.service));
    return;
  }
  if (stage.state == StageState::kLost && !stage.lost_because.empty()) return TakeLost(std::move(stage));
  if (stage.Staged()) return TakeStaged(**service, std::move(stage));
  TakeHalfMade(**service, std::move(stage));
}

/// It was taken away, and its consumers are still there.
void Recovery::TakeLost(Stage stage) {
  const VolumeKey key = stage.key;
  if (!stage.stage_path.empty()) explained_.insert(stage.stage_path);
  core_.table.Put(std::move(stage));
  begin_.emplace_back([this, key] { ResumeFencing(core_, key); });
}

void Recovery::TakeStaged(ServiceState& service, Stage stage) {
  const bool bare = stage.device_number == 0;  // a directory that is handed out as it is
  if (bare || MountOf(service, stage, stage.stage_path, mounts_)) {
    explained_.insert(stage.stage_path);
    core_.table.Put(std::move(stage));
    return;
  }
  if (!WasBeingUnmounted(stage.key)) LoseConsumers(stage);
  stage.state = StageState::kAttached;
  stage.device_number = 0;
  stage.stage_path.clear();
  stage.user_path.clear();
  TakeHalfMade(service, std::move(stage));
}

/// Attached, perhaps mounted, and nobody was ever told of it.
void Recovery::TakeHalfMade(ServiceState& service, Stage stage) {
  for (const ConsumerRecord& record : stage.consumers) {
    (void)core_.journal->DropConsumer(stage.key, record.consumer);
  }
  stage.consumers.clear();
  const std::string path =
      stage.stage_path.empty() ? core_.StagePathOf(stage.key.service, stage.name) : stage.stage_path;
  const std::optional<host::MountEntry> mount = MountOf(service, stage, path, mounts_);
  stage.device_number = mount ? mount->device : 0;
  stage.stage_path = mount ? path : "";
  if (mount) {
    explained_.insert(path);
  } else {
    RemoveMountPoint(path);  // only an empty directory goes
  }
  if (stage.state == StageState::kLost) stage.state = StageState::kAttached;
  stage.idle_since = core_.clock.Now() - service.config.linger;  // it has lingered long enough
  const VolumeKey key = stage.key;
  if (const absl::Status saved = core_.SaveStage(stage); !saved.ok()) {
    core_.AddEvent(LogLevel::kError, "journal", key, stage.name, std::string(MessageOf(saved)));
    core_.table.Put(std::move(stage));
  }
  begin_.emplace_back([this, &service, key] { DetachLater(core_, service, key, Duration::zero()); });
}

/// Whoever writes to it waits for us. Its guard has thawed it, unless that was ended too.
void Recovery::ThawWhatItFroze(const IntentRow& intent) {
  const std::string path = FrozenBy(intent);
  if (path.empty() || !host::FindMount(mounts_, path)) return;
  const absl::Status thawed = core_.host.file_systems->Thaw(path, /*guard=*/0);
  if (absl::IsFailedPrecondition(thawed)) return;  // it is not frozen
  core_.AddEvent(thawed.ok() ? LogLevel::kWarn : LogLevel::kError, thawed.ok() ? "thawed" : "thaw-failed",
                 intent.key, intent.name,
                 thawed.ok() ? fmt::format("{} was frozen by {} when the daemon ended; it is thawed", path,
                                           intent.operation)
                             : fmt::format("{} may be frozen, and cannot be thawed: {}; see fsfreeze(8)",
                                           path, MessageOf(thawed)));
}

void Recovery::TakeIntent(const IntentRow& intent) {
  const absl::StatusOr<ServiceState*> service = core_.FindService(intent.key.service);
  if (!service.ok()) return;
  const StagePtr stage = core_.table.Find(intent.key);
  if (stage == nullptr && AttachedByIntent(intent)) {
    Stage attached;
    attached.key = intent.key;
    attached.name = intent.name;
    attached.state = StageState::kAttached;
    attached.attached_by_us = true;
    core_.AddEvent(
        LogLevel::kWarn, "rolled-back", intent.key, intent.name,
        fmt::format("volume \"{}\": the daemon ended during {} ({}); what it attached is detached again",
                    intent.name, intent.operation, intent.step));
    TakeHalfMade(**service, std::move(attached));
  } else if (stage != nullptr && stage->Staged() &&
             (intent.operation == "grow" || intent.operation == "modify")) {
    auto operation = std::make_shared<Operation>();
    operation->key = intent.key;
    operation->name = intent.name;
    operation->kind = "recover";
    operation->body = [&core = core_, key = intent.key, name = intent.name](Operation&) {
      const StagePtr now = core.table.Find(key);
      if (now == nullptr || !now->Staged() || now->read_only) return;
      StepRunner steps = core.Steps(key, name, "recover");
      const absl::Status grown = steps.Run("grow_fs", [&] {
        return core.host.file_systems->Grow(now->device, now->fs_type, now->stage_path,
                                            core.WorkContext().deadline);
      });
      steps.Finish();
      if (!grown.ok())
        core.AddEvent(LogLevel::kWarn, "grow-failed", key, name, std::string(MessageOf(grown)));
    };
    core_.queue.Submit(std::move(operation), nullptr);
    return;  // that operation's own intent replaces this one
  }
  if (const absl::Status dropped = core_.journal->DropIntent(intent.key); !dropped.ok()) {
    core_.AddEvent(LogLevel::kError, "journal", intent.key, intent.name, std::string(MessageOf(dropped)));
  }
}

void Recovery::LoseConsumers(const Stage& stage) {
  core_.AddEvent(
      LogLevel::kWarn, stage.consumers.empty() ? "stage-gone" : "consumer-lost", stage.key, stage.name,
      fmt::format("volume \"{}\" was mounted at {} when the daemon ended and is not any more{}", stage.name,
                  stage.stage_path,
                  stage.consumers.empty() ? std::string() : "; lost: " + DescribeConsumers(stage)));
}

void Recovery::FindUnexplained() {
  const std::string root = core_.options.volumes_root + "/";
  for (const host::MountEntry& mount : mounts_) {
    if (mount.target.starts_with(root) && !explained_.contains(mount.target))
      unexplained_[mount.target] = mount;
  }
}

/// A boot takes the mounts away and leaves their mount points. Not of directory drivers, whose volumes are
/// directories themselves.
void Recovery::SweepMountPoints() {
  std::set<std::string> mounted;
  for (const host::MountEntry& mount : mounts_) mounted.insert(mount.target);
  for (const auto& [key, name] : held_) mounted.insert(core_.StagePathOf(key.service, name));
  for (const auto& [name, service] : core_.services) {
    if (service->directory()) continue;
    const std::string any = core_.StagePathOf(name, "any");
    RemoveEmptyMountPoints(any.substr(0, any.rfind('/')), mounted);
  }
}

/// ROOT/name and ROOT/.services/SERVICE/name; nullopt for anything deeper or with another kind of name.
std::optional<std::pair<std::string, std::string>> ServiceAndName(const Core& core, const std::string& path) {
  std::string rest = path.substr(core.options.volumes_root.size() + 1);
  std::string service = core.options.default_service;
  constexpr std::string_view kOthers = ".services/";
  if (rest.starts_with(kOthers)) {
    rest = rest.substr(kOthers.size());
    const size_t slash = rest.find('/');
    if (slash == std::string::npos) return std::nullopt;
    service = rest.substr(0, slash);
    rest = rest.substr(slash + 1);
  }
  if (!ValidateVolumeName(rest).ok() || !core.services.contains(service)) return std::nullopt;
  return std::make_pair(service, rest);
}

bool IsMountOf(Core& core, const ServiceState& service, const host::MountEntry& mount,
               const LocalResource& local) {
  if (service.directory()) return local.path == mount.source || local.path.ends_with(mount.root);
  if (mount.source == local.path) return true;
  const absl::StatusOr<dev_t> number = core.host.devices->NumberOf(local.path);
  return number.ok() && *number == mount.device;
}

/// In the volume's turn.
absl::Status AdoptMount(Core& core, ServiceState& service, const VolumeKey& key, const std::string& name,
                        const host::MountEntry& mount) {
  const StagePtr known = core.table.Find(key);
  if (known != nullptr && known->device_number != 0)
    return absl::OkStatus();  // a Mount was quicker and took it up
  StepRunner steps = core.Steps(key, name, "recover");
  const absl::Status status = steps.Run("adopt", [&]() -> absl::Status {
    const CallContext context = core.WorkContext();
    ASSIGN_OR_RETURN(const std::optional<LocalResource> local, service.driver().FindLocal(context, key.id));
    if (!local || !IsMountOf(core, service, mount, *local)) {
      return Error(absl::StatusCode::kFailedPrecondition,
                   "what is mounted at {} ({}) is not that volume's device", mount.target, mount.source);
    }
    Stage stage;
    stage.key = key;
    stage.name = name;
    stage.state = StageState::kStaged;
    stage.device = local->path;
    stage.identity = local->identity;
    stage.device_number = mount.device;
    stage.stage_path = mount.target;
    stage.fs_type = mount.fs_type;
    stage.read_only = mount.options == "ro" || mount.options.starts_with("ro,");
    stage.attached_by_us = true;  // under our root, where nobody else mounts: its last Unmount detaches it
    stage.since = core.clock.WallNow();
    ASSIGN_OR_RETURN(stage.user_path, MakeUserDirectory(mount.target, service.config.root_path,
                                                        service.config.file_mode, !stage.read_only));
    RETURN_IF_ERROR(core.SaveStage(stage));
    // Who uses it is not known; somebody may. An Unmount with an id that nobody knows ends it when the kernel
    // shows no user, or an operator: rexray volume release NAME --consumer adopted.
    RETURN_IF_ERROR(core.AddConsumer(key, AdoptedConsumer()).status());
    return service.directory() ? absl::OkStatus() : service.driver().OnStaged(context, key.id);
  });
  steps.Finish();
  if (!status.ok()) return status;
  core.AddEvent(
      LogLevel::kWarn, "adopted", key, name,
      fmt::format("volume \"{}\" is mounted at {} and the journal does not know it; it is taken up, with the "
                  "consumer \"adopted\"",
                  name, mount.target));
  return absl::OkStatus();
}

void LeaveUnexplained(Core& core, const VolumeKey& key, const std::string& name,
                      const host::MountEntry& mount, const absl::Status& why) {
  core.AddEvent(
      LogLevel::kWarn, "unexplained-mount", key, name,
      fmt::format(
          "{} ({}) is mounted under the volumes' root and is no volume that is known: {}; it is left as "
          "it is",
          mount.target, mount.source, MessageOf(why)));
}

}  // namespace

absl::Status EngineImpl::Recover() {
  if (const std::string remark = core_.journal->Remark(); !remark.empty()) {
    core_.AddEvent(LogLevel::kError, "journal", {}, "", remark);
  }
  Recovery recovery(core_);
  RETURN_IF_ERROR(recovery.Run());
  for (const auto& [key, name] : recovery.held()) RecoverLater(key, name);
  for (const StagePtr& stage : core_.table.All()) EndWhenAbandoned(stage->key);
  AdoptAll(recovery.unexplained());
  for (auto& [name, service] : core_.services) AwaitBackend(*service, /*failures=*/0);
  fencing_.Start();
  stale_.Start();
  pools_.Start(core_);
  return absl::OkStatus();
}

void EngineImpl::AdoptAll(const std::map<std::string, host::MountEntry>& mounts) {
  for (const auto& [path, mount] : mounts) {
    const auto found = ServiceAndName(core_, path);
    if (found) AdoptUnexplained(*core_.services.at(found->first), found->second, mount, /*failures=*/0);
  }
}

/// The volume's turn is taken until nothing of the former daemon can act on it any more; its intent stays in
/// the journal, for the case that we end before that.
void EngineImpl::RecoverLater(const VolumeKey& key, const std::string& name) {
  auto operation = std::make_shared<Operation>();
  operation->key = key;
  operation->name = name;
  operation->kind = "recover";
  operation->body = [this, key, name](Operation&) {
    for (int looks = 0;; ++looks) {
      const absl::Status ended = core_.options.former_work();
      if (ended.ok()) break;
      if (looks == 0) {
        core_.AddEvent(LogLevel::kWarn, "waits-for-former-daemon", key, name,
                       fmt::format("volume \"{}\" waits for {}", name, MessageOf(ended)));
      }
      core_.queue.SetStep(key, "recover", std::string(MessageOf(ended)));
      if (!core_.Pause(core_.clock.Now() + kLookAgain)) return;
    }
    Recovery recovery(core_);
    if (const absl::Status done = recovery.RunFor(key); !done.ok()) {
      core_.AddEvent(LogLevel::kError, "journal", key, name, std::string(MessageOf(done)));
    }
    EndWhenAbandoned(key);
    AdoptAll(recovery.unexplained());
  };
  core_.queue.Submit(std::move(operation), nullptr);
}

/// Until it has answered once, and its service is no longer "starting".
void EngineImpl::AwaitBackend(ServiceState& service, int failures) {
  service.cache->All(core_.WorkContext().deadline,
                     [this, &service, failures](const absl::StatusOr<std::vector<CachedVolume>>& volumes) {
                       if (volumes.ok()) return;
                       core_.Later(core_.RetryWait(failures),
                                   [this, &service, failures] { AwaitBackend(service, failures + 1); });
                     });
}

/// A backend that does not answer knows nothing: it is asked again until it does.
void EngineImpl::AdoptUnexplained(ServiceState& service, const std::string& name,
                                  const host::MountEntry& mount, int failures) {
  const auto failed = [this, &service, name, mount, failures](const VolumeKey& key, const absl::Status& why) {
    if (!MayPass(why)) return LeaveUnexplained(core_, key, name, mount, why);
    if (failures == 0) {
      core_.AddEvent(
          LogLevel::kWarn, "adoption-waits", key, name,
          fmt::format("{} ({}) is mounted under the volumes' root and the journal does not know it; "
                      "it is taken up when its backend answers: {}",
                      mount.target, mount.source, MessageOf(why)));
    }
    core_.Later(core_.RetryWait(failures), [this, &service, name, mount, failures] {
      AdoptUnexplained(service, name, mount, failures + 1);
    });
  };
  ResolveFresh(service, {service.config.name, name, ""}, core_.WorkContext().deadline,
               [this, &service, name, mount, failed](const absl::StatusOr<Target>& target) {
                 if (!target.ok()) return failed({service.config.name, ""}, target.status());
                 auto operation = std::make_shared<Operation>();
                 operation->key = target->key;
                 operation->name = name;
                 operation->kind = "recover";
                 operation->body = [this, &service, name, mount, failed, key = target->key](Operation&) {
                   const absl::Status adopted = AdoptMount(core_, service, key, name, mount);
                   if (!adopted.ok()) failed(key, adopted);
                 };
                 core_.queue.Submit(std::move(operation), nullptr);
               });
}

}  // namespace rexray::engine
