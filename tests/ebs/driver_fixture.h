#pragma once

// The driver on the simulated EC2 in one process, in real time and with short latencies. No devices: states
// and counts alone, so these need no root.

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

#include "base/size.h"
#include "base/thread.h"
#include "drivers/ebs/cloud.h"
#include "drivers/ebs/ebs_driver.h"
#include "ebs/sim_transport.h"

namespace rexray::drivers::ebs {

class EbsDriverTest : public ::testing::Test {
 protected:
  EbsDriverTest()
      : simulator_(SimOptions(), clock_),
        transport_(std::make_shared<SimTransport>(simulator_, clock_)),
        timers_(StartThread("ec2sim-timers", [this] { simulator_.RunTimers(); })) {}
  ~EbsDriverTest() override {
    drivers_.clear();
    simulator_.EndTimers();
    timers_.join();
  }

  static ec2sim::Options SimOptions() {
    ec2sim::Options options;
    options.check_signatures = false;
    return options;
  }
  std::string Launch(const std::string& id, const std::string& zone = "us-east-1a") {
    ec2sim::InstanceSpec spec;
    spec.instance.id = id;
    spec.instance.zone = zone;
    EXPECT_TRUE(simulator_.AddInstance(spec).ok());
    return id;
  }
  EbsOptions OptionsFor(const std::string& instance, const std::string& zone = "us-east-1a") {
    EbsOptions options;
    options.service = "ebs";
    options.instance = instance;
    options.zone = zone;
    options.region = "us-east-1";
    options.endpoint = "http://ec2";
    options.access_key = "AKIDEXAMPLE";
    options.secret_key = Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
    options.device_root = "/nonexistent";
    options.pace = {.first = std::chrono::milliseconds(20),
                    .most = std::chrono::milliseconds(100),
                    .call = std::chrono::seconds(1)};
    options.consistency = std::chrono::seconds(2);
    return options;
  }
  StorageDriver& DriverOf(const EbsOptions& options, std::shared_ptr<Cloud> cloud = nullptr) {
    drivers_.push_back(MakeEbsDriver(
        options, {}, transport_, [](const std::string&) { return std::nullopt; }, std::move(cloud)));
    return *drivers_.back();
  }
  StorageDriver& NewNode(const std::string& id) { return DriverOf(OptionsFor(Launch(id))); }
  CallContext In(Duration wait) { return {Deadline::After(clock_, wait)}; }
  CreateSpec Spec(const std::string& name, uint64_t gib = 1) {
    CreateSpec spec;
    spec.name = name;
    spec.size = gib * kGiB;
    return spec;
  }
  std::string Make(StorageDriver& driver, const std::string& name) {
    const absl::StatusOr<Volume> made = driver.Create(In(std::chrono::seconds(60)), Spec(name));
    EXPECT_TRUE(made.ok()) << made.status();
    return made.ok() ? made->key.id : "";
  }
  void Fault(const std::string& action, ec2sim::Fault::Kind kind, int times = 1) {
    ec2sim::Fault fault;
    fault.action = action;
    fault.kind = kind;
    fault.times = times;
    simulator_.AddFault(fault);
  }

  Clock& clock_ = SystemClock::Get();
  ec2sim::Simulator simulator_;
  std::shared_ptr<SimTransport> transport_;
  std::vector<std::unique_ptr<StorageDriver>> drivers_;
  std::thread timers_;
};

}  // namespace rexray::drivers::ebs
