#include "engine/claim.h"

#include <algorithm>

#include "base/status.h"
#include "engine/unstage.h"

namespace rexray::engine {
namespace {

constexpr auto kFailedPrecondition = absl::StatusCode::kFailedPrecondition;
constexpr Duration kFirstWait = std::chrono::seconds(1);
constexpr Duration kLongestWait = std::chrono::seconds(10);
/// The answer must be on its way before the caller's deadline, or nobody reads who holds the volume.
constexpr Duration kMostMargin = std::chrono::seconds(5);

}  // namespace

const char* ToWords(HolderState state) {
  switch (state) {
    case HolderState::kRunning:
      return "running";
    case HolderState::kStopped:
      return "stopped";
    case HolderState::kGone:
      return "gone";
    case HolderState::kUnknown:
      return "in an unknown state";
  }
  return "in an unknown state";
}

absl::StatusOr<std::optional<OtherHolder>> FindOtherHolder(Core& core, ServiceState& service,
                                                           const VolumeKey& key) {
  const CallContext context = core.WorkContext();
  ASSIGN_OR_RETURN(const Volume volume, core.FreshVolumeOf(service, key));
  ASSIGN_OR_RETURN(const Node self, service.driver().ThisNode(context));
  for (const Attachment& attachment : volume.attachments) {
    if (attachment.node == self.id) continue;
    OtherHolder holder;
    holder.node = attachment.node;
    holder.detaching = attachment.state == AttachmentState::kDetaching;
    const absl::StatusOr<HolderState> state = service.driver().StateOfHolder(context, attachment.node);
    if (state.ok()) holder.state = *state;
    return holder;
  }
  return std::nullopt;
}

void RecordTaking(Core& core, const VolumeKey& key, const std::string& name, const OtherHolder& holder,
                  const std::string& why) {
  core.AddEvent(
      LogLevel::kWarn, "preempted", key, name,
      fmt::format("volume \"{}\" is taken from {} ({}), {}", name, holder.node, ToWords(holder.state), why));
}

absl::Status Claim::Run(const StepRunner::Action& fact) {
  began_ = core_.clock.Now();
  absl::Status refused = Attach(/*force=*/false, fact);
  if (!service_.driver().Capabilities().network) return refused;  // no other node can have it
  bool unexplained = false;
  while (refused.code() == kFailedPrecondition) {
    RETURN_IF_ERROR(steps_.Run("find_holder", [&] { return Look(); }));
    if (!holder_ && unexplained) return refused;  // it is not another node that keeps us from it
    unexplained = !holder_;
    bool force = false;
    if (MayTake()) {
      RETURN_IF_ERROR(steps_.Run("preempt", [&]() -> absl::Status {
        if (!told_) {
          RecordTaking(core_, key_, name_, *holder_,
                       wish_.preempt == Preempt::kAlways ? "since preemption is asked for"
                                                         : "since that node is dead (preempt: when-dead)");
        }
        told_ = true;
        return absl::OkStatus();
      }));
      force = true;
    }
    // Not to be taken, or refused by force too.
    if (!force || tried_by_force_) RETURN_IF_ERROR(Wait(refused));
    tried_by_force_ = force;
    refused = Attach(force, fact);
  }
  return refused;
}

absl::Status Claim::Attach(bool force, const StepRunner::Action& fact) {
  return steps_.Run(
      "attach",
      [&]() -> absl::Status {
        tried_ = true;
        AttachOptions options;
        options.force = force;
        options.read_only = wish_.read_only;
        const auto attachment = service_.driver().Attach(core_.WorkContext(), key_.id, options);
        if (attachment.ok()) {
          Attachment here = *attachment;
          here.state = AttachmentState::kAttached;  // the step is over when the device is here
          service_.cache->NoteAttached(key_.id, std::move(here));
          return absl::OkStatus();
        }
        tried_ = MayHaveHappened(attachment.status());
        return attachment.status();
      },
      fact);
}

absl::Status Claim::Look() {
  ASSIGN_OR_RETURN(holder_, FindOtherHolder(core_, service_, key_));
  return absl::OkStatus();
}

bool Claim::MayTake() const {
  if (!holder_) return false;
  const bool dead = holder_->state == HolderState::kStopped || holder_->state == HolderState::kGone;
  return wish_.preempt == Preempt::kAlways || (wish_.preempt == Preempt::kWhenDead && dead);
}

/// Until it is worth another try; not OK when there is no time for one.
absl::Status Claim::Wait(const absl::Status& refused) {
  const std::optional<TimePoint> until = wish_.wanted_until();
  const TimePoint now = core_.clock.Now();
  if (!until) return holder_ ? Held() : refused;
  const Duration whole = *until == TimePoint::max() ? core_.options.work_limit : *until - began_;
  const TimePoint last =
      std::min(began_ + core_.options.work_limit, began_ + whole - std::min(kMostMargin, whole / 10));
  if (now >= last) return holder_ ? Held() : refused;
  if (waits_ == 0 && holder_) {
    core_.AddEvent(
        LogLevel::kInfo, "waiting", key_, name_,
        fmt::format("volume \"{}\" is attached to {} ({}{}); waiting for it to become free", name_,
                    holder_->node, ToWords(holder_->state), holder_->detaching ? ", detaching" : ""));
  }
  const Duration pause = std::min(kFirstWait * (1 << std::min(waits_, 10)), kLongestWait);
  ++waits_;
  return steps_.Run("await_free", [&]() -> absl::Status {
    if (holder_) {
      core_.queue.SetStep(key_, "await_free",
                          fmt::format("{} ({}) to let it go", holder_->node, ToWords(holder_->state)));
    }
    if (core_.Pause(std::min(now + pause, last))) return absl::OkStatus();
    return Error(absl::StatusCode::kUnavailable, "the daemon is stopping; repeat the call when it is back");
  });
}

absl::Status Claim::Held() const {
  const auto waited = std::chrono::duration_cast<std::chrono::seconds>(core_.clock.Now() - began_).count();
  const char* advice =
      wish_.preempt == Preempt::kWhenDead
          ? "preempt: when-dead takes it only from a node that is stopped or gone; stop that node, or "
            "unmount it there"
          : "unmount it there, stop that node and set rexray.volume.mount.preempt to when-dead, or to true";
  return Error(
      kFailedPrecondition, "volume \"{}\" is attached to {} ({}{}), which did not let it go in {} s; {}",
      name_, holder_->node, ToWords(holder_->state), holder_->detaching ? ", detaching" : "", waited, advice);
}

}  // namespace rexray::engine
