#include "base/spawn_plan.h"

#include <fcntl.h>
#include <signal.h>

#include <algorithm>

namespace rexray {

SpawnPlan::SpawnPlan() {
  ::posix_spawn_file_actions_init(&actions_);
  ::posix_spawnattr_init(&attributes_);
  sigset_t all;
  sigset_t none;
  ::sigfillset(&all);
  ::sigemptyset(&none);
  Keep(::posix_spawnattr_setflags(&attributes_,
                                  POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP));
  Keep(::posix_spawnattr_setsigdefault(&attributes_, &all));
  Keep(::posix_spawnattr_setsigmask(&attributes_, &none));
  Keep(::posix_spawnattr_setpgroup(&attributes_, 0));
}

SpawnPlan::~SpawnPlan() {
  ::posix_spawnattr_destroy(&attributes_);
  ::posix_spawn_file_actions_destroy(&actions_);
}

void SpawnPlan::Give(int fd, int as) {
  Keep(::posix_spawn_file_actions_adddup2(&actions_, fd, as));
  highest_ = std::max(highest_, as);
}

void SpawnPlan::GiveFile(const char* path, int as) {
  Keep(::posix_spawn_file_actions_addopen(&actions_, as, path, O_RDONLY, 0));
  highest_ = std::max(highest_, as);
}

int SpawnPlan::Start(const std::string& program, const std::vector<std::string>& argv,
                     char* const* environment, pid_t& pid) {
  Keep(::posix_spawn_file_actions_addclosefrom_np(&actions_, highest_ + 1));
  if (error_ != 0) return error_;
  std::vector<char*> words;
  for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  return ::posix_spawn(&pid, program.c_str(), &actions_, &attributes_, words.data(), environment);
}

}  // namespace rexray
