// How many requests EC2 gets, in virtual time: what the machine's load does is not in the numbers.

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <functional>

#include "gmock/gmock.h"

#include "base/size.h"
#include "base/status.h"
#include "base/testing/temporary_directory.h"
#include "base/testing/virtual_time.h"
#include "drivers/ebs/cloud.h"
#include "drivers/ebs/ebs_driver.h"
#include "ebs/sim_transport.h"
#include "host/linux_host.h"
#include "host/testing/scratch_disks.h"

namespace rexray::drivers::ebs {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;

class CountsTest : public ::testing::Test {
 protected:
  CountsTest()
      : simulator_(SimOptions(directory_), clock_),
        transport_(std::make_shared<SimTransport>(simulator_, clock_)) {}
  ~CountsTest() override {
    drivers_.clear();
    simulator_.TerminateAll();
    clock_.Advance(seconds(600));
    simulator_.Settle();
  }
  static ec2sim::Options SimOptions(const fs::path& directory) {
    ec2sim::Options options;
    options.data_directory = directory / "data";
    options.check_signatures = false;
    options.attach = {seconds(1), seconds(4)};
    options.attach_report = {milliseconds(100), seconds(1)};
    return options;
  }
  EbsOptions OptionsFor(const std::string& instance) {
    EbsOptions options;
    options.instance = instance;
    options.region = "us-east-1";
    options.zone = "us-east-1a";
    options.endpoint = "http://ec2";
    options.access_key = "AKIDEXAMPLE";
    options.secret_key = Secret("not checked");
    options.device_root = directory_ / instance;
    return options;
  }
  StorageDriver& DriverOf(const EbsOptions& options, std::shared_ptr<Cloud> cloud) {
    host::Host host;
    host.clock = &clock_;
    drivers_.push_back(MakeEbsDriver(
        options, host, transport_, [](const std::string&) { return std::nullopt; }, std::move(cloud)));
    return *drivers_.back();
  }
  /// Nodes of one controller: they share its calls.
  std::shared_ptr<Cloud> SharedCloud() {
    Cloud::Options options;
    options.caller.region = "us-east-1";
    options.caller.endpoint = "http://ec2";
    auto credentials = std::make_shared<CredentialChain>(
        clock_, std::vector<CredentialSource>{ConfiguredCredentials("AKIDEXAMPLE", Secret("s"), Secret())});
    return std::make_shared<Cloud>(clock_, transport_, credentials, options);
  }
  std::string AddVolume(const std::string& name) {
    const auto made =
        simulator_.Call(ec2sim::ApiRequest("CreateVolume", {{"AvailabilityZone", "us-east-1a"},
                                                            {"Size", "1"},
                                                            {"TagSpecification.1.ResourceType", "volume"},
                                                            {"TagSpecification.1.Tag.1.Key", "Name"},
                                                            {"TagSpecification.1.Tag.1.Value", name},
                                                            {"ClientToken", name}}));
    EXPECT_TRUE(made.ok()) << made.status();
    return VolumeIdIn(*made);
  }
  std::vector<std::string> AddVolumes(int count) {
    std::vector<std::string> ids;
    for (int i = 0; i < count; ++i) ids.push_back(AddVolume(fmt::format("v{}", i)));
    clock_.Advance(seconds(60));
    simulator_.Settle();
    return ids;
  }
  Deadline In(Duration wait) { return Deadline::After(clock_, wait); }

  const TemporaryDirectory own_;
  const fs::path directory_ = own_.path();
  SimulatedClock clock_;
  ec2sim::Simulator simulator_;
  std::shared_ptr<SimTransport> transport_;
  std::vector<std::unique_ptr<StorageDriver>> drivers_;
};

/// The most calls of `action` that any span of `interval` has seen; told after each step.
class BusiestSpan {
 public:
  BusiestSpan(std::string action, Duration interval, Duration step)
      : action_(std::move(action)), steps_(static_cast<size_t>(interval / step)) {}

  void Step(ec2sim::Simulator& simulator) {
    history_.push_back(simulator.Counts()[action_].calls);
    const size_t from = history_.size() > steps_ ? history_.size() - 1 - steps_ : 0;
    most_ = std::max(most_, history_.back() - history_[from]);
  }
  int most() const { return most_; }

