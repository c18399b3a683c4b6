#pragma once

// The directory of image files. Names say in what state an image is, and rename(2) moves it from one to the
// next, so that a crash at any point leaves something that Sweep understands:
//
//   .<id>.new       being made: removed at open
//   <id>.img        a volume (lv-…) or a snapshot (ls-…)
//   .<id>.deleted   being removed: the removal is finished at open
//
// The xattrs of an image hold all of its record:
// user.rexray.{format,id,name,size,blank,newuuid,created,details}. On a file system without user xattrs the
// store says so once, in the log, and goes on without them.
//
// Facts: rename(2), fsync(2) (a new name needs an fsync of its directory), fallocate(2), xattr(7).

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "base/clock.h"
#include "base/deadline.h"
#include "base/unique_fd.h"
#include "drivers/local/record.h"
#include "host/block_devices.h"

namespace rexray::drivers::local {

/// What stat says of an image.
struct ImageInfo {
  uint64_t size = 0;       ///< its length
  uint64_t allocated = 0;  ///< what it takes on the disk
  host::FileIdentity identity;
};

/// What Sweep found.
struct SweptImages {
  struct Found {
    std::string id;
    ImageInfo info;
  };
  std::vector<Found> images;
  std::vector<std::string> unfinished_removals;  ///< ids: `.deleted` files
};

/// What an image's content is copied from.
struct ImageCopyOptions {
  std::string from;  ///< the id of an image that nobody writes to meanwhile
  Deadline deadline = Deadline::Never();
  std::function<void(int percent)> progress{};
};

/// Thread-safe, as long as no two calls for one id run at once.
class ImageStore {
 public:
  /// Makes the directory when it is not there (its parent is).
  static absl::StatusOr<std::unique_ptr<ImageStore>> Open(const std::string& directory);

  std::string PathOf(const std::string& id) const { return directory_ + "/" + id + ".img"; }
  const std::string& directory() const { return directory_; }
  bool has_attributes() const { return has_attributes_; }

  /// All images; removes what was half-made.
  absl::StatusOr<SweptImages> Sweep();

  /// A whole image or none. Durable before it returns.
  absl::StatusOr<ImageInfo> Make(const VolumeRecord& record);

  /// The same, with the content of another image. Shares its extents where the file system can and the record
  /// is not thick.
  absl::StatusOr<ImageInfo> MakeCopy(const VolumeRecord& record, const ImageCopyOptions& copy, Clock& clock);

  /// Whether MakeCopy takes a moment only.
  bool can_reflink() const { return can_reflink_; }
  /// The file system below the images; name and promised are not filled in.
  absl::StatusOr<Pool> Space() const;

  /// NotFound when the file is not there.
  absl::StatusOr<ImageInfo> Stat(const std::string& id) const;

  /// At least `size` long, and the xattr says so. Durable. The length that it has now: more than `size` when
  /// a first try had come further.
  absl::StatusOr<uint64_t> Extend(const VolumeRecord& record, uint64_t size);
  absl::Status ClearBlank(const std::string& id);
  absl::Status ClearUuidMark(const std::string& id);

  /// What the xattrs say; size is the file's length. NotFound when there are none (another program's file).
  absl::StatusOr<VolumeRecord> ReadRecord(const std::string& id) const;

  // A removal's two steps, and the way back after the first. OK when the file is not there.
  absl::Status MarkDeleted(const std::string& id);
  absl::Status UnmarkDeleted(const std::string& id);
  absl::Status Unlink(const std::string& id);
  /// Of an image that is marked deleted: its data goes and its name stays. No way back.
  absl::Status Empty(const std::string& id);

 private:
  ImageStore(std::string directory, UniqueFd fd)
      : directory_(std::move(directory)), directory_fd_(std::move(fd)) {}
  void LearnAttributes();
  using Filler = std::function<absl::Status(int fd)>;
  absl::StatusOr<ImageInfo> MakeWith(const VolumeRecord& record, const Filler& content);
  absl::Status CopyInto(int fd, const VolumeRecord& record, const ImageCopyOptions& copy, Clock& clock);
  absl::Status Finish(int fd, const VolumeRecord& record);
  absl::Status Allocate(int fd, const VolumeRecord& record, uint64_t size) const;
  absl::Status WriteAttributes(int fd, const VolumeRecord& record);
  absl::Status SyncDirectory() const;
  absl::Status Explain(int error, const std::string& what) const;
  absl::StatusOr<UniqueFd> OpenImage(const std::string& id, int flags) const;

  const std::string directory_;
  const UniqueFd directory_fd_;
  std::atomic<bool> has_attributes_{true};
  bool can_reflink_ = false;
};

inline constexpr std::string_view kVolumeIds = "lv-";
inline constexpr std::string_view kSnapshotIds = "ls-";

/// True when `name` is an id that this driver makes: "lv-" or "ls-" and 16 hexadecimal digits.
bool IsImageId(std::string_view name);
inline bool IsSnapshotId(std::string_view id) {
  return id.starts_with(kSnapshotIds);
}
absl::StatusOr<std::string> NewImageId(std::string_view prefix);

}  // namespace rexray::drivers::local
