#include "drivers/vfs/volume_store.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <utility>

#include "base/fault_point.h"
#include "base/size.h"
#include "base/status.h"
#include "drivers/vfs/root_directory.h"
#include "drivers/vfs/tree_removal.h"
#include "volume/volume_name.h"

namespace rexray::drivers::vfs {
namespace {

constexpr char kNew[] = ".new-";
constexpr char kDeleted[] = ".deleted-";
constexpr size_t kLargestRecord = 1024 * 1024;

absl::Status WriteAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return ErrnoError(errno, "write");
    text.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadSmallFile(int directory, const char* name) {
  const UniqueFd fd(openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd.valid()) return ErrnoError(errno, name);
  std::string text;
  std::array<char, 4096> block{};
  for (;;) {
    const ssize_t size = read(fd.get(), block.data(), block.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return ErrnoError(errno, name);
    if (size == 0) return text;
    text.append(block.data(), static_cast<size_t>(size));
    if (text.size() > kLargestRecord) return Error(absl::StatusCode::kDataLoss, "{} is too large", name);
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<VolumeStore>> VolumeStore::Open(const std::string& root,
                                                               const std::string& boot_id) {
  RETURN_IF_ERROR(MakeRoot(root));
  std::unique_ptr<VolumeStore> store(new VolumeStore(root + "/volumes", boot_id));
  ASSIGN_OR_RETURN(store->lock_, LockRoot(root));
  if (mkdir(store->directory_.c_str(), 0700) != 0 && errno != EEXIST) {
    return store->Explain(errno, "cannot make " + store->directory_);
  }
  RETURN_IF_ERROR(store->OpenDirectory());
  return store;
}

absl::StatusOr<std::unique_ptr<VolumeStore>> VolumeStore::OpenToLook(const std::string& root,
                                                                     const std::string& boot_id) {
  std::unique_ptr<VolumeStore> store(new VolumeStore(root + "/volumes", boot_id));
  RETURN_IF_ERROR(store->OpenDirectory());
  return store;
}

absl::Status VolumeStore::OpenDirectory() {
  directory_fd_.Reset(open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  return directory_fd_.valid() ? absl::OkStatus() : Explain(errno, "cannot open " + directory_);
}

/// errno as a line that says what to do.
absl::Status VolumeStore::Explain(int error, const std::string& what) const {
  switch (error) {
    case ENOSPC:
    case EDQUOT: {
      struct statvfs info {};
      const bool known = statvfs(directory_.c_str(), &info) == 0;
      const std::string free = known ? FormatSize(info.f_bavail * info.f_frsize) : "nothing";
      return Error(absl::StatusCode::kResourceExhausted,
                   "{}: the file system below {} is full ({} free); remove volumes or make it larger", what,
                   directory_, free);
    }
    case EROFS:
      return Error(absl::StatusCode::kFailedPrecondition,
                   "{}: {} is on a read-only file system; mount that read-write", what, directory_);
    case ELOOP:
    case ENOTDIR:
      return Error(absl::StatusCode::kFailedPrecondition,
                   "{}: there is a link or a file where a directory should be; look who put it there", what);
    default:
      return ErrnoError(error, what);
  }
}

absl::Status VolumeStore::SyncDirectory() const {
  if (fsync(directory_fd_.get()) == 0) return absl::OkStatus();
  return Explain(errno, "fsync " + directory_);
}

absl::StatusOr<UniqueFd> VolumeStore::OpenVolume(const std::string& name) const {
  UniqueFd fd(openat(directory_fd_.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd.valid()) return Explain(errno, "cannot open " + directory_ + "/" + name);
  return fd;
}

// --- opening ---

absl::StatusOr<ScannedVolumes::Found> VolumeStore::ReadVolume(const std::string& name) const {
  ASSIGN_OR_RETURN(const UniqueFd volume, OpenVolume(name));
  ASSIGN_OR_RETURN(const std::string text, ReadSmallFile(volume.get(), "volume.json"));
  ScannedVolumes::Found found;
  absl::StatusOr<VolumeRecord> record = DecodeRecord(text);
  if (!record.ok()) return Annotate(record.status(), "volume.json");
  found.record = *std::move(record);
  if (found.record.name != name) {
    return Error(absl::StatusCode::kDataLoss, "its volume.json is that of \"{}\"",
                 Printable(found.record.name));
  }
  std::array<char, 128> boot{};
  const ssize_t size = readlinkat(volume.get(), "attached", boot.data(), boot.size());
  found.attached = size > 0 && std::string_view(boot.data(), static_cast<size_t>(size)) == boot_id_;
  return found;
}

absl::StatusOr<ScannedVolumes> VolumeStore::Scan() const {
  ScannedVolumes scanned;
  UniqueFd copy(openat(directory_fd_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(copy.valid() ? fdopendir(copy.get()) : nullptr, &closedir);
  if (stream == nullptr) return Explain(errno, "cannot read " + directory_);
  (void)copy.Release();
  while (const dirent* entry = readdir(stream.get())) {
    const std::string name = entry->d_name;
    if (name.starts_with(kNew) || name.starts_with(kDeleted)) {
      scanned.leftovers.push_back(name);
    } else if (name[0] != '.') {
      absl::StatusOr<ScannedVolumes::Found> found = ReadVolume(name);
      if (found.ok()) {
        scanned.volumes.push_back(*std::move(found));
      } else {
        scanned.findings.push_back(fmt::format("{}/{} is not taken for a volume and is left alone: {}",
                                               directory_, Printable(name), MessageOf(found.status())));
      }
    }
  }
  return scanned;
}

// --- making ---

absl::Status VolumeStore::Fill(const std::string& temporary, const VolumeRecord& record) {
  if (mkdirat(directory_fd_.get(), temporary.c_str(), 0700) != 0) return Explain(errno, "mkdir");
  ASSIGN_OR_RETURN(const UniqueFd volume, OpenVolume(temporary));
  // As the top of a new file system: everybody may look in, the root user writes. chmod, since mkdir has the
  // umask.
  if (mkdirat(volume.get(), "files", 0755) != 0 || fchmodat(volume.get(), "files", 0755, 0) != 0) {
    return Explain(errno, "mkdir files");
  }
  const UniqueFd json(
      openat(volume.get(), "volume.json", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!json.valid()) return Explain(errno, "cannot make volume.json");
  RETURN_IF_ERROR(WriteAll(json.get(), EncodeRecord(record)));
  RETURN_IF_ERROR(FaultPoint("vfs.create.before_fsync"));
  const UniqueFd files(openat(volume.get(), "files", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  for (const int fd : {json.get(), files.get(), volume.get()}) {
    if (fsync(fd) != 0) return Explain(errno, "fsync of a new volume");
  }
  return FaultPoint("vfs.create.after_fsync");
}

absl::Status VolumeStore::Make(const VolumeRecord& record) {
  const std::string temporary = kNew + record.id;
  absl::Status status = Fill(temporary, record);
  if (status.ok() && renameat2(directory_fd_.get(), temporary.c_str(), directory_fd_.get(),
                               record.name.c_str(), RENAME_NOREPLACE) != 0) {
    status = errno == EEXIST
                 ? Error(absl::StatusCode::kAlreadyExists, "{}/{} is there already", directory_, record.name)
                 : Explain(errno, "rename to " + directory_ + "/" + record.name);
  }
  if (!status.ok()) {
    (void)RemoveLeftover(temporary, [] { return false; });
    return status;
  }
  status = FaultPoint("vfs.create.after_rename");
  if (status.ok()) status = SyncDirectory();
  if (status.ok()) return status;
  if (const absl::StatusOr<std::string> leftover = MarkDeleted(record); leftover.ok()) {
    (void)RemoveLeftover(*leftover, [] { return false; });
  }
  return status;
}

// --- removing ---

absl::StatusOr<std::string> VolumeStore::MarkDeleted(const VolumeRecord& record) {
  const int directory = directory_fd_.get();
  const std::string deleted = kDeleted + record.id;
  if (renameat2(directory, record.name.c_str(), directory, deleted.c_str(), RENAME_NOREPLACE) != 0) {
    if (errno == ENOENT) return deleted;  // somebody has taken it away by hand
    return Explain(errno, "cannot rename " + directory_ + "/" + record.name);
  }
  absl::Status status = FaultPoint("vfs.remove.after_rename");
  if (status.ok()) status = SyncDirectory();
  if (status.ok()) return deleted;
  if (renameat2(directory, deleted.c_str(), directory, record.name.c_str(), RENAME_NOREPLACE) != 0) {
    return Error(status.code(), "{}; and {}", MessageOf(status),
                 MessageOf(Explain(errno, "cannot rename it back")));
  }
  return status;
}

absl::Status VolumeStore::RemoveLeftover(const std::string& name, const std::function<bool()>& stop) {
  return Annotate(RemoveTree(directory_fd_.get(), name, stop), directory_ + "/" + name);
}

// --- attaching ---

/// A symbolic link, since it comes with its text in one call. Not synced: it says something of this boot
/// only.
absl::Status VolumeStore::SetAttached(const VolumeRecord& record, bool attached) {
  absl::StatusOr<UniqueFd> volume = OpenVolume(record.name);
  if (!volume.ok())
    return !attached && absl::IsNotFound(volume.status()) ? absl::OkStatus() : volume.status();
  if (unlinkat(volume->get(), "attached", 0) != 0 && errno != ENOENT) {
    return Explain(errno, "cannot delete the mark \"attached\" of an earlier boot");
  }
  RETURN_IF_ERROR(FaultPoint(attached ? "vfs.attach.before_mark" : "vfs.detach.after_mark"));
  if (!attached || symlinkat(boot_id_.c_str(), volume->get(), "attached") == 0) return absl::OkStatus();
  return Explain(errno, "cannot make the mark \"attached\"");
}

absl::StatusOr<std::string> VolumeStore::CheckFiles(const VolumeRecord& record) const {
  const auto unusable = [&](int error, const std::string& what) {
    return Error(
        absl::StatusCode::kFailedPrecondition,
        "volume \"{}\" cannot be used: {} is {}; put the directory back from a backup, or remove the "
        "volume",
        record.name, what,
        error == ENOENT ? "gone"
        : error == ENOTDIR || error == ELOOP
            ? "not a directory (a link or a file is in its place)"
            : "out of reach: " + std::string(MessageOf(ErrnoError(error, "open"))));
  };
  const UniqueFd volume(
      openat(directory_fd_.get(), record.name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!volume.valid()) return unusable(errno, directory_ + "/" + record.name);
  const UniqueFd files(openat(volume.get(), "files", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat info {};
  if (!files.valid() || fstat(files.get(), &info) != 0) return unusable(errno, FilesOf(record));
  return fmt::format("directory:{}:{}", info.st_dev, info.st_ino);
}

}  // namespace rexray::drivers::vfs
