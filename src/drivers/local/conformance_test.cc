#include "drivers/conformance/conformance.h"

#include <unistd.h>

#include "base/size.h"
#include "drivers/conformance/temporary_directory.h"
#include "drivers/fake/fake_host.h"
#include "drivers/local/local_driver.h"
#include "host/linux_host.h"

namespace rexray::drivers::local {
namespace {

using conformance::Backend;
using conformance::Conformance;
using conformance::ConformanceParam;
using conformance::NameOfParam;

/// On loop devices of this machine, or on simulated ones over the same real files.
class LocalBackend final : public Backend {
 public:
  explicit LocalBackend(bool real_loops) : fake_host_(SystemClock::Get()) {
    if (real_loops) real_devices_ = host::MakeLinuxBlockDevices(SystemClock::Get());
    const absl::Status opened = Reopen();
    EXPECT_TRUE(opened.ok()) << opened;
  }

  StorageDriver& driver() override { return *driver_; }
  absl::Status Reopen() override {
    driver_.reset();
    host::Host host = fake_host_.AsHost();
    if (real_devices_ != nullptr) host.devices = real_devices_.get();
    LocalOptions options;
    options.service = "local";
    options.node_id = "this-node";
    options.data_directory = directory_.path() + "/local";
    absl::StatusOr<std::unique_ptr<StorageDriver>> opened = OpenLocalDriver(options, host);
    if (opened.ok()) driver_ = *std::move(opened);
    return opened.status();
  }
  uint64_t minimum_size() const override { return 16 * kMiB; }
  std::optional<CreateSpec> SpecWithoutRoom() override {
    CreateSpec spec;
    spec.name = "huge";
    spec.size = 15 * kTiB;  // one file may be so long on ext4; no test machine has the room
    spec.thick = true;
    return spec;
  }
  bool HangAttach(bool hang) override {
    if (real_devices_ != nullptr) return false;
    if (hang) {
      fake_host_.calls().Hang("AttachLoop");
    } else {
      fake_host_.calls().Release("AttachLoop");
    }
    return true;
  }
  void WaitUntilAttachHangs() override { fake_host_.calls().WaitUntilHanging("AttachLoop"); }

 private:
  conformance::TemporaryDirectory directory_;
  fake::FakeHost fake_host_;
  std::unique_ptr<host::BlockDevices> real_devices_;
  std::unique_ptr<StorageDriver> driver_;
};

std::string WhyNoLoops() {
  if (geteuid() != 0) return "loop devices need root";
  if (access("/dev/loop-control", R_OK | W_OK) != 0) return "there are no loop devices here";
  return "";
}

ConformanceParam Param(const std::string& name, bool real_loops, std::function<std::string()> why_not) {
  return {name, std::move(why_not), [real_loops] { return std::make_unique<LocalBackend>(real_loops); }};
}

INSTANTIATE_TEST_SUITE_P(Local, Conformance,
                         ::testing::Values(Param("FakeHost", false, nullptr),
                                           Param("Loop", true, &WhyNoLoops)),
                         NameOfParam);

}  // namespace
}  // namespace rexray::drivers::local
