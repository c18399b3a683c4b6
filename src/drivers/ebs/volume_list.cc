#include "drivers/ebs/volume_list.h"

#include <utility>

#include "base/logging.h"
#include "base/status.h"

namespace rexray::drivers::ebs {

bool VolumeList::YoungerThan(Duration age) const {
  return as_of_ && clock_.Now() - *as_of_ < age;
}

absl::StatusOr<Aged<std::vector<Ec2Volume>>> VolumeList::Get(Deadline deadline) {
  MutexLock lock(mutex_);
  while (!YoungerThan(ages_.fresh)) {
    if (!walking_) {
      const absl::Status walked = WalkOnce(deadline);
      if (walked.ok()) break;
      const bool may_pass = absl::IsUnavailable(walked) || absl::IsDeadlineExceeded(walked);
      if (!may_pass || !YoungerThan(ages_.stale)) return walked;
      LogWarn("the list of volumes is an old one: EC2 does not answer",
              {{"reason", std::string(MessageOf(walked))}});
      break;
    }
    if (deadline.Passed(clock_)) {
      if (YoungerThan(ages_.stale)) break;
      return Error(absl::StatusCode::kDeadlineExceeded, "waited for DescribeVolumes to list the volumes");
    }
    clock_.WaitUntil(changed_, mutex_, deadline.at());
  }
  return Answer();
}

absl::Status VolumeList::WalkOnce(Deadline deadline) {
  walking_ = true;
  const TimePoint begun = clock_.Now();
  mutex_.Unlock();
  absl::StatusOr<std::vector<Ec2Volume>> found = walk_(deadline);
  mutex_.Lock();
  walking_ = false;
  changed_.NotifyAll();
  if (!found.ok()) return found.status();
  as_of_ = begun;
  volumes_.clear();
  for (Ec2Volume& volume : *found) {
    std::string id = volume.id;
    volumes_[std::move(id)] = std::move(volume);
  }
  std::erase_if(notes_, [&](const auto& entry) { return entry.second.at + ages_.lag < begun; });
  return absl::OkStatus();
}

Aged<std::vector<Ec2Volume>> VolumeList::Answer() {
  std::map<std::string, Ec2Volume> shown = volumes_;
  for (const auto& [id, noted] : notes_) {
    if (noted.volume) {
      shown[id] = *noted.volume;
    } else {
      shown.erase(id);
    }
  }
  Aged<std::vector<Ec2Volume>> answer;
  answer.as_of = as_of_.value_or(clock_.Now());
  answer.value.reserve(shown.size());
  for (auto& [id, volume] : shown) answer.value.push_back(std::move(volume));
  return answer;
}

void VolumeList::Note(const Ec2Volume& volume) {
  MutexLock lock(mutex_);
  const auto found = notes_.find(volume.id);
  if (found != notes_.end() && !found->second.volume)
    return;  // removed: an older look does not bring it back
  notes_[volume.id] = {clock_.Now(), volume};
}

void VolumeList::NoteRemoved(const std::string& id) {
  MutexLock lock(mutex_);
  notes_[id] = {clock_.Now(), std::nullopt};
}

}  // namespace rexray::drivers::ebs
