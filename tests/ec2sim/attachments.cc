#include <algorithm>
#include <cctype>

#include "base/logging.h"
#include "base/status.h"
#include "ec2sim/actions.h"
#include "ec2sim/ec2_error.h"
#include "ec2sim/xml.h"

namespace rexray::ec2sim {
namespace {

constexpr Duration kBusyRetry = std::chrono::milliseconds(50);

Attachment* FindAttachment(Volume& volume, const std::string& instance) {
  for (Attachment& attachment : volume.attachments) {
    if (attachment.instance == instance) return &attachment;
  }
  return nullptr;
}

// The attachment that a timer was set for, if it is still there.
Attachment* FindSerial(World& world, const std::string& id, uint64_t serial) {
  Volume* volume = world.EditVolume(id);
  if (volume == nullptr) return nullptr;
  for (Attachment& attachment : volume->attachments) {
    if (attachment.serial == serial) return &attachment;
  }
  return nullptr;
}

bool IsNitro(const Instance& instance) {
  const InstanceType* type = FindInstanceType(instance.type);
  return type == nullptr || type->nitro;
}

int AttachmentLimit(const Instance& instance) {
  const InstanceType* type = FindInstanceType(instance.type);
  return type == nullptr ? 27 : type->attachments;
}

std::vector<const Attachment*> AttachmentsOf(const World& world, const std::string& instance) {
  std::vector<const Attachment*> out;
  for (const auto& [id, volume] : world.volumes()) {
    for (const Attachment& attachment : volume.attachments) {
      if (attachment.instance == instance) out.push_back(&attachment);
    }
  }
  return out;
}

bool IsDeviceName(const std::string& device) {
  const std::string name = device.substr(0, 5) == "/dev/" ? device.substr(5) : device;
  const bool xen = name.substr(0, 3) == "xvd";
  if (!xen && name.substr(0, 2) != "sd") return false;
  std::string rest = name.substr(xen ? 3 : 2);
  while (!rest.empty() && std::isdigit(static_cast<unsigned char>(rest.back())) != 0) rest.pop_back();
  if (rest.empty() || rest.size() > 2) return false;
  if (!std::all_of(rest.begin(), rest.end(), [](char c) { return c >= 'a' && c <= 'z'; })) return false;
  return rest.size() == 1 || (xen && rest[0] <= 'd');  // xvdaa to xvddx
}

absl::Status CheckDeviceName(const World& world, const Instance& instance, const std::string& device) {
  if (!IsDeviceName(device)) {
    return Ec2Error("InvalidParameterValue",
                    "Value ({}) for parameter device is invalid. {} is not a valid EBS device name.", device,
                    device);
  }
  const auto taken = AttachmentsOf(world, instance.id);
  const bool in_use = std::any_of(taken.begin(), taken.end(),
                                  [&](const Attachment* other) { return other->device == device; });
  if (in_use || instance.mapped_devices.contains(device)) {
    return Ec2Error("InvalidParameterValue",
                    "Invalid value '{}' for unixDevice. Attachment point {} is already in use", device,
                    device);
  }
  return absl::OkStatus();
}

absl::StatusOr<const Instance*> AttachableInstance(const World& world, const std::string& id) {
  RETURN_IF_ERROR(CheckId(id, "i", "Instance"));
  const auto found = world.instances().find(id);
  if (found == world.instances().end()) {
    return Ec2Error("InvalidInstanceID.NotFound", "The instance ID '{}' does not exist", id);
  }
  if (found->second.state != "running" && found->second.state != "stopped") {
    return Ec2Error("IncorrectState", "Instance '{}' is not 'running'.", id);
  }
  return &found->second;
}

absl::Status CheckAttach(const World& world, const Volume& volume, const Instance& instance,
                         const std::string& device) {
  const bool shared = volume.multi_attach && volume.state == "in-use";
  if (!volume.attachments.empty() && !shared) {
    return Ec2Error("VolumeInUse", "{} is already attached to an instance", volume.id);
  }
  if (shared && std::any_of(volume.attachments.begin(), volume.attachments.end(),
                            [&](const Attachment& a) { return a.instance == instance.id; })) {
    return Ec2Error("VolumeInUse", "{} is already attached to {}", volume.id, instance.id);
  }
  if (volume.state != "available" && !shared) {
    return Ec2Error("IncorrectState", "{} is not 'available'.", volume.id);
  }
  if (volume.zone != instance.zone) {
    return Ec2Error("InvalidVolume.ZoneMismatch",
                    "The volume '{}' is not in the same availability zone as instance '{}'", volume.id,
                    instance.id);
  }
  RETURN_IF_ERROR(CheckDeviceName(world, instance, device));
  const auto count = static_cast<int>(AttachmentsOf(world, instance.id).size());
  if (count >= AttachmentLimit(instance) && !world.options.full_instance_hangs) {
    return Ec2Error("AttachmentLimitExceeded",
                    "Volume attachment limit exceeded for instance {} ({}): {} of {}.", instance.id,
                    instance.type, count, AttachmentLimit(instance));
  }
  return absl::OkStatus();
}

std::string AttachmentAnswer(const std::string& volume, const Attachment& attachment) {
  XmlWriter xml;
  xml.Text("volumeId", volume).Text("instanceId", attachment.instance).Text("device", attachment.device);
  xml.Text("status", attachment.state).Time("attachTime", attachment.since);
  xml.Flag("deleteOnTermination", attachment.delete_on_termination);
  return xml.Take();
}

// The device first, then the API's word for it.
void FinishAttach(World& world, const std::string& id, uint64_t serial) {
  world.After(world.Draw(world.options.attach), [&world, id, serial] {
    Attachment* attachment = FindSerial(world, id, serial);
    if (attachment == nullptr || attachment->state != "attaching") return;
    const Instance* instance = world.EditInstance(attachment->instance);
    const Volume& volume = world.volumes().at(id);
    if (instance != nullptr && instance->state == "running" && !instance->cut) {
      const auto shown = world.devices().Show(volume, *attachment, *instance, IsNitro(*instance));
      if (!shown.ok()) {
        LogError("ec2sim: no device for the volume",
                 {{"volume", id}, {"error", std::string(MessageOf(shown))}});
        return;  // stuck in `attaching`, as a real one would be
      }
    }
    world.After(world.Draw(world.options.attach_report), [&world, id, serial] {
      Attachment* known = FindSerial(world, id, serial);
      if (known != nullptr && known->state == "attaching") known->state = "attached";
    });
  });
}

void FinishDetach(World& world, const std::string& id, uint64_t serial, Leave how, Duration wait) {
  world.After(wait, [&world, id, serial, how] {
    Attachment* attachment = FindSerial(world, id, serial);
    if (attachment == nullptr || (attachment->state != "detaching" && attachment->state != "busy")) return;
    if (TakeOff(world, id, attachment->instance, how).ok()) return;
    // Somebody in the guest uses it: EC2 waits for ever, and says so.
    attachment->state = "busy";
    FinishDetach(world, id, serial, how, kBusyRetry);
  });
}

}  // namespace

ActionResult AttachVolume(World& world, const ApiRequest& request) {
  ASSIGN_OR_RETURN(const std::string id, request.Need("VolumeId"));
  ASSIGN_OR_RETURN(const std::string instance_id, request.Need("InstanceId"));
  ASSIGN_OR_RETURN(const std::string device, request.Need("Device"));
  ASSIGN_OR_RETURN(const Instance* instance, AttachableInstance(world, instance_id));
  ASSIGN_OR_RETURN(Volume * volume, KnownVolume(world, id));
  RETURN_IF_ERROR(CheckAttach(world, *volume, *instance, device));
  if (request.dry_run()) return DryRunOperation();

  Attachment attachment;
  attachment.instance = instance_id;
  attachment.device = device;
  attachment.since = world.wall();
  attachment.serial = world.NextSerial();
  const bool full = static_cast<int>(AttachmentsOf(world, instance_id).size()) >= AttachmentLimit(*instance);
  volume->state = "in-use";
  volume->attachments.push_back(attachment);
  if (!instance->bad_devices.contains(device) && !full) FinishAttach(world, id, attachment.serial);
  return AttachmentAnswer(id, attachment);
}

ActionResult DetachVolume(World& world, const ApiRequest& request) {
  ASSIGN_OR_RETURN(const std::string id, request.Need("VolumeId"));
  ASSIGN_OR_RETURN(const bool force, request.Flag("Force"));
  ASSIGN_OR_RETURN(Volume * volume, KnownVolume(world, id));
  if (volume->attachments.empty()) {
    return Ec2Error("IncorrectState", "Volume '{}' is in the '{}' state.", id, volume->state);
  }
  const std::string instance_id = request.Get("InstanceId");
  if (!instance_id.empty()) RETURN_IF_ERROR(CheckId(instance_id, "i", "Instance"));
  if (instance_id.empty() && volume->attachments.size() > 1) {
    return Ec2Error("InvalidParameterCombination",
                    "The volume '{}' has more than one attachment: instanceId must "
                    "be specified.",
                    id);
  }
  Attachment* attachment =
      instance_id.empty() ? &volume->attachments.front() : FindAttachment(*volume, instance_id);
  if (attachment == nullptr || (request.Has("Device") && request.Get("Device") != attachment->device)) {
    return Ec2Error("InvalidAttachment.NotFound", "The volume '{}' is not attached to instance '{}'{}", id,
                    instance_id.empty() ? volume->attachments.front().instance : instance_id,
                    request.Has("Device") ? " as device '" + request.Get("Device") + "'." : ".");
  }
  const auto holder = world.instances().find(attachment->instance);
  const bool stopped = holder == world.instances().end() || holder->second.state == "stopped";
  if (attachment->delete_on_termination && !stopped) {
    return Ec2Error("OperationNotPermitted", "Unable to detach root volume '{}' from instance '{}'", id,
                    attachment->instance);
  }
  if ((attachment->state == "detaching" || attachment->state == "busy") && !force) {
    return Ec2Error("IncorrectState", "Volume '{}' is in the 'detaching' state.", id);
  }
  if (request.dry_run()) return DryRunOperation();
  attachment->state = "detaching";
  FinishDetach(world, id, attachment->serial, force ? Leave::kForced : Leave::kOrderly,
               stopped ? Duration{} : world.Draw(world.options.detach));
  return AttachmentAnswer(id, *attachment);
}

absl::Status TakeOff(World& world, const std::string& id, const std::string& instance_id, Leave how) {
  Volume* volume = world.EditVolume(id);
  if (volume == nullptr) return absl::OkStatus();
  Attachment* attachment = FindAttachment(*volume, instance_id);
  if (attachment == nullptr) return absl::OkStatus();
  if (const Instance* instance = world.EditInstance(instance_id)) {
    absl::Status gone = world.devices().Hide(*attachment, *instance);
    if (!gone.ok() && how == Leave::kForced) gone = world.devices().Sever(*volume, *attachment, *instance);
    if (!gone.ok()) return gone;
  }
  std::erase_if(volume->attachments, [&](const Attachment& a) { return a.instance == instance_id; });
  if (volume->attachments.empty() && volume->state == "in-use") volume->state = "available";
  return absl::OkStatus();
}

absl::Status LoseDevices(World& world, const std::string& instance_id) {
  const Instance* instance = world.EditInstance(instance_id);
  if (instance == nullptr) return absl::OkStatus();
  for (const std::string& id : VolumesOf(world, instance_id)) {
    Volume* volume = world.EditVolume(id);
    Attachment* attachment = FindAttachment(*volume, instance_id);
    if (world.devices().Hide(*attachment, *instance).ok()) continue;
    RETURN_IF_ERROR(world.devices().Sever(*volume, *attachment, *instance));
  }
  return absl::OkStatus();
}

absl::Status ShowDevices(World& world, const std::string& instance_id) {
  const Instance* instance = world.EditInstance(instance_id);
  if (instance == nullptr) return absl::OkStatus();
  for (const std::string& id : VolumesOf(world, instance_id)) {
    Volume* volume = world.EditVolume(id);
    Attachment* attachment = FindAttachment(*volume, instance_id);
    if (attachment->state != "attached" || !attachment->loop.empty()) continue;
    RETURN_IF_ERROR(world.devices().Show(*volume, *attachment, *instance, IsNitro(*instance)));
  }
  return absl::OkStatus();
}

std::vector<std::string> VolumesOf(const World& world, const std::string& instance_id) {
  std::vector<std::string> out;
  for (const auto& [id, volume] : world.volumes()) {
    if (std::any_of(volume.attachments.begin(), volume.attachments.end(),
                    [&](const Attachment& a) { return a.instance == instance_id; })) {
      out.push_back(id);
    }
  }
  return out;
}

}  // namespace rexray::ec2sim
