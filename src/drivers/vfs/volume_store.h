#pragma once

// The directory <root>/volumes: how volumes come, go, and are marked as attached. See vfs_driver.h for what
// lies where. All paths are taken from descriptors that are held open, one component at a time, without
// following links.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/unique_fd.h"
#include "drivers/vfs/record.h"

namespace rexray::drivers::vfs {

/// What was found at opening.
struct ScannedVolumes {
  struct Found {
    VolumeRecord record;
    bool attached = false;  ///< in this boot
  };
  std::vector<Found> volumes;
  std::vector<std::string> leftovers;  ///< names to give to RemoveLeftover
  std::vector<std::string> findings;   ///< what is not a volume and was left alone
};

/// Thread-safe for different volumes; the callers see to it that one volume has one change at a time.
class VolumeStore {
 public:
  /// Makes the directories that are missing, and takes the lock.
  static absl::StatusOr<std::unique_ptr<VolumeStore>> Open(const std::string& root,
                                                           const std::string& boot_id);
  /// For one who only calls Scan and CheckFiles: makes nothing, and takes no lock. NotFound without volumes.
  static absl::StatusOr<std::unique_ptr<VolumeStore>> OpenToLook(const std::string& root,
                                                                 const std::string& boot_id);
  VolumeStore(const VolumeStore&) = delete;
  VolumeStore& operator=(const VolumeStore&) = delete;

  absl::StatusOr<ScannedVolumes> Scan() const;

  /// Durable before it returns; nothing is left after an error. AlreadyExists when something has the name.
  absl::Status Make(const VolumeRecord& record);
  /// Durable: from here the volume does not exist. The name of what is left to delete.
  absl::StatusOr<std::string> MarkDeleted(const VolumeRecord& record);
  absl::Status RemoveLeftover(const std::string& name, const std::function<bool()>& stop);

  absl::Status SetAttached(const VolumeRecord& record, bool attached);

  /// FailedPrecondition when the volume's directory is gone, or is not a directory any more. "dev:inode".
  absl::StatusOr<std::string> CheckFiles(const VolumeRecord& record) const;
  std::string FilesOf(const VolumeRecord& record) const { return directory_ + "/" + record.name + "/files"; }

  const std::string& directory() const { return directory_; }

 private:
  VolumeStore(std::string directory, std::string boot_id)
      : directory_(std::move(directory)), boot_id_(std::move(boot_id)) {}
  absl::Status OpenDirectory();
  absl::Status Explain(int error, const std::string& what) const;
  absl::Status SyncDirectory() const;
  absl::Status Fill(const std::string& temporary, const VolumeRecord& record);
  absl::StatusOr<ScannedVolumes::Found> ReadVolume(const std::string& name) const;
  absl::StatusOr<UniqueFd> OpenVolume(const std::string& name) const;

  const std::string directory_;
  const std::string boot_id_;
  UniqueFd lock_;
  UniqueFd directory_fd_;
};

}  // namespace rexray::drivers::vfs
