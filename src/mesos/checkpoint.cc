#include "mesos/checkpoint.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "base/fault_point.h"
#include "base/json.h"
#include "base/status.h"
#include "base/unique_fd.h"
#include "mesos/validation.h"

namespace rexray::mesos {
namespace {

using nlohmann::json;

constexpr std::string_view kFormat = "rexray-mesos-isolator";
constexpr int kVersion = 1;
constexpr size_t kMostBytes = 16 * 1024 * 1024;

json ToJson(const VolumeUse& use) {
  return {{"driver", use.key.driver},
          {"name", use.key.name},
          {"mounted", use.mounted},
          {"mountpoint", use.mountpoint},
          {"device", use.device}};
}

json ToJson(const std::vector<VolumeUse>& uses) {
  json list = json::array();
  for (const VolumeUse& use : uses) list.push_back(ToJson(use));
  return list;
}

absl::Status Wrong(std::string_view what) {
  return Error(absl::StatusCode::kInvalidArgument, "checkpoint: {}", what);
}

absl::StatusOr<std::string> String(const json& object, const char* key) {
  const auto at = object.find(key);
  if (at == object.end() || !at->is_string()) return Wrong(fmt::format("\"{}\" is not a string", key));
  return at->get<std::string>();
}

absl::StatusOr<VolumeUse> UseFromJson(const json& object) {
  if (!object.is_object()) return Wrong("a volume is not an object");
  VolumeUse use;
  ASSIGN_OR_RETURN(use.key.driver, String(object, "driver"));
  ASSIGN_OR_RETURN(use.key.name, String(object, "name"));
  ASSIGN_OR_RETURN(use.mountpoint, String(object, "mountpoint"));
  RETURN_IF_ERROR(ValidateDriverName(use.key.driver));
  RETURN_IF_ERROR(ValidateVolumeName(use.key.name));
  const auto mounted = object.find("mounted");
  if (mounted == object.end() || !mounted->is_boolean()) return Wrong("\"mounted\" is not true or false");
  use.mounted = mounted->get<bool>();
  if (use.mounted) RETURN_IF_ERROR(ValidateMountPoint(use.mountpoint));
  const auto device = object.find("device");
  if (device == object.end() || !device->is_number_unsigned()) return Wrong("\"device\" is not a number");
  use.device = device->get<uint64_t>();
  return use;
}

absl::StatusOr<std::vector<VolumeUse>> UsesFromJson(const json& object, const char* key) {
  const auto list = object.find(key);
  if (list == object.end() || !list->is_array()) return Wrong(fmt::format("\"{}\" is not a list", key));
  std::vector<VolumeUse> uses;
  for (const json& entry : *list) {
    ASSIGN_OR_RETURN(VolumeUse use, UseFromJson(entry));
    uses.push_back(std::move(use));
  }
  return uses;
}

absl::Status CheckFormat(const json& document) {
  if (!document.is_object()) return Wrong("not an object");
  ASSIGN_OR_RETURN(const std::string format, String(document, "format"));
  const auto version = document.find("version");
  if (format != kFormat || version == document.end() || *version != kVersion) {
    return Wrong(fmt::format("not of format {} version {}", kFormat, kVersion));
  }
  return absl::OkStatus();
}

absl::Status WriteAll(int fd, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoError(errno, fmt::format("writing {}", path));
    text.remove_prefix(static_cast<size_t>(n));
  }
  return absl::OkStatus();
}

absl::Status WriteDurably(const std::string& path, std::string_view text) {
  RETURN_IF_ERROR(FaultPoint("mesos.checkpoint.before_write"));
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file.valid()) return ErrnoError(errno, fmt::format("opening {}", path));
  // In two pieces, so that a test can end the process with half a file.
  RETURN_IF_ERROR(WriteAll(file.get(), text.substr(0, text.size() / 2), path));
  RETURN_IF_ERROR(FaultPoint("mesos.checkpoint.half_written"));
  RETURN_IF_ERROR(WriteAll(file.get(), text.substr(text.size() / 2), path));
  if (::fsync(file.get()) != 0) return ErrnoError(errno, fmt::format("writing {} to disk", path));
  return FaultPoint("mesos.checkpoint.written");
}

}  // namespace

