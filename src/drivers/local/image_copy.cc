#include "drivers/local/image_copy.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "base/fault_point.h"
#include "base/status.h"
#include "base/unique_fd.h"

namespace rexray::drivers::local {
namespace {

constexpr uint64_t kPiece = uint64_t{32} << 20;  // between two looks at the clock

bool CannotShare(int error) {
  return error == EOPNOTSUPP || error == ENOTTY || error == EXDEV || error == EINVAL || error == ENOSYS;
}

/// The longest stretch of data from `offset` on, or an empty one at the end.
struct Extent {
  off_t begin = 0;
  off_t end = 0;
};
absl::StatusOr<Extent> NextData(int fd, off_t offset) {
  Extent extent;
  extent.begin = lseek(fd, offset, SEEK_DATA);
  if (extent.begin < 0 && errno == ENXIO) return Extent{offset, offset};
  if (extent.begin < 0) return ErrnoError(errno, "cannot find the data in the image");
  extent.end = lseek(fd, extent.begin, SEEK_HOLE);
  if (extent.end < 0) return ErrnoError(errno, "cannot find the data in the image");
  return extent;
}

absl::StatusOr<uint64_t> DataBytes(int fd) {
  uint64_t sum = 0;
  for (off_t at = 0;;) {
    ASSIGN_OR_RETURN(const Extent extent, NextData(fd, at));
    if (extent.begin == extent.end) return sum;
    sum += static_cast<uint64_t>(extent.end - extent.begin);
    at = extent.end;
  }
}

absl::StatusOr<size_t> CopyByHand(int from, int to, off_t at, size_t size) {
  static thread_local std::vector<char> buffer(1 << 20);
  const ssize_t got = pread(from, buffer.data(), std::min(size, buffer.size()), at);
  if (got < 0) return ErrnoError(errno, "cannot read the image");
  for (ssize_t done = 0; done < got;) {
    const ssize_t put = pwrite(to, buffer.data() + done, static_cast<size_t>(got - done), at + done);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return ErrnoError(errno, "cannot write the copy");
    done += put;
  }
  return static_cast<size_t>(got);
}

class Copier {
 public:
  Copier(const CopyRequest& request, Clock& clock) : request_(request), clock_(clock) {}

  absl::Status Run() {
    ASSIGN_OR_RETURN(total_, DataBytes(request_.from));
    for (off_t at = 0;;) {
      ASSIGN_OR_RETURN(const Extent extent, NextData(request_.from, at));
      if (extent.begin == extent.end) return absl::OkStatus();
      RETURN_IF_ERROR(CopyExtent(extent));
      at = extent.end;
    }
  }

 private:
  absl::Status CopyExtent(const Extent& extent) {
    for (off_t at = extent.begin; at < extent.end;) {
      if (request_.deadline.Passed(clock_)) {
        return Error(absl::StatusCode::kDeadlineExceeded, "the copy was given up at {} %, since time was up",
                     Percent());
      }
      const auto size =
          static_cast<size_t>(std::min<uint64_t>(kPiece, static_cast<uint64_t>(extent.end - at)));
      ASSIGN_OR_RETURN(const size_t copied, CopyPiece(at, size));
      if (copied == 0) return absl::OkStatus();  // somebody cut the image off
      at += static_cast<off_t>(copied);
      done_ += copied;
      if (request_.progress) request_.progress(Percent());
      RETURN_IF_ERROR(FaultPoint("local.copy.within_data"));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<size_t> CopyPiece(off_t at, size_t size) {
    if (by_kernel_) {
      loff_t in = at;
      loff_t out = at;
      const ssize_t copied = copy_file_range(request_.from, &in, request_.to, &out, size, 0);
      if (copied > 0) return static_cast<size_t>(copied);
      if (copied < 0 && errno == EINTR) return CopyPiece(at, size);
      if (copied < 0 && !CannotShare(errno)) return ErrnoError(errno, "cannot copy the image");
      by_kernel_ = false;
    }
    return CopyByHand(request_.from, request_.to, at, size);
  }

  int Percent() const {
    return total_ == 0 ? 100 : static_cast<int>(std::min(done_ * 100 / total_, uint64_t{100}));
  }

  const CopyRequest& request_;
  Clock& clock_;
  uint64_t total_ = 0;
  uint64_t done_ = 0;
  bool by_kernel_ = true;
};

}  // namespace

absl::StatusOr<bool> TryReflink(int from, int to) {
  if (ioctl(to, FICLONE, from) == 0) return true;
  if (CannotShare(errno)) return false;
  return ErrnoError(errno, "cannot share the image's extents");
}

absl::Status CopyDataExtents(const CopyRequest& request, Clock& clock) {
  return Copier(request, clock).Run();
}

bool CanReflink(int directory_fd) {
  const UniqueFd from(openat(directory_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  const UniqueFd to(openat(directory_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  const std::vector<char> block(64 * 1024, 'x');
  if (!from.valid() || !to.valid()) return false;
  if (write(from.get(), block.data(), block.size()) != static_cast<ssize_t>(block.size())) return false;
  return ioctl(to.get(), FICLONE, from.get()) == 0;
}

}  // namespace rexray::drivers::local
