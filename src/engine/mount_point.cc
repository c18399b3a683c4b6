#include "engine/mount_point.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <vector>

#include "absl/strings/str_split.h"

#include "base/status.h"
#include "base/unique_fd.h"

namespace rexray::engine {
namespace {

std::vector<std::string> PartsOf(const std::string& path) {
  return absl::StrSplit(path, '/', absl::SkipEmpty());
}

/// `name` in `parent`, made when it is missing.
absl::StatusOr<UniqueFd> Enter(int parent, const std::string& name, mode_t mode, bool create,
                               const std::string& path) {
  bool made = false;
  if (create) {
    made = mkdirat(parent, name.c_str(), mode) == 0;
    if (!made && errno != EEXIST) return ErrnoError(errno, "cannot make the directory " + path);
  }
  UniqueFd fd(openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd.valid()) {
    if (errno == ELOOP || errno == ENOTDIR) {
      return Error(absl::StatusCode::kFailedPrecondition,
                   "{} is no directory of the volume (a file or a symbolic link): remove it, or set "
                   "linux.volume.rootPath",
                   path);
    }
    return ErrnoError(errno, "cannot open the directory " + path);
  }
  // mkdir's mode went through the umask.
  if (made && fchmod(fd.get(), mode) != 0) return ErrnoError(errno, "cannot set the mode of " + path);
  return fd;
}

}  // namespace

absl::Status MakeMountPoint(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return ErrnoError(error.value(), "cannot make the mount point " + path);
  return absl::OkStatus();
}

void RemoveMountPoint(const std::string& path) {
  (void)rmdir(path.c_str());
}

void RemoveEmptyMountPoints(const std::string& directory, const std::set<std::string>& mounted) {
  std::error_code error;
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    if (entry.is_directory(error) && !entry.is_symlink(error)) paths.push_back(entry.path().string());
  }
  for (const std::string& path : paths) {
    if (!mounted.contains(path)) RemoveMountPoint(path);
  }
}

absl::StatusOr<std::string> MakeUserDirectory(const std::string& stage_path, const std::string& root_path,
                                              mode_t mode, bool create) {
  const std::vector<std::string> parts = PartsOf(root_path);
  std::string path = stage_path;
  if (parts.empty()) return path;
  UniqueFd directory(open(stage_path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid()) return ErrnoError(errno, "cannot open " + stage_path);
  for (size_t i = 0; i < parts.size(); ++i) {
    path += "/" + parts[i];
    const mode_t part_mode = i + 1 == parts.size() ? mode : 0755;
    ASSIGN_OR_RETURN(directory, Enter(directory.get(), parts[i], part_mode, create, path));
  }
  return path;
}

absl::Status ValidateRootPath(const std::string& root_path) {
  for (const std::string& part : PartsOf(root_path)) {
    const bool control =
        std::any_of(part.begin(), part.end(), [](char c) { return static_cast<unsigned char>(c) < 32; });
    if (part == "." || part == ".." || control) {
      return Error(absl::StatusCode::kInvalidArgument,
                   "linux.volume.rootPath \"{}\" must be a plain path inside the volume, such as /data",
                   root_path);
    }
  }
  return absl::OkStatus();
}

}  // namespace rexray::engine
