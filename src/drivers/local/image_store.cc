#include "drivers/local/image_store.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/fault_point.h"
#include "base/logging.h"
#include "base/size.h"
#include "base/status.h"
#include "drivers/local/image_copy.h"
#include "drivers/local/xattrs.h"

namespace rexray::drivers::local {
namespace {

constexpr std::string_view kImageSuffix = ".img";
constexpr std::string_view kNewSuffix = ".new";
constexpr std::string_view kDeletedSuffix = ".deleted";

std::string NewName(const std::string& id) {
  return "." + id + std::string(kNewSuffix);
}
std::string ImageName(const std::string& id) {
  return id + std::string(kImageSuffix);
}
std::string DeletedName(const std::string& id) {
  return "." + id + std::string(kDeletedSuffix);
}

/// The id in PREFIX<id>SUFFIX, or nothing.
std::optional<std::string> IdIn(std::string_view name, std::string_view prefix, std::string_view suffix) {
  if (name.size() <= prefix.size() + suffix.size() || !name.starts_with(prefix) || !name.ends_with(suffix)) {
    return std::nullopt;
  }
  const std::string_view id = name.substr(prefix.size(), name.size() - prefix.size() - suffix.size());
  if (!IsImageId(id)) return std::nullopt;
  return std::string(id);
}

ImageInfo InfoOf(const struct stat& status) {
  return {static_cast<uint64_t>(status.st_size), static_cast<uint64_t>(status.st_blocks) * 512,
          host::FileIdentity{status.st_dev, status.st_ino}};
}

struct CloseDirectory {
  void operator()(DIR* directory) const { closedir(directory); }
};

}  // namespace

bool IsImageId(std::string_view name) {
  constexpr size_t kPrefix = 3;
  if (!name.starts_with(kVolumeIds) && !name.starts_with(kSnapshotIds)) return false;
  return name.size() == kPrefix + 16 &&
         name.find_first_not_of("0123456789abcdef", kPrefix) == std::string_view::npos;
}

absl::StatusOr<std::string> NewImageId(std::string_view prefix) {
  uint64_t number = 0;
  if (getrandom(&number, sizeof number, 0) != static_cast<ssize_t>(sizeof number)) {
    return ErrnoError(errno, "getrandom");
  }
  return fmt::format("{}{:016x}", prefix, number);
}

/// errno as a line that says what to do.
absl::Status ImageStore::Explain(int error, const std::string& what) const {
  switch (error) {
    case ENOSPC:
    case EDQUOT: {
      struct statvfs info {};
      const bool known = fstatvfs(directory_fd_.get(), &info) == 0;
      const std::string free = known ? FormatSize(info.f_bavail * info.f_frsize) : "nothing";
      return Error(absl::StatusCode::kResourceExhausted,
                   "{}: the file system below {} is full ({} free); remove volumes or make it larger", what,
                   directory_, free);
    }
    case EFBIG:
      return Error(
          absl::StatusCode::kInvalidArgument,
          "{}: the file system below {} does not allow one file of that size; choose a smaller size, or a "
          "data directory on xfs",
          what, directory_);
    case EROFS:
      return Error(
          absl::StatusCode::kFailedPrecondition,
          "{}: {} is on a read-only file system; mount it read-write or choose another data directory", what,
          directory_);
    case EACCES:
    case EPERM:
      return Error(absl::StatusCode::kPermissionDenied,
                   "{}: user {} may not write in {}; run rexray as root or give that user the directory",
                   what, geteuid(), directory_);
    case EOPNOTSUPP:
      return Error(
          absl::StatusCode::kInvalidArgument,
          "{}: the file system below {} cannot reserve space; create the volume without thick provisioning",
          what, directory_);
    default:
      return ErrnoError(error, what);
  }
}

absl::StatusOr<std::unique_ptr<ImageStore>> ImageStore::Open(const std::string& directory) {
  if (mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
    const int error = errno;
    return ImageStore(directory, UniqueFd()).Explain(error, "cannot make the directory of the images");
  }
  UniqueFd fd(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) {
    const int error = errno;
    return ImageStore(directory, UniqueFd()).Explain(error, "cannot open the directory of the images");
  }
  std::unique_ptr<ImageStore> store(new ImageStore(directory, std::move(fd)));
  store->LearnAttributes();
  store->can_reflink_ = CanReflink(store->directory_fd_.get());
  return store;
}

void ImageStore::LearnAttributes() {
  has_attributes_ = SupportsAttributes(directory_fd_.get());
  if (has_attributes_) return;
  LogWarn(
      "the file system below the images has no user xattrs: a lost catalogue could not be rebuilt; keep a "
      "backup "
      "of catalogue.db, or use ext4, xfs or btrfs",
      {{"directory", directory_}});
}

absl::Status ImageStore::SyncDirectory() const {
  if (fsync(directory_fd_.get()) == 0) return absl::OkStatus();
  return Explain(errno, "fsync " + directory_);
}

absl::StatusOr<UniqueFd> ImageStore::OpenImage(const std::string& id, int flags) const {
  UniqueFd fd(openat(directory_fd_.get(), ImageName(id).c_str(), flags | O_CLOEXEC | O_NOFOLLOW));
  if (!fd.valid()) return Explain(errno, "cannot open the image " + PathOf(id));
  return fd;
}

absl::StatusOr<SweptImages> ImageStore::Sweep() {
  const int copy = openat(directory_fd_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  std::unique_ptr<DIR, CloseDirectory> directory(copy < 0 ? nullptr : fdopendir(copy));
  if (directory == nullptr) return Explain(errno, "cannot read " + directory_);
  SweptImages swept;
  for (;;) {
    errno = 0;
    const dirent* entry = readdir(directory.get());
    if (entry == nullptr && errno != 0) return Explain(errno, "cannot read " + directory_);
    if (entry == nullptr) return swept;
    const std::string_view name = entry->d_name;
    if (const auto half_made = IdIn(name, ".", kNewSuffix)) {
      if (unlinkat(directory_fd_.get(), entry->d_name, 0) != 0) {
        return Explain(errno, "cannot remove the half-made image " + directory_ + "/" + entry->d_name);
      }
      LogInfo("removed a half-made image that a crash left", {{"id", *half_made}});
    } else if (const auto going = IdIn(name, ".", kDeletedSuffix)) {
      swept.unfinished_removals.push_back(*going);
    } else if (const auto id = IdIn(name, "", kImageSuffix)) {
      ASSIGN_OR_RETURN(const ImageInfo info, Stat(*id));
      swept.images.push_back({*id, info});
    }
  }
}

absl::StatusOr<ImageInfo> ImageStore::Stat(const std::string& id) const {
  struct stat status {};
  if (fstatat(directory_fd_.get(), ImageName(id).c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return Explain(errno, "image " + PathOf(id));
  }
  return InfoOf(status);
}

// --- making ---

absl::Status ImageStore::Allocate(int fd, const VolumeRecord& record, uint64_t size) const {
  const std::string what = fmt::format("volume \"{}\" of {}", record.name, FormatSize(size));
  // The length first: EFBIG is found before anything is written.
  if (ftruncate(fd, static_cast<off_t>(size)) != 0) return Explain(errno, what);
  if (!record.thick) return absl::OkStatus();
  struct stat status {};
  struct statvfs space {};
  if (fstat(fd, &status) == 0 && fstatvfs(directory_fd_.get(), &space) == 0) {
    const uint64_t has = static_cast<uint64_t>(status.st_blocks) * 512;
    // Asked first: fallocate would fill the disk before it fails, and others would see ENOSPC meanwhile.
    if (size > has && size - has > space.f_bavail * space.f_frsize) return Explain(ENOSPC, what);
  }
  int result = 0;
  do {
    result = fallocate(fd, 0, 0, static_cast<off_t>(size));
  } while (result != 0 && errno == EINTR);
  return result == 0 ? absl::OkStatus() : Explain(errno, what);
}

absl::Status ImageStore::WriteAttributes(int fd, const VolumeRecord& record) {
  if (!has_attributes_) return absl::OkStatus();
  const absl::Status written = WriteRecordAttributes(fd, record);
  if (absl::IsResourceExhausted(written)) {  // on a full disk it is the xattrs that need the first block
    return Explain(ENOSPC, fmt::format("volume \"{}\" of {}", record.name, FormatSize(record.size)));
  }
  return Annotate(written, "image " + PathOf(record.id));
}

absl::Status ImageStore::Finish(int fd, const VolumeRecord& record) {
  RETURN_IF_ERROR(FaultPoint("local.create.after_truncate"));
  RETURN_IF_ERROR(WriteAttributes(fd, record));
  RETURN_IF_ERROR(FaultPoint("local.create.after_xattrs"));
  if (fsync(fd) != 0) return Explain(errno, "fsync of the new image " + PathOf(record.id));
  return FaultPoint("local.create.after_fsync");
}

absl::StatusOr<ImageInfo> ImageStore::Make(const VolumeRecord& record) {
  return MakeWith(record, [&](int fd) { return Allocate(fd, record, record.size); });
}

absl::StatusOr<ImageInfo> ImageStore::MakeCopy(const VolumeRecord& record, const ImageCopyOptions& copy,
                                               Clock& clock) {
  return MakeWith(record, [&](int fd) { return CopyInto(fd, record, copy, clock); });
}

absl::Status ImageStore::CopyInto(int fd, const VolumeRecord& record, const ImageCopyOptions& copy,
                                  Clock& clock) {
  ASSIGN_OR_RETURN(const UniqueFd from, OpenImage(copy.from, O_RDONLY));
  if (fsync(from.get()) != 0) return Explain(errno, "fsync of " + PathOf(copy.from));
  bool shared = false;
  if (!record.thick) {
    ASSIGN_OR_RETURN(shared, TryReflink(from.get(), fd));
  }
  RETURN_IF_ERROR(Allocate(fd, record, record.size));
  if (shared) return FaultPoint("local.copy.after_data");
  const CopyRequest request{from.get(), fd, copy.deadline, copy.progress};
  const absl::Status copied = CopyDataExtents(request, clock);
  if (absl::IsResourceExhausted(copied)) {
    return Explain(ENOSPC, "no room for a copy of " + PathOf(copy.from));
  }
  RETURN_IF_ERROR(copied);
  return FaultPoint("local.copy.after_data");
}

absl::StatusOr<Pool> ImageStore::Space() const {
  struct statvfs info {};
  if (fstatvfs(directory_fd_.get(), &info) != 0)
    return Explain(errno, "cannot ask how full the images' disk is");
  Pool pool;
  pool.size = uint64_t{info.f_blocks} * info.f_frsize;
  pool.available = uint64_t{info.f_bavail} * info.f_frsize;
  return pool;
}

absl::StatusOr<ImageInfo> ImageStore::MakeWith(const VolumeRecord& record, const Filler& content) {
  const std::string temporary = NewName(record.id);
  UniqueFd fd(openat(directory_fd_.get(), temporary.c_str(),
                     O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.valid()) return Explain(errno, fmt::format("volume \"{}\": cannot make its image", record.name));
  absl::Status status = FaultPoint("local.create.after_file");
  if (status.ok()) status = content(fd.get());
  if (status.ok()) status = Finish(fd.get(), record);
  struct stat info {};
  if (status.ok() && fstat(fd.get(), &info) != 0) status = Explain(errno, "stat of " + PathOf(record.id));
  if (status.ok() && renameat(directory_fd_.get(), temporary.c_str(), directory_fd_.get(),
                              ImageName(record.id).c_str()) != 0) {
    status = Explain(errno, "rename of " + PathOf(record.id));
  }
  if (!status.ok()) {
    unlinkat(directory_fd_.get(), temporary.c_str(), 0);
    return status;
  }
  status = FaultPoint("local.create.after_rename");
  if (status.ok()) status = SyncDirectory();
  if (status.ok()) return InfoOf(info);
  unlinkat(directory_fd_.get(), ImageName(record.id).c_str(), 0);
  return status;
}

// --- changing ---

absl::StatusOr<uint64_t> ImageStore::Extend(const VolumeRecord& record, uint64_t size) {
  ASSIGN_OR_RETURN(const UniqueFd fd, OpenImage(record.id, O_RDWR));
  struct stat status {};
  if (fstat(fd.get(), &status) != 0) return Explain(errno, "stat of " + PathOf(record.id));
  // A repeat after a crash finds it grown already; never cut anything off.
  const uint64_t target = std::max(size, static_cast<uint64_t>(status.st_size));
  if (absl::Status grown = Allocate(fd.get(), record, target); !grown.ok()) {
    // Only what was appended by this call is cut off again: no data is there.
    (void)!ftruncate(fd.get(), status.st_size);
    return grown;
  }
  RETURN_IF_ERROR(FaultPoint("local.grow.after_truncate"));
  if (has_attributes_) RETURN_IF_ERROR(WriteSizeAttribute(fd.get(), target));
  if (fsync(fd.get()) != 0) return Explain(errno, "fsync of " + PathOf(record.id));
  RETURN_IF_ERROR(FaultPoint("local.grow.after_fsync"));
  return target;
}

absl::Status ImageStore::ClearBlank(const std::string& id) {
  if (!has_attributes_) return absl::OkStatus();
  ASSIGN_OR_RETURN(const UniqueFd fd, OpenImage(id, O_RDONLY));
  RETURN_IF_ERROR(Annotate(WriteBlankAttribute(fd.get(), false), "image " + PathOf(id)));
  if (fsync(fd.get()) != 0) return Explain(errno, "fsync of " + PathOf(id));
  return FaultPoint("local.blank.after_xattr");
}

absl::Status ImageStore::ClearUuidMark(const std::string& id) {
  if (!has_attributes_) return absl::OkStatus();
  ASSIGN_OR_RETURN(const UniqueFd fd, OpenImage(id, O_RDONLY));
  RETURN_IF_ERROR(Annotate(WriteUuidAttribute(fd.get(), false), "image " + PathOf(id)));
  if (fsync(fd.get()) != 0) return Explain(errno, "fsync of " + PathOf(id));
  return FaultPoint("local.uuid.after_xattr");
}

absl::StatusOr<VolumeRecord> ImageStore::ReadRecord(const std::string& id) const {
  ASSIGN_OR_RETURN(const UniqueFd fd, OpenImage(id, O_RDONLY));
  ASSIGN_OR_RETURN(VolumeRecord record, ReadRecordAttributes(fd.get(), PathOf(id)));
  struct stat status {};
  if (fstat(fd.get(), &status) != 0) return Explain(errno, "stat of " + PathOf(id));
  record.size = static_cast<uint64_t>(status.st_size);
  if (record.id != id) {
    return Error(absl::StatusCode::kNotFound, "image {} says that it is {}: a copy of that image", PathOf(id),
                 record.id);
  }
  return record;
}

// --- removing ---

absl::Status ImageStore::MarkDeleted(const std::string& id) {
  const int directory = directory_fd_.get();
  if (renameat(directory, ImageName(id).c_str(), directory, DeletedName(id).c_str()) != 0) {
    if (errno == ENOENT) return absl::OkStatus();
    return Explain(errno, "cannot remove the image " + PathOf(id));
  }
  return SyncDirectory();
}

absl::Status ImageStore::UnmarkDeleted(const std::string& id) {
  const int directory = directory_fd_.get();
  if (renameat(directory, DeletedName(id).c_str(), directory, ImageName(id).c_str()) != 0 &&
      errno != ENOENT) {
    return Explain(errno, "cannot put back the image " + PathOf(id));
  }
  return SyncDirectory();
}

absl::Status ImageStore::Empty(const std::string& id) {
  const std::string name = DeletedName(id);
  const UniqueFd fd(openat(directory_fd_.get(), name.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd.valid() || ftruncate(fd.get(), 0) != 0 || fsync(fd.get()) != 0) {
    return Explain(errno, "cannot give back the space of " + directory_ + "/" + name);
  }
  return absl::OkStatus();
}

absl::Status ImageStore::Unlink(const std::string& id) {
  if (unlinkat(directory_fd_.get(), DeletedName(id).c_str(), 0) != 0 && errno != ENOENT) {
    return Explain(errno, "cannot remove the image " + directory_ + "/" + DeletedName(id));
  }
  return absl::OkStatus();
}

}  // namespace rexray::drivers::local
