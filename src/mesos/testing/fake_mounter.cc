#include "mesos/testing/fake_mounter.h"

#include <filesystem>

namespace rexray::mesos {

namespace fs = std::filesystem;

std::string FakeMounter::PathOf(const VolumeKey& volume) const {
  return root_ + "/" + volume.driver + "/" + volume.name;
}

void FakeMounter::Enter(const VolumeKey& volume, std::string call) {
  calls_.push_back(std::move(call));
  if (!running_.insert(volume).second) overlapped_ = true;
  changed_.NotifyAll();
  while (held_.contains(volume)) changed_.Wait(mutex_);
}

void FakeMounter::Leave(const VolumeKey& volume) {
  running_.erase(volume);
  ++ended_;
  changed_.NotifyAll();
}

absl::StatusOr<std::string> FakeMounter::Mount(const VolumeKey& volume, const DriverOptions& options,
                                               bool explicit_create, Deadline) {
  MutexLock lock(mutex_);
  std::string call = "mount " + Text(volume);
  for (const auto& [key, value] : options) call += " " + key + "=" + value;
  if (explicit_create) call += " explicit";
  Enter(volume, std::move(call));
  const auto failure = mount_failures_.find(volume);
  if (failure == mount_failures_.end() || failure->second.done) {
    mounted_.insert(volume);
    fs::create_directories(PathOf(volume));
  }
  Leave(volume);
  if (failure != mount_failures_.end()) return failure->second.status;
  const auto answer = answers_.find(volume);
  return answer == answers_.end() ? PathOf(volume) : answer->second;
}

absl::Status FakeMounter::Unmount(const VolumeKey& volume, Deadline) {
  MutexLock lock(mutex_);
  Enter(volume, "unmount " + Text(volume));
  Leave(volume);
  if (const auto failure = unmount_failures_.find(volume); failure != unmount_failures_.end()) {
    return failure->second;
  }
  mounted_.erase(volume);
  fs::remove_all(PathOf(volume));
  return absl::OkStatus();
}

bool FakeMounter::IsMounted(const VolumeKey& volume) const {
  MutexLock lock(mutex_);
  return mounted_.contains(volume);
}

std::vector<std::string> FakeMounter::Calls() const {
  MutexLock lock(mutex_);
  return calls_;
}

void FakeMounter::FailMounts(const VolumeKey& volume, absl::Status status, bool done) {
  MutexLock lock(mutex_);
  mount_failures_.erase(volume);
  if (!status.ok()) mount_failures_[volume] = {std::move(status), done};
}

void FakeMounter::FailUnmounts(const VolumeKey& volume, absl::Status status) {
  MutexLock lock(mutex_);
  unmount_failures_.erase(volume);
  if (!status.ok()) unmount_failures_[volume] = std::move(status);
}

void FakeMounter::AnswerPath(const VolumeKey& volume, std::string path) {
  MutexLock lock(mutex_);
  answers_[volume] = std::move(path);
}

void FakeMounter::Hold(const VolumeKey& volume) {
  MutexLock lock(mutex_);
  held_.insert(volume);
}

void FakeMounter::WaitUntilStuck(const VolumeKey& volume) {
  MutexLock lock(mutex_);
  while (!(running_.contains(volume) && held_.contains(volume))) changed_.Wait(mutex_);
}

void FakeMounter::LetGo(const VolumeKey& volume) {
  MutexLock lock(mutex_);
  held_.erase(volume);
  changed_.NotifyAll();
}

void FakeMounter::WaitForCalls(size_t n) {
  MutexLock lock(mutex_);
  while (ended_ < n) changed_.Wait(mutex_);
}

bool FakeMounter::Overlapped() const {
  MutexLock lock(mutex_);
  return overlapped_;
}

}  // namespace rexray::mesos
