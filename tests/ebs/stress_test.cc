// Random operations from three nodes while everything goes wrong. At the end the region holds what the model
// says: no leaked volume, no double attachment, no lost tag, no forgotten snapshot.

#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "gmock/gmock.h"

#include "base/size.h"
#include "base/status.h"
#include "base/thread.h"
#include "drivers/ebs/ebs_driver.h"
#include "drivers/ebs/volume_tags.h"
#include "ebs/sim_transport.h"

namespace rexray::drivers::ebs {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kNodes = 3;
constexpr int kOperations = 500;

class Stress {
 public:
  Stress()
      : simulator_(SimOptions(), clock_),
        transport_(std::make_shared<SimTransport>(simulator_, clock_)),
        timers_(StartThread("ec2sim-timers", [this] { simulator_.RunTimers(); })) {
    for (int i = 0; i < kNodes; ++i) {
      ec2sim::InstanceSpec spec;
      spec.instance.id = fmt::format("i-0000000000000000{}", i);
      spec.instance.zone = "us-east-1a";
      EXPECT_TRUE(simulator_.AddInstance(spec).ok());
      drivers_.push_back(MakeEbsDriver(
          OptionsFor(spec.instance.id), {}, transport_, [](const std::string&) { return std::nullopt; },
          nullptr));
    }
    AddFaults();
  }
  ~Stress() {
    drivers_.clear();
    simulator_.EndTimers();
    timers_.join();
  }

  /// One node's share. The names are its own; the region, its limits and its faults are everybody's.
  void Work(int node) {
    std::mt19937 dice(static_cast<unsigned>(node) + 1);
    StorageDriver& driver = *drivers_[static_cast<size_t>(node)];
    for (int i = 0; i < kOperations / kNodes; ++i) {
      const std::string name = fmt::format("n{}-{}", node, dice() % 4);
      Step(driver, node, name, dice() % 6);
    }
  }

  void Check() ABSL_NO_THREAD_SAFETY_ANALYSIS {  // the nodes are done
    simulator_.ClearFaults();
    std::map<std::string, std::string> found;  // name -> id
    for (const auto& [id, volume] : simulator_.Volumes()) {
      if (!volume.tags.contains("Name") || volume.state == "deleting") continue;
      const std::string& name = volume.tags.at("Name");
      EXPECT_TRUE(found.emplace(name, id).second) << "two volumes called " << name;
      EXPECT_LE(volume.attachments.size(), 1u) << name;
      EXPECT_TRUE(volume.tags.contains(kCreatedByTag) && volume.tags.contains(kSetTag)) << name;
      EXPECT_TRUE(volume.tags.contains("rexray:fsType")) << name;
      EXPECT_EQ(volume.tags.contains(kBlankTag), model_.contains(name) && model_[name].blank) << name;
      if (!model_.contains(name)) continue;
      EXPECT_EQ(static_cast<uint64_t>(volume.size), model_[name].gib) << name;
      EXPECT_EQ(!volume.attachments.empty(), model_[name].attached) << name;
    }
    std::set<std::string> names;
    for (const auto& [name, id] : found) names.insert(name);
    std::set<std::string> expected;
    for (const auto& [name, volume] : model_) expected.insert(name);
    EXPECT_EQ(names, expected);
    size_t snapshots = 0;
    for (const auto& [id, snapshot] : simulator_.Snapshots()) {
      snapshots += snapshot.tags.contains("Name") ? 1 : 0;
    }
    EXPECT_EQ(snapshots, snapshots_);
  }

 private:
  struct Known {
    std::string id;
    uint64_t gib = 1;
    bool blank = true;
    bool attached = false;
  };

