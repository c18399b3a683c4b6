// Detach, and what the holder of a volume is doing.

#include <utility>

#include "base/logging.h"
#include "base/status.h"
#include "drivers/ebs/driver.h"
#include "drivers/ebs/ec2_error.h"
#include "volume/volume_name.h"

namespace rexray::drivers::ebs {
namespace {

/// A disk that goes away with EC2's word for it needs a moment more.
constexpr Duration kDeviceGoes = std::chrono::seconds(5);

HolderState FromEc2(const std::string& state) {
  if (state == "stopped") return HolderState::kStopped;
  if (state == "terminated") return HolderState::kGone;
  // An instance that is going down may still be writing out what it has in memory.
  const bool runs =
      state == "running" || state == "pending" || state == "stopping" || state == "shutting-down";
  return runs ? HolderState::kRunning : HolderState::kUnknown;
}

}  // namespace

absl::StatusOr<HolderState> EbsDriver::StateOf(const Self& self, const NodeId& node, Deadline deadline) {
  if (node.rfind("i-", 0) != 0) return HolderState::kUnknown;  // no instance's id
  ASSIGN_OR_RETURN(const auto found, self.cloud->instances().Get({node}, deadline));
  const auto instance = found.find(node);
  // EC2 forgets a terminated instance after an hour.
  return instance == found.end() ? HolderState::kGone : FromEc2(instance->second.state);
}

absl::StatusOr<HolderState> EbsDriver::StateOfHolder(const CallContext& context, const NodeId& node) {
  ASSIGN_OR_RETURN(const Self self, Begin(context));
  return StateOf(self, node, context.deadline);
}

/// " (mounted at /x by …)" for this instance; the state of another one.
std::string EbsDriver::WhoUses(const std::string& id, const NodeId& node, const Self& self) {
  if (node != self.identity.instance) {
    const absl::StatusOr<HolderState> state =
        StateOf(self, node, Deadline::After(clock_, std::chrono::seconds(5)));
    if (!state.ok()) return "";
    return *state == HolderState::kRunning ? "; that instance runs, and has it mounted or open"
                                           : "; that instance does not run";
  }
  const absl::StatusOr<std::optional<LocalResource>> device = FindDevice(id, NameOf(id));
  if (!device.ok() || !device->has_value() || host_.devices == nullptr) return "";
  const absl::Status unused = host_.devices->CheckUnused((*device)->path);
  return unused.ok() ? "; nothing here uses it any more" : "; " + std::string(MessageOf(unused));
}

absl::Status EbsDriver::AwaitDetached(const Self& self, const std::string& id, const NodeId& node,
                                      const CallContext& context) {
  std::string state = "detaching";
  const absl::Status waited = self.cloud->volume_poll().Wait(
      id, fmt::format("volume {} to be detached from {}", id, node), context.deadline,
      [&](const Ec2Volume* seen) -> std::optional<absl::Status> {
        const Ec2Attachment* there = seen == nullptr ? nullptr : AttachmentTo(*seen, node);
        if (there == nullptr) {
          if (seen != nullptr) self.cloud->Note(*seen);
          return absl::OkStatus();
        }
        state = there->state;
        return std::nullopt;
      });
  if (waited.ok() || !absl::IsDeadlineExceeded(waited)) return waited;
  return Error(absl::StatusCode::kDeadlineExceeded, "{}; it is \"{}\" there{}", MessageOf(waited), state,
               WhoUses(id, node, self));
}

/// Though this view of it does not say so.
bool EbsDriver::MayBeHere(const Ec2Volume& volume) {
  const auto device = finder_.FindNvme(volume.id);
  if (device.ok() && device->has_value()) return true;
  return !NameOf(volume.id).empty() && HoldersOf(volume).empty();
}

absl::Status EbsDriver::Detach(const CallContext& context, const std::string& id, const NodeId& from,
                               bool force) {
  ASSIGN_OR_RETURN(const Self self, Begin(context));
  const NodeId node = from.empty() ? self.identity.instance : from;
  ASSIGN_OR_RETURN(const KeyedLock::Hold hold, LockId(context, id, "detach"));
  const absl::StatusOr<Ec2Volume> volume = Look(self, id, context.deadline);
  if (absl::IsNotFound(volume.status())) return absl::OkStatus();
  if (!volume.ok()) return volume.status();
  // An attach that this replica has not heard of is there all the same: DetachVolume knows. Of those here we
  // know ourselves.
  const bool here = node == self.identity.instance;
  const Ec2Attachment* there = AttachmentTo(*volume, node);
  if (there == nullptr && here && !MayBeHere(*volume)) return absl::OkStatus();
  const absl::Status asked = self.cloud->client().DetachVolume(id, node, force, context.deadline).status();
  const std::string code = Ec2CodeOf(asked);
  const bool gone = code == "IncorrectState" || absl::IsNotFound(asked);
  if (!asked.ok() && !gone) {
    return Annotate(asked, fmt::format("volume {} cannot be detached from {}", CalledAs(*volume), node));
  }
  RETURN_IF_ERROR(AwaitDetached(self, id, node, context));
  if (!here) return absl::OkStatus();
  NoteDetached(id);
  const Deadline end = Deadline::After(clock_, kDeviceGoes).Earlier(context.deadline);
  watch_.Start();
  const absl::Status left = self.cloud->volume_poll().Wait(
      id, "the block device of " + id + " to go away", end,
      [](const Ec2Volume*) -> std::optional<absl::Status> { return std::nullopt; },
      [&] {
        const auto device = finder_.FindNvme(id);
        return !device.ok() || !device->has_value();
      });
  if (!left.ok()) LogWarn("a block device is still here after its detach", {{"volume", id}});
  return absl::OkStatus();
}

}  // namespace rexray::drivers::ebs
