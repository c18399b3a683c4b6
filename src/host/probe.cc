#include "host/probe.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "base/size.h"
#include "base/status.h"
#include "base/unique_fd.h"
#include "blkid/blkid.h"
#include "host/superblock_size.h"
#include "volume/volume_name.h"

namespace rexray::host {
namespace {

using absl::StatusCode;

constexpr uint64_t kEdge = kMiB;       // what must be zero at each end (design §4.5)
constexpr uint64_t kAlignment = 4096;  // for O_DIRECT on devices with 512- and 4096-byte sectors

struct FreeProbe {
  void operator()(blkid_struct_probe* probe) const { ::blkid_free_probe(probe); }
};
using Prober = std::unique_ptr<blkid_struct_probe, FreeProbe>;

std::string Value(const Prober& probe, const char* name) {
  const char* value = nullptr;
  if (::blkid_probe_lookup_value(probe.get(), name, &value, nullptr) != 0 || value == nullptr) return "";
  return value;
}

absl::StatusOr<Prober> Prepare(int fd, const std::string& path) {
  Prober probe(::blkid_new_probe());
  if (probe == nullptr) return Error(StatusCode::kResourceExhausted, "no memory to probe {}", path);
  if (::blkid_probe_set_device(probe.get(), fd, 0, 0) != 0) {
    return Error(StatusCode::kInternal, "cannot probe {}: {}", path, std::strerror(errno));
  }
  // A signature with a wrong checksum still says that there is data.
  ::blkid_probe_enable_superblocks(probe.get(), 1);
  ::blkid_probe_set_superblocks_flags(probe.get(), BLKID_SUBLKS_TYPE | BLKID_SUBLKS_USAGE |
                                                       BLKID_SUBLKS_UUID | BLKID_SUBLKS_LABEL |
                                                       BLKID_SUBLKS_BADCSUM);
  ::blkid_probe_enable_partitions(probe.get(), 1);
  return probe;
}

struct Known {
  std::string_view type;
  std::string_view words;
};

constexpr std::array kTypes = std::to_array<Known>({
    {"crypto_LUKS", "an encrypted LUKS volume"},
    {"LVM1_member", "an LVM physical volume"},
    {"LVM2_member", "an LVM physical volume"},
    {"linux_raid_member", "a member of an md RAID array"},
    {"ddf_raid_member", "a member of a RAID array (DDF)"},
    {"isw_raid_member", "a member of a RAID array (Intel)"},
    {"zfs_member", "a member of a ZFS pool"},
    {"bcache", "a bcache device"},
    {"ceph_bluestore", "a Ceph OSD"},
    {"drbd", "a DRBD device"},
    {"oracleasm", "an Oracle ASM disk"},
    {"BitLocker", "an encrypted BitLocker volume"},
    {"jbd", "an external ext4 journal"},
    {"swap", "swap space"},
    {"swsuspend", "a hibernation image"},
});

constexpr std::array kTables = std::to_array<Known>({
    {"gpt", "a GPT partition table"},
    {"PMBR", "a protective MBR, what is left of a GPT partition table"},
    {"dos", "an MBR (DOS) partition table"},
});

std::string WordsFor(const std::string& type, const std::string& usage) {
  for (const Known& known : kTypes) {
    if (known.type == type) return std::string(known.words);
  }
  // As it is spoken: "an ext4", "an ntfs".
  bool vowel = false;
  for (const char* sound : {"a", "e", "i", "o", "f2fs", "hfs", "ntfs", "xfs"})
    vowel |= type.starts_with(sound);
  const std::string_view article = vowel ? "an" : "a";
  if (usage == "filesystem") return fmt::format("{} {} file system", article, type);
  return fmt::format("{} {} signature", article, type);
}

std::string TableWords(const std::string& table) {
  for (const Known& known : kTables) {
    if (known.type == table) return std::string(known.words);
  }
  return fmt::format("a partition table ({})", table);
}

// Every signature by name; for a device that has more than one.
std::string AllSignatures(int fd, const std::string& path) {
  auto probe = Prepare(fd, path);
  if (!probe.ok()) return "";
  std::string names;
  while (::blkid_do_probe(probe->get()) == 0) {
    for (const char* key : {"TYPE", "PTTYPE"}) {
      const std::string name = Value(*probe, key);
      if (name.empty() || names.find(name) != std::string::npos) continue;
      names.append(names.empty() ? "" : ", ").append(name);
    }
  }
  return names;
}

std::string DescribeFound(const Prober& probe, const ProbeResult& result) {
  if (result.fs_type.empty()) return TableWords(result.partition_table);
  std::string words = WordsFor(result.fs_type, Value(probe, "USAGE"));
  if (!result.uuid.empty()) words += " (UUID " + Printable(result.uuid);
  if (!result.label.empty()) {
    words += fmt::format("{}label \"{}\"", result.uuid.empty() ? " (" : ", ", Printable(result.label));
  }
  if (!result.uuid.empty() || !result.label.empty()) words += ")";
  if (!Value(probe, "SBBADCSUM").empty()) words += " with a wrong checksum";
  return words;
}

absl::StatusOr<ProbeResult> ProbeSignatures(int fd, const std::string& path) {
  ASSIGN_OR_RETURN(const Prober probe, Prepare(fd, path));
  errno = 0;
  const int found = ::blkid_do_safeprobe(probe.get());
  const int error = errno;
  ProbeResult result;
  if (found == 1) return result;
  if (found == -2) {
    result.ambivalent = true;
    result.description = "more than one signature (" + AllSignatures(fd, path) + ")";
    return result;
  }
  if (found != 0) return ErrnoError(error == 0 ? EIO : error, "cannot read " + path);
  result.fs_type = Value(probe, "TYPE");
  result.uuid = Value(probe, "UUID");
  result.label = Value(probe, "LABEL");
  result.partition_table = Value(probe, "PTTYPE");
  if (result.fs_type.empty() && result.partition_table.empty()) {
    result.description = "a signature that libblkid does not name";
  } else if (!result.fs_type.empty() && !result.partition_table.empty()) {
    result.ambivalent = true;
    result.description =
        fmt::format("more than one signature ({}, {})", result.fs_type, result.partition_table);
  } else {
    result.description = DescribeFound(probe, result);
  }
  return result;
}

// Unbuffered where the device allows.
class EdgeReader {
 public:
  EdgeReader(int fd, const std::string& path)
      : fd_(fd),
        direct_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_DIRECT)),
        buffer_(static_cast<char*>(std::aligned_alloc(kAlignment, kEdge)), &std::free) {}

