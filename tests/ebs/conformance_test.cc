// The contract of volume/storage_driver.h, over real block devices.

#include "drivers/conformance/conformance.h"

#include <unistd.h>

#include <thread>

#include "base/size.h"
#include "base/thread.h"
#include "drivers/conformance/temporary_directory.h"
#include "drivers/ebs/ebs_driver.h"
#include "ebs/sim_transport.h"
#include "ec2sim/simulator.h"

namespace rexray::drivers::ebs {
namespace {

using conformance::Backend;
using conformance::Conformance;
using conformance::ConformanceParam;
using conformance::NameOfParam;
using std::chrono::milliseconds;

ec2sim::Options SimOptions(const std::string& directory) {
  ec2sim::Options options;
  options.check_signatures = false;
  options.volume_quota_gib = 100;
  options.data_directory = directory;
  options.snapshot = {};  // the suite makes a volume from a snapshot at once
  return options;
}

class EbsBackend final : public Backend {
 public:
  explicit EbsBackend(const std::string& type)
      : simulator_(SimOptions(directory_.path() + "/volumes"), SystemClock::Get()),
        transport_(std::make_shared<SimTransport>(simulator_, SystemClock::Get())),
        devices_(host::MakeLinuxBlockDevices(SystemClock::Get())),
        timers_(StartThread("ec2sim-timers", [this] { simulator_.RunTimers(); })) {
    Launch("i-0000000000000000a", type);
    Launch("i-0000000000000000b", type);
    a_ = DriverOf("i-0000000000000000a");
    b_ = DriverOf("i-0000000000000000b");
  }
  ~EbsBackend() override {
    a_.reset();
    b_.reset();
    simulator_.TerminateAll();
    simulator_.EndTimers();
    timers_.join();
    simulator_.ChangeOptions([](ec2sim::Options&) {});  // what TerminateAll left is due
  }

  StorageDriver& driver() override { return *a_; }
  absl::Status Reopen() override {
    a_.reset();
    a_ = DriverOf("i-0000000000000000a");
    return absl::OkStatus();
  }
  uint64_t minimum_size() const override { return kGiB; }
  std::string OtherType() override { return "gp2"; }
  StorageDriver* other_node() override { return b_.get(); }
  std::optional<CreateSpec> SpecWithoutRoom() override {
    CreateSpec spec;
    spec.name = "huge";
    spec.size = 200 * kGiB;
    return spec;
  }
  bool AddNamesake(const std::string& name) override {
    return simulator_
        .Call(ec2sim::ApiRequest("CreateVolume", {{"AvailabilityZone", "us-east-1a"},
                                                  {"Size", "1"},
                                                  {"TagSpecification.1.ResourceType", "volume"},
                                                  {"TagSpecification.1.Tag.1.Key", "Name"},
                                                  {"TagSpecification.1.Tag.1.Value", name}}))
        .ok();
  }
  bool HangAttach(bool hang) override {
    transport_->Hang(hang ? "Action=AttachVolume" : "");
    return true;
  }
  void WaitUntilAttachHangs() override { transport_->WaitUntilHanging(); }

 private:
  void Launch(const std::string& id, const std::string& type) {
    ec2sim::InstanceSpec spec;
    spec.instance.id = id;
    spec.instance.zone = "us-east-1a";
    spec.instance.type = type;
    spec.instance.device_root = directory_.path() + "/" + id;
    EXPECT_TRUE(simulator_.AddInstance(spec).ok());
  }
  std::unique_ptr<StorageDriver> DriverOf(const std::string& instance) {
    EbsOptions options;
    options.service = "ebs";
    options.metadata_endpoint = "http://imds/_imds/" + instance;
    options.endpoint = "http://ec2";
    options.access_key = "AKIDEXAMPLE";
    options.secret_key = Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
    options.device_root = directory_.path() + "/" + instance;
    options.pace = {.first = milliseconds(20), .most = milliseconds(200)};
    options.list_ages.fresh = std::chrono::hours(1);  // own changes must be in the next List all the same
    options.consistency = std::chrono::seconds(3);
    host::Host host;
    host.devices = devices_.get();
    host.clock = &SystemClock::Get();
    return MakeEbsDriver(
        options, host, transport_, [](const std::string&) { return std::nullopt; }, nullptr);
  }

  conformance::TemporaryDirectory directory_;
  ec2sim::Simulator simulator_;
  std::shared_ptr<SimTransport> transport_;
  std::unique_ptr<host::BlockDevices> devices_;
  std::thread timers_;
  std::unique_ptr<StorageDriver> a_;
  std::unique_ptr<StorageDriver> b_;
};

std::string WhyNoLoops() {
  if (geteuid() != 0) return "loop devices need root";
  if (access("/dev/loop-control", R_OK | W_OK) != 0) return "there are no loop devices here";
  return "";
}

ConformanceParam Param(const std::string& name, const std::string& type) {
  return {name, &WhyNoLoops, [type] { return std::make_unique<EbsBackend>(type); }};
}

INSTANTIATE_TEST_SUITE_P(Ebs, Conformance,
                         ::testing::Values(Param("Nitro", "m5.large"), Param("Xen", "t2.micro")),
                         NameOfParam);

}  // namespace
}  // namespace rexray::drivers::ebs
