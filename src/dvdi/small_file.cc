#include "dvdi/small_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <string_view>

#include "base/status.h"
#include "base/unique_fd.h"

namespace rexray::dvdi {
namespace {

constexpr size_t kMaxSize = 1024 * 1024;

}  // namespace

absl::StatusOr<std::string> ReadSmallFile(const std::string& path) {
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd.valid()) {
    // No file can be there either when a part of its path is a file, or too long a name.
    const bool missing = errno == ENOTDIR || errno == ENAMETOOLONG;
    return ErrnoError(missing ? ENOENT : errno, path);
  }
  struct stat status {};
  if (fstat(fd.get(), &status) != 0) return ErrnoError(errno, path);
  if (!S_ISREG(status.st_mode)) {
    return Error(absl::StatusCode::kInvalidArgument, "{}: this is not a regular file", path);
  }
  std::string text;
  std::array<char, 4096> buffer;
  for (;;) {
    const ssize_t got = read(fd.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ErrnoError(errno, path);
    if (got == 0) return text;
    text.append(buffer.data(), static_cast<size_t>(got));
    if (text.size() > kMaxSize) return Error(absl::StatusCode::kOutOfRange, "{}: larger than 1 MiB", path);
  }
}

bool IsSocket(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode);
}

std::vector<std::string> NamesIn(const std::string& directory) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> open_directory(opendir(directory.c_str()), closedir);
  if (open_directory == nullptr) return names;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is ours alone
  while (const dirent* const entry = readdir(open_directory.get())) {
    const std::string_view name(entry->d_name);
    if (name != "." && name != "..") names.emplace_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace rexray::dvdi
