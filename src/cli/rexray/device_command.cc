// `device`: 0.3.3 prints every mount of the node, 0.11 a table of them sorted by device.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "cli/rexray/commands.h"
#include "cli/rexray/mount_table.h"
#include "cli/rexray/text_table.h"
#include "cli/rexray/volume_loop.h"
#include "nlohmann/json.hpp"

#include "base/status.h"
#include "base/unique_fd.h"

namespace rexray::cli {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kMountTable = "/proc/self/mountinfo";

absl::StatusOr<std::string> ReadMountTable(const std::string& root) {
  const std::string path = root + kMountTable;
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return ErrnoError(errno, path);
  std::string text;
  char buffer[16384];
  while (true) {
    const ssize_t got = read(file.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ErrnoError(errno, path);
    if (got == 0) return text;
    text.append(buffer, static_cast<size_t>(got));
  }
}

/// `old`: 0.3.3's lower-case names, else 0.11's.
Json MountJson(const MountEntry& it, bool old) {
  return {{"id", it.id},
          {"parent", it.parent},
          {"major", it.major},
          {"minor", it.minor},
          {"root", it.root},
          {old ? "mountpoint" : "mountPoint", it.mount_point},
          {"opts", it.options},
          {"optional", it.optional},
          {old ? "fstype" : "fsType", it.fs_type},
          {"source", it.source},
          {old ? "vfsopts" : "vfsOpts", it.super_options}};
}

}  // namespace

int ListDevices(Context& context) {
  const absl::StatusOr<std::string> text = ReadMountTable(context.root);
  if (!text.ok()) return Fail(context.console, text.status());
  std::vector<MountEntry> mounts = ParseMountTable(*text);
  const Invocation& asked = context.invocation;
  std::erase_if(mounts, [&](const MountEntry& it) {
    return (!asked.device_name.empty() && it.source != asked.device_name) ||
           (!asked.mount_point.empty() && it.mount_point != asked.mount_point);
  });
  const Format format = context.output.format;
  if (format == Format::kTable || format == Format::kOldTable) {
    std::stable_sort(mounts.begin(), mounts.end(),
                     [](const MountEntry& a, const MountEntry& b) { return a.source < b.source; });
    TextTable table;
    for (const char* header : {"ID", "Device", "MountPoint"}) table.AddColumn(header);
    for (const MountEntry& it : mounts) table.AddRow({std::to_string(it.id), it.source, it.mount_point});
    context.console.Out(table.Render(context.output.quiet));
    return 0;
  }
  Json list = Json::array();
  for (const MountEntry& it : mounts) list.push_back(MountJson(it, format == Format::kYaml));
  if (format == Format::kTemplate) return PrintResult(context, ApplyTemplate(context.output, list), 0);
  context.console.Out(Encode(list, format));
  return 0;
}

}  // namespace rexray::cli
