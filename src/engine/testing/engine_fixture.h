#pragma once

// An engine on a node in memory: FakeCloud, FakeHost, a simulated clock, and a real journal in a directory of
// its own.

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/size.h"
#include "base/status.h"
#include "base/testing/simulated_clock.h"
#include "drivers/fake/fake_cloud.h"
#include "drivers/fake/fake_host.h"
#include "drivers/fake/own_status.h"
#include "engine/event_log.h"
#include "engine/journal.h"
#include "engine/volume_engine.h"

namespace rexray::engine {

/// A journal whose writes a test can make fail, as a full disk does.
class FailingJournal final : public Journal {
 public:
  explicit FailingJournal(std::unique_ptr<Journal> real) : real_(std::move(real)) {}

  /// After `writes` more successful ones every write fails until Heal.
  void FailAfter(int writes) { left_ = writes; }
  void Heal() { left_ = -1; }

  absl::Status PutStage(const StageRow& row) override {
    return Write([&] { return real_->PutStage(row); });
  }
  absl::Status DropStage(const VolumeKey& key) override {
    return Write([&] { return real_->DropStage(key); });
  }
  absl::StatusOr<std::vector<StageRow>> Stages() override { return real_->Stages(); }
  absl::Status PutConsumer(const ConsumerRow& row) override {
    return Write([&] { return real_->PutConsumer(row); });
  }
  absl::Status DropConsumer(const VolumeKey& key, const Consumer& consumer) override {
    return Write([&] { return real_->DropConsumer(key, consumer); });
  }
  absl::StatusOr<std::vector<ConsumerRow>> Consumers() override { return real_->Consumers(); }
  absl::Status PutIntent(const IntentRow& row) override {
    return Write([&] { return real_->PutIntent(row); });
  }
  absl::Status DropIntent(const VolumeKey& key) override {
    return Write([&] { return real_->DropIntent(key); });
  }
  absl::StatusOr<std::vector<IntentRow>> Intents() override { return real_->Intents(); }
  std::string Remark() const override { return real_->Remark(); }

 private:
  absl::Status Write(const std::function<absl::Status()>& write) {
    int left = left_;
    while (left > 0 && !left_.compare_exchange_weak(left, left - 1)) {
    }
    if (left == 0) return absl::ResourceExhaustedError("the journal cannot be written: disk full");
    return write();
  }
  std::unique_ptr<Journal> real_;
  std::atomic<int> left_{-1};
};

using drivers::fake::Own;
template <typename T>
absl::StatusOr<T> Own(absl::StatusOr<T> value) {
  if (!value.ok()) return Own(value.status());
  return value;
}

/// The answer of an asynchronous call.
template <typename T>
class Pending {
 public:
  std::function<void(T)> Done() {
    return [promise = promise_](T value) { promise->set_value(Own(std::move(value))); };
  }
  T Wait() { return future_.get(); }
  bool Ready() const { return future_.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }

 private:
  std::shared_ptr<std::promise<T>> promise_ = std::make_shared<std::promise<T>>();
  std::future<T> future_ = promise_->get_future();
};

class EngineFixture : public ::testing::Test {
 public:
  using Path = absl::StatusOr<std::string>;
  static constexpr char kNode[] = "node-a";

