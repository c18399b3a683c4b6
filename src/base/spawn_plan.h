#pragma once

// What every child process of ours has in common, by posix_spawn(3): no signal blocked or ignored, a process
// group of its own (a terminal's Ctrl-C ends the daemon and not a mkfs half-way), the descriptors that it is
// given and none of ours besides, not even one that a library opened without O_CLOEXEC.

#include <spawn.h>
#include <sys/types.h>

#include <string>
#include <vector>

namespace rexray {

/// Not thread-safe. Errors are errno values; 0 = none.
class SpawnPlan {
 public:
  SpawnPlan();
  ~SpawnPlan();
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  /// The child has our `fd` as its number `as`. `fd` is none of the numbers that the child gets: one would
  /// overwrite the other, and dup2(2) onto itself leaves close-on-exec set.
  void Give(int fd, int as);
  /// The child reads that file as its number `as`.
  void GiveFile(const char* path, int as);

  /// What was not given of 0, 1 and 2 is ours. `program` is a path; `environment` ends with a null pointer.
  int Start(const std::string& program, const std::vector<std::string>& argv, char* const* environment,
            pid_t& pid);

 private:
  void Keep(int error) { error_ = error_ != 0 ? error_ : error; }

  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
  int highest_ = 2;  ///< number that the child has
  int error_ = 0;    ///< the first one: there is no memory
};

}  // namespace rexray
