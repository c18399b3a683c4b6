// Attach, AwaitLocal, FindLocal.

#include <algorithm>
#include <utility>

#include "base/logging.h"
#include "base/status.h"
#include "drivers/ebs/driver.h"
#include "drivers/ebs/ec2_error.h"
#include "volume/volume_name.h"

namespace rexray::drivers::ebs {
namespace {

constexpr int kMostNames = 12;  ///< tried for one attach

absl::Status HeldElsewhere(const Ec2Volume& volume, const std::string& holders) {
  return Error(absl::StatusCode::kFailedPrecondition,
               "volume {} is attached to {}; unmount it there, stop that instance, or set "
               "rexray.volume.mount.preempt",
               CalledAs(volume), holders);
}

std::string HoldersBut(const Ec2Volume& volume, const std::string& instance) {
  Ec2Volume others = volume;
  std::erase_if(others.attachments,
                [&](const Ec2Attachment& attachment) { return attachment.instance == instance; });
  return HoldersOf(others);
}

}  // namespace

void EbsDriver::NoteName(const Ec2Volume& volume, const std::string& name) {
  MutexLock lock(mutex_);
  given_[volume.id] = {name, CalledAs(volume)};
  detached_.erase(volume.id);
}

/// What is called as before is not the volume any more: on Xen only the name tells.
void EbsDriver::NoteDetached(const std::string& id) {
  MutexLock lock(mutex_);
  given_.erase(id);
  std::erase_if(detached_,
                [&](const auto& entry) { return clock_.Now() - entry.second > options_.consistency; });
  detached_[id] = clock_.Now();
}

bool EbsDriver::DetachedJustNow(const std::string& id) {
  MutexLock lock(mutex_);
  const auto found = detached_.find(id);
  return found != detached_.end() && clock_.Now() - found->second <= options_.consistency;
}

EbsDriver::Given EbsDriver::GivenTo(const std::string& id) {
  MutexLock lock(mutex_);
  const auto found = given_.find(id);
  return found == given_.end() ? Given() : found->second;
}

std::string EbsDriver::NameOf(const std::string& id) {
  return GivenTo(id).name;
}

/// The volume, free to be attached here or attached here already.
absl::StatusOr<Ec2Volume> EbsDriver::ReadyToAttach(const Self& self, const std::string& id,
                                                   const AttachOptions& options, const CallContext& context) {
  const Deadline leaving = Deadline::After(clock_, options_.consistency).Earlier(context.deadline);
  while (true) {
    ASSIGN_OR_RETURN(const Ec2Volume volume, Look(self, id, context.deadline));
    if (volume.state == "error") {
      return Error(absl::StatusCode::kFailedPrecondition, "volume {} is in the state \"error\"",
                   CalledAs(volume));
    }
    if (!self.identity.zone.empty() && volume.zone != self.identity.zone) {
      return Error(absl::StatusCode::kFailedPrecondition,
                   "volume {} is in {} and this instance in {}: EBS volumes do not leave their zone",
                   CalledAs(volume), volume.zone, self.identity.zone);
    }
    const Ec2Attachment* here = AttachmentTo(volume, self.identity.instance);
    if (here != nullptr && (here->state == "attached" || here->state == "attaching")) return volume;
    const std::string others = HoldersBut(volume, self.identity.instance);
    if (!others.empty() && !options.force) {
      if (AwaitLeaving(self, volume, leaving)) continue;
      return HeldElsewhere(volume, others);
    }
    if (!others.empty()) {
      for (const Ec2Attachment& attachment : volume.attachments) {
        if (attachment.instance == self.identity.instance || attachment.state == "detached") continue;
        RETURN_IF_ERROR(Take(self, volume, attachment.instance, context));
      }
      continue;
    }
    if (here == nullptr && volume.state != "creating") return volume;
    // On its way: being made, or an earlier detach of ours.
    RETURN_IF_ERROR(self.cloud->volume_poll().Wait(
        id, fmt::format("volume {} ({}) to be free", CalledAs(volume), here ? here->state : volume.state),
        context.deadline, [&](const Ec2Volume* seen) -> std::optional<absl::Status> {
          if (seen == nullptr || *seen != volume) return absl::OkStatus();
          return std::nullopt;
        }));
  }
}

/// Another node lets go of it, or has done so and this replica does not know: waits for another view. False
/// when somebody keeps it, or when `until` has passed.
bool EbsDriver::AwaitLeaving(const Self& self, const Ec2Volume& volume, Deadline until) {
  const bool all_leave =
      std::all_of(volume.attachments.begin(), volume.attachments.end(), [](const Ec2Attachment& attachment) {
        return attachment.state == "detaching" || attachment.state == "detached";
      });
  if (!all_leave || until.Passed(clock_)) return false;
  return self.cloud->volume_poll()
      .Wait(volume.id, fmt::format("volume {} to be detached", CalledAs(volume)), until,
            [&](const Ec2Volume* seen) -> std::optional<absl::Status> {
              if (seen == nullptr || *seen != volume) return absl::OkStatus();
              return std::nullopt;
            })
      .ok();
}

/// From an instance that the engine gave up on. Force only against one that may still have it open.
absl::Status EbsDriver::Take(const Self& self, const Ec2Volume& volume, const std::string& holder,
                             const CallContext& context) {
  ASSIGN_OR_RETURN(const HolderState state, StateOf(self, holder, context.deadline));
  const bool force = state != HolderState::kStopped && state != HolderState::kGone;
  LogWarn("the volume is taken from the instance that has it",
          {{"volume", volume.id}, {"instance", holder}, {"force", force ? "true" : "false"}});
  const absl::Status detached =
      self.cloud->client().DetachVolume(volume.id, holder, force, context.deadline).status();
  const std::string code = Ec2CodeOf(detached);
  if (!detached.ok() && code != "IncorrectState" && !absl::IsNotFound(detached)) {
    return Annotate(detached, fmt::format("volume {} cannot be taken from {}", CalledAs(volume), holder));
  }
  return AwaitDetached(self, volume.id, holder, context);
}

std::string EbsDriver::Slots::Text(const std::string& instance) const {
  return fmt::format(
      "{} of {} volumes are attached to {} ({}{})", used, *limit, instance, type,
      shared && interfaces > 1 ? fmt::format(", {} network interfaces take slots too", interfaces) : "");
}

absl::StatusOr<EbsDriver::Slots> EbsDriver::CountSlots(const Self& self, const std::string& id,
                                                       Deadline deadline) {
  const std::string& instance = self.identity.instance;
  Slots slots;
  slots.names = finder_.TakenNames();
  ASSIGN_OR_RETURN(const auto found, self.cloud->instances().Get({instance}, deadline));
  const auto view = found.find(instance);
  if (view == found.end()) return slots;  // launched a moment ago
  slots.type = view->second.type;
  slots.interfaces = static_cast<int>(view->second.network_interfaces);
  for (const Ec2BlockDevice& device : view->second.block_devices) {
    slots.names.insert(device.device);
    slots.used += device.volume != id && device.state != "detached" ? 1 : 0;
  }
  const absl::StatusOr<Ec2InstanceType> type = self.cloud->InstanceType(slots.type, deadline);
  if (!type.ok() || !type->attach_limit) return slots;  // AttachVolume will say
  slots.shared = type->attach_limit_type == "shared";
  // Shared slots: the API's number has one network interface off already.
  slots.limit = *type->attach_limit - (slots.shared ? std::max(0, slots.interfaces - 1) : 0);
  return slots;
}

/// The names in use. ResourceExhausted when no attachment fits any more.
absl::StatusOr<std::set<std::string>> EbsDriver::FreeSlot(const Self& self, const std::string& id,
                                                          const CallContext& context) {
  ASSIGN_OR_RETURN(const Slots slots, CountSlots(self, id, context.deadline));
  if (!slots.limit || slots.used < *slots.limit) return slots.names;
  return Error(absl::StatusCode::kResourceExhausted, "node full: {}; unmount one, or use a larger instance",
               slots.Text(self.identity.instance));
}

/// For doctor. ResourceExhausted when there is none left.
absl::StatusOr<std::string> EbsDriver::DescribeSlots(const Self& self, Deadline deadline) {
  ASSIGN_OR_RETURN(const Slots slots, CountSlots(self, "", deadline));
  if (!slots.limit) return fmt::format("{} volumes are attached; the limit is not known", slots.used);
  if (slots.used >= *slots.limit) {
    return Error(absl::StatusCode::kResourceExhausted, "node full: {}", slots.Text(self.identity.instance));
  }
  return slots.Text(self.identity.instance);
}

absl::StatusOr<Attachment> EbsDriver::Attach(const CallContext& context, const std::string& id,
                                             const AttachOptions& options) {
  ASSIGN_OR_RETURN(const Self self, Begin(context));
  ASSIGN_OR_RETURN(const KeyedLock::Hold hold, LockId(context, id, "attach"));
  ASSIGN_OR_RETURN(Ec2Volume volume, ReadyToAttach(self, id, options, context));
  const Ec2Attachment* here = AttachmentTo(volume, self.identity.instance);
  // Of what we detached a moment ago a replica may still say that it is attached: AttachVolume knows.
  if (here != nullptr && !DetachedJustNow(id)) {
    NoteName(volume, here->device);
    self.cloud->Note(volume);
    const bool attached = here->state == "attached";
    return Attachment{here->instance, attached ? AttachmentState::kAttached : AttachmentState::kAttaching,
                      here->device};
  }
  absl::StatusOr<Attachment> attachment = AttachUnderAName(self, volume, context);
  if (!attachment.ok()) {
    return Annotate(attachment.status(), fmt::format("volume {} cannot be attached", CalledAs(volume)));
  }
  volume.state = "in-use";
  volume.attachments = {{id, attachment->node, attachment->device, "attaching", clock_.WallNow()}};
  self.cloud->Note(volume);
  return attachment;
}

absl::StatusOr<Attachment> EbsDriver::AttachUnderAName(const Self& self, const Ec2Volume& volume,
                                                       const CallContext& context) {
  const std::string& id = volume.id;
  const std::string& instance = self.identity.instance;
  absl::Status refused;
  for (int i = 0; i < kMostNames;) {
    ASSIGN_OR_RETURN(const std::set<std::string> in_use, FreeSlot(self, id, context));
    ASSIGN_OR_RETURN(const std::string name, names_.Reserve(in_use));
    const absl::StatusOr<Ec2Attachment> answer =
        self.cloud->client().AttachVolume(id, instance, name, context.deadline);
    if (answer.ok()) {
      names_.Release(name);  // DescribeInstances knows it from now on
      NoteName(volume, name);
      return Attachment{instance, AttachmentState::kAttaching, name};
    }
    refused = answer.status();
    const std::string code = Ec2CodeOf(refused);
    const bool name_taken =
        code == "InvalidParameterValue" && MessageOf(refused).find("in use") != std::string::npos;
    if (name_taken) {
      names_.MarkBad(name);
      ++i;
      continue;
    }
    names_.Release(name);
    ASSIGN_OR_RETURN(const std::optional<Attachment> attached, AfterRefusal(self, volume, refused, context));
    if (attached) return *attached;
  }
  return refused;
}

/// EC2 refused, perhaps because a view of ours is old, or an earlier try was carried out. nullopt: try again.
absl::StatusOr<std::optional<Attachment>> EbsDriver::AfterRefusal(const Self& self, const Ec2Volume& asked,
                                                                  const absl::Status& refused,
                                                                  const CallContext& context) {
  const std::string& id = asked.id;
  const std::string code = Ec2CodeOf(refused);
  if (code == "AttachmentLimitExceeded") {
    return Error(absl::StatusCode::kResourceExhausted, "node full: {}", MessageOf(refused));
  }
  if (code != "VolumeInUse" && code != "IncorrectState") return refused;
  // DescribeVolumes and AttachVolume disagree: wait until they do not, and see who has it.
  std::optional<Ec2Volume> seen;
  const Deadline end = Deadline::After(clock_, options_.consistency).Earlier(context.deadline);
  const absl::Status waited = self.cloud->volume_poll().Wait(
      id, "DescribeVolumes to show why: " + std::string(MessageOf(refused)), end,
      [&](const Ec2Volume* volume) -> std::optional<absl::Status> {
        if (volume == nullptr) return std::nullopt;
        seen = *volume;
        if (!volume->attachments.empty()) return absl::OkStatus();
        return code == "IncorrectState" && volume->state == "available" ? std::optional(absl::OkStatus())
                                                                        : std::nullopt;
      });
  if (seen) {
    const Ec2Attachment* here = AttachmentTo(*seen, self.identity.instance);
    if (here != nullptr && here->state != "detaching" && here->state != "busy") {
      NoteName(*seen, here->device);
      return Attachment{here->instance, AttachmentState::kAttaching, here->device};
    }
    const std::string others = HoldersBut(*seen, self.identity.instance);
    if (!others.empty()) return HeldElsewhere(*seen, others);
  }
  if (context.deadline.Passed(clock_)) return waited.ok() ? refused : waited;
  if (code == "IncorrectState" && !waited.ok()) return refused;  // the instance's state, not the volume's
  return std::nullopt;
}

absl::StatusOr<std::optional<LocalResource>> EbsDriver::FindDevice(const std::string& id,
                                                                   const std::string& name) {
  ASSIGN_OR_RETURN(std::optional<LocalResource> device, finder_.FindNvme(id));
  if (!device && !name.empty()) device = finder_.FindXen(id, name);
  return device;
}

absl::StatusOr<LocalResource> EbsDriver::AwaitLocal(const CallContext& context, const std::string& id) {
  ASSIGN_OR_RETURN(const Self self, Begin(context));
  watch_.Start();  // before the first look: nothing that comes in between is missed
  ASSIGN_OR_RETURN(const std::optional<LocalResource> device, finder_.FindNvme(id));
  if (device) return *device;
  // Attach was accepted a moment ago: the poll looks for all, and this replica may not know yet.
  if (const Given given = GivenTo(id); !given.name.empty()) {
    return AwaitDevice(self, id, given.called, context);
  }
  ASSIGN_OR_RETURN(const Ec2Volume volume, Look(self, id, context.deadline));
  const Ec2Attachment* here = AttachmentTo(volume, self.identity.instance);
  if (here == nullptr) {
    const std::string holders = HoldersOf(volume);
    return Error(absl::StatusCode::kFailedPrecondition, "volume {} is not attached to this instance ({}){}",
                 CalledAs(volume), self.identity.instance,
                 holders.empty() ? "" : "; it is attached to " + holders);
  }
  NoteName(volume, here->device);
  return AwaitDevice(self, id, CalledAs(volume), context);
}

absl::StatusOr<LocalResource> EbsDriver::AwaitDevice(const Self& self, const std::string& id,
                                                     const std::string& called, const CallContext& context) {
  std::optional<LocalResource> device;
  absl::Status failed;
  bool attached = false;
  bool stuck = false;
  const TimePoint begun = clock_.Now();
  const absl::Status waited = self.cloud->volume_poll().Wait(
      id, fmt::format("volume {} to appear as a block device on {}", called, self.identity.instance),
      context.deadline,
      [&](const Ec2Volume* seen) -> std::optional<absl::Status> {
        const Ec2Attachment* here = seen == nullptr ? nullptr : AttachmentTo(*seen, self.identity.instance);
        const Duration waiting = clock_.Now() - begun;
        if (here == nullptr) {
          if (waiting < options_.consistency) return std::nullopt;
          NoteDetached(id);
          return Error(absl::StatusCode::kUnavailable, "volume {} was detached again; try once more", called);
        }
        attached = here->state == "attached";
        if (attached) self.cloud->Note(*seen);
        stuck = here->state == "attaching" && waiting >= options_.stuck_after;
        return stuck ? std::optional(absl::OkStatus()) : std::nullopt;
      },
      [&] {
        // By its Xen name only while EC2 says that it is attached: the name may have been another volume's.
        absl::StatusOr<std::optional<LocalResource>> found = FindDevice(id, attached ? NameOf(id) : "");
        if (!found.ok()) failed = found.status();
        if (found.ok() && found->has_value()) device = *found;
        return device.has_value() || !failed.ok();
      });
  if (device) return *device;
  if (!failed.ok()) return failed;
  if (stuck) return UndoStuck(self, id, called);
  if (absl::IsDeadlineExceeded(waited) && attached) {
    return Error(absl::StatusCode::kDeadlineExceeded,
                 "{}: EC2 says that it is attached as {}, and no device with the serial number {} came (in a "
                 "container: are /dev and /sys the host's?)",
                 MessageOf(waited), NameOf(id), SerialOf(id));
  }
  return waited;
}

/// Force: it was never attached, so nothing can be lost, and an orderly detach would wait for the same guest.
absl::Status EbsDriver::UndoStuck(const Self& self, const std::string& id, const std::string& called) {
  const std::string name = NameOf(id);
  LogWarn("an attachment hangs and is undone", {{"volume", id}, {"device", name}});
  names_.MarkBad(name);
  const Deadline end =
      Deadline::After(clock_, options_.consistency);  // although the caller's time may be over
  absl::Status undone = self.cloud->client().DetachVolume(id, self.identity.instance, true, end).status();
  if (Ec2CodeOf(undone) == "IncorrectState") undone = absl::OkStatus();  // by now it is on its way
  if (undone.ok()) undone = AwaitDetached(self, id, self.identity.instance, {end});
  const auto hung = std::chrono::duration_cast<std::chrono::seconds>(options_.stuck_after).count();
  if (!undone.ok()) {
    return Error(absl::StatusCode::kUnavailable,
                 "volume {} hangs in \"attaching\" as {} for {} s, and could not be detached again: {}",
                 called, name, hung, MessageOf(undone));
  }
  NoteDetached(id);
  return Error(absl::StatusCode::kUnavailable,
               "volume {} hung in \"attaching\" as {} for {} s and was detached again; the next try takes "
               "another device name",
               called, name, hung);
}

absl::StatusOr<std::optional<LocalResource>> EbsDriver::FindLocal(const CallContext& context,
                                                                  const std::string& id) {
  ASSIGN_OR_RETURN(std::optional<LocalResource> device, finder_.FindNvme(id));
  if (device || !finder_.IsXen()) return device;
  std::string name = NameOf(id);
  if (name.empty()) {  // after a restart
    ASSIGN_OR_RETURN(const Self self, Begin(context));
    const absl::StatusOr<Ec2Volume> volume = Look(self, id, context.deadline);
    if (absl::IsNotFound(volume.status())) return std::nullopt;
    if (!volume.ok()) return volume.status();
    const Ec2Attachment* here = AttachmentTo(*volume, self.identity.instance);
    if (here == nullptr || here->state == "attaching") return std::nullopt;
    name = here->device;
    NoteName(*volume, name);
  }
  return finder_.FindXen(id, name);
}

}  // namespace rexray::drivers::ebs
