#pragma once

// VolumeEngine itself: finds what a call speaks of, answers from memory where it can, and else gives the
// volume's queue an operation. The operations are in files of their own.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/engine_core.h"
#include "engine/fencing.h"
#include "engine/pool_watch.h"
#include "engine/stale_consumers.h"
#include "engine/volume_engine.h"

namespace rexray::engine {

/// Who waits for a Mount. One that is answered in time becomes a consumer.
class MountWaiter final : public Waiter {
 public:
  MountWaiter(Deadline deadline, Consumer consumer, MountDone done)
      : Waiter(deadline), consumer_(std::move(consumer)), done_(std::move(done)) {}

  const Consumer& consumer() const { return consumer_; }
  /// False: nobody got the answer.
  bool AnswerOnce(const std::string& path) { return Claim() && done_(path); }

 private:
  void Fail(absl::Status status) override { (void)done_(std::move(status)); }
  const Consumer consumer_;
  const MountDone done_;
};

class EngineImpl final : public VolumeEngine {
 public:
  EngineImpl(EngineOptions options, Parts parts)
      : core_(std::move(options), std::move(parts)),
        fencing_(core_),
        stale_(core_),
        evidence_("consumers", 4) {}
  ~EngineImpl() override {
    fencing_.Stop();
    stale_.Stop();
    core_.Stop();
  }

  absl::Status Recover() override;
  void EndReads() override;
  bool Shutdown(Deadline deadline) override;
  absl::Status Adjust(const std::string& service, const AdjustableSettings& settings) override;

  std::vector<std::string> Services() const override;
  absl::StatusOr<Readiness> ReadinessOf(const std::string& service) const override;
  absl::StatusOr<DriverCapabilities> CapabilitiesOf(const std::string& service) const override;

  void ThisNode(const std::string& service, Deadline deadline, Done<Node> done) override;
  void Get(const VolumeRef& ref, Deadline deadline, Done<VolumeView> done) override;
  void List(const std::string& service, Deadline deadline, Done<std::vector<VolumeView>> done) override;
  void Consumers(const VolumeRef& ref, Deadline deadline, Done<ConsumerReport> done) override;
  void Path(const VolumeRef& ref, Deadline deadline, Done<std::string> done) override;

  void CreateVolume(const std::string& service, const CreateSpec& spec, Deadline deadline,
                    Done<CreateResult> done) override;
  void Remove(const VolumeRef& ref, const RemoveOptions& options, Deadline deadline,
              DoneStatus done) override;
  void Mount(const VolumeRef& ref, const Consumer& consumer, const MountSpec& spec, Deadline deadline,
             MountDone done) override;
  void Unmount(const VolumeRef& ref, const Consumer& consumer, bool now, Deadline deadline,
               DoneStatus done) override;
  void ReleaseConsumer(const VolumeRef& ref, const std::string& consumer_id, Deadline deadline,
                       DoneStatus done) override;
  void Attach(const VolumeRef& ref, bool force, Deadline deadline, Done<VolumeView> done) override;
  void Detach(const VolumeRef& ref, bool force, Deadline deadline, DoneStatus done) override;
  void Grow(const VolumeRef& ref, uint64_t size, Deadline deadline, Done<VolumeView> done) override;
  void Modify(const VolumeRef& ref, const ModifySpec& spec, Deadline deadline,
              Done<VolumeView> done) override;
  void Adopt(const VolumeRef& ref, Deadline deadline, Done<VolumeView> done) override;

  void Usage(const VolumeRef& ref, Deadline deadline, Done<VolumeUsage> done) override;
  std::vector<std::string> Warnings() const override;
  void ListSnapshots(const std::string& service, Deadline deadline,
                     Done<std::vector<Snapshot>> done) override;
  void CreateSnapshot(const VolumeRef& ref, const SnapshotSpec& spec, bool freeze, Deadline deadline,
                      Done<Snapshot> done) override;
  void RemoveSnapshot(const std::string& service, const std::string& id_or_name, const RemoveOptions& options,
                      Deadline deadline, DoneStatus done) override;

 private:
  /// What a reference speaks of.
  struct Target {
    ServiceState* service = nullptr;
    VolumeKey key;
    std::string name;
    TimePoint as_of;
    VolumePtr volume;  ///< null: only its stage is known
  };
  using TargetDone = std::function<void(absl::StatusOr<Target>)>;

  // resolve.cc
  /// From memory: nullopt = the backend has to be asked.
  absl::StatusOr<std::optional<Target>> FindKnown(ServiceState& service, const VolumeRef& ref) const;
  void Resolve(const VolumeRef& ref, Deadline deadline, TargetDone done);
  void ResolveFresh(ServiceState& service, const VolumeRef& ref, Deadline deadline, TargetDone done);
  /// For Unmount: what is or may be coming to be staged; nullopt = nothing.
  absl::StatusOr<std::optional<Target>> FindStaged(const VolumeRef& ref) const;
  VolumeView ViewOf(const Target& target) const;

  // recover.cc
  void RecoverLater(const VolumeKey& key, const std::string& name);
  void AwaitBackend(ServiceState& service, int failures);
  void AdoptAll(const std::map<std::string, host::MountEntry>& mounts);
  void AdoptUnexplained(ServiceState& service, const std::string& name, const host::MountEntry& mount,
                        int failures);

