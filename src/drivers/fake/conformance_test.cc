#include "drivers/conformance/conformance.h"

#include <unistd.h>

#include "base/size.h"
#include "drivers/conformance/temporary_directory.h"
#include "drivers/fake/fake_cloud.h"
#include "host/linux_host.h"
#include "volume/late_driver.h"

namespace rexray::drivers::fake {
namespace {

using conformance::Backend;
using conformance::Conformance;
using conformance::ConformanceParam;
using conformance::NameOfParam;

/// kLate: made-up ones, behind a LateDriver: it forwards every call.
enum class Devices { kMadeUp, kMadeUpFixedSize, kFakeHost, kLoop, kLate };

FakeCloud::Options OptionsFor(Devices devices, const std::string& directory) {
  FakeCloud::Options options;
  options.capacity = kGiB;
  options.list_cache_for = std::chrono::hours(1);  // own changes must be in the next List all the same
  options.attach_latency = std::chrono::milliseconds(1);
  options.detach_latency = std::chrono::milliseconds(1);
  if (devices == Devices::kLoop) options.directory = directory;
  if (devices == Devices::kMadeUpFixedSize)
    options.capabilities.grow = options.capabilities.grow_online = false;
  return options;
}

class FakeBackend final : public Backend {
 public:
  explicit FakeBackend(Devices devices)
      : devices_(devices),
        block_devices_(host::MakeLinuxBlockDevices(SystemClock::Get())),
        cloud_(OptionsFor(devices, directory_.path())),
        host_a_(SystemClock::Get()),
        host_b_(SystemClock::Get()) {
    a_ = DriverOf("node-a", host_a_);
    b_ = DriverOf("node-b", host_b_);
  }

  StorageDriver& driver() override { return *a_; }
  absl::Status Reopen() override {
    a_.reset();
    a_ = DriverOf("node-a", host_a_);
    return absl::OkStatus();
  }
  uint64_t minimum_size() const override { return kMiB; }
  StorageDriver* other_node() override { return b_.get(); }
  std::optional<CreateSpec> SpecWithoutRoom() override {
    CreateSpec spec;
    spec.name = "huge";
    spec.size = 2 * kGiB;
    return spec;
  }
  bool AddNamesake(const std::string& name) override {
    Volume volume;
    volume.name = name;
    cloud_.AddVolume(volume);
    return true;
  }
  bool HangAttach(bool hang) override {
    if (hang) {
      cloud_.calls().Hang("Attach");
    } else {
      cloud_.calls().Release("Attach");
    }
    return true;
  }
  void WaitUntilAttachHangs() override { cloud_.calls().WaitUntilHanging("Attach"); }

 private:
  std::unique_ptr<StorageDriver> DriverOf(const NodeId& node, FakeHost& host) {
    if (devices_ == Devices::kFakeHost) return cloud_.DriverFor(node, host);
    if (devices_ == Devices::kLate) {
      LateDriver::Options options;
      options.service = "fake";
      options.driver = "fake";
      options.expected = OptionsFor(devices_, "").capabilities;
      auto late = std::make_unique<LateDriver>(options, SystemClock::Get(),
                                               [this, node] { return cloud_.DriverFor(node); });
      late->Begin();
      return late;
    }
    if (devices_ != Devices::kLoop) return cloud_.DriverFor(node);
    host::Host real;
    real.devices = block_devices_.get();
    real.clock = &SystemClock::Get();
    return cloud_.DriverFor(node, real);
  }

  const Devices devices_;
  conformance::TemporaryDirectory directory_;
  std::unique_ptr<host::BlockDevices> block_devices_;
  FakeCloud cloud_;
  FakeHost host_a_;
  FakeHost host_b_;
  std::unique_ptr<StorageDriver> a_;
  std::unique_ptr<StorageDriver> b_;
};

std::string WhyNoLoops() {
  if (geteuid() != 0) return "loop devices need root";
  if (access("/dev/loop-control", R_OK | W_OK) != 0) return "there are no loop devices here";
  return "";
}

ConformanceParam Param(const std::string& name, Devices devices,
                       std::function<std::string()> why_not = nullptr) {
  return {name, std::move(why_not), [devices] { return std::make_unique<FakeBackend>(devices); }};
}

INSTANTIATE_TEST_SUITE_P(Fake, Conformance,
                         ::testing::Values(Param("MadeUp", Devices::kMadeUp),
                                           Param("FixedSize", Devices::kMadeUpFixedSize),
                                           Param("FakeHost", Devices::kFakeHost),
                                           Param("Late", Devices::kLate),
                                           Param("Loop", Devices::kLoop, &WhyNoLoops)),
                         NameOfParam);

}  // namespace
}  // namespace rexray::drivers::fake