  absl::StatusOr<bool> IsZero(uint64_t from, uint64_t to, const std::string& path) {
    if (buffer_ == nullptr) return Error(StatusCode::kResourceExhausted, "no memory to read {}", path);
    while (from < to) {
      const ssize_t got = Read(from, std::min(to - from, kEdge));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return ErrnoError(errno, "cannot read " + path);
      if (got == 0) return Error(StatusCode::kUnavailable, "{} became shorter while it was read", path);
      if (buffer_.get()[0] != 0 ||
          std::memcmp(buffer_.get(), buffer_.get() + 1, static_cast<size_t>(got) - 1) != 0) {
        return false;
      }
      from += static_cast<uint64_t>(got);
    }
    return true;
  }

 private:
  ssize_t Read(uint64_t from, uint64_t size) {
    if (direct_.valid() && from % kAlignment == 0) {
      const ssize_t got = ::pread(direct_.get(), buffer_.get(), size, static_cast<off_t>(from));
      if (got >= 0 || errno != EINVAL) return got;
      direct_.Reset();
    }
    return ::pread(fd_, buffer_.get(), size, static_cast<off_t>(from));
  }

  int fd_;
  UniqueFd direct_;
  std::unique_ptr<char, decltype(&std::free)> buffer_;
};

// Sets `empty` and the description of a device on which libblkid knows nothing.
absl::Status CheckEdges(int fd, const std::string& path, uint64_t size, ProbeResult& result) {
  EdgeReader reader(fd, path);
  ASSIGN_OR_RETURN(const bool first, reader.IsZero(0, std::min(size, kEdge), path));
  if (!first) {
    result.description = "data that is no known format (the first MiB is not zero)";
    return absl::OkStatus();
  }
  // Aligned downwards: a little more than a MiB rather than less.
  const uint64_t last = size <= kEdge ? 0 : (size - kEdge) / kAlignment * kAlignment;
  ASSIGN_OR_RETURN(const bool end, reader.IsZero(last, size, path));
  result.empty = end;
  result.description = end ? "nothing" : "data that is no known format (the last MiB is not zero)";
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<uint64_t> SizeOfOpen(int fd, const std::string& path) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return ErrnoError(errno, "cannot stat " + path);
  if (S_ISREG(status.st_mode)) return static_cast<uint64_t>(status.st_size);
  uint64_t size = 0;
  if (!S_ISBLK(status.st_mode)) return Error(StatusCode::kInvalidArgument, "{} is not a block device", path);
  if (::ioctl(fd, BLKGETSIZE64, &size) != 0) return ErrnoError(errno, "cannot read the size of " + path);
  return size;
}

absl::StatusOr<ProbeResult> ProbeDevice(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.valid()) return ErrnoError(errno, "cannot open " + path);
  ASSIGN_OR_RETURN(const uint64_t size, SizeOfOpen(fd.get(), path));
  // A device without a byte is not empty, it is not there (a loop device that was cleared, a disk that went).
  if (size == 0)
    return Error(StatusCode::kUnavailable, "{} has no size: the device is gone or not ready", path);
  // What libblkid reads goes through the page cache; a copy from before another node wrote must not answer.
  (void)::posix_fadvise(fd.get(), 0, 0, POSIX_FADV_DONTNEED);
  // libblkid reads some forty places one after the other, nearly all in these two: fetch them in large
  // pieces, at once.
  (void)::posix_fadvise(fd.get(), 0, static_cast<off_t>(kEdge), POSIX_FADV_WILLNEED);
  if (size > kEdge) {
    (void)::posix_fadvise(fd.get(), static_cast<off_t>(size - kEdge), static_cast<off_t>(kEdge),
                          POSIX_FADV_WILLNEED);
  }
  ASSIGN_OR_RETURN(ProbeResult result, ProbeSignatures(fd.get(), path));
  if (result.description.empty()) RETURN_IF_ERROR(CheckEdges(fd.get(), path, size, result));
  if (!result.ambivalent) result.fs_size = SuperblockSize(fd.get(), result.fs_type);
  return result;
}

}  // namespace rexray::host