  static ec2sim::Options SimOptions() {
    ec2sim::Options options;
    options.check_signatures = false;
    options.throttle_scale = 0.5;
    options.volume_view_lag = milliseconds(60);
    options.instance_view_lag = milliseconds(120);
    options.flicker = true;
    options.modifications_per_day = 1000;
    const ec2sim::Latency quick{milliseconds(2), milliseconds(10)};
    options.create = options.remove = options.attach = options.attach_report = options.detach = quick;
    options.snapshot = options.modify = options.optimize = quick;
    return options;
  }
  static EbsOptions OptionsFor(const std::string& instance) {
    EbsOptions options;
    options.service = "ebs";
    options.instance = instance;
    options.zone = "us-east-1a";
    options.region = "us-east-1";
    options.endpoint = "http://ec2";
    options.access_key = "AKIDEXAMPLE";
    options.secret_key = Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
    options.device_root = "/nonexistent";
    options.pace = {.first = milliseconds(20), .most = milliseconds(100)};
    options.consistency = seconds(2);
    return options;
  }
  void AddFaults() {
    using Kind = ec2sim::Fault::Kind;
    for (const Kind kind : {Kind::kRefuse, Kind::kCutShort, Kind::kUnavailable, Kind::kHtmlError,
                            Kind::kCorruptXml, Kind::kThrottle}) {
      ec2sim::Fault fault;
      fault.kind = kind;
      fault.times = 0;
      fault.percent = 2;
      simulator_.AddFault(fault);
    }
    ec2sim::Fault slow;
    slow.kind = Kind::kDelay;
    slow.delay = milliseconds(30);
    slow.times = 0;
    slow.percent = 3;
    simulator_.AddFault(slow);
  }

  CallContext Soon() { return {Deadline::After(clock_, seconds(60))}; }

  /// The operation is repeated until it succeeds, as orchestrators do.
  void Step(StorageDriver& driver, int node, const std::string& name, unsigned what) {
    Known known;
    {
      MutexLock lock(mutex_);
      if (const auto found = model_.find(name); found != model_.end()) known = found->second;
    }
    if (known.id.empty()) {
      CreateSpec spec;
      spec.name = name;
      spec.size = kGiB;
      spec.fs_type = "ext4";
      absl::StatusOr<Volume> made = driver.Create(Soon(), spec);

      ASSERT_TRUE(made.ok()) << made.status();
      known.id = made->key.id;
    } else if (what == 0) {
      if (known.attached) Expect(driver.Detach(Soon(), known.id, "", false), "detach");
      Expect(driver.Remove(Soon(), known.id), "remove");
      MutexLock lock(mutex_);
      model_.erase(name);
      return;
    } else if (what == 1) {
      Expect(driver.Grow(Soon(), known.id, (known.gib + 1) * kGiB).status(), "grow");
      ++known.gib;
    } else if (what == 2) {
      Expect(driver.ClearBlankMark(Soon(), known.id), "clear");
      known.blank = false;
    } else if (what == 3) {
      SnapshotSpec spec;
      spec.name = fmt::format("s-{}-{}", node, name);
      Expect(driver.CreateSnapshot(Soon(), known.id, spec).status(), "snapshot");
      MutexLock lock(mutex_);
      ++snapshots_;
    } else if (known.attached) {
      Expect(driver.Detach(Soon(), known.id, "", false), "detach");
      known.attached = false;
    } else {
      Expect(driver.Attach(Soon(), known.id, {}).status(), "attach");
      known.attached = true;
    }
    MutexLock lock(mutex_);
    model_[name] = known;
  }

  static void Expect(const absl::Status& status, const char* what) {
    EXPECT_TRUE(status.ok()) << what << ": " << status;
  }

  Clock& clock_ = SystemClock::Get();
  ec2sim::Simulator simulator_;
  std::shared_ptr<SimTransport> transport_;
  std::vector<std::unique_ptr<StorageDriver>> drivers_;
  Mutex mutex_;
  std::map<std::string, Known> model_ ABSL_GUARDED_BY(mutex_);
  size_t snapshots_ ABSL_GUARDED_BY(mutex_) = 0;
  std::thread timers_;
};

TEST(EbsStressTest, RandomOperationsUnderEveryFaultEndAsTheModelSays) {
  if (std::getenv("REXRAY_LONG_TESTS") == nullptr) {  // NOLINT(concurrency-mt-unsafe)
    GTEST_SKIP() << "SKIPPED: two and a half minutes at half of EC2's rates; run with --long";
  }
  Stress stress;
  std::vector<std::thread> nodes;
  for (int i = 0; i < kNodes; ++i) nodes.emplace_back([&stress, i] { stress.Work(i); });
  for (std::thread& node : nodes) node.join();
  stress.Check();
}

}  // namespace
}  // namespace rexray::drivers::ebs
