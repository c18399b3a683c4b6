// Random sequences of calls, one after the other and from several callers at once, with faults of the node
// and of the backend, against the model of testing/engine_model.h. RapidCheck makes what fails small, and
// prints what repeats it (RC_PARAMS="reproduce=…").

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <latch>
#include <memory>
#include <thread>

#include "engine/testing/engine_fixture.h"
#include "engine/testing/engine_model.h"
#include "rapidcheck.h"
#include "rapidcheck/gtest.h"

namespace rexray::engine {
namespace {

constexpr uint64_t kSizes[] = {kGiB, 2 * kGiB, 3 * kGiB};
constexpr const char* kHostFaults[] = {"Mount", "Unmount",  "Probe", "Make",       "Check",
                                       "Grow",  "NumberOf", "List",  "CheckUnused"};
constexpr const char* kCloudFaults[] = {"Create",    "Remove", "Attach",    "AwaitLocal",
                                        "FindLocal", "Detach", "Grow",      "ClearBlankMark",
                                        "OnStaged",  "Get",    "FindByName"};

rc::Gen<Action> AnyAction(const std::vector<std::string>& volumes, const std::string& consumers) {
  return rc::gen::exec([=] {
    using Kind = Action::Kind;
    Action action;
    action.kind = *rc::gen::weightedElement<Kind>({{3, Kind::kCreate},
                                                   {1, Kind::kRemove},
                                                   {6, Kind::kMount},
                                                   {5, Kind::kUnmount},
                                                   {1, Kind::kRelease},
                                                   {1, Kind::kAttach},
                                                   {1, Kind::kDetach},
                                                   {1, Kind::kGrow},
                                                   {1, Kind::kRestart}});
    if (action.kind != Kind::kRestart) action.volume = *rc::gen::elementOf(volumes);
    action.consumer =
        consumers + *rc::gen::element(std::string("-one"), std::string("-two"), std::string("-set"));
    action.counted = !action.consumer.ends_with("-set");
    action.size = *rc::gen::elementOf(std::vector<uint64_t>(std::begin(kSizes), std::end(kSizes)));
    if (*rc::gen::inRange(0, 4) != 0) return action;
    action.of_cloud = *rc::gen::arbitrary<bool>();
    action.fault =
        action.of_cloud
            ? *rc::gen::elementOf(std::vector<std::string>(std::begin(kCloudFaults), std::end(kCloudFaults)))
            : *rc::gen::elementOf(std::vector<std::string>(std::begin(kHostFaults), std::end(kHostFaults)));
    action.lost_answer = action.of_cloud && *rc::gen::arbitrary<bool>();
    return action;
  });
}

/// The engine and its node, made anew for each sequence.
class System : public EngineFixture {
 public:
  System() {
    cloud_options_.capabilities.grow = true;
    cloud_options_.capabilities.grow_online = true;
    patience_ = std::chrono::hours(24 * 365);  // an answer that came too late would be no account of anything
    engine();
  }
  void TestBody() override {}

  static Consumer ConsumerOf(const Action& action) {
    return {Consumer::Api::kDocker, action.consumer, action.counted};
  }

  void Arm(const Action& action) {
    if (action.fault.empty()) return;
    drivers::fake::CallScript& calls = action.of_cloud ? cloud().calls() : host().calls();
    const absl::Status status = absl::UnavailableError(action.fault + " failed as a test asked");
    if (action.lost_answer) return calls.LoseAnswer(action.fault, status);
    calls.FailNext(action.fault, status);
  }
  void Disarm() {
    host().calls().Clear();
    cloud().calls().Clear();
  }

