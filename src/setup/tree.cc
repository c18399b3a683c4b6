#include "setup/tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <deque>
#include <memory>

#include "base/status.h"
#include "base/unique_fd.h"

namespace rexray::setup {

namespace {

constexpr int kMostLinks = 40;  // as the kernel

/// Puts the words of `path` in front of `words`.
void Prepend(std::string_view path, std::deque<std::string>* words) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const size_t slash = path.find('/');
    parts.emplace_back(path.substr(0, slash));
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
  }
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    if (!part->empty() && *part != ".") words->push_front(*part);
  }
}

absl::StatusOr<std::string> TargetOf(const std::string& path) {
  std::string target(PATH_MAX, '\0');
  const ssize_t length = readlink(path.c_str(), target.data(), target.size());
  if (length < 0) return ErrnoError(errno, path);
  target.resize(static_cast<size_t>(length));
  return target;
}

FileKind KindOf(mode_t mode) {
  if (S_ISREG(mode)) return FileKind::kRegular;
  if (S_ISDIR(mode)) return FileKind::kDirectory;
  if (S_ISLNK(mode)) return FileKind::kLink;
  if (S_ISSOCK(mode)) return FileKind::kSocket;
  return FileKind::kOther;
}

absl::StatusOr<FileInfo> InfoOf(const std::string& path) {
  struct stat info;
  if (lstat(path.c_str(), &info) != 0) return ErrnoError(errno, path);
  FileInfo out{KindOf(info.st_mode),
               info.st_mode & 07777U,
               info.st_uid,
               info.st_gid,
               static_cast<uint64_t>(info.st_size),
               ""};
  if (out.kind == FileKind::kLink) {
    ASSIGN_OR_RETURN(out.target, TargetOf(path));
  }
  return out;
}

absl::StatusOr<std::string> ReadAll(int fd, const std::string& name, uint64_t limit) {
  std::string out;
  char buffer[16384];
  for (;;) {
    const ssize_t got = read(fd, buffer, sizeof(buffer));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ErrnoError(errno, name);
    if (got == 0) return out;
    out.append(buffer, static_cast<size_t>(got));
    if (out.size() > limit) {
      return Error(absl::StatusCode::kResourceExhausted, "{} is larger than {} bytes", name, limit);
    }
  }
}

}  // namespace

Tree::Tree(std::string_view root) {
  const std::unique_ptr<char, void (*)(void*)> resolved(realpath(std::string(root).c_str(), nullptr), free);
  prefix_ = resolved ? resolved.get() : std::string(root);
  if (prefix_ == "/") prefix_.clear();
}

absl::StatusOr<std::string> Tree::Walk(std::string_view path, bool follow_last) const {
  std::deque<std::string> words;
  Prepend(path, &words);
  std::string at;
  int links = 0;
  while (!words.empty()) {
    const std::string word = std::move(words.front());
    words.pop_front();
    if (word == "..") {
      at.resize(at.empty() ? 0 : at.rfind('/'));  // the root's parent is the root
      continue;
    }
    const std::string next = fmt::format("{}/{}", at, word);
    struct stat info;
    const int error = lstat((prefix_ + next).c_str(), &info) == 0 ? 0 : errno;
    if (error == ENOTDIR) {
      return Error(absl::StatusCode::kNotFound, "{}{}: {}{} is not a directory", prefix_, path, prefix_, at);
    }
    if (error != 0 && error != ENOENT) return ErrnoError(error, prefix_ + next);
    const bool link = error == 0 && S_ISLNK(info.st_mode);
    if (!link || (words.empty() && !follow_last)) {
      at = next;
      continue;
    }
    if (++links > kMostLinks) {
      return Error(absl::StatusCode::kFailedPrecondition, "{}{}: too many symbolic links", prefix_, path);
    }
    ASSIGN_OR_RETURN(const std::string target, TargetOf(prefix_ + next));
    if (target.starts_with('/')) at.clear();
    Prepend(target, &words);
  }
  return at.empty() ? "/" : at;
}

absl::StatusOr<std::string> Tree::Locate(std::string_view path) const {
  return Walk(path, true);
}

absl::StatusOr<std::string> Tree::LocateLink(std::string_view path) const {
  return Walk(path, false);
}

absl::StatusOr<std::string> Tree::OnDisk(std::string_view path) const {
  ASSIGN_OR_RETURN(const std::string located, Locate(path));
  return prefix_ + located;
}

absl::StatusOr<FileInfo> Tree::Stat(std::string_view path) const {
  ASSIGN_OR_RETURN(const std::string located, Locate(path));
  return InfoOf(prefix_ + located);
}

absl::StatusOr<FileInfo> Tree::StatLink(std::string_view path) const {
  ASSIGN_OR_RETURN(const std::string located, LocateLink(path));
  return InfoOf(prefix_ + located);
}

bool Tree::Exists(std::string_view path) const {
  return Stat(path).ok();
}

absl::StatusOr<std::string> Tree::Read(std::string_view path, uint64_t limit) const {
  ASSIGN_OR_RETURN(const std::string name, OnDisk(path));
  // Not blocking: a FIFO in the file's place must not hold us up.
  const UniqueFd fd(open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  if (fd.get() < 0) return ErrnoError(errno, name);
  struct stat info;
  if (fstat(fd.get(), &info) != 0) return ErrnoError(errno, name);
  if (!S_ISREG(info.st_mode)) {
    return Error(absl::StatusCode::kFailedPrecondition, "{} is not a regular file", name);
  }
  return ReadAll(fd.get(), name, limit);
}

absl::StatusOr<std::vector<std::string>> Tree::List(std::string_view directory) const {
  ASSIGN_OR_RETURN(const std::string name, OnDisk(directory));
  const std::unique_ptr<DIR, int (*)(DIR*)> handle(opendir(name.c_str()), closedir);
  if (!handle) return ErrnoError(errno, name);
  std::vector<std::string> out;
  errno = 0;
  while (const dirent* entry = readdir(handle.get())) {
    const std::string_view found = entry->d_name;
    if (found != "." && found != "..") out.emplace_back(found);
    errno = 0;
  }
  if (errno != 0) return ErrnoError(errno, name);
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace rexray::setup
