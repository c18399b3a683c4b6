#pragma once

// Getting a volume attached to this node when another one may have it: wait until that node lets it go, or
// take it (design §4.6). Runs in the volume's turn, as steps of the operation that needs the volume.
//
// The first thing is always a plain attach: a volume that is free costs no other call. Only when the backend
// refuses is it asked who holds the volume and what that node is doing. The wait ends when nobody waits for
// the operation any more, or shortly before the last one's deadline, so that the answer names the holder and
// not just a time.

#include <functional>
#include <optional>
#include <string>

#include "absl/status/status.h"

#include "engine/engine_core.h"

namespace rexray::engine {

/// "running", "stopped", "gone", "in an unknown state".
const char* ToWords(HolderState state);

/// Who else has a volume.
struct OtherHolder {
  NodeId node;
  HolderState state = HolderState::kUnknown;
  bool detaching = false;
};
/// Asks the backend. nullopt = nobody else has it.
absl::StatusOr<std::optional<OtherHolder>> FindOtherHolder(Core& core, ServiceState& service,
                                                           const VolumeKey& key);
/// The event that has to be there before a volume is taken from that node.
void RecordTaking(Core& core, const VolumeKey& key, const std::string& name, const OtherHolder& holder,
                  const std::string& why);

class Claim {
 public:
  struct Wish {
    Preempt preempt = Preempt::kNever;
    bool read_only = false;
    /// Until when somebody waits for the operation; nullopt = nobody does.
    std::function<std::optional<TimePoint>()> wanted_until{};
  };
  Claim(Core& core, ServiceState& service, const VolumeKey& key, const std::string& name, StepRunner& steps,
        Wish wish)
      : core_(core), service_(service), key_(key), name_(name), steps_(steps), wish_(std::move(wish)) {}

  /// OK: the backend has accepted the attachment; `fact` has run. FailedPrecondition names who holds it.
  absl::Status Run(const StepRunner::Action& fact);

  /// Whether the attachment may have been made, whatever Run said.
  bool tried() const { return tried_; }

 private:
  absl::Status Attach(bool force, const StepRunner::Action& fact);
  absl::Status Look();
  bool MayTake() const;
  absl::Status Wait(const absl::Status& refused);
  absl::Status Held() const;

  Core& core_;
  ServiceState& service_;
  const VolumeKey& key_;
  const std::string& name_;
  StepRunner& steps_;
  const Wish wish_;
  std::optional<OtherHolder> holder_;
  TimePoint began_;
  int waits_ = 0;
  bool tried_ = false;
  bool told_ = false;  ///< of the taking
  bool tried_by_force_ = false;
};

}  // namespace rexray::engine
