#include "host/helper/helper_pool.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>

#include "base/pause.h"
#include "base/spawn_plan.h"
#include "base/status.h"

namespace rexray::host {
namespace {

constexpr uint64_t kMostBytes = 64 * 1024 * 1024;

bool SendBytes(int socket, const char* bytes, size_t size) {
  while (size > 0) {
    const ssize_t sent = ::send(socket, bytes, size, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes += sent;
    size -= static_cast<size_t>(sent);
  }
  return true;
}

bool ReceiveBytes(int socket, char* bytes, size_t size) {
  while (size > 0) {
    const ssize_t got = ::recv(socket, bytes, size, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    bytes += got;
    size -= static_cast<size_t>(got);
  }
  return true;
}

/// Above what a helper's own get: dup2(2) onto itself would leave close-on-exec set.
UniqueFd OutOfTheWay(UniqueFd fd) {
  if (fd.valid() && fd.get() <= kHelperLock)
    return UniqueFd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, kHelperLock + 1));
  return fd;
}

}  // namespace

bool SendMessage(int socket, const std::string& message) {
  const uint64_t size = message.size();
  std::string framed(reinterpret_cast<const char*>(&size), sizeof size);
  framed += message;
  return SendBytes(socket, framed.data(), framed.size());
}

bool ReceiveMessage(int socket, std::string& message) {
  uint64_t size = 0;
  if (!ReceiveBytes(socket, reinterpret_cast<char*>(&size), sizeof size) || size > kMostBytes) return false;
  message.resize(size);
  return ReceiveBytes(socket, message.data(), size);
}

HelperPool::~HelperPool() {
  std::vector<Helper> idle;
  {
    MutexLock lock(mutex_);
    idle.swap(idle_);
  }
  for (Helper& helper : idle) End(std::move(helper));
}

absl::Status HelperPool::TakeOver(const std::string& lock_file, Clock& clock, Deadline deadline) {
  lock_file_ = lock_file;
  ASSIGN_OR_RETURN(std::vector<FormerLock> former, FindFormer(lock_file));
  {
    MutexLock lock(mutex_);
    former_ = std::move(former);
  }
  constexpr Duration kPause = std::chrono::milliseconds(2);
  while (true) {
    const absl::Status ended = FormerEnded();
    if (!absl::IsUnavailable(ended)) return ended;
    if (deadline.Passed(clock)) {
      RETURN_IF_ERROR(SetFormerAside());
      return Error(absl::StatusCode::kDeadlineExceeded, "still waiting for {}", MessageOf(ended));
    }
    PauseUntil(clock, Deadline::After(clock, kPause).Earlier(deadline).at());
  }
}

/// The file itself, and what was set aside by earlier daemons.
absl::StatusOr<std::vector<HelperPool::FormerLock>> HelperPool::FindFormer(const std::string& lock_file) {
  const std::filesystem::path path(lock_file);
  std::vector<std::string> files = {lock_file};
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(path.parent_path(), error)) {
    if (entry.path().filename().string().starts_with(path.filename().string() + ".")) {
      files.push_back(entry.path());
    }
  }
  if (error) return ErrnoError(error.value(), "cannot read " + path.parent_path().string());
  std::vector<FormerLock> former;
  for (const std::string& file : files) {
    FormerLock found;
    found.path = file;
    found.fd = UniqueFd(::open(file.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!found.fd.valid()) return ErrnoError(errno, "cannot open " + file);
    former.push_back(std::move(found));
  }
  return former;
}

absl::Status HelperPool::FormerEnded() {
  MutexLock lock(mutex_);
  while (!former_.empty()) {
    const FormerLock& oldest = former_.back();
    if (::flock(oldest.fd.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno == EINTR) continue;
      if (errno != EWOULDBLOCK) return ErrnoError(errno, "cannot lock " + oldest.path);
      return Error(
          absl::StatusCode::kUnavailable,
          "a helper process of the former daemon to end: it hangs in the kernel (ps axo pid,stat,wchan,args "
          "shows it in state D), and what it was doing may yet take effect");
    }
    if (oldest.path != lock_file_) ::unlink(oldest.path.c_str());
    former_.pop_back();
  }
  return absl::OkStatus();
}

/// Our own helpers get a new file under that name; the next daemon finds both.
absl::Status HelperPool::SetFormerAside() {
  MutexLock lock(mutex_);
  for (FormerLock& former : former_) {
    if (former.path != lock_file_) continue;
    std::string aside;
    for (int n = 1; aside.empty() || ::access(aside.c_str(), F_OK) == 0; ++n) {
      aside = fmt::format("{}.{}", lock_file_, n);  // in a container every daemon has the same pid
    }
    if (::rename(lock_file_.c_str(), aside.c_str()) != 0) {
      return ErrnoError(errno, "cannot rename " + lock_file_);
    }
    former.path = aside;
  }
  return absl::OkStatus();
}

absl::Status HelperPool::WarmUp() {
  ASSIGN_OR_RETURN(Helper helper, Spawn());
  MutexLock lock(mutex_);
  idle_.push_back(std::move(helper));
  return absl::OkStatus();
}

absl::StatusOr<std::string> HelperPool::Ask(const std::string& request) {
  ASSIGN_OR_RETURN(Helper helper, Acquire());
  std::string answer;
  const bool served =
      SendMessage(helper.socket.get(), request) && ReceiveMessage(helper.socket.get(), answer);
  if (served) {
    Release(std::move(helper));
    return answer;
  }
  const pid_t pid = helper.pid;
  End(std::move(helper));
  MutexLock lock(mutex_);
  --busy_;
  return Error(absl::StatusCode::kUnavailable,
               "the helper process {} that did this for the daemon ended before it answered (out of memory? "
               "dmesg | tail tells); whether it took effect is not known, so repeat it",
               pid);
}

int HelperPool::Busy() const {
  MutexLock lock(mutex_);
  return busy_;
}

absl::StatusOr<HelperPool::Helper> HelperPool::Acquire() {
  {
    MutexLock lock(mutex_);
    ++busy_;
    if (!idle_.empty()) {
      Helper helper = std::move(idle_.back());
      idle_.pop_back();
      return helper;
    }
  }
  absl::StatusOr<Helper> helper = Spawn();
  if (!helper.ok()) {
    MutexLock lock(mutex_);
    --busy_;
  }
  return helper;
}

void HelperPool::Release(Helper helper) {
  {
    MutexLock lock(mutex_);
    --busy_;
    if (idle_.size() < kMostIdle) {
      idle_.push_back(std::move(helper));
      return;
    }
  }
  End(std::move(helper));
}

/// An idle helper ends when its socket closes; one that broke off is dead or dying.
void HelperPool::End(Helper helper) {
  helper.socket.Reset();
  while (::waitpid(helper.pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

absl::StatusOr<HelperPool::Helper> HelperPool::Spawn() const {
  constexpr std::string_view what = "starting a helper process of the daemon";
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return ErrnoError(errno, what);
  UniqueFd ours(ends[0]);
  const UniqueFd theirs = OutOfTheWay(UniqueFd(ends[1]));
  if (!theirs.valid()) return ErrnoError(errno, what);
  UniqueFd lock;
  if (!lock_file_.empty()) {
    lock =
        OutOfTheWay(UniqueFd(::open(lock_file_.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)));
    if (!lock.valid()) return ErrnoError(errno, fmt::format("{}: {}", what, lock_file_));
  }
  SpawnPlan plan;
  plan.GiveFile("/dev/null", STDIN_FILENO);
  plan.Give(theirs.get(), kHelperSocket);
  if (lock.valid()) plan.Give(lock.get(), kHelperLock);
  Helper helper;
  const int error = plan.Start(program_.path, program_.argv, environ, helper.pid);
  if (error != 0) return ErrnoError(error, fmt::format("{} ({})", what, program_.path));
  helper.socket = std::move(ours);
  return helper;
}

}  // namespace rexray::host
