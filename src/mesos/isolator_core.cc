#include "mesos/isolator_core.h"

#include <sys/stat.h>

#include <atomic>
#include <random>

#include "base/backoff.h"
#include "base/status.h"
#include "base/thread.h"

namespace rexray::mesos {
namespace {

constexpr size_t kMostThreads = 256;
constexpr Backoff::Policy kRetryPolicy{std::chrono::seconds(5), std::chrono::minutes(10)};

}  // namespace

IsolatorCore::IsolatorCore(IsolatorOptions options, Parts parts)
    : options_(std::move(options)),
      parts_(std::move(parts)),
      file_(options_.checkpoint_dir),
      sequences_(kMostThreads) {
  auto thread = TryStartThread("mesos-retry", [this] { RetryUnmounts(); });
  if (thread.ok()) {
    retry_thread_ = *std::move(thread);
  } else {
    Log(Severity::kWarning,
        fmt::format("unmounts that fail will be tried again at the agent's next start only: {}",
                    MessageOf(thread.status())));
  }
}

IsolatorCore::~IsolatorCore() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    retry_changed_.NotifyAll();
  }
  if (retry_thread_.joinable()) retry_thread_.join();
}

Checkpoint IsolatorCore::Snapshot() const {
  MutexLock lock(mutex_);
  return table_.ToCheckpoint(parts_.host.boot_id);
}

bool IsolatorCore::HasVolumes(const std::string& id) const {
  MutexLock lock(mutex_);
  return !table_.UsesOf(id).empty();
}

absl::Status IsolatorCore::Save() {
  MutexLock saving(saving_);
  return file_.Save(Snapshot());
}

void IsolatorCore::Cleanup(const std::string& id, Done done) {
  Release(id, [done = std::move(done)] { done(absl::OkStatus()); });
}

void IsolatorCore::Release(const std::string& id, std::function<void()> then) {
  std::optional<std::vector<VolumeKey>> keys;
  {
    MutexLock lock(mutex_);
    keys = table_.Leave(id);
  }
  struct Pending {
    std::atomic<size_t> left;
    std::function<void()> finish;
  };
  auto pending = std::make_shared<Pending>();
  pending->left = keys ? keys->size() : 0;
  pending->finish = [this, id, used = keys && !keys->empty(), then = std::move(then)] {
    {
      MutexLock lock(mutex_);
      table_.Forget(id);
    }
    if (used) {
      if (const absl::Status saved = Save(); !saved.ok()) {
        Log(Severity::kError, fmt::format("cleanup() of container {}: {}", id, MessageOf(saved)));
      }
    }
    then();
  };
  if (pending->left == 0) {
    // Not here: the caller may be Mesos's own thread, and Save writes a file.
    sequences_.Add(SequenceOf(id), [pending] { pending->finish(); });
    return;
  }
  for (const VolumeKey& key : *keys) {
    sequences_.Add(SequenceOf(key), [this, id, key, pending] {
      std::optional<VolumeUse> last;
      {
        MutexLock lock(mutex_);
        last = table_.Release(id, key);
      }
      if (last) Unmount(*last, "cleanup()");
      if (--pending->left == 0) pending->finish();
    });
  }
}

void IsolatorCore::Unmount(const VolumeUse& use, std::string_view occasion) {
  Log(Severity::kInfo, fmt::format("{} is being unmounted on {}", Text(use.key), occasion));
  const absl::Status unmounted =
      parts_.mounter.Unmount(use.key, Deadline::After(parts_.clock, options_.timeout));
  const bool gone = !unmounted.ok() && use.mounted && use.device != 0 && !IsStillMounted(use);
  // A mount that never came to an answer, and a plugin that says that there is nothing to unmount.
  const bool never = !use.mounted && (absl::IsUnknown(unmounted) || absl::IsInternal(unmounted));
  if (never) {
    Log(Severity::kWarning, fmt::format("{} was perhaps never mounted; unmount on {} said: {}", Text(use.key),
                                        occasion, MessageOf(unmounted)));
  } else if (gone) {
    Log(Severity::kWarning,
        fmt::format(
            "{} unmount failed on {}, continuing on the assumption this volume was manually unmounted "
            "previously (nothing is mounted at {} any more): {}",
            Text(use.key), occasion, use.mountpoint, MessageOf(unmounted)));
  } else if (!unmounted.ok()) {
    Log(Severity::kError, fmt::format("{} unmount failed on {} and will be tried again: {}", Text(use.key),
                                      occasion, MessageOf(unmounted)));
  }
  MutexLock lock(mutex_);
  if (unmounted.ok() || gone || never) {
    table_.Unmounted(use.key);
  } else {
    unmount_failed_ = true;
    retry_changed_.NotifyAll();
  }
}

void IsolatorCore::RetryUnmounts() {
  Backoff backoff(kRetryPolicy, std::mt19937_64(std::random_device{}()));
  mutex_.Lock();
  while (!stopping_) {
    if (!unmount_failed_ || retries_running_ > 0) {
      if (table_.OwedUnmounts().empty()) backoff.Reset();
      retry_changed_.Wait(mutex_);
      continue;
    }
    unmount_failed_ = false;
    const TimePoint at = parts_.clock.Now() + backoff.Next();
    while (!stopping_ && parts_.clock.Now() < at) parts_.clock.WaitUntil(retry_changed_, mutex_, at);
    if (stopping_) break;
    const std::vector<VolumeKey> owed = table_.OwedUnmounts();
    retries_running_ += owed.size();
    // Not under the lock: on a system without threads Add does the work itself.
    mutex_.Unlock();
    for (const VolumeKey& key : owed) sequences_.Add(SequenceOf(key), [this, key] { RetryUnmount(key); });
    mutex_.Lock();
  }
  mutex_.Unlock();
}

void IsolatorCore::RetryUnmount(const VolumeKey& key) {
  std::optional<VolumeUse> owed;
  {
    MutexLock lock(mutex_);
    owed = table_.OwedUnmount(key);
  }
  if (owed) {
    Unmount(*owed, "retry");
    if (const absl::Status saved = Save(); !saved.ok()) Log(Severity::kError, std::string(MessageOf(saved)));
  }
  MutexLock lock(mutex_);
  --retries_running_;
  retry_changed_.NotifyAll();
}

bool IsStillMounted(const VolumeUse& use) {
  struct stat status {};
  if (::stat(use.mountpoint.c_str(), &status) != 0) return false;
  return use.device == 0 || status.st_dev == use.device;
}

// A line break is in neither names nor ids.
std::string SequenceOf(const VolumeKey& key) {
  return "volume\n" + key.driver + "\n" + key.name;
}

std::string SequenceOf(const std::string& container) {
  return "container\n" + container;
}

}  // namespace rexray::mesos
