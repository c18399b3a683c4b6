#pragma once

// The directories of a stage: the mount point itself, and the directory inside the volume that users get.

#include <sys/types.h>

#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace rexray::engine {

/// The directory and its parents, 0755.
absl::Status MakeMountPoint(const std::string& path);

/// An empty directory goes; one that holds something stays, with what it holds.
void RemoveMountPoint(const std::string& path);

/// Of an earlier boot, whose mounts are gone with it: every empty directory in `directory`. What holds
/// something and what is a mount point stays.
void RemoveEmptyMountPoints(const std::string& directory, const std::set<std::string>& mounted);

/// STAGE + ROOT_PATH: makes what is missing, the last part with `mode`, and returns the path. What is there
/// keeps its mode. No symbolic link is followed below the stage: a container that owns the volume could have
/// put one there. `create` false: NotFound when it is missing.
absl::StatusOr<std::string> MakeUserDirectory(const std::string& stage_path, const std::string& root_path,
                                              mode_t mode, bool create);

/// Refuses ".." and control characters.
absl::Status ValidateRootPath(const std::string& root_path);

}  // namespace rexray::engine