  // mounting.cc
  void MountTarget(const Target& target, const VolumeRef& ref, const Consumer& consumer,
                   const MountSpec& spec, Deadline deadline, MountDone done, bool may_look_again);
  bool TryJoinStaged(const Target& target, const MountSpec& spec, const std::shared_ptr<MountWaiter>& waiter);
  void RunMount(Operation& operation, ServiceState& service, const MountSpec& spec);
  void Admit(const VolumeKey& key, const std::vector<std::shared_ptr<MountWaiter>>& waiters);
  void AdmitOne(const VolumeKey& key, const std::vector<std::shared_ptr<MountWaiter>>& same,
                const std::string& path);
  void EndWhenAbandoned(const VolumeKey& key);
  void UnstageAbandoned(const VolumeKey& key);

  // unmounting.cc
  void ChangeConsumers(const Target& target, const std::string& join, bool now, Deadline deadline,
                       DoneStatus done,
                       std::function<std::vector<ConsumerRecord>(std::vector<ConsumerRecord>)> change,
                       bool only_known);
  absl::Status RunUnmount(
      ServiceState& service, const VolumeKey& key, bool now, bool only_known,
      const std::function<std::vector<ConsumerRecord>(std::vector<ConsumerRecord>)>& change);

  void EndAdopted(ServiceState& service, const Stage& stage, bool now);

  // changing.cc
  absl::StatusOr<CreateResult> RunCreate(ServiceState& service, const CreateSpec& spec, const VolumeKey& key);
  absl::StatusOr<CreateResult> Compare(ServiceState& service, const CreateSpec& spec,
                                       const Volume& volume) const;
  absl::Status RunRemove(ServiceState& service, const VolumeKey& key, const std::string& name,
                         const RemoveOptions& options);
  absl::StatusOr<VolumeView> RunGrow(ServiceState& service, const VolumeKey& key, const std::string& name,
                                     uint64_t size);
  absl::StatusOr<VolumeView> RunModify(ServiceState& service, const VolumeKey& key, const std::string& name,
                                       const ModifySpec& spec);
  absl::StatusOr<VolumeView> RunAdopt(ServiceState& service, const VolumeKey& key, const std::string& name);

  // sources.cc
  /// What a Create of a copy means: ids in place of names, and what the copy takes over from its source.
  struct SourcedSpec {
    CreateSpec spec;
    std::optional<VolumeKey> source;  ///< of a volume: its turn is needed too
    std::string source_name;
  };
  absl::StatusOr<SourcedSpec> FindSource(ServiceState& service, CreateSpec spec);
  absl::StatusOr<Volume> MakeVolume(ServiceState& service, StepRunner& steps, const SourcedSpec& sourced);
  /// Runs `body` in another volume's turn, and waits for it.
  absl::Status RunInTurnOf(const VolumeKey& key, const std::string& name, std::function<absl::Status()> body);

  // snapshots.cc
  absl::StatusOr<Snapshot> RunSnapshot(ServiceState& service, const VolumeKey& key, const std::string& name,
                                       const SnapshotSpec& spec, bool freeze);
  absl::Status RunRemoveSnapshot(ServiceState& service, const VolumeKey& key, const std::string& id_or_name,
                                 const RemoveOptions& options);

  // attaching.cc
  absl::StatusOr<VolumeView> RunAttach(ServiceState& service, const VolumeKey& key, const std::string& name,
                                       bool force);
  void UndoAttachLater(ServiceState& service, const VolumeKey& key, const std::string& name, Stage stage);
  absl::Status RunDetach(ServiceState& service, const VolumeKey& key, const std::string& name, bool force);
  absl::Status DetachElsewhere(ServiceState& service, const VolumeKey& key, const std::string& name,
                               bool force);

  /// An operation whose body gives a value to all who wait.
  template <typename T>
  void SubmitFor(const VolumeKey& key, const std::string& name, const std::string& kind,
                 const std::string& join, Deadline deadline, Done<T> done,
                 std::function<absl::StatusOr<T>()> body) {
    auto operation = std::make_shared<Operation>();
    operation->key = key;
    operation->name = name;
    operation->kind = kind;
    operation->join = join;
    operation->body = [this, body = std::move(body)](Operation& self) {
      const absl::StatusOr<T> result = body();
      for (const std::shared_ptr<Waiter>& waiter : core_.queue.Close(self)) {
        auto& typed = static_cast<ValueWaiter<T>&>(*waiter);
        result.ok() ? typed.AnswerOnce(*result) : typed.FailOnce(result.status());
      }
    };
    core_.queue.Submit(std::move(operation), std::make_shared<ValueWaiter<T>>(deadline, std::move(done)));
  }
  void SubmitStatus(const VolumeKey& key, const std::string& name, const std::string& kind,
                    const std::string& join, Deadline deadline, DoneStatus done,
                    std::function<absl::Status()> body, bool join_only_abandoned = false);

  PoolWatch pools_;  ///< outlives the core's operations
  mutable Core core_;
  Fencing fencing_;
  StaleConsumers stale_;
  ThreadPerTask evidence_;  ///< Consumers: each reads all of /proc
};

}  // namespace rexray::engine
