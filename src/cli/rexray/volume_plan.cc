#include "cli/rexray/volume_plan.h"

#include "base/size.h"
#include "base/status.h"

namespace rexray::cli {

namespace {

std::string Title(const VolumeInfo& volume) {
  return fmt::format("{} ({}): ", volume.name, volume.id);
}

bool IsMounted(const VolumeInfo& volume) {
  return !volume.mount_point.empty();
}

std::string Attaching(const VolumeInfo& volume) {
  std::string others;
  for (const AttachmentInfo& it : volume.attachments) others += (others.empty() ? "" : ", ") + it.node;
  return "attach to this node" + (others.empty() ? "" : " (it is attached to " + others + ")");
}

}  // namespace

std::string PlanOfCreate(const std::string& name, const CreateOptions& options) {
  std::string plan = name + ": create";
  plan += options.size ? ", " + FormatSize(*options.size) : ", the default size";
  if (!options.fs_type.empty()) plan += ", " + options.fs_type;
  if (!options.type.empty()) plan += ", type " + options.type;
  if (!options.zone.empty()) plan += ", in " + options.zone;
  if (!options.source_volume.empty()) plan += ", a copy of volume " + options.source_volume;
  if (!options.source_snapshot.empty()) plan += ", a copy of snapshot " + options.source_snapshot;
  if (options.attach || options.mount) plan += "; attach to this node";
  if (options.mount) plan += "; make the file system; mount";
  return plan;
}

std::string PlanOfRemove(const VolumeInfo& volume) {
  return Title(volume) + "remove it and its " +
         (volume.size == 0 ? "data" : FormatSize(volume.size) + " of data");
}

std::string PlanOfAttach(const VolumeInfo& volume) {
  return Title(volume) + (volume.AttachedHere() ? "nothing, it is attached here already" : Attaching(volume));
}

std::string PlanOfDetach(const VolumeInfo& volume) {
  if (!volume.AttachedHere()) return Title(volume) + "nothing, it is not attached here";
  if (!volume.consumers.empty())
    return Title(volume) + "nothing, it is in use: \"rexray volume consumers\" says by whom";
  return Title(volume) + (IsMounted(volume) ? "unmount " + volume.mount_point + "; detach" : "detach");
}

std::string PlanOfMount(const VolumeInfo& volume, const Invocation& asked) {
  if (IsMounted(volume))
    return Title(volume) + "hold " + volume.mount_point + ", where it is mounted already";
  std::string plan = Title(volume);
  if (!volume.AttachedHere()) plan += Attaching(volume) + "; ";
  const std::string wanted = asked.fs_type.empty() ? volume.fs_type : asked.fs_type;
  plan += volume.blank ? "make " + (wanted.empty() ? "the default file system" : wanted)
                       : "check the file system";
  return plan + "; mount";
}

std::string PlanOfUnmount(const VolumeInfo& volume) {
  if (!IsMounted(volume)) return Title(volume) + "nothing, it is not mounted here";
  if (volume.consumers.size() > 1) {
    return Title(volume) + fmt::format("end your hold; {} others keep {} mounted",
                                       volume.consumers.size() - 1, volume.mount_point);
  }
  return Title(volume) + "unmount " + volume.mount_point + "; detach";
}

std::string PlanOfGrow(const VolumeInfo& volume, uint64_t size) {
  std::string plan =
      Title(volume) + fmt::format("grow from {} to {}", FormatSize(volume.size), FormatSize(size));
  return plan + (IsMounted(volume) ? "; grow the mounted file system" : "");
}

std::string PlanOfModify(const VolumeInfo& volume, const Invocation& asked) {
  std::string plan;
  const auto add = [&](const std::string& change) { plan += (plan.empty() ? "" : ", ") + change; };
  if (asked.size) add(fmt::format("size from {} to {}", FormatSize(volume.size), FormatSize(*asked.size)));
  if (!asked.create.type.empty()) add("type to " + asked.create.type);
  if (asked.create.iops) add(fmt::format("iops to {}", *asked.create.iops));
  if (asked.create.throughput) add(fmt::format("throughput to {} MiB/s", *asked.create.throughput));
  return Title(volume) + "change " + plan;
}

std::string PlanOfAdopt(const VolumeInfo& volume) {
  return Title(volume) + (volume.created_by_us ? "nothing, it is ours already" : "mark it as ours");
}

}  // namespace rexray::cli
