#pragma once

// What a simulated disk holds. The disk is the backend's: it goes from node to node with what is on it.

#include <cstdint>
#include <string>
#include <utility>

#include "base/mutex.h"

namespace rexray::drivers::fake {

struct DiskContent {
  enum class Kind { kEmpty, kFileSystem, kOther };
  Kind kind = Kind::kEmpty;
  std::string fs_type;  ///< kFileSystem: "ext4"; kOther: what libblkid would call it, may be empty
  std::string uuid;
  uint64_t fs_size = 0;     ///< bytes that the file system spans; follows the device with FileSystems::Grow
  bool damaged = false;     ///< Check says DataLoss
  std::string description;  ///< kOther: what a probe says of it
  bool operator==(const DiskContent&) const = default;

  static DiskContent Empty() { return {}; }
  static DiskContent FileSystem(std::string type) {
    DiskContent content;
    content.kind = Kind::kFileSystem;
    content.fs_type = std::move(type);
    content.uuid = "6a6f7973-0000-4000-8000-000000000001";
    return content;
  }
  static DiskContent Other(std::string what) {
    DiskContent content;
    content.kind = Kind::kOther;
    content.description = std::move(what);
    return content;
  }
};

/// Thread-safe.
class FakeDisk {
 public:
  /// `file`: the regular file below a loop device; empty for others.
  explicit FakeDisk(uint64_t size, std::string file = "") : file_(std::move(file)), size_(size) {}

  const std::string& file() const { return file_; }

  uint64_t size() const {
    MutexLock lock(mutex_);
    return size_;
  }
  void set_size(uint64_t size) {
    MutexLock lock(mutex_);
    size_ = size;
  }
  DiskContent content() const {
    MutexLock lock(mutex_);
    return content_;
  }
  void set_content(DiskContent content) {
    MutexLock lock(mutex_);
    content_ = std::move(content);
  }
  /// Where its files are while it is not mounted, when hosts keep files (FakeHost::Options::data_root).
  std::string data_directory() const {
    MutexLock lock(mutex_);
    return data_directory_;
  }
  void set_data_directory(std::string path) {
    MutexLock lock(mutex_);
    data_directory_ = std::move(path);
  }

 private:
  const std::string file_;
  mutable Mutex mutex_;
  uint64_t size_ ABSL_GUARDED_BY(mutex_);
  DiskContent content_ ABSL_GUARDED_BY(mutex_);
  std::string data_directory_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace rexray::drivers::fake
