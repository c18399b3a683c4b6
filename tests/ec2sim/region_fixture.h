#pragma once

// For the simulator's own tests: a region whose time moves only when the test says so.

#include <initializer_list>
#include <map>
#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/testing/simulated_clock.h"
#include "ec2sim/ec2_error.h"
#include "ec2sim/simulator.h"

namespace rexray::ec2sim {

class RegionTest : public testing::Test {
 protected:
  using Parameters = std::map<std::string, std::string>;

  explicit RegionTest(Options options = {}) : simulator_(std::move(options), clock_) {}

  absl::StatusOr<std::string> Call(const std::string& action, Parameters parameters = {}) {
    return simulator_.Call(ApiRequest(action, std::move(parameters)));
  }
  /// The error's code; "" when there was none.
  std::string Failure(const std::string& action, Parameters parameters = {}) {
    const auto result = Call(action, std::move(parameters));
    return result.ok() ? "" : Ec2CodeOf(result.status());
  }

  /// The text of the first such element; "" = there is none.
  static std::string Element(const std::string& xml, const std::string& name) {
    const size_t begin = xml.find("<" + name + ">");
    if (begin == std::string::npos) return "";
    const size_t from = begin + name.size() + 2;
    return xml.substr(from, xml.find("</" + name + ">", from) - from);
  }
  static int CountOf(const std::string& xml, const std::string& text) {
    int n = 0;
    for (size_t at = xml.find(text); at != std::string::npos; at = xml.find(text, at + 1)) ++n;
    return n;
  }

  std::string Instance(InstanceSpec spec = {}) {
    auto id = simulator_.AddInstance(std::move(spec));
    EXPECT_TRUE(id.ok()) << id.status();
    return id.value_or("");
  }
  /// Created, and available.
  std::string Volume(Parameters parameters = {}) {
    parameters.try_emplace("AvailabilityZone", "us-east-1a");
    parameters.try_emplace("Size", "1");
    parameters.try_emplace("VolumeType", "gp3");
    const auto made = Call("CreateVolume", parameters);
    EXPECT_TRUE(made.ok()) << made.status();
    Pass();
    return Element(made.value_or(""), "volumeId");
  }
  void Attach(const std::string& volume, const std::string& instance, const std::string& device) {
    EXPECT_EQ(Failure("AttachVolume", {{"VolumeId", volume}, {"InstanceId", instance}, {"Device", device}}),
              "");
    Pass();
  }
  /// Time enough for anything that is not stuck.
  void Pass(Duration by = std::chrono::seconds(5)) {
    clock_.Advance(by);
    simulator_.Settle();
  }
  std::string StateOf(const std::string& volume) {
    const auto all = simulator_.Volumes();
    const auto found = all.find(volume);
    return found == all.end() ? "gone" : found->second.state;
  }

  SimulatedClock clock_;
  Simulator simulator_;
};

}  // namespace rexray::ec2sim
