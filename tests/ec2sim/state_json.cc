#include "ec2sim/state_json.h"

#include "base/json.h"
#include "ec2sim/simulator.h"

namespace rexray::ec2sim {
namespace {

using nlohmann::json;

json AttachmentJson(const Attachment& attachment) {
  return {{"instance", attachment.instance}, {"device", attachment.device},
          {"state", attachment.state},       {"guest", attachment.guest_name},
          {"loop", attachment.loop},         {"root", attachment.delete_on_termination}};
}

json VolumeJson(const Volume& volume) {
  json attachments = json::array();
  for (const Attachment& attachment : volume.attachments) attachments.push_back(AttachmentJson(attachment));
  json out = {{"size", volume.size},           {"type", volume.type},
              {"iops", volume.iops},           {"throughput", volume.throughput},
              {"zone", volume.zone},           {"state", volume.state},
              {"encrypted", volume.encrypted}, {"kms_key", volume.kms_key},
              {"snapshot", volume.snapshot},   {"tags", volume.tags},
              {"attachments", attachments},    {"backing", volume.backing}};
  if (volume.modification) out["modification"] = volume.modification->state;
  return out;
}

json SnapshotJson(const Snapshot& snapshot) {
  return {{"volume", snapshot.volume},
          {"size", snapshot.size},
          {"state", snapshot.state},
          {"progress", snapshot.progress},
          {"description", snapshot.description},
          {"tags", snapshot.tags}};
}

json InstanceJson(const Instance& instance) {
  return {{"type", instance.type},
          {"zone", instance.zone},
          {"state", instance.state},
          {"cut", instance.cut},
          {"device_root", instance.device_root}};
}

}  // namespace

json CountsJson(Simulator& simulator) {
  json out = json::object();
  for (const auto& [action, count] : simulator.Counts()) {
    out[action] = {{"calls", count.calls}, {"throttled", count.throttled}, {"errors", count.errors}};
  }
  return out;
}

json StateJson(Simulator& simulator) {
  json out = {{"volumes", json::object()}, {"snapshots", json::object()}, {"instances", json::object()}};
  for (const auto& [id, volume] : simulator.Volumes()) out["volumes"][id] = VolumeJson(volume);
  for (const auto& [id, snapshot] : simulator.Snapshots()) out["snapshots"][id] = SnapshotJson(snapshot);
  for (const auto& [id, instance] : simulator.Instances()) out["instances"][id] = InstanceJson(instance);
  return out;
}

}  // namespace rexray::ec2sim
