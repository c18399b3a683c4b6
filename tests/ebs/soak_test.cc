// Three nodes, random operations, every fault of the script, and throttling at half of EC2's documented
// rates: in the end the region holds what the model says, and nothing else.

#include <unistd.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/mutex.h"
#include "base/status.h"
#include "base/testing/temporary_directory.h"
#include "base/thread.h"
#include "drivers/ebs/ebs_driver.h"
#include "ebs/fast_clock.h"
#include "ebs/sim_transport.h"
#include "ec2sim/simulator.h"
#include "host/linux_host.h"
#include "host/testing/scratch_disks.h"

namespace rexray {
namespace {

namespace fs = std::filesystem;
using drivers::ebs::EbsOptions;
using drivers::ebs::SimTransport;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr uint64_t kGib = uint64_t{1} << 30;
constexpr int kNodes = 3;
constexpr int kVolumes = 8;
constexpr int kThreads = 6;
constexpr int kSpeed = 20;
constexpr int kOperations = 500;

ec2sim::Options RegionOptions(const fs::path& directory) {
  ec2sim::Options options;
  options.data_directory = directory / "data";
  options.check_signatures = false;  // there is no wire; ec2sim_test and the integration tests sign
  options.throttle_scale = 0.5;
  options.modifications_per_day = 1000;
  options.create = {milliseconds(500), seconds(2)};
  options.attach = {milliseconds(500), seconds(2)};
  options.attach_report = {milliseconds(100), seconds(1)};
  options.detach = {milliseconds(500), seconds(2)};
  options.remove = {milliseconds(500), seconds(2)};
  options.snapshot = {seconds(1), seconds(8)};
  options.modify = {milliseconds(500), seconds(2)};
  options.optimize = {seconds(1), seconds(2)};
  options.volume_view_lag = seconds(1);
  options.instance_view_lag = seconds(2);
  options.flicker = true;
  return options;
}

/// What a volume should be like; one thread at a time works on it, as the engine's lock has it on one node.
struct Slot {
  Mutex mutex;
  std::string name;
  bool exists = false;
  std::string id;
  uint64_t size = 0;
  uint64_t throughput = 125;             ///< gp3's own
  int holder = -1;                       ///< the node that has it; -1 = none
  std::multiset<std::string> snapshots;  ///< of volumes that are gone, too: their names hold the volume's id
  int made = 0;                          ///< so that each snapshot has a name of its own
};

class SoakTest : public testing::Test {
 protected:
  SoakTest()
      : clock_(kSpeed),
        simulator_(RegionOptions(directory_), clock_),
        transport_(std::make_shared<SimTransport>(simulator_, clock_)),
        devices_(host::MakeLinuxBlockDevices(SystemClock::Get())) {
    timers_ = StartThread("soak-timers", [this] { simulator_.RunTimers(); });
    for (int n = 0; n < kNodes; ++n) nodes_.push_back(MakeNode(n));
    for (size_t i = 0; i < slots_.size(); ++i) slots_[i].name = "volume-" + std::to_string(i);
  }
  ~SoakTest() override {
    nodes_.clear();
    simulator_.TerminateAll();
    simulator_.EndTimers();
    timers_.join();
    simulator_.ChangeOptions([](ec2sim::Options&) {});  // what TerminateAll left is due
  }
  void SetUp() override {
    if (const std::string why = host::WhyNoRealDisks(); !why.empty()) GTEST_SKIP() << why;
  }

  std::unique_ptr<StorageDriver> MakeNode(int n) {
    ec2sim::InstanceSpec spec;
    spec.instance.device_root = directory_ / ("node" + std::to_string(n));
    EbsOptions options;
    options.instance = *simulator_.AddInstance(spec);
    options.region = "us-east-1";
    options.zone = "us-east-1a";
    options.endpoint = "http://ec2sim";
    options.access_key = "AKIDEXAMPLE";
    options.secret_key = Secret("not checked");
    options.device_root = spec.instance.device_root;
    options.seed = static_cast<uint64_t>(n) + 1;
    instances_.push_back(options.instance);
    host::Host host;
    host.devices = devices_.get();
    host.clock = &clock_;
    return drivers::ebs::MakeEbsDriver(
        options, host, transport_, [](std::string_view) { return std::optional<std::string>(); }, nullptr);
  }

  CallContext Soon() { return {Deadline::After(clock_, seconds(110))}; }

  static bool MayPass(const absl::Status& status) {
    return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) || absl::IsAborted(status);
  }

  /// Repeats a call as an orchestrator does, for half an hour of the region's time.
  template <typename Operation>
  absl::Status Insist(Operation operation) {
    const Deadline end = Deadline::After(clock_, minutes(30));
    absl::Status status;
    do {
      status = operation();
    } while (MayPass(status) && !end.Passed(clock_));
    return status;
  }

