// Recover: what the checkpoints say is compared with the containers that Mesos says are there.

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <set>

#include "base/status.h"
#include "mesos/isolator_core.h"
#include "mesos/old_checkpoint.h"
#include "mesos/validation.h"

namespace rexray::mesos {
namespace {

constexpr size_t kMostOldBytes = 1024 * 1024;

/// Of a file of the original module; what its names may do is checked as for a task.
absl::StatusOr<VolumeUse> UseFromOld(const OldMount& old) {
  RETURN_IF_ERROR(ValidateDriverName(old.driver));
  RETURN_IF_ERROR(ValidateVolumeName(old.name));
  VolumeUse use;
  use.key = {old.driver, old.name};
  use.mounted = ValidateMountPoint(old.mountpoint).ok();
  if (use.mounted) use.mountpoint = old.mountpoint;
  return use;
}

bool IsOlderThan(const std::string& path, std::time_t time) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && status.st_mtime < time;
}

}  // namespace

void IsolatorCore::Recover(std::vector<std::string> known, std::vector<std::string> orphans, Done done) {
  sequences_.Add("recover",
                 [this, known = std::move(known), orphans = std::move(orphans), done = std::move(done)] {
                   RecoverNow(known, orphans);
                   done(absl::OkStatus());
                 });
}

void IsolatorCore::RecoverNow(const std::vector<std::string>& known,
                              const std::vector<std::string>& orphans) {
  Log(Severity::kInfo, "DockerVolumeDriverIsolator recover() was called");
  const std::optional<Checkpoint> own = LoadOwn();
  std::vector<std::string> imported;
  const Checkpoint old = LoadOld(imported);
  std::set<std::string> alive(known.begin(), known.end());
  alive.insert(orphans.begin(), orphans.end());

  std::vector<std::string> gone;
  {
    MutexLock lock(mutex_);
    if (own) table_.Add(*own);
    table_.Add(old);
    for (const std::string& id : table_.Containers()) {
      if (!alive.contains(id)) gone.push_back(id);
    }
    unmount_failed_ = unmount_failed_ || !table_.OwedUnmounts().empty();
    retry_changed_.NotifyAll();
  }
  if (const absl::Status saved = Save(); !saved.ok()) {
    Log(Severity::kError, std::string(MessageOf(saved)));
  } else {
    for (const std::string& path : imported) {
      if (::rename(path.c_str(), (path + ".imported").c_str()) != 0) {
        Log(Severity::kWarning, std::string(MessageOf(ErrnoError(errno, "setting aside " + path))));
      }
    }
  }
  for (const std::string& id : alive) {
    for (const VolumeUse& use : [&] {
           MutexLock lock(mutex_);
           return table_.UsesOf(id);
         }()) {
      Log(Severity::kInfo,
          fmt::format("Running container({}) re-identified on recover(): {}", id, Text(use.key)));
    }
  }
  for (const std::string& id : gone) {
    Log(Severity::kInfo, fmt::format("container {} is gone; its volumes are released", id));
    Release(id, [] {});
  }
}

std::optional<Checkpoint> IsolatorCore::LoadOwn() {
  auto loaded = file_.Load();
  if (!loaded.ok()) {
    Log(Severity::kError,
        fmt::format("{}; starting with an empty list, volumes that it named may stay mounted",
                    MessageOf(loaded.status())));
    if (const absl::Status aside = file_.SetAside(); !aside.ok()) {
      Log(Severity::kError, std::string(MessageOf(aside)));
    }
    return std::nullopt;
  }
  if (!*loaded) {
    Log(Severity::kInfo,
        fmt::format("No mount file exists at {} so there are no mounts to recover", file_.path()));
    return std::nullopt;
  }
  if ((*loaded)->boot_id != parts_.host.boot_id) {
    Log(Severity::kInfo,
        fmt::format("{} is from before the host was started: nothing is mounted", file_.path()));
    return std::nullopt;
  }
  size_t count = (*loaded)->unmount.size();
  for (const ContainerUse& container : (*loaded)->containers) count += container.volumes.size();
  Log(Severity::kInfo,
      fmt::format("Parsed {} and found evidence of {} previous active external mounts in recover()",
                  file_.path(), count));
  return *std::move(loaded);
}

Checkpoint IsolatorCore::LoadOld(std::vector<std::string>& imported) {
  Checkpoint found;
  for (const std::string& path : options_.old_checkpoints) {
    auto bytes = ReadSmallFile(path, kMostOldBytes);
    if (bytes.ok() && !*bytes) continue;
    absl::StatusOr<std::vector<OldMount>> mounts = std::vector<OldMount>();
    if (!bytes.ok()) {
      mounts = bytes.status();
    } else if (IsOlderThan(path, parts_.host.boot_time)) {
      Log(Severity::kInfo, fmt::format("{} is from before the host was started: nothing is mounted", path));
    } else {
      mounts = ParseOldCheckpoint(**bytes);
    }
    if (!mounts.ok()) {
      Log(Severity::kWarning,
          fmt::format("Invalid protobuf data contained within {}: {}", path, MessageOf(mounts.status())));
      continue;
    }
    imported.push_back(path);
    for (const OldMount& mount : *mounts) {
      auto use = UseFromOld(mount);
      if (use.ok()) {
        found.containers.push_back({mount.container, {*std::move(use)}});
      } else {
        Log(Severity::kWarning, fmt::format("{}: an entry is left out: {}", path, MessageOf(use.status())));
      }
    }
    Log(Severity::kInfo, fmt::format("{} of mesos-module-dvdi was read, {} mounts", path, mounts->size()));
  }
  return found;
}

}  // namespace rexray::mesos
