// `volume inspect` for people: everything about a volume, a line for each fact that there is.

#include <string>
#include <utility>
#include <vector>

#include "cli/rexray/terminal_text.h"
#include "cli/rexray/volume_output.h"

#include "base/size.h"
#include "base/status.h"

namespace rexray::cli {

namespace {

class Card {
 public:
  void Add(std::string_view label, const std::string& value) {
    if (value.empty()) return;
    text_ += fmt::format("{:<14}{}\n", label, TerminalSafe(value));
  }
  /// The label once, then one line each.
  void AddAll(std::string_view label, const std::vector<std::string>& values) {
    for (const std::string& value : values) Add(std::exchange(label, ""), value);
  }
  std::string Take() { return std::move(text_); }

 private:
  std::string text_;
};

std::string Join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ",") + word;
  return text;
}

std::string SizeOf(const VolumeInfo& volume) {
  if (volume.size == 0) return "";
  std::string text = FormatSize(volume.size);
  if (volume.allocated > 0) text += fmt::format(" ({} used on the backend)", FormatSize(volume.allocated));
  return text;
}

std::string FileSystemOf(const VolumeInfo& volume) {
  std::string text = volume.fs_type;
  if (!volume.mkfs_options.empty()) text += ", made with " + Join(volume.mkfs_options);
  if (!volume.mount_options.empty()) text += ", mounted with " + Join(volume.mount_options);
  return text;
}

std::string FreeOf(const UsageInfo::Space& space) {
  return fmt::format("{} of {}", FormatSize(space.available), FormatSize(space.size));
}

std::string HolderOf(const ConsumerInfo& consumer) {
  std::string text = consumer.api + " " + consumer.id;
  if (consumer.count > 1) text += fmt::format(" ({} times)", consumer.count);
  if (!consumer.since.empty()) text += " since " + consumer.since;
  return text;
}

std::string CardOf(const VolumeInfo& volume) {
  Card card;
  card.Add("Name", volume.name.empty() ? "-" : volume.name);
  card.Add("ID", volume.id);
  card.Add("Service", volume.service);
  card.Add("Status", volume.status + (volume.status_detail.empty() ? "" : ": " + volume.status_detail));
  card.Add("On this node", volume.state);
  card.Add("Waiting for", volume.waiting_for);
  card.Add("Size", SizeOf(volume));
  card.Add("File system", FileSystemOf(volume));
  if (volume.usage && volume.usage->file_system) card.Add("Free in it", FreeOf(*volume.usage->file_system));
  if (volume.usage && volume.usage->pool) {
    card.Add("Free below it", FreeOf(*volume.usage->pool) + " (" + volume.usage->pool_name + ")");
  }
  card.Add("Problem", volume.usage ? volume.usage->problem : "");
  card.Add("Type", volume.type);
  card.Add("IOPS", volume.iops ? std::to_string(*volume.iops) : "");
  card.Add("Throughput", volume.throughput ? fmt::format("{} MiB/s", *volume.throughput) : "");
  card.Add("Zone", volume.zone);
  card.Add("Encrypted", volume.encrypted ? "yes" : "");
  card.Add("Created", volume.created + (volume.created_by_us ? " by rexray" : ""));
  card.Add("Device", volume.device);
  card.Add("Path", volume.mount_point);
  std::vector<std::string> lines;
  for (const ConsumerInfo& consumer : volume.consumers) lines.push_back(HolderOf(consumer));
  card.AddAll("Held by", lines);
  lines.clear();
  for (const AttachmentInfo& it : volume.attachments) {
    lines.push_back(fmt::format("{} ({}{})", it.node, it.state, it.device.empty() ? "" : ", " + it.device));
  }
  card.AddAll("Attached to", lines);
  lines.clear();
  for (const auto& [key, value] : volume.tags) lines.push_back(fmt::format("{}={}", key, value));
  card.AddAll("Tags", lines);
  return card.Take();
}

}  // namespace

std::string RenderCards(const std::vector<VolumeInfo>& volumes) {
  std::string text;
  for (const VolumeInfo& volume : volumes) text += (text.empty() ? "" : "\n") + CardOf(volume);
  return text;
}

}  // namespace rexray::cli
