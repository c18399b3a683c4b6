#include "drivers/ebs/device_finder.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <utility>

#include "base/status.h"
#include "drivers/ebs/device_names.h"

namespace rexray::drivers::ebs {
namespace {

namespace fs = std::filesystem;

/// The first word of a file of sysfs; "" when it cannot be read (a device that goes away meanwhile).
std::string WordOf(const std::string& path) {
  std::ifstream file(path);
  std::string word;
  file >> word;
  return word;
}

bool IsBlockDevice(const std::string& path, dev_t* number) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0 || !S_ISBLK(status.st_mode)) return false;
  *number = status.st_rdev;
  return true;
}

/// "/dev/sdba" and "/dev/xvdba" are the same disk on Xen.
std::string XenName(const std::string& name) {
  const std::string base = name.substr(name.rfind('/') + 1);
  return base.rfind("sd", 0) == 0 ? "xvd" + base.substr(2) : base;
}

std::vector<std::string> DisksOf(const std::string& root, const std::string& prefix) {
  std::vector<std::string> names;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(root + "/sys/block", error)) {
    const std::string name = entry.path().filename();
    if (name.rfind(prefix, 0) == 0) names.push_back(name);
  }
  return names;
}

}  // namespace

std::string SerialOf(const std::string& volume) {
  std::string serial = volume;
  std::erase(serial, '-');
  return serial;
}

absl::StatusOr<std::optional<LocalResource>> DeviceFinder::FindNvme(const std::string& volume) const {
  const std::string serial = SerialOf(volume);
  for (const std::string& name : DisksOf(root_, "nvme")) {
    const std::string sysfs = root_ + "/sys/block/" + name;
    if (WordOf(sysfs + "/device/serial") != serial) continue;
    const std::string path = root_ + "/dev/" + name;
    dev_t number = 0;
    if (!IsBlockDevice(path, &number)) return std::nullopt;  // udev or devtmpfs is still at it
    const std::string expected = WordOf(sysfs + "/dev");
    if (!expected.empty() && expected != fmt::format("{}:{}", major(number), minor(number))) {
      return Error(
          absl::StatusCode::kFailedPrecondition,
          "{} is not the device that the kernel calls {} (this container has a /dev of its own): bind the "
          "host's /dev (docker run -v /dev:/dev)",
          path, name);
    }
    return LocalResource{path, serial};
  }
  return std::nullopt;
}

std::optional<LocalResource> DeviceFinder::FindXen(const std::string& volume, const std::string& name) const {
  const std::string disk = XenName(name);
  std::error_code error;
  if (disk.empty() || !fs::exists(root_ + "/sys/block/" + disk, error)) return std::nullopt;
  dev_t number = 0;
  const std::string path = root_ + "/dev/" + disk;
  if (!IsBlockDevice(path, &number)) return std::nullopt;
  return LocalResource{path, SerialOf(volume)};
}

bool DeviceFinder::IsXen() const {
  return DisksOf(root_, "nvme").empty() && !DisksOf(root_, "xvd").empty();
}

std::set<std::string> DeviceFinder::TakenNames() const {
  std::set<std::string> taken;
  for (const std::string& disk : DisksOf(root_, "xvd")) taken.insert("/dev/" + disk);
  return taken;
}

}  // namespace rexray::drivers::ebs
