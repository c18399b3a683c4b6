#pragma once

// This node's mounts, for `device ls`: /proc/self/mountinfo, proc_pid_mountinfo(5). (host/ has the same
// through libmount, which would cost every command its loading.)

#include <string>
#include <string_view>
#include <vector>

namespace rexray::cli {

struct MountEntry {
  int id = 0;
  int parent = 0;
  int major = 0;
  int minor = 0;
  std::string root;
  std::string mount_point;
  std::string options;
  std::string optional;
  std::string fs_type;
  std::string source;
  std::string super_options;
};

/// Lines that make no sense are left out; \040 and its like are undone.
std::vector<MountEntry> ParseMountTable(std::string_view text);

}  // namespace rexray::cli
