#include "cli/rexray/volume_plan.h"

#include <algorithm>

#include "base/size.h"
#include "base/status.h"

namespace rexray::cli {

namespace {

std::string Title(const VolumeInfo& volume) {
  return (volume.name.empty() ? volume.id : volume.name) + ": ";
}

bool IsMounted(const VolumeInfo& volume) {
  return !volume.mount_point.empty();
}

std::string Attaching(const VolumeInfo& volume, const PlanPlace& place) {
  std::string others;
  for (const AttachmentInfo& it : volume.attachments) others += (others.empty() ? "" : ", ") + it.node;
  return fmt::format("attach {} to {}", volume.id, place.node) +
         (others.empty() ? "" : " (it is attached to " + others + ")");
}

std::string Detaching(const VolumeInfo& volume, const PlanPlace& place) {
  return fmt::format("detach {} from {}", volume.id, place.node);
}

std::string Formatting(const std::string& fs_type) {
  return "format " + (fs_type.empty() ? "with the default file system" : fs_type);
}

}  // namespace

std::string PlanOfCreate(const std::string& name, const CreateOptions& options, const PlanPlace& place) {
  std::string plan = name + ": create";
  plan += options.size ? ", " + FormatSize(*options.size) : ", the default size";
  if (!options.fs_type.empty()) plan += ", " + options.fs_type;
  if (!options.type.empty()) plan += ", type " + options.type;
  if (!options.zone.empty()) plan += ", in " + options.zone;
  const bool copy = !options.source_volume.empty() || !options.source_snapshot.empty();
  if (!options.source_volume.empty()) plan += ", a copy of volume " + options.source_volume;
  if (!options.source_snapshot.empty()) plan += ", a copy of snapshot " + options.source_snapshot;
  if (options.attach || options.mount) plan += "; attach to " + place.node;
  if (options.mount) plan += (copy ? "" : "; " + Formatting(options.fs_type)) + "; " + place.mount;
  return plan;
}

std::string PlanOfRemove(const VolumeInfo& volume) {
  return Title(volume) + fmt::format("remove {} and its {}", volume.id,
                                     volume.size == 0 ? "data" : FormatSize(volume.size) + " of data");
}

std::string PlanOfAttach(const VolumeInfo& volume, const PlanPlace& place) {
  return Title(volume) +
         (volume.AttachedHere() ? "nothing, it is attached here already" : Attaching(volume, place));
}

std::string PlanOfDetach(const VolumeInfo& volume, const PlanPlace& place) {
  if (!volume.AttachedHere()) return Title(volume) + "nothing, it is not attached here";
  if (!volume.consumers.empty())
    return Title(volume) + "nothing, it is in use: \"rexray volume consumers\" says by whom";
  return Title(volume) + (IsMounted(volume) ? "unmount " + volume.mount_point + "; " : "") +
         Detaching(volume, place);
}

std::string PlanOfMount(const VolumeInfo& volume, const Invocation& asked, const PlanPlace& place) {
  if (IsMounted(volume))
    return Title(volume) + "hold " + volume.mount_point + ", where it is mounted already";
  std::string plan = Title(volume);
  if (!volume.AttachedHere()) plan += Attaching(volume, place) + "; ";
  plan += volume.blank ? Formatting(asked.fs_type.empty() ? volume.fs_type : asked.fs_type)
                       : "check the file system";
  return plan + "; " + place.mount;
}

std::string PlanOfUnmount(const VolumeInfo& volume, const PlanPlace& place) {
  if (!IsMounted(volume)) return Title(volume) + "nothing, it is not mounted here";
  if (volume.consumers.size() > 1) {
    return Title(volume) + fmt::format("end your hold; {} others keep {} mounted",
                                       volume.consumers.size() - 1, volume.mount_point);
  }
  return Title(volume) + "unmount " + volume.mount_point + "; " + Detaching(volume, place);
}

std::string PlanOfRelease(const VolumeInfo& volume, const std::string& consumer) {
  const auto holds = [&](const ConsumerInfo& it) { return it.id == consumer; };
  const bool held = std::any_of(volume.consumers.begin(), volume.consumers.end(), holds);
  return Title(volume) + (held ? "end the hold of " : "nothing, it is not held by ") + consumer;
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
