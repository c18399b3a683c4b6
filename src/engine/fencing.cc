#include "engine/fencing.h"

#include <algorithm>

#include "base/json.h"
#include "base/status.h"
#include "engine/mount_point.h"
#include "engine/unstage.h"

namespace rexray::engine {
namespace {

/// A backend may forget an attachment for a moment.
constexpr Duration kConfirmAfter = std::chrono::seconds(3);
constexpr Duration kReadTime = std::chrono::seconds(10);
constexpr Duration kListTime = std::chrono::minutes(1);
/// A rumour that could not be looked into (the backend is away).
constexpr Duration kLookAgain = std::chrono::seconds(30);

bool ListsNode(const Volume& volume, const NodeId& node) {
  return std::any_of(volume.attachments.begin(), volume.attachments.end(),
                     [&](const Attachment& attachment) { return attachment.node == node; });
}

absl::StatusOr<bool> ListsThisNode(Core& core, ServiceState& service, const Volume& volume) {
  ASSIGN_OR_RETURN(const Node self, service.driver().ThisNode(core.WorkContext()));
  return ListsNode(volume, self.id);
}

/// "" = the backend still has it attached to this node.
absl::StatusOr<std::string> WhyNotListed(Core& core, ServiceState& service, const VolumeKey& key) {
  const absl::StatusOr<Volume> volume = core.FreshVolumeOf(service, key);
  if (absl::IsNotFound(volume.status())) return "its backend does not know it any more";
  RETURN_IF_ERROR(volume.status());
  ASSIGN_OR_RETURN(const bool here, ListsThisNode(core, service, *volume));
  if (here) return "";
  if (volume->attachments.empty()) return "its backend has detached it from this node";
  return "its backend has attached it to " + volume->attachments.front().node;
}

/// "" = it is still ours.
absl::StatusOr<std::string> WhyLost(Core& core, ServiceState& service, const Stage& stage) {
  const bool network = service.driver().Capabilities().network;
  // An attachment of which no device was seen yet, or no longer, is the backend's: only that can end it.
  const bool device_decides = !stage.device.empty() && (stage.Staged() || !network);
  if (core.host.watch != nullptr && device_decides) {
    const absl::Status present = core.host.watch->CheckPresent(stage.device, stage.device_number);
    if (absl::IsNotFound(present)) return std::string(MessageOf(present));
  }
  if (!network) return "";
  ASSIGN_OR_RETURN(std::string why, WhyNotListed(core, service, stage.key));
  if (why.empty()) return why;
  if (!core.Pause(core.clock.Now() + kConfirmAfter)) {
    return Error(absl::StatusCode::kUnavailable, "the daemon is stopping");
  }
  return WhyNotListed(core, service, stage.key);
}

/// From a row that says lost to a path that nobody is led to any more.
absl::Status TakeDown(Core& core, StepRunner& steps, const Stage& lost) {
  return steps.RunAnyway(
      "umount_lazily",
      [&]() -> absl::Status {
        RETURN_IF_ERROR(core.host.mounter->UnmountLazily(lost.stage_path));
        RemoveMountPoint(lost.stage_path);
        return absl::OkStatus();
      },
      [&]() -> absl::Status {
        Stage left = lost;
        left.device_number = 0;
        left.stage_path.clear();
        left.user_path.clear();
        core.table.Release(lost.stage_path, lost.key);
        const absl::Status saved = core.SaveStage(left);
        if (!saved.ok()) core.table.Put(std::move(left));  // whatever the journal says: it is not mounted
        return absl::OkStatus();
      });
}

void Lose(Core& core, ServiceState& service, StepRunner& steps, const Stage& stage,
          const std::string& because) {
  Stage lost = stage;
  lost.state = StageState::kLost;
  lost.lost_because = because;
  lost.note = because;
  // The row first: from here on nobody is told that it is mounted, and a daemon that dies goes on from here.
  absl::Status status = steps.RunAnyway("mark_lost", [&]() -> absl::Status {
    if (const absl::Status saved = core.SaveStage(lost); !saved.ok()) core.table.Put(lost);
    return absl::OkStatus();
  });
  core.AddEvent(LogLevel::kError, "fenced", stage.key, stage.name,
                fmt::format("volume \"{}\" was taken away from this node: {}; it is unmounted from {}{}",
                            stage.name, because, stage.stage_path,
                            stage.consumers.empty() ? std::string() : ", lost: " + DescribeConsumers(stage)));
  if (status.ok()) status = TakeDown(core, steps, lost);
  if (!status.ok()) {
    core.AddEvent(LogLevel::kError, "fence-failed", stage.key, stage.name,
                  fmt::format("volume \"{}\" could not be unmounted: {}", stage.name, MessageOf(status)));
  }
  if (stage.consumers.empty()) DetachOrLinger(core, service, steps, stage.key, /*now=*/true);
}

void Submit(Core& core, const VolumeKey& key, const std::string& join,
            std::function<void(ServiceState&, const Stage&)> body) {
  const StagePtr stage = core.table.Find(key);
  const absl::StatusOr<ServiceState*> service = core.FindService(key.service);
  if (stage == nullptr || !service.ok()) return;
  auto operation = std::make_shared<Operation>();
  operation->key = key;
  operation->name = stage->name;
  operation->kind = "fence";
  operation->join = join;
  operation->body = [&core, &service = **service, key, body = std::move(body)](Operation&) {
    if (const StagePtr now = core.table.Find(key); now != nullptr) body(service, *now);
  };
  core.queue.Submit(std::move(operation), nullptr);
}

/// In the volume's turn.
void FenceIfLost(Core& core, ServiceState& service, const Stage& stage) {
  if (service.directory() || stage.state == StageState::kLost) return;
  StepRunner steps = core.Steps(stage.key, stage.name, "fence");
  std::string because;
  const absl::Status looked = steps.RunAnyway("look", [&]() -> absl::Status {
    ASSIGN_OR_RETURN(because, WhyLost(core, service, stage));
    return absl::OkStatus();
  });
  if (!because.empty() && stage.Staged()) {
    Lose(core, service, steps, stage, because);
  } else if (!because.empty() && stage.device_number == 0 && stage.consumers.empty()) {
    core.AddEvent(LogLevel::kWarn, "detached", stage.key, stage.name,
                  fmt::format("volume \"{}\" is no longer attached to this node: {}", stage.name, because));
    (void)core.DropStage(stage.key);
  }
  steps.Finish();
  if (looked.ok()) return;
  core.AddEvent(LogLevel::kWarn, "fence-unknown", stage.key, stage.name,
                fmt::format("volume \"{}\": whether it is still this node's is not known: {}", stage.name,
                            MessageOf(looked)));
  core.Later(kLookAgain, [&core, key = stage.key] { LookWhetherLost(core, key); });
}

}  // namespace

void LookWhetherLost(Core& core, const VolumeKey& key) {
  Submit(core, key, "look whether it is lost",
         [&core](ServiceState& service, const Stage& stage) { FenceIfLost(core, service, stage); });
}

void ResumeFencing(Core& core, const VolumeKey& key) {
  Submit(core, key, "go on fencing", [&core](ServiceState& service, const Stage& stage) {
    if (stage.state != StageState::kLost) return;
    StepRunner steps = core.Steps(stage.key, stage.name, "fence");
    absl::Status status = absl::OkStatus();
    if (!stage.stage_path.empty()) status = TakeDown(core, steps, stage);
    if (stage.consumers.empty()) DetachOrLinger(core, service, steps, stage.key, /*now=*/true);
    steps.Finish();
    if (status.ok()) return;
    core.AddEvent(LogLevel::kError, "fence-failed", stage.key, stage.name,
                  fmt::format("volume \"{}\" could not be unmounted: {}", stage.name, MessageOf(status)));
  });
}

absl::Status CheckNotLost(Core& core, ServiceState& service, const Stage& stage) {
  if (stage.lost_because.empty() || stage.consumers.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const Volume volume, core.FreshVolumeOf(service, stage.key));
  ASSIGN_OR_RETURN(const bool listed, ListsThisNode(core, service, volume));
  ASSIGN_OR_RETURN(const std::optional<LocalResource> local,
                   service.driver().FindLocal(core.WorkContext(), stage.key.id));
  if (listed && local) return absl::OkStatus();
  return Error(
      absl::StatusCode::kFailedPrecondition,
      "volume \"{}\" was taken away from this node ({}) while {} used it; stop what used it, or end it "
      "with \"rexray volume release {} --consumer ID\", and mount again",
      stage.name, stage.lost_because, DescribeConsumers(stage), stage.name);
}

Fencing::Fencing(Core& core)
    : core_(core),
      attachments_("fencing", core.timer, core.clock),
      devices_("device-check", core.timer, core.clock) {}

void Fencing::Start() {
  if (core_.host.watch != nullptr && subscription_ == 0) {
    subscription_ =
        core_.host.watch->Subscribe([this](const host::DeviceRemoval& removal) { OnRemoval(removal); });
    // What went away while nobody listened.
    for (const StagePtr& stage : core_.table.All()) {
      if (!stage->Staged() || stage->device_number == 0) continue;
      const absl::StatusOr<ServiceState*> service = core_.FindService(stage->key.service);
      if (!service.ok() || (*service)->directory()) continue;
      if (core_.host.watch->CheckPresent(stage->device, stage->device_number).ok()) continue;
      LookWhetherLost(core_, stage->key);
    }
  }
  const bool network = std::any_of(core_.services.begin(), core_.services.end(), [](const auto& service) {
    return service.second->driver().Capabilities().network;
  });
  if (!network) return;
  attachments_.Start(core_.options.attachment_poll, [this] { PollAttachments(); });
  if (core_.host.watch != nullptr) devices_.Start(core_.options.device_poll, [this] { PollDevices(); });
}

void Fencing::Stop() {
  if (subscription_ != 0) core_.host.watch->Unsubscribe(std::exchange(subscription_, 0));
  attachments_.Stop();
  devices_.Stop();
}

/// On the watch's thread.
void Fencing::OnRemoval(const host::DeviceRemoval& removal) {
  for (const StagePtr& stage : core_.table.All()) {
    const bool same = stage->device == removal.path ||
                      (stage->device_number != 0 && stage->device_number == removal.number);
    if (!same) continue;
    core_.Later(Duration::zero(), [&core = core_, key = stage->key] { LookWhetherLost(core, key); });
  }
}

/// One list for each service, however many volumes it has here.
void Fencing::PollAttachments() {
  for (const auto& [name, service] : core_.services) {
    if (!service->driver().Capabilities().network || !service->driver().Ready().ready()) continue;
    std::map<std::string, StagePtr> staged = core_.table.AllOf(name);
    std::erase_if(staged, [](const auto& entry) { return !entry.second->Staged(); });
    if (staged.empty()) continue;
    const CallContext context{Deadline::After(core_.clock, kListTime)};
    const auto volumes = service->driver().List(context);
    const absl::StatusOr<Node> self = service->driver().ThisNode(context);
    if (!volumes.ok() || !self.ok()) continue;  // it is away: nothing is known
    for (const Volume& volume : volumes->value) {
      if (ListsNode(volume, self->id)) staged.erase(volume.key.id);
    }
    for (const auto& [id, stage] : staged) LookWhetherLost(core_, stage->key);
  }
}

/// A disk that fails is not a volume that was lost: its backend is asked, and not again for the time of a
/// poll.
void Fencing::PollDevices() {
  for (const StagePtr& stage : core_.table.All()) {
    const absl::StatusOr<ServiceState*> service = core_.FindService(stage->key.service);
    if (!stage->Staged() || !service.ok() || !(*service)->driver().Capabilities().network) continue;
    if ((*service)->directory()) continue;
    const absl::Status read =
        core_.host.watch->ReadBlock(stage->device, Deadline::After(core_.clock, kReadTime));
    if (!absl::IsDataLoss(read)) {
      if (read.ok()) unreadable_.erase(stage->key);
      continue;
    }
    const auto [asked, first] = unreadable_.emplace(stage->key, core_.clock.Now());
    if (!first && core_.clock.Now() < asked->second + core_.options.attachment_poll) continue;
    asked->second = core_.clock.Now();
    core_.AddEvent(LogLevel::kError, "io-error", stage->key, stage->name,
                   fmt::format("volume \"{}\": {}", stage->name, MessageOf(read)));
    LookWhetherLost(core_, stage->key);
  }
}

}  // namespace rexray::engine
