#include "mesos/ownership.h"

#include <dirent.h>
#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <memory>
#include <vector>

#include "base/status.h"
#include "base/unique_fd.h"
#include "mesos/validation.h"

namespace rexray::mesos {
namespace {

absl::StatusOr<bool> IsEmpty(const UniqueFd& folder) {
  // A descriptor of its own: closedir closes it.
  UniqueFd list(::openat(folder.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!list.valid()) return ErrnoError(errno, "listing");
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(list.get()), &::closedir);
  if (!stream) return ErrnoError(errno, "listing");
  static_cast<void>(list.Release());
  while (true) {
    errno = 0;
    const dirent* const entry = ::readdir(stream.get());
    if (entry == nullptr) {
      if (errno != 0) return ErrnoError(errno, "listing");
      return true;
    }
    const std::string_view name = entry->d_name;
    if (name != "." && name != ".." && name != "lost+found") return false;
  }
}

absl::StatusOr<bool> Decide(const UniqueFd& folder, const struct stat& status, ChownPolicy policy) {
  if (policy == ChownPolicy::kAlways) return true;
  if (status.st_uid != 0) return false;
  return IsEmpty(folder);
}

}  // namespace

absl::StatusOr<ChownPolicy> ParseChownPolicy(std::string_view text) {
  if (text == "auto") return ChownPolicy::kAuto;
  if (text == "always") return ChownPolicy::kAlways;
  if (text == "never") return ChownPolicy::kNever;
  return Error(absl::StatusCode::kInvalidArgument, "{} is not \"auto\", \"always\" or \"never\"",
               Quoted(text));
}

absl::StatusOr<bool> GiveToUser(const std::string& mountpoint, const Owner& owner, ChownPolicy policy) {
  if (policy == ChownPolicy::kNever || owner.uid == 0) return false;
  const UniqueFd folder(::open(mountpoint.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat status {};
  if (!folder.valid() || ::fstat(folder.get(), &status) != 0) {
    return ErrnoError(errno, fmt::format("prepare() failed during stat attempt: {}", Quoted(mountpoint)));
  }
  const auto give = Decide(folder, status, policy);
  if (!give.ok()) return Annotate(give.status(), Quoted(mountpoint));
  if (!*give || (status.st_uid == owner.uid && status.st_gid == owner.gid)) return false;
  if (::fchown(folder.get(), owner.uid, owner.gid) != 0) {
    return ErrnoError(errno, fmt::format("prepare() failed during chown attempt: {}", Quoted(mountpoint)));
  }
  if ((status.st_mode & S_IRWXU) != S_IRWXU &&
      ::fchmod(folder.get(), (status.st_mode & 07777) | S_IRWXU) != 0) {
    return ErrnoError(errno, fmt::format("prepare() failed during chmod attempt: {}", Quoted(mountpoint)));
  }
  return true;
}

absl::StatusOr<Owner> LookUpUser(const std::string& user) {
  std::vector<char> buffer(1024);
  passwd entry{};
  passwd* found = nullptr;
  int error = 0;
  while ((error = ::getpwnam_r(user.c_str(), &entry, buffer.data(), buffer.size(), &found)) == ERANGE &&
         buffer.size() < 1024 * 1024) {
    buffer.resize(buffer.size() * 2);
  }
  if (found != nullptr) return Owner{entry.pw_uid, entry.pw_gid};
  uid_t uid = 0;
  const auto number = std::from_chars(user.data(), user.data() + user.size(), uid);
  if (!user.empty() && number.ec == std::errc() && number.ptr == user.data() + user.size()) {
    return Owner{uid, static_cast<gid_t>(uid)};
  }
  if (error != 0) return ErrnoError(error, fmt::format("looking up the user {}", Quoted(user)));
  return Error(absl::StatusCode::kNotFound, "this agent knows no user {}", Quoted(user));
}

}  // namespace rexray::mesos