std::string EncodeCheckpoint(const Checkpoint& checkpoint) {
  json containers = json::array();
  for (const ContainerUse& container : checkpoint.containers) {
    containers.push_back({{"id", container.id}, {"volumes", ToJson(container.volumes)}});
  }
  return DumpJson({{"format", kFormat},
                   {"version", kVersion},
                   {"boot_id", checkpoint.boot_id},
                   {"containers", std::move(containers)},
                   {"unmount", ToJson(checkpoint.unmount)}}) +
         "\n";
}

absl::StatusOr<Checkpoint> DecodeCheckpoint(std::string_view text) {
  ASSIGN_OR_RETURN(const json document, ParseJson(text, {.max_bytes = kMostBytes, .max_depth = 8}));
  RETURN_IF_ERROR(CheckFormat(document));
  Checkpoint checkpoint;
  ASSIGN_OR_RETURN(checkpoint.boot_id, String(document, "boot_id"));
  const auto containers = document.find("containers");
  if (containers == document.end() || !containers->is_array()) return Wrong("\"containers\" is not a list");
  for (const json& entry : *containers) {
    if (!entry.is_object()) return Wrong("a container is not an object");
    ContainerUse container;
    ASSIGN_OR_RETURN(container.id, String(entry, "id"));
    ASSIGN_OR_RETURN(container.volumes, UsesFromJson(entry, "volumes"));
    checkpoint.containers.push_back(std::move(container));
  }
  ASSIGN_OR_RETURN(checkpoint.unmount, UsesFromJson(document, "unmount"));
  return checkpoint;
}

CheckpointFile::CheckpointFile(std::string folder)
    : folder_(std::move(folder)), path_(folder_ + "/volumes.json") {}

absl::StatusOr<std::optional<Checkpoint>> CheckpointFile::Load() const {
  ASSIGN_OR_RETURN(const std::optional<std::string> text, ReadSmallFile(path_, kMostBytes));
  if (!text) return std::nullopt;
  auto checkpoint = DecodeCheckpoint(*text);
  if (!checkpoint.ok()) return Annotate(checkpoint.status(), path_);
  return std::optional<Checkpoint>(*std::move(checkpoint));
}

absl::Status CheckpointFile::Save(const Checkpoint& checkpoint) const {
  std::error_code error;
  if (std::filesystem::create_directories(folder_, error)) {
    std::filesystem::permissions(folder_, std::filesystem::perms::owner_all, error);
  }
  if (error) return ErrnoError(error.value(), fmt::format("making {}", folder_));
  const std::string fresh = path_ + ".new";
  RETURN_IF_ERROR(WriteDurably(fresh, EncodeCheckpoint(checkpoint)));
  if (::rename(fresh.c_str(), path_.c_str()) != 0) {
    return ErrnoError(errno, fmt::format("renaming {} to {}", fresh, path_));
  }
  RETURN_IF_ERROR(FaultPoint("mesos.checkpoint.renamed"));
  const UniqueFd folder(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.valid() || ::fsync(folder.get()) != 0) {
    return ErrnoError(errno, fmt::format("writing {} to disk", folder_));
  }
  return absl::OkStatus();
}

absl::Status CheckpointFile::SetAside() const {
  const std::string aside = path_ + ".unreadable";
  if (::rename(path_.c_str(), aside.c_str()) != 0) {
    return ErrnoError(errno, fmt::format("renaming {} to {}", path_, aside));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<std::string>> ReadSmallFile(const std::string& path, size_t limit) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.valid()) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    return ErrnoError(errno, fmt::format("opening {}", path));
  }
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return ErrnoError(errno, fmt::format("looking at {}", path));
  if (!S_ISREG(status.st_mode)) {
    return Error(absl::StatusCode::kFailedPrecondition, "{} is not a regular file", path);
  }
  std::string text;
  char buffer[4096];
  while (true) {
    const ssize_t n = ::read(file.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoError(errno, fmt::format("reading {}", path));
    if (n == 0) return std::optional<std::string>(std::move(text));
    text.append(buffer, static_cast<size_t>(n));
    if (text.size() > limit) {
      return Error(absl::StatusCode::kOutOfRange, "{} is larger than {} bytes", path, limit);
    }
  }
}

}  // namespace rexray::mesos
