#include "ec2sim/instances.h"

#include <algorithm>

#include "base/status.h"
#include "ec2sim/actions.h"
#include "ec2sim/ec2_error.h"

namespace rexray::ec2sim {
namespace {

absl::StatusOr<Instance*> Find(World& world, const std::string& id) {
  if (Instance* instance = world.EditInstance(id)) return instance;
  return Ec2Error("InvalidInstanceID.NotFound", "The instance ID '{}' does not exist", id);
}

absl::Status NeedState(const Instance& instance, const std::string& state) {
  if (instance.state == state) return absl::OkStatus();
  return Ec2Error("IncorrectInstanceState", "The instance '{}' is {}, not {}.", instance.id, instance.state,
                  state);
}

void AddRootVolume(World& world, const Instance& instance, int64_t gib) {
  Volume root;
  root.id = world.NewId("vol");
  root.size = gib;
  root.type = "gp3";
  root.iops = 3000;
  root.throughput = 125;
  root.zone = instance.zone;
  root.state = "in-use";
  root.created = world.wall();
  Attachment attachment;
  attachment.instance = instance.id;
  attachment.device = "/dev/xvda";
  attachment.state = "attached";
  attachment.since = world.wall();
  attachment.delete_on_termination = true;
  attachment.serial = world.NextSerial();
  root.attachments.push_back(attachment);
  world.AddVolume(std::move(root));
}

}  // namespace

absl::StatusOr<std::string> LaunchInstance(World& world, InstanceSpec spec) {
  Instance instance = std::move(spec.instance);
  if (instance.id.empty()) instance.id = world.NewId("i");
  RETURN_IF_ERROR(CheckId(instance.id, "i", "Instance"));
  if (instance.zone.empty()) instance.zone = world.options.zones.front();
  const auto& zones = world.options.zones;
  if (std::find(zones.begin(), zones.end(), instance.zone) == zones.end()) {
    return Ec2Error("InvalidZone.NotFound", "The zone '{}' does not exist.", instance.zone);
  }
  if (world.instances().contains(instance.id)) {
    return Ec2Error("InvalidParameterValue", "The instance '{}' exists already", instance.id);
  }
  const size_t n = world.instances().size() + 1;
  if (instance.private_address.empty())
    instance.private_address = fmt::format("10.0.{}.{}", n / 250, n % 250 + 1);
  instance.launched = world.wall();
  const Instance& added = world.AddInstance(std::move(instance));
  if (spec.root_gib > 0) AddRootVolume(world, added, spec.root_gib);
  return added.id;
}

absl::Status StopInstance(World& world, const std::string& id) {
  ASSIGN_OR_RETURN(Instance * instance, Find(world, id));
  RETURN_IF_ERROR(NeedState(*instance, "running"));
  instance->state = "stopping";
  RETURN_IF_ERROR(LoseDevices(world, id));
  world.After(world.Draw(world.options.instance), [&world, id] {
    Instance* stopped = world.EditInstance(id);
    if (stopped != nullptr && stopped->state == "stopping") stopped->state = "stopped";
  });
  return absl::OkStatus();
}

absl::Status StartInstance(World& world, const std::string& id) {
  ASSIGN_OR_RETURN(Instance * instance, Find(world, id));
  RETURN_IF_ERROR(NeedState(*instance, "stopped"));
  instance->state = "pending";
  instance->cut = false;
  world.After(world.Draw(world.options.instance), [&world, id] {
    Instance* started = world.EditInstance(id);
    if (started == nullptr || started->state != "pending") return;
    started->state = "running";
    ShowDevices(world, id).IgnoreError();
  });
  return absl::OkStatus();
}

absl::Status TerminateInstance(World& world, const std::string& id) {
  ASSIGN_OR_RETURN(Instance * instance, Find(world, id));
  instance->state = "shutting-down";
  RETURN_IF_ERROR(LoseDevices(world, id));
  world.After(world.Draw(world.options.instance), [&world, id] {
    Instance* gone = world.EditInstance(id);
    if (gone == nullptr) return;
    gone->state = "terminated";
    for (const std::string& volume : VolumesOf(world, id)) {
      const auto& attachments = world.volumes().at(volume).attachments;
      const bool root = attachments.front().delete_on_termination;
      TakeOff(world, volume, id, Leave::kForced).IgnoreError();
      if (root) world.RemoveVolume(volume);
    }
    world.After(std::chrono::hours(1), [&world, id] { world.RemoveInstance(id); });
  });
  return absl::OkStatus();
}

absl::Status CutOffInstance(World& world, const std::string& id) {
  ASSIGN_OR_RETURN(Instance * instance, Find(world, id));
  instance->cut = true;
  return LoseDevices(world, id);
}

absl::Status ReconnectInstance(World& world, const std::string& id) {
  ASSIGN_OR_RETURN(Instance * instance, Find(world, id));
  instance->cut = false;
  return instance->state == "running" ? ShowDevices(world, id) : absl::OkStatus();
}

}  // namespace rexray::ec2sim
