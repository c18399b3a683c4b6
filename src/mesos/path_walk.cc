#include "mesos/path_walk.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <deque>
#include <vector>

#include "base/status.h"
#include "mesos/validation.h"

namespace rexray::mesos {
namespace {

constexpr int kMostLinks = 40;  // as in the kernel
constexpr int kOpenFlags = O_PATH | O_NOFOLLOW | O_CLOEXEC;

class Walk {
 public:
  Walk(const std::string& root, const WalkRules& rules) : root_(root), rules_(rules) {}

  absl::StatusOr<WalkedPath> Run(std::string_view path) {
    UniqueFd root(::open(root_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!root.valid()) return ErrnoError(errno, fmt::format("opening {}", Quoted(root_)));
    way_.push_back({"", std::move(root)});
    AddInFront(path);
    while (!ahead_.empty()) {
      const std::string part = std::move(ahead_.front());
      ahead_.pop_front();
      RETURN_IF_ERROR(Step(part));
    }
    std::string resolved = Where();
    return WalkedPath{std::move(resolved), std::move(way_.back().directory)};
  }

 private:
  struct Place {
    std::string name;
    UniqueFd directory;
  };

  void AddInFront(std::string_view path) {
    std::vector<std::string> parts;
    while (!path.empty()) {
      const size_t slash = path.find('/');
      const std::string_view part = path.substr(0, slash);
      path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
      if (!part.empty() && part != ".") parts.emplace_back(part);
    }
    ahead_.insert(ahead_.begin(), parts.begin(), parts.end());
  }

  std::string Where() const {
    std::string path = root_ == "/" ? "" : root_;
    for (size_t i = 1; i < way_.size(); ++i) path += "/" + way_[i].name;
    return path.empty() ? "/" : path;
  }

  std::string Entry(const std::string& part) const {
    const std::string where = Where();
    return Quoted(where == "/" ? "/" + part : where + "/" + part);
  }

  absl::Status Step(const std::string& part) {
    if (part == "..") {  // of a link; a task's own are refused before
      if (way_.size() > 1) way_.pop_back();
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(UniqueFd entry, Open(part));
    struct stat status {};
    if (::fstat(entry.get(), &status) != 0)
      return ErrnoError(errno, fmt::format("looking at {}", Entry(part)));
    RETURN_IF_ERROR(CheckWhoCanChange(part, status));
    if (S_ISLNK(status.st_mode)) return FollowLink(part, entry.get());
    if (!S_ISDIR(status.st_mode)) {
      return Error(absl::StatusCode::kFailedPrecondition, "{} is not a directory", Entry(part));
    }
    way_.push_back({part, std::move(entry)});
    return absl::OkStatus();
  }

  absl::StatusOr<UniqueFd> Open(const std::string& part) {
    const int here = way_.back().directory.get();
    UniqueFd entry(::openat(here, part.c_str(), kOpenFlags));
    if (entry.valid()) return entry;
    if (errno != ENOENT) return ErrnoError(errno, fmt::format("opening {}", Entry(part)));
    if (!rules_.make_missing) {
      return Error(absl::StatusCode::kNotFound, "{} does not exist", Entry(part));
    }
    return Make(part);
  }

  absl::StatusOr<UniqueFd> Make(const std::string& part) {
    const int here = way_.back().directory.get();
    const bool made = ::mkdirat(here, part.c_str(), 0755) == 0;
    if (!made && errno != EEXIST) {
      return ErrnoError(errno, fmt::format("could not create container path dir {}", Entry(part)));
    }
    UniqueFd entry(::openat(here, part.c_str(), kOpenFlags));
    if (!entry.valid()) return ErrnoError(errno, fmt::format("opening {}", Entry(part)));
    if (made && rules_.owner_of_new &&
        ::fchownat(entry.get(), "", rules_.owner_of_new->uid, rules_.owner_of_new->gid, AT_EMPTY_PATH) != 0) {
      return ErrnoError(errno, fmt::format("giving {} to the task's user", Entry(part)));
    }
    return entry;
  }

  absl::Status FollowLink(const std::string& part, int link) {
    if (!rules_.follow_links) {
      return Error(absl::StatusCode::kPermissionDenied, "{} is a symbolic link", Entry(part));
    }
    if (++links_ > kMostLinks) {
      return Error(absl::StatusCode::kFailedPrecondition, "too many symbolic links at {}", Entry(part));
    }
    std::array<char, PATH_MAX> text{};
    const ssize_t size = ::readlinkat(link, "", text.data(), text.size());
    if (size < 0) return ErrnoError(errno, fmt::format("reading the link {}", Entry(part)));
    const std::string_view target(text.data(), static_cast<size_t>(size));
    if (target.starts_with('/')) way_.resize(1);
    AddInFront(target);
    return absl::OkStatus();
  }

  absl::Status CheckWhoCanChange(const std::string& part, const struct stat& entry) const {
    if (!rules_.only_changed_by) return absl::OkStatus();
    const uid_t trusted = *rules_.only_changed_by;
    struct stat parent {};
    if (::fstat(way_.back().directory.get(), &parent) != 0) {
      return ErrnoError(errno, fmt::format("looking at {}", Quoted(Where())));
    }
    const bool others_write =
        (parent.st_mode & S_IWOTH) != 0 || ((parent.st_mode & S_IWGRP) != 0 && parent.st_gid != 0);
    const bool kept_by_sticky = (parent.st_mode & S_ISVTX) != 0 && entry.st_uid == trusted;
    if (parent.st_uid == trusted && (!others_write || kept_by_sticky)) return absl::OkStatus();
    return Error(
        absl::StatusCode::kPermissionDenied,
        "{} could be replaced by another user before the volume is bound there (its directory belongs to "
        "uid {}, mode {:o})",
        Entry(part), parent.st_uid, parent.st_mode & 07777);
  }

  const std::string& root_;
  const WalkRules& rules_;
  std::vector<Place> way_;
  std::deque<std::string> ahead_;
  int links_ = 0;
};

}  // namespace

absl::StatusOr<WalkedPath> WalkInRoot(const std::string& root, std::string_view path,
                                      const WalkRules& rules) {
  return Walk(root, rules).Run(path);
}

}  // namespace rexray::mesos