 private:
  const std::string action_;
  const size_t steps_;
  std::vector<int> history_{0};
  int most_ = 0;
};

TEST_F(CountsTest, AHundredMountsOnTenNodesAreAHundredAttachesAndOnePollForAll) {
  if (const std::string why = host::WhyNoRealDisks(); !why.empty()) GTEST_SKIP() << why;
  std::vector<StorageDriver*> nodes;
  const std::shared_ptr<Cloud> cloud = SharedCloud();
  for (int i = 0; i < 10; ++i) {
    ec2sim::InstanceSpec spec;
    spec.instance.id = fmt::format("i-000000000000000{:02}", i);
    spec.instance.zone = "us-east-1a";
    spec.instance.device_root = directory_ / spec.instance.id;
    nodes.push_back(&DriverOf(OptionsFor(*simulator_.AddInstance(spec)), cloud));
  }
  const std::vector<std::string> ids = AddVolumes(100);
  simulator_.ResetCounts();
  std::atomic<int> mounted{0};
  std::vector<std::function<void()>> mounts;
  for (size_t i = 0; i < ids.size(); ++i) {
    mounts.emplace_back([&, i] {
      StorageDriver& node = *nodes[i % nodes.size()];
      const CallContext context{In(seconds(110))};
      const absl::Status asked = node.Attach(context, ids[i], {}).status();
      ASSERT_TRUE(asked.ok()) << asked;
      const absl::StatusOr<LocalResource> device = node.AwaitLocal(context, ids[i]);
      ASSERT_TRUE(device.ok()) << device.status();
      ++mounted;
    });
  }
  const Duration step = milliseconds(10);
  const PollPace pace;
  BusiestSpan volumes("DescribeVolumes", pace.first - step, step);
  BusiestSpan instances("DescribeInstances", pace.first - step, step);
  const TimePoint begun = clock_.Now();
  RunInVirtualTime(clock_, step, mounts, [&] {
    simulator_.Settle();
    volumes.Step(simulator_);
    instances.Step(simulator_);
  });
  EXPECT_EQ(mounted, 100);
  auto counts = simulator_.Counts();
  EXPECT_EQ(counts["AttachVolume"].calls, 100);
  EXPECT_EQ(counts["AttachVolume"].throttled, 0);
  EXPECT_EQ(volumes.most(), 1) << "in one interval of the poll";
  EXPECT_EQ(instances.most(), 1);
  EXPECT_LE(counts["DescribeVolumes"].calls, 1 + (clock_.Now() - begun) / pace.first);
  EXPECT_EQ(counts["DescribeInstances"].calls, 1);
  EXPECT_EQ(counts["DescribeInstanceTypes"].calls, 1);
}

TEST_F(CountsTest, AThousandNodesThatListAtOnceAllGetTheirAnswer) {
  constexpr int kNodes = 1000;
  AddVolumes(1000);
  simulator_.ResetCounts();
  std::atomic<int> answered{0};
  std::vector<std::function<void()>> lists;
  for (int i = 0; i < kNodes; ++i) {
    EbsOptions options = OptionsFor(fmt::format("i-0000000000000{:04}", i));
    options.seed = static_cast<uint64_t>(i) + 1;
    StorageDriver& node = DriverOf(options, nullptr);
    lists.emplace_back([this, &node, &answered] {
      const auto listed = node.List({In(seconds(50))});  // as long as Docker's List has
      ASSERT_TRUE(listed.ok()) << listed.status();
      EXPECT_EQ(listed->value.size(), 1000u);
      ++answered;
    });
  }
  const TimePoint begun = clock_.Now();
  RunInVirtualTime(clock_, milliseconds(200), lists);
  EXPECT_EQ(answered, kNodes);
  const ec2sim::CallCount count = simulator_.Counts()["DescribeVolumes"];
  EXPECT_EQ(count.calls - count.throttled, kNodes) << "a page each, in the documented bucket";
  RecordProperty("seconds", static_cast<int>((clock_.Now() - begun) / seconds(1)));
  RecordProperty("throttled", count.throttled);
}

TEST_F(CountsTest, FiveThousandVolumesAreFivePagesForAnyNumberOfCallers) {
  StorageDriver& driver = DriverOf(OptionsFor("i-0000000000000000a"), nullptr);
  AddVolumes(5000);
  simulator_.ResetCounts();
  std::vector<std::function<void()>> lists(10, [&] {
    const auto listed = driver.List({In(seconds(50))});
    ASSERT_TRUE(listed.ok()) << listed.status();
    EXPECT_EQ(listed->value.size(), 5000u);
  });
  RunInVirtualTime(clock_, milliseconds(50), lists);
  EXPECT_EQ(simulator_.Counts()["DescribeVolumes"].calls, 5);
}

}  // namespace
}  // namespace rexray::drivers::ebs