  absl::Status Run(const Action& action) {
    switch (action.kind) {
      case Action::Kind::kCreate: {
        CreateSpec spec;
        spec.name = action.volume;
        spec.size = action.size;
        return CreateSync(spec).status();
      }
      case Action::Kind::kRemove:
        return Remove(action.volume);
      case Action::Kind::kMount:
        return Mount(action.volume, ConsumerOf(action)).status();
      case Action::Kind::kUnmount:
        return Unmount(action.volume, ConsumerOf(action));
      case Action::Kind::kRelease: {
        Pending<absl::Status> answer;
        engine().ReleaseConsumer(Named(action.volume), action.consumer, Soon(), answer.Done());
        return answer.Wait();
      }
      case Action::Kind::kAttach: {
        Pending<absl::StatusOr<VolumeView>> answer;
        engine().Attach(Named(action.volume), false, Soon(), answer.Done());
        return answer.Wait().status();
      }
      case Action::Kind::kDetach: {
        Pending<absl::Status> answer;
        engine().Detach(Named(action.volume), false, Soon(), answer.Done());
        return answer.Wait();
      }
      case Action::Kind::kGrow:
        return Grow(action.volume, action.size).status();
      case Action::Kind::kRestart:
        Restart();
        return absl::OkStatus();
    }
    return absl::InternalError("no such action");
  }

  /// What the backend has done although its answer was lost, or before the call failed in another place.
  void ReadTruth(EngineModel& model, const Action& action) {
    const Volume* volume = nullptr;
    const std::vector<Volume> all = cloud().Volumes();
    for (const Volume& each : all) volume = each.name == action.volume ? &each : volume;
    if (volume == nullptr) {
      model.volumes.erase(action.volume);
      return;
    }
    EngineModel::Volume& known = model.volumes[action.volume];
    known.size = volume->size;
    if (action.kind != Action::Kind::kAttach && action.kind != Action::Kind::kDetach) return;
    const VolumeView view = View(action.volume);
    known.kept = !known.Held() && view.state == StageState::kAttached && AttachedHere(volume->key.id) &&
                 RowOf(volume->key.id).keep_attached;
    if (known.Held()) known.kept = RowOf(volume->key.id).keep_attached;
  }
  StageRow RowOf(const std::string& id) {
    const std::vector<StageRow> rows = *journal_->Stages();
    for (const StageRow& row : rows) {
      if (row.key.id == id) return row;
    }
    return {};
  }

  /// "" when all that is to be seen is as the model says.
  std::string Differences(const EngineModel& model) {
    std::map<std::string, Volume> there;
    for (const Volume& volume : cloud().Volumes()) there[volume.name] = volume;
    if (there.size() != model.volumes.size()) return "not the volumes that there should be";
    size_t rows = 0;
    size_t consumers = 0;
    for (const auto& [name, want] : model.volumes) {
      if (!there.contains(name)) return name + " is gone";
      const Volume& volume = there[name];
      if (volume.size != want.size) return name + " has another size";
      const auto view = Get(name);
      if (!view.ok()) return name + ": " + view.status().ToString();
      std::map<std::string, int> has;
      for (const ConsumerRecord& record : view->consumers) has[record.consumer.id] += record.count;
      if (has != want.consumers) return name + ": consumers were lost or invented";
      if (host().MountAt(StagePath(name)).has_value() != want.Held())
        return name + ": mounted and not held, or held and not mounted";
      if (!view->mount_point.empty() != want.Held()) return name + ": its mount point is wrong";
      if (AttachedHere(volume.key.id) != (want.Held() || want.kept))
        return name + ": attached, and should not be, or the other way round";
      if (!view->waiting_for.empty()) return name + " waits for " + view->waiting_for;
      rows += want.Held() || want.kept ? 1 : 0;
      consumers += want.consumers.size();
    }
    if (journal_->Stages()->size() != rows) return "the journal has other stages";
    if (journal_->Consumers()->size() != consumers) return "the journal has other consumers";
    if (!journal_->Intents()->empty()) return "an intent is open";
    return "";
  }

  /// Some of what the callers meet waits for the clock: whether a volume is lost is asked twice.
  void LetTimePassUntil(const std::latch& done) {
    while (!done.try_wait()) {
      Advance(std::chrono::milliseconds(10));
      std::this_thread::yield();
    }
  }

