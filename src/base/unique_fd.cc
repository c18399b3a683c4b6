#include "base/unique_fd.h"

#include <unistd.h>

#include <cerrno>

namespace rexray {

void UniqueFd::Reset(int fd) {
  const int old = std::exchange(fd_, fd);
  if (old < 0) return;
  // Errors are often reported from errno after the descriptors in scope have gone: closing must not change
  // it. No retry on EINTR: Linux has released the number by then, and another thread may own it already.
  const int saved_errno = errno;
  ::close(old);
  errno = saved_errno;
}

}  // namespace rexray
