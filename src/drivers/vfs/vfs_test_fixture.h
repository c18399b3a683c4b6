#pragma once

// What the vfs driver's tests share: a root directory, and a driver over it that can be reopened.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/status.h"
#include "drivers/conformance/temporary_directory.h"
#include "drivers/vfs/vfs_driver.h"

namespace rexray::drivers::vfs {

class VfsTest : public ::testing::Test {
 protected:
  std::string root() const { return directory_.path() + "/vfs"; }
  std::string volumes() const { return root() + "/volumes"; }
  std::string FilesOf(const std::string& name) const { return volumes() + "/" + name + "/files"; }

  /// Closes the driver that is open, and opens a new one.
  absl::Status Open(const std::string& boot_id = "boot-1") {
    driver_.reset();
    VfsOptions options;
    options.service = "vfs";
    options.node_id = "this-node";
    options.root = root();
    options.boot_id = boot_id;
    absl::StatusOr<std::unique_ptr<StorageDriver>> opened = OpenVfsDriver(options, {});
    if (opened.ok()) driver_ = *std::move(opened);
    return opened.status();
  }

  Volume Make(const std::string& name) {
    CreateSpec spec;
    spec.name = name;
    spec.fs_type = "ext4";
    absl::StatusOr<Volume> volume = driver_->Create({}, spec);
    EXPECT_TRUE(volume.ok()) << volume.status();
    return volume.ok() ? *volume : Volume{};
  }

  std::vector<std::string> Names() {
    std::vector<std::string> names;
    const auto listed = driver_->List({});
    EXPECT_TRUE(listed.ok()) << listed.status();
    if (listed.ok()) {
      for (const Volume& volume : listed->value) names.push_back(volume.name);
    }
    return names;
  }

  std::vector<std::string> FilesIn(const std::string& directory) const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
      names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  static void Write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }
  static std::string Read(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  conformance::TemporaryDirectory directory_;
  std::unique_ptr<StorageDriver> driver_;
};

}  // namespace rexray::drivers::vfs
