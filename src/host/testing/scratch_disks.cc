#include "host/testing/scratch_disks.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "gtest/gtest.h"

#include "base/status.h"

namespace rexray::host {

std::string WhyNoRealDisks() {
  if (::geteuid() != 0) return "SKIPPED: not root: loop devices and mounts need it";
  const UniqueFd control(::open("/dev/loop-control", O_RDWR | O_CLOEXEC));
  if (!control.valid()) return "SKIPPED: no loop devices: /dev/loop-control cannot be opened";
  return "";
}

ScratchDirectory::ScratchDirectory() {
  std::string name = std::filesystem::temp_directory_path() / "rexray-test-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "cannot make " << name;
  // mountinfo shows real paths.
  path_ = std::filesystem::canonical(name);
}

ScratchDirectory::~ScratchDirectory() {
  const auto mounter = MakeLinuxMounter();
  if (auto mounts = mounter->List(); mounts.ok()) {
    std::reverse(mounts->begin(), mounts->end());
    for (const MountEntry& entry : *mounts) {
      if (entry.target.starts_with(path_ + "/"))
        ::umount2(entry.target.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW);
    }
  }
  const auto devices = MakeLinuxBlockDevices(SystemClock::Get());
  std::error_code ignored;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path_, ignored)) {
    if (!entry.is_regular_file(ignored)) continue;
    const FileIdentity identity = IdentityOf(entry.path());
    const auto loop = devices->FindLoop(identity);
    if (!loop.ok() || !*loop) continue;
    const Deadline deadline = Deadline::After(SystemClock::Get(), std::chrono::seconds(10));
    EXPECT_EQ(devices->DetachLoop((*loop)->path, identity, deadline), absl::OkStatus());
  }
  std::filesystem::remove_all(path_, ignored);
}

std::string ScratchDirectory::Image(const std::string& name, uint64_t bytes) const {
  const std::string path = Below(name);
  const UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd.valid() || ::ftruncate(fd.get(), static_cast<off_t>(bytes)) != 0)
    ADD_FAILURE() << "cannot make " << path;
  return path;
}

std::string ScratchDirectory::Directory(const std::string& name) const {
  std::filesystem::create_directories(Below(name));
  return Below(name);
}

FileIdentity IdentityOf(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) ADD_FAILURE() << "cannot stat " << path;
  return {status.st_dev, status.st_ino};
}

void WriteAt(const std::string& path, uint64_t offset, const std::string& bytes) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  const ssize_t size = ::pwrite(fd.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
  EXPECT_EQ(size, static_cast<ssize_t>(bytes.size())) << path;
  EXPECT_EQ(::fsync(fd.get()), 0);
}

std::string ReadText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

uint64_t HashOf(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::vector<unsigned char> buffer(1 << 20);
  uint64_t hash = 0xcbf29ce484222325;
  while (true) {
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got <= 0) return hash;
    for (ssize_t i = 0; i < got; ++i) hash = (hash ^ buffer[static_cast<size_t>(i)]) * 0x100000001b3;
  }
}

void RealHost::Run(std::vector<std::string> argv) {
  Command command;
  command.argv = std::move(argv);
  command.deadline = Soon();
  const auto result = runner.Run(command);
  ASSERT_TRUE(result.ok()) << result.status();
}

OtherProcess::OtherProcess(const std::function<bool()>& before) {
  int ready[2];
  int go[2];
  if (::pipe2(ready, O_CLOEXEC) != 0 || ::pipe2(go, O_CLOEXEC) != 0) return;
  UniqueFd ready_read(ready[0]);
  UniqueFd ready_write(ready[1]);
  UniqueFd go_read(go[0]);
  let_go_.Reset(go[1]);
  pid_ = ::fork();
  if (pid_ == 0) {
    ::close(go[1]);
    char byte = before() ? 1 : 0;
    if (::write(ready[1], &byte, 1) == 1) (void)!::read(go[0], &byte, 1);
    ::_exit(0);
  }
  ready_write.Reset();
  char byte = 0;
  ok_ = pid_ > 0 && ::read(ready_read.get(), &byte, 1) == 1 && byte == 1;
}

OtherProcess::~OtherProcess() {
  let_go_.Reset();
  if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
}

}  // namespace rexray::host
