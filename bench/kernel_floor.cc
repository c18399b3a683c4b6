// The floor of a volume's life: what the kernel and mkfs must do anyway, straight, without us.
//
// usage: kernel_floor DIRECTORY ROUNDS
// For each round a new sparse 16 GiB file: LOOP_CONFIGURE, libblkid probe, mkfs.ext4, mount(2)   -> "first"
//                                          umount(2), LOOP_CLR_FD                                -> "unmount"
//                                          LOOP_CONFIGURE, probe, e2fsck -p, mount(2)            -> "later"
// Prints one JSON object a round with microseconds. Root only; everything it makes lies in DIRECTORY.

#include <blkid/blkid.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

[[noreturn]] void Die(const char* what) {
  std::fprintf(stderr, "kernel_floor: %s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

int64_t NowMicros() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::string AttachLoop(const std::string& file) {
  const int backing = open(file.c_str(), O_RDWR | O_CLOEXEC | O_DIRECT);
  if (backing < 0) Die(file.c_str());
  const int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
  for (int attempt = 0; attempt < 100; ++attempt) {
    const int number = ioctl(control, LOOP_CTL_GET_FREE);
    if (number < 0) Die("LOOP_CTL_GET_FREE");
    const std::string device = "/dev/loop" + std::to_string(number);
    const int loop = open(device.c_str(), O_RDWR | O_CLOEXEC);
    loop_config config{};
    config.fd = static_cast<__u32>(backing);
    config.info.lo_flags = LO_FLAGS_DIRECT_IO;
    if (loop >= 0 && ioctl(loop, LOOP_CONFIGURE, &config) == 0) {
      close(loop);
      close(control);
      close(backing);
      return device;
    }
    if (errno != EBUSY) Die("LOOP_CONFIGURE");
    close(loop);
  }
  Die("no free loop device");
}

void DetachLoop(const std::string& device) {
  const int loop = open(device.c_str(), O_RDWR | O_CLOEXEC);
  if (loop < 0 || ioctl(loop, LOOP_CLR_FD) != 0) Die("LOOP_CLR_FD");
  close(loop);
}

void Probe(const std::string& device) {
  blkid_probe probe = blkid_new_probe_from_filename(device.c_str());
  if (probe == nullptr) Die("blkid");
  blkid_probe_enable_superblocks(probe, 1);
  blkid_probe_enable_partitions(probe, 1);
  if (blkid_do_safeprobe(probe) < 0) Die("blkid_do_safeprobe");
  blkid_free_probe(probe);
}

void Run(std::vector<const char*> argv) {
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  pid_t pid = 0;
  char* environment[] = {const_cast<char*>("PATH=/usr/sbin:/usr/bin:/sbin:/bin"), nullptr};
  if (posix_spawnp(&pid, argv[0], &actions, nullptr, const_cast<char**>(argv.data()), environment) != 0)
    Die(argv[0]);
  posix_spawn_file_actions_destroy(&actions);
  int status = 0;
  if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) > 1) Die(argv[0]);
}

void Mount(const std::string& device, const std::string& target) {
  if (mount(device.c_str(), target.c_str(), "ext4", 0, "") != 0) Die("mount");
}

void Round(const std::string& directory, int round) {
  const std::string file = directory + "/floor-" + std::to_string(round) + ".img";
  const std::string target = directory + "/floor-" + std::to_string(round);
  const int fd = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 || ftruncate(fd, int64_t{16} << 30) != 0 || mkdir(target.c_str(), 0700) != 0) Die(file.c_str());
  close(fd);

  const int64_t begun = NowMicros();
  std::string device = AttachLoop(file);
  Probe(device);
  Run({"mkfs.ext4", "-q", "-F", device.c_str()});
  Mount(device, target);
  const int64_t first = NowMicros();
  if (umount2(target.c_str(), 0) != 0) Die("umount");
  DetachLoop(device);
  const int64_t unmounted = NowMicros();
  device = AttachLoop(file);
  Probe(device);
  Run({"e2fsck", "-p", device.c_str()});
  Mount(device, target);
  const int64_t later = NowMicros();
  if (umount2(target.c_str(), 0) != 0) Die("umount");
  DetachLoop(device);
  rmdir(target.c_str());
  unlink(file.c_str());
  std::printf("{\"first\": %ld, \"unmount\": %ld, \"later\": %ld}\n", first - begun, unmounted - first,
              later - unmounted);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: kernel_floor DIRECTORY ROUNDS\n");
    return 2;
  }
  for (int round = 0; round < std::atoi(argv[2]); ++round) Round(argv[1], round);
  return 0;
}
