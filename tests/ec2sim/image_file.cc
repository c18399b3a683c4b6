#include "ec2sim/image_file.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/status.h"
#include "base/unique_fd.h"

namespace rexray::ec2sim {
namespace {

absl::Status CopyExtent(int from, int to, off_t begin, off_t end) {
  off_t read_at = begin;
  off_t write_at = begin;
  while (read_at < end) {
    const ssize_t n = copy_file_range(from, &read_at, to, &write_at, static_cast<size_t>(end - read_at), 0);
    if (n < 0) return ErrnoError(errno, "copy_file_range");
    if (n == 0) break;
  }
  return absl::OkStatus();
}

absl::Status CopyData(int from, int to, off_t size) {
  off_t at = 0;
  while (at < size) {
    const off_t data = lseek(from, at, SEEK_DATA);
    if (data < 0 && errno == ENXIO) return absl::OkStatus();  // only holes from here on
    if (data < 0) return ErrnoError(errno, "SEEK_DATA");
    const off_t hole = lseek(from, data, SEEK_HOLE);
    if (hole < 0) return ErrnoError(errno, "SEEK_HOLE");
    RETURN_IF_ERROR(CopyExtent(from, to, data, hole));
    at = hole;
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status MakeImage(const std::string& path, uint64_t size) {
  const UniqueFd fd(open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd.valid()) return ErrnoError(errno, path);
  if (ftruncate(fd.get(), static_cast<off_t>(size)) != 0) return ErrnoError(errno, path);
  return absl::OkStatus();
}

absl::Status CopyImage(const std::string& from, const std::string& to) {
  const UniqueFd source(open(from.c_str(), O_RDONLY | O_CLOEXEC));
  if (!source.valid()) return ErrnoError(errno, from);
  const UniqueFd target(open(to.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!target.valid()) return ErrnoError(errno, to);
  if (ioctl(target.get(), FICLONE, source.get()) == 0) return absl::OkStatus();
  struct stat about {};
  if (fstat(source.get(), &about) != 0) return ErrnoError(errno, from);
  if (ftruncate(target.get(), about.st_size) != 0) return ErrnoError(errno, to);
  return Annotate(CopyData(source.get(), target.get(), about.st_size), to);
}

absl::Status GrowImage(const std::string& path, uint64_t size) {
  struct stat about {};
  if (stat(path.c_str(), &about) != 0) return ErrnoError(errno, path);
  if (static_cast<uint64_t>(about.st_size) >= size) return absl::OkStatus();
  if (truncate(path.c_str(), static_cast<off_t>(size)) != 0) return ErrnoError(errno, path);
  return absl::OkStatus();
}

}  // namespace rexray::ec2sim