  void Pause(Duration wait) {
    Mutex mutex;
    CondVar never;
    const TimePoint end = clock_.Now() + wait;
    MutexLock lock(mutex);
    while (clock_.Now() < end) clock_.WaitUntil(never, mutex, end);
  }
  /// What one node makes or removes, another hears of from an orchestrator, later than EC2's replicas do.
  /// (All else, a node may look at on a replica that is behind.)
  void AwaitAllReplicas() { Pause(seconds(5)); }

  absl::Status Create(Slot& slot, StorageDriver& driver, uint64_t size);
  absl::Status Mount(Slot& slot, int node);
  absl::Status Step(std::mt19937_64& dice);
  void Work(uint64_t seed);
  void AddFaults();
  void ExpectTheModel();

  const TemporaryDirectory own_;
  const fs::path directory_ = own_.path();
  FastClock clock_;
  ec2sim::Simulator simulator_;
  std::shared_ptr<SimTransport> transport_;
  std::unique_ptr<host::BlockDevices> devices_;
  std::thread timers_;
  std::vector<std::string> instances_;
  std::vector<std::unique_ptr<StorageDriver>> nodes_;
  std::array<Slot, kVolumes> slots_;
  std::atomic<int> left_{0};
  Mutex failures_mutex_;
  std::vector<std::string> failures_ ABSL_GUARDED_BY(failures_mutex_);
};

absl::Status SoakTest::Create(Slot& slot, StorageDriver& driver, uint64_t size) {
  CreateSpec spec;
  spec.name = slot.name;
  spec.size = size;
  spec.fs_type = "ext4";
  spec.tags = {{"team", "soak"}};
  int attempts = 0;
  RETURN_IF_ERROR(Insist([&]() -> absl::Status {
    ++attempts;
    const auto made = driver.Create(Soon(), spec);
    if (made.ok()) {
      slot.id = made->key.id;
      return absl::OkStatus();
    }
    if (!absl::IsAlreadyExists(made.status())) return made.status();
    if (attempts == 1) return made.status();
    // An attempt whose answer was lost had made it.
    ASSIGN_OR_RETURN(const auto found, driver.FindByName(Soon(), {slot.name}));
    if (found.size() != 1) return Error(absl::StatusCode::kInternal, "{} volumes", found.size());
    slot.id = found[0].key.id;
    return absl::OkStatus();
  }));
  AwaitAllReplicas();
  slot.exists = true;
  slot.size = size;
  slot.throughput = 125;
  return absl::OkStatus();
}

absl::Status SoakTest::Mount(Slot& slot, int node) {
  StorageDriver& driver = *nodes_[static_cast<size_t>(node)];
  const absl::Status mounted = Insist([&]() -> absl::Status {
    RETURN_IF_ERROR(driver.Attach(Soon(), slot.id, {}).status());
    return driver.AwaitLocal(Soon(), slot.id).status();
  });
  if (mounted.ok()) slot.holder = node;
  return mounted;
}

absl::Status SoakTest::Step(std::mt19937_64& dice) {
  Slot& slot = slots_[dice() % slots_.size()];
  MutexLock lock(slot.mutex);
  const int node = static_cast<int>(dice() % kNodes);
  StorageDriver& driver = *nodes_[static_cast<size_t>(node)];
  if (!slot.exists) return Create(slot, driver, (1 + dice() % 3) * kGib);
  switch (dice() % 8) {
    case 0:
    case 1:
    case 2:  // mount, or what a second node hears
      if (slot.holder < 0 || slot.holder == node) return Mount(slot, node);
      return Insist([&]() -> absl::Status {
        const absl::Status refused = driver.Attach(Soon(), slot.id, {}).status();
        if (absl::IsFailedPrecondition(refused)) return absl::OkStatus();
        return refused.ok() ? Error(absl::StatusCode::kInternal, "attached twice") : refused;
      });
    case 3:
    case 4:  // unmount
      if (slot.holder < 0) return absl::OkStatus();
      RETURN_IF_ERROR(Insist([&] {
        const auto holder = static_cast<size_t>(slot.holder);
        return nodes_[holder]->Detach(Soon(), slot.id, instances_[holder], false);
      }));
      slot.holder = -1;
      return absl::OkStatus();
    case 5: {  // modify
      ModifySpec spec;
      if (dice() % 2 == 0) spec.size = slot.size + kGib;
      if (!spec.size || dice() % 2 == 0) spec.throughput = slot.throughput == 125 ? 126 + dice() % 100 : 125;
      RETURN_IF_ERROR(Insist([&] {
        const absl::Status modified = driver.Modify(Soon(), slot.id, spec).status();
        // The modification before is still `optimizing`: EC2 takes no other until it is completed.
        const bool early = absl::IsFailedPrecondition(modified);
        return early ? Error(absl::StatusCode::kAborted, "{}", MessageOf(modified)) : modified;
      }));
      slot.size = spec.size.value_or(slot.size);
      slot.throughput = spec.throughput.value_or(slot.throughput);
      return absl::OkStatus();
    }
    case 6: {  // snapshot
      if (!driver.Capabilities().snapshots) return absl::OkStatus();
      const std::string name = fmt::format("{}-{}", slot.id, ++slot.made);
      RETURN_IF_ERROR(Insist([&] {
        SnapshotSpec spec;
        spec.name = name;
        return driver.CreateSnapshot(Soon(), slot.id, spec).status();
      }));
      slot.snapshots.insert(name);
      return absl::OkStatus();
    }
    default:  // delete, or hear that it is in use
      if (slot.holder >= 0) {
        return Insist([&]() -> absl::Status {
          const absl::Status refused = driver.Remove(Soon(), slot.id);
          if (absl::IsFailedPrecondition(refused)) return absl::OkStatus();
          return refused.ok() ? Error(absl::StatusCode::kInternal, "removed in use") : refused;
        });
      }
      RETURN_IF_ERROR(Insist([&] { return driver.Remove(Soon(), slot.id); }));
      AwaitAllReplicas();
      slot.exists = false;
      return absl::OkStatus();
  }
}

void SoakTest::Work(uint64_t seed) {
  std::mt19937_64 dice(seed);
  while (left_.fetch_sub(1) > 0) {
    const absl::Status status = Step(dice);
    if (status.ok()) continue;
    MutexLock lock(failures_mutex_);
    failures_.push_back(status.ToString());
  }
}

void SoakTest::AddFaults() {
  using Kind = ec2sim::Fault::Kind;
  for (const Kind kind : {Kind::kRefuse, Kind::kCutShort, Kind::kUnavailable, Kind::kHtmlError,
                          Kind::kCorruptXml, Kind::kThrottle, Kind::kError, Kind::kDelay, Kind::kHang}) {
    ec2sim::Fault fault;
    fault.kind = kind;
    fault.times = 0;
    fault.percent = kind == Kind::kHang ? 1 : 2;
    fault.delay = kind == Kind::kDelay ? seconds(3) : Duration{};
    simulator_.AddFault(fault);
  }
  for (const Kind kind : {Kind::kHang, Kind::kRefuse}) {  // done, and nobody hears of it
    ec2sim::Fault fault;
    fault.kind = kind;
    fault.times = 0;
    fault.percent = 1;
    fault.carried_out = true;
    simulator_.AddFault(fault);
  }
}

void SoakTest::ExpectTheModel() {
  std::map<std::string, ec2sim::Volume> volumes;
  for (const auto& [id, volume] : simulator_.Volumes()) {
    if (volume.tags.empty() && !volume.attachments.empty() && volume.attachments[0].delete_on_termination)
      continue;
    EXPECT_TRUE(volume.tags.contains("Name")) << id << " has lost its name";
    volumes[id] = volume;
  }
  std::multiset<std::string> snapshots;
  size_t existing = 0;
  for (Slot& slot : slots_) {
    MutexLock lock(slot.mutex);
    snapshots.insert(slot.snapshots.begin(), slot.snapshots.end());
    if (!slot.exists) continue;
    ++existing;
    const auto found = volumes.find(slot.id);
    ASSERT_NE(found, volumes.end()) << slot.name << " (" << slot.id << ") is lost";
    const ec2sim::Volume& volume = found->second;
    EXPECT_EQ(volume.tags.at("Name"), slot.name);
    EXPECT_EQ(volume.tags.at("team"), "soak");
    EXPECT_EQ(volume.tags.at("rexray:createdBy"), "rexray");
    EXPECT_EQ(static_cast<uint64_t>(volume.size) * kGib, slot.size) << slot.name;
    EXPECT_EQ(static_cast<uint64_t>(volume.throughput), slot.throughput) << slot.name;
    ASSERT_EQ(volume.attachments.size(), slot.holder < 0 ? 0 : 1) << slot.name;
    if (slot.holder >= 0) {
      EXPECT_EQ(volume.attachments[0].instance, instances_[static_cast<size_t>(slot.holder)]) << slot.name;
    }
  }
  EXPECT_EQ(volumes.size(), existing) << "leaked volumes";
  std::multiset<std::string> names;
  for (const auto& [id, snapshot] : simulator_.Snapshots()) {
    names.insert(snapshot.tags.contains("Name") ? snapshot.tags.at("Name") : id);
  }
  EXPECT_EQ(names, snapshots) << "each once, though CreateSnapshot has no client token";
}

TEST_F(SoakTest, RandomOperationsUnderEveryFaultEndAsTheModelSays) {
  AddFaults();
  left_ = kOperations;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.push_back(StartThread("soak", [this, i] { Work(static_cast<uint64_t>(i) + 1); }));
  }
  for (std::thread& thread : threads) thread.join();
  {
    MutexLock lock(failures_mutex_);
    EXPECT_THAT(failures_, testing::IsEmpty());
  }
  // Deletions under way end by themselves.
  simulator_.ClearFaults();
  Pause(seconds(15));
  ExpectTheModel();
}

}  // namespace
}  // namespace rexray
