#pragma once

// Real disks for tests: image files in a directory that cleans up after itself, also when a test fails.

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/subprocess.h"
#include "base/unique_fd.h"
#include "host/linux_host.h"

namespace rexray::host {

/// Empty when this process may bind loop devices and mount; else a message for GTEST_SKIP().
std::string WhyNoRealDisks();

/// A new directory below the temporary one. When it goes: everything mounted below it is unmounted, loop
/// devices over its files are cleared, and it is removed.
class ScratchDirectory {
 public:
  ScratchDirectory();
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  const std::string& path() const { return path_; }
  std::string Below(const std::string& name) const { return path_ + "/" + name; }

  /// A sparse file of that size, all zero.
  std::string Image(const std::string& name, uint64_t bytes) const;
  std::string Directory(const std::string& name) const;

 private:
  std::string path_;
};

FileIdentity IdentityOf(const std::string& path);
void WriteAt(const std::string& path, uint64_t offset, const std::string& bytes);
std::string ReadText(const std::string& path);
/// A number that changes with any byte of the file (FNV-1a, 64 bits).
uint64_t HashOf(const std::string& path);

/// The real host, and a runner to prepare disks with.
struct RealHost {
  SystemClock& clock = SystemClock::Get();
  ProcessRunner runner{clock};
  std::unique_ptr<BlockDevices> devices = MakeLinuxBlockDevices(clock);
  std::unique_ptr<Mounter> mounter = MakeLinuxMounter();
  std::unique_ptr<FileSystems> file_systems = MakeLinuxFileSystems(runner, *devices);

  /// Fails the test when the command fails.
  void Run(std::vector<std::string> argv);
  Deadline Soon() const { return Deadline::After(clock, std::chrono::seconds(30)); }
};

/// Another process that does `before` and then waits until this object goes. Made once `before` is done.
class OtherProcess {
 public:
  explicit OtherProcess(const std::function<bool()>& before);
  ~OtherProcess();
  OtherProcess(const OtherProcess&) = delete;
  OtherProcess& operator=(const OtherProcess&) = delete;
  bool ok() const { return ok_; }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
  UniqueFd let_go_;
  bool ok_ = false;
};

}  // namespace rexray::host
