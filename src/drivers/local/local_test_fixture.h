#pragma once

// What the local driver's tests share: a data directory, a simulated host over it, a driver that can be
// reopened.

#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/fault_point.h"
#include "base/size.h"
#include "base/status.h"
#include "drivers/conformance/temporary_directory.h"
#include "drivers/fake/fake_host.h"
#include "drivers/local/local_driver.h"

namespace rexray::drivers::local {

class LocalTest : public ::testing::Test {
 protected:
  LocalTest() : host_(SystemClock::Get()) {}

  std::string data() const { return directory_.path() + "/local"; }
  std::string catalogue() const { return data() + "/catalogue.db"; }
  std::string images() const { return data() + "/images"; }
  std::string ImageOf(const std::string& id) const { return images() + "/" + id + ".img"; }

  LocalOptions Options() const {
    LocalOptions options;
    options.service = "local";
    options.node_id = "this-node";
    options.data_directory = data();
    return options;
  }

  /// Closes the driver that is open, and opens a new one.
  absl::Status Open() {
    driver_.reset();
    absl::StatusOr<std::unique_ptr<StorageDriver>> opened = OpenLocalDriver(Options(), host_.AsHost());
    if (!opened.ok()) return opened.status();
    driver_ = *std::move(opened);
    return absl::OkStatus();
  }

  static CreateSpec Spec(const std::string& name) {
    CreateSpec spec;
    spec.name = name;
    spec.size = 16 * kMiB;
    spec.fs_type = "ext4";
    return spec;
  }

  Volume Make(const std::string& name) {
    absl::StatusOr<Volume> volume = driver_->Create({}, Spec(name));
    EXPECT_TRUE(volume.ok()) << volume.status();
    return volume.ok() ? *volume : Volume{};
  }

  std::vector<Volume> Listed() {
    auto listed = driver_->List({});
    EXPECT_TRUE(listed.ok()) << listed.status();
    return listed.ok() ? listed->value : std::vector<Volume>{};
  }

  std::vector<std::string> FilesIn(const std::string& directory) const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
      names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  /// Runs `body` in a child process and returns its exit status (137 = a fault point ended it).
  template <typename Body>
  static int InChild(Body body) {
    const pid_t child = fork();
    if (child == 0) {
      body();
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  conformance::TemporaryDirectory directory_;
  fake::FakeHost host_;
  std::unique_ptr<StorageDriver> driver_;
};

}  // namespace rexray::drivers::local
