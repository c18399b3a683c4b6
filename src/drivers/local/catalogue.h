#pragma once

// The durable list of volumes and snapshots: one SQLite file.
//
// journal_mode=WAL with synchronous=FULL: a commit is one append and one fsync of the -wal file (the rollback
// journal needs three or more), and it is on the disk before the call returns. Locking is normal, so that a
// person may read the file with sqlite3(1) while the daemon runs. PRAGMA user_version is the schema's
// version, application_id says that the file is ours.
//
// Volumes are read once, at open; after that the driver keeps them in memory and only writes here.

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "base/clock.h"
#include "base/mutex.h"
#include "drivers/local/record.h"

struct sqlite3;

namespace rexray::drivers::local {

/// Thread-safe; writes are one after another.
class Catalogue {
 public:
  inline static constexpr int kSchemaVersion = 2;

  /// Creates it when it is not there. DataLoss when the file is damaged or no database (see SetAsideDamaged);
  /// FailedPrecondition when a newer version wrote it, or when it is a database of somebody else.
  static absl::StatusOr<std::unique_ptr<Catalogue>> Open(const std::string& path);
  ~Catalogue();
  Catalogue(const Catalogue&) = delete;
  Catalogue& operator=(const Catalogue&) = delete;

  absl::StatusOr<std::vector<VolumeRecord>> ReadAll();
  absl::StatusOr<std::vector<VolumeRecord>> ReadSnapshots();

  // Durable before they return. Insert of a name or id that is there is AlreadyExists (snapshots may share a
  // name); the others of an id that is not there are OK. What a record is, its id says (image_store.h).
  absl::Status Insert(const VolumeRecord& record);
  absl::Status InsertAll(const std::vector<VolumeRecord>& records);  ///< all or none
  absl::Status Erase(const std::string& id);
  absl::Status SetSize(const std::string& id, uint64_t size);
  absl::Status ClearBlank(const std::string& id);
  absl::Status ClearUuidMark(const std::string& id);

 private:
  absl::StatusOr<std::vector<VolumeRecord>> ReadTable(const std::string& table);
  absl::Status Change(const std::string& sql, const std::string& id, const std::string& what);
  explicit Catalogue(std::string path) : path_(std::move(path)) {}
  absl::Status Prepare() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status CheckOwner() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Execute(const std::string& sql) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<int64_t> ReadNumber(const std::string& sql) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status InsertOne(const VolumeRecord& record) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Failure(int code, const std::string& what) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string path_;
  Mutex mutex_;
  sqlite3* db_ ABSL_GUARDED_BY(mutex_) = nullptr;
};

/// Moves a damaged catalogue, with its -wal and -shm, to "<path>.corrupt-<time>" and returns that name.
absl::StatusOr<std::string> SetAsideDamaged(const std::string& path, WallTime now);

}  // namespace rexray::drivers::local