 protected:
  EngineFixture() {
    directory_ = MakeDirectory();
    // Tests that want them say so.
    options_.attachment_poll = options_.device_poll = options_.stale_poll = Duration::zero();
  }
  ~EngineFixture() override {
    engine_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  static std::string MakeDirectory() {
    std::string path = (std::filesystem::temp_directory_path() / "rexray-engine-XXXXXX").string();
    if (mkdtemp(path.data()) == nullptr) std::abort();
    return path;
  }

  drivers::fake::FakeHost& host() {
    if (host_ == nullptr) {
      drivers::fake::FakeHost::Options options;
      options.data_root = directory_ + "/disks";
      std::filesystem::create_directories(options.data_root);
      host_ = std::make_unique<drivers::fake::FakeHost>(clock_, options);
    }
    return *host_;
  }
  drivers::fake::FakeCloud& cloud() {
    if (cloud_ == nullptr) {
      cloud_options_.clock = &clock_;
      cloud_options_.service = service_.name;
      cloud_ = std::make_unique<drivers::fake::FakeCloud>(cloud_options_);
    }
    return *cloud_;
  }

  /// The first time, or after Stop: a daemon's start.
  VolumeEngine& engine() {
    if (engine_ == nullptr) Start();
    return *engine_;
  }
  void Start() {
    auto opened = OpenJournal(directory_, "boot");
    if (!opened.ok()) FAIL() << opened.status();
    journal_ = std::make_unique<FailingJournal>(std::move(opened).value());
    events_ = std::make_unique<EventLog>(clock_);
    options_.volumes_root = directory_ + "/volumes";
    options_.default_service = "rexray";
    service_.driver = cloud().DriverFor(kNode, host());
    VolumeEngine::Parts parts;
    parts.host = host().AsHost();
    parts.journal = journal_.get();
    parts.events = events_.get();
    parts.services = {service_};
    for (const Service& more : more_services_) parts.services.push_back(more);
    auto made = VolumeEngine::Create(options_, parts);
    if (!made.ok()) FAIL() << made.status();
    engine_ = std::move(made).value();
    ASSERT_EQ(engine_->Recover(), absl::OkStatus());
  }
  /// The daemon ends; what it did to the node and the backend stays.
  void Stop() {
    engine_.reset();
    journal_.reset();
  }
  void Restart() {
    Stop();
    Start();
  }

  Deadline Soon() const { return Deadline::After(clock_, patience_); }
  std::string StagePath(const std::string& name) const { return directory_ + "/volumes/" + name; }
  std::string DataPath(const std::string& name) const { return StagePath(name) + "/data"; }

  static Consumer DockerConsumer(char digit) { return ConsumerOfDockerId("v", std::string(64, digit)); }
  static Consumer CliConsumer() { return {Consumer::Api::kCli, "cli", false}; }

  /// Makes a volume through the engine; its id.
  std::string Create(const std::string& name) {
    CreateSpec spec;
    spec.name = name;
    auto made = CreateSync(spec);
    EXPECT_TRUE(made.ok()) << made.status();
    return made.ok() ? made->view.volume.key.id : "";
  }
  absl::StatusOr<CreateResult> CreateSync(const CreateSpec& spec) {
    Pending<absl::StatusOr<CreateResult>> answer;
    engine().CreateVolume("", spec, Soon(), answer.Done());
    return answer.Wait();
  }

  static VolumeRef Named(const std::string& name) { return {"", name, ""}; }

  Pending<Path> StartMount(const std::string& name, const Consumer& consumer, const MountSpec& spec = {}) {
    Pending<Path> answer;
    engine().Mount(Named(name), consumer, spec, Soon(), Received(answer));
    return answer;
  }
  static MountDone Received(Pending<Path>& answer) {
    return [done = answer.Done()](Path path) {
      done(std::move(path));
      return true;
    };
  }
  static MountDone HungUp(Pending<Path>& answer) {
    return [done = answer.Done()](Path path) {
      done(std::move(path));
      return false;
    };
  }
  Path Mount(const std::string& name, const Consumer& consumer, const MountSpec& spec = {}) {
    return StartMount(name, consumer, spec).Wait();
  }
  Pending<absl::Status> StartUnmount(const std::string& name, const Consumer& consumer, bool now = false) {
    Pending<absl::Status> answer;
    engine().Unmount(Named(name), consumer, now, Soon(), answer.Done());
    return answer;
  }
  absl::Status Unmount(const std::string& name, const Consumer& consumer, bool now = false) {
    return StartUnmount(name, consumer, now).Wait();
  }
  absl::Status Remove(const std::string& name, bool only_ours = true) {
    Pending<absl::Status> answer;
    engine().Remove(Named(name), {only_ours}, Soon(), answer.Done());
    return answer.Wait();
  }
  absl::StatusOr<VolumeView> Get(const std::string& name) {
    Pending<absl::StatusOr<VolumeView>> answer;
    engine().Get(Named(name), Soon(), answer.Done());
    return answer.Wait();
  }
  VolumeView View(const std::string& name) {
    auto view = Get(name);
    EXPECT_TRUE(view.ok()) << view.status();
    return view.ok() ? *view : VolumeView();
  }
  absl::StatusOr<std::vector<VolumeView>> List() {
    Pending<absl::StatusOr<std::vector<VolumeView>>> answer;
    engine().List("", Soon(), answer.Done());
    return answer.Wait();
  }
  absl::StatusOr<std::string> PathOf(const std::string& name) {
    Pending<absl::StatusOr<std::string>> answer;
    engine().Path(Named(name), Soon(), answer.Done());
    return answer.Wait();
  }
  absl::StatusOr<VolumeView> Grow(const std::string& name, uint64_t size) {
    Pending<absl::StatusOr<VolumeView>> answer;
    engine().Grow(Named(name), size, Soon(), answer.Done());
    return answer.Wait();
  }

  /// After everything that is under way has ended: an operation in that volume's queue is behind all others.
  void Settle(const std::string& name) {
    EXPECT_EQ(StartSettling(name).Wait().code(), absl::StatusCode::kNotFound);
  }
  /// The same, where what is under way waits for the clock.
  void SettleInTime(const std::string& name) {
    Pending<absl::Status> answer = StartSettling(name);
    Until([&] {
      Advance(std::chrono::milliseconds(100));
      return answer.Ready();
    });
  }
  Pending<absl::Status> StartSettling(const std::string& name) {
    Pending<absl::Status> answer;
    engine().ReleaseConsumer(Named(name), "nobody at all", Deadline::Never(), answer.Done());
    return answer;
  }
  void Advance(Duration by) { clock_.Advance(by); }
  /// Until `condition`: what a background thread does is waited for without a bound that a slow machine
  /// breaks.
  template <typename Condition>
  static void Until(Condition condition) {
    while (!condition()) std::this_thread::yield();
  }

  size_t EventsOfKind(const std::string& kind) const {
    size_t count = 0;
    for (const Event& event : events_->Since(0)) count += event.kind == kind ? 1 : 0;
    return count;
  }
  bool AttachedHere(const std::string& id) {
    const auto volume = cloud().Find(id);
    return volume && !volume->attachments.empty() && volume->attachments.front().node == kNode;
  }
  static int CountOf(const VolumeView& view, const Consumer& consumer) {
    for (const ConsumerRecord& record : view.consumers) {
      if (record.consumer == consumer) return record.count;
    }
    return 0;
  }

  Duration patience_ = std::chrono::seconds(110);  ///< a caller's, on the clock
  std::string directory_;
  SimulatedClock clock_;
  drivers::fake::FakeCloud::Options cloud_options_;
  EngineOptions options_;
  Service service_ = DefaultService();
  std::vector<Service> more_services_;
  std::unique_ptr<drivers::fake::FakeHost> host_;
  std::unique_ptr<drivers::fake::FakeCloud> cloud_;
  std::unique_ptr<FailingJournal> journal_;
  std::unique_ptr<EventLog> events_;
  std::unique_ptr<VolumeEngine> engine_;

 private:
  static Service DefaultService() {
    Service service;
    service.name = "rexray";
    service.default_size = kGiB;
    return service;
  }
};

}  // namespace rexray::engine
