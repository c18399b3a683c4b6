#include "cli/daemon/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iterator>

#include "absl/strings/ascii.h"

#include "base/status.h"
#include "base/unique_fd.h"
#include "volume/volume_name.h"

namespace rexray::daemon {

absl::Status MakeDirectories(const std::string& path) {
  size_t slash = 0;
  while (slash != std::string::npos) {
    slash = path.find('/', slash + 1);
    const std::string part = path.substr(0, slash);
    if (mkdir(part.c_str(), 0755) == 0 || errno == EEXIST) continue;
    // Where a directory exists already, mkdir(2) may say EROFS or EACCES instead of EEXIST.
    const int error = errno;
    struct stat there {};
    if (stat(part.c_str(), &there) != 0 || !S_ISDIR(there.st_mode)) return ErrnoError(error, "mkdir " + part);
  }
  struct stat there {};
  if (stat(path.c_str(), &there) != 0) return ErrnoError(errno, path);
  if (!S_ISDIR(there.st_mode)) return ErrnoError(ENOTDIR, path);
  return absl::OkStatus();
}

bool WriteAll(int fd, const std::string& text) {
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t wrote = write(fd, text.data() + done, text.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return false;
    done += static_cast<size_t>(wrote);
  }
  return true;
}

absl::Status WriteSpecFile(const std::string& path, const std::string& url) {
  RETURN_IF_ERROR(MakeDirectories(path.substr(0, path.rfind('/'))));
  UniqueFd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (fd.valid()) {
    if (WriteAll(fd.get(), url)) return absl::OkStatus();
    absl::Status status = ErrnoError(errno, "write " + path);
    unlink(path.c_str());
    return status;
  }
  if (errno != EEXIST) return ErrnoError(errno, "open " + path);
  std::ifstream file(path);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (absl::StripAsciiWhitespace(text) == url) return absl::OkStatus();
  return Error(absl::StatusCode::kAlreadyExists,
               "{} says \"{}\" and is left as it is; remove it to have \"{}\" written there", path,
               Printable(text), url);
}

}  // namespace rexray::daemon