  /// What goes on in the background has its time: retries, and the cache's refresh.
  std::string Settled(const EngineModel& model) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    std::string difference = Differences(model);
    while (!difference.empty() && std::chrono::steady_clock::now() < give_up) {
      clock_.Advance(std::chrono::seconds(1));
      std::this_thread::yield();
      difference = Differences(model);
    }
    return difference;
  }
};

void RunOne(System& system, EngineModel& model, const Action& action) {
  const bool must_succeed = model.MustSucceed(action);
  if (action.kind != Action::Kind::kRestart) system.Arm(action);
  const absl::Status status = system.Run(action);
  RC_LOG() << (status.ok() ? std::string("ok") : status.ToString()) << "\n";
  system.Disarm();
  // A removal that happened and lost its answer: the engine may still know the name, and its repetition
  // succeeds.
  const bool repeats =
      action.kind == Action::Kind::kRemove && model.removals_in_doubt.contains(action.volume);
  if (action.fault.empty() && !repeats) RC_ASSERT(status.ok() == must_succeed);
  if (!must_succeed && !repeats) RC_ASSERT(!status.ok());
  if (status.ok()) {
    model.Apply(action);
  } else if (!action.fault.empty() && EngineModel::MayHaveHappened(action)) {
    system.ReadTruth(model, action);
    if (action.kind == Action::Kind::kRemove) model.removals_in_doubt.insert(action.volume);
  }
}

RC_GTEST_PROP(EngineModelTest, OneCallAfterTheOther, ()) {
  const auto actions = *rc::gen::container<std::vector<Action>>(AnyAction({"alpha", "beta"}, "runtime"));
  System system;
  EngineModel model;
  for (const Action& action : actions) {
    RunOne(system, model, action);
    const std::string difference = system.Settled(model);
    RC_LOG() << difference << "\n";
    RC_ASSERT(difference == "");
  }
}

RC_GTEST_PROP(EngineModelTest, ManyCallersAtOnce, ()) {
  constexpr int kCallers = 3;
  std::vector<std::vector<Action>> of_caller;
  for (int caller = 0; caller < kCallers; ++caller) {
    const std::string name = "caller" + std::to_string(caller);
    of_caller.push_back(
        *rc::gen::container<std::vector<Action>>(AnyAction({"shared", "shared", "own-" + name}, name)));
  }
  System system;
  EngineModel whole;
  Action make;
  make.kind = Action::Kind::kCreate;
  make.volume = "shared";
  make.size = kGiB;
  RC_ASSERT(system.Run(make).ok());
  whole.Apply(make);
  // Each caller's consumers are its own, so each can keep its own account; who else holds "shared" decides
  // whether it may be removed, and nobody tries.
  std::vector<EngineModel> accounts(kCallers, whole);
  std::latch callers_at_work(kCallers);
  std::vector<std::thread> threads;
  for (size_t caller = 0; caller < kCallers; ++caller) {
    threads.emplace_back([&, caller] {
      for (const Action& action : of_caller[caller]) {
        const bool own = action.volume != "shared";
        const bool consumes = action.kind == Action::Kind::kMount || action.kind == Action::Kind::kUnmount ||
                              action.kind == Action::Kind::kRelease;
        const bool changes = action.kind == Action::Kind::kCreate || action.kind == Action::Kind::kRemove;
        if (!consumes && !(own && changes && action.fault.empty())) continue;
        // A fault meets whoever comes first, so any call may fail; an error means that it did not happen.
        // Only the backend's creating and removing may have happened all the same: nobody else has this
        // name, so its truth can be read at once.
        if (consumes) system.Arm(action);
        if (system.Run(action).ok()) {
          accounts[caller].Apply(action);
        } else if (changes) {
          system.ReadTruth(accounts[caller], action);
        }
      }
      callers_at_work.count_down();
    });
  }
  system.LetTimePassUntil(callers_at_work);
  for (std::thread& thread : threads) thread.join();
  system.Disarm();
  for (const EngineModel& account : accounts) {
    for (const auto& [name, volume] : account.volumes) {
      const auto [known, added] = whole.volumes.try_emplace(name, volume);
      if (!added) known->second.consumers.insert(volume.consumers.begin(), volume.consumers.end());
    }
  }
  const std::string difference = system.Settled(whole);
  if (!difference.empty())
    std::cerr << difference << "\n";  // RapidCheck shows the last run, not the one that failed
  RC_ASSERT(difference == "");
}

}  // namespace
}  // namespace rexray::engine
