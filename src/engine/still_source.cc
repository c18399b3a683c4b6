#include "engine/still_source.h"

#include <unistd.h>

#include "base/json.h"
#include "base/status.h"

namespace rexray::engine {
namespace {

constexpr auto kLongestCopy = std::chrono::hours(12);

class StillSource {
 public:
  StillSource(Core& core, ServiceState& service, StepRunner& steps, const VolumeKey& key,
              const std::string& name, bool freeze)
      : core_(core), service_(service), steps_(steps), key_(key), name_(name), freeze_(freeze) {}

  absl::Status Run(const char* step, const std::function<absl::Status(const CallContext&)>& copy,
                   const std::function<void()>& discard) {
    CallContext context = core_.WorkContext();
    // Terabytes on a slow disk; a daemon that stops does not wait for it, and a half-made copy is swept.
    if (service_.driver().Capabilities().cut == SnapshotCut::kCopy) {
      context.deadline = Deadline::After(core_.clock, kLongestCopy);
    }
    ASSIGN_OR_RETURN(const bool must_freeze, MustFreeze());
    if (must_freeze) {
      const Duration limit = freeze_ ? core_.options.frozen_copy_limit : core_.options.freeze_limit;
      RETURN_IF_ERROR(Freeze(limit));
      // The copy gives up first: a file system that thaws under it would make it worthless.
      context.deadline = Deadline::After(core_.clock, limit - limit / 10);
    }
    context.progress = [this, step](const std::string& text) {
      core_.queue.SetStep(key_, step, "its data to be copied: " + text);
    };
    absl::Status status = steps_.Run(step, [&] { return copy(context); });
    if (!must_freeze) return status;
    const absl::Status thawed = Thaw();
    if (!status.ok() || thawed.ok()) return status;
    discard();
    return Annotate(thawed, "what was copied is discarded");
  }

 private:
  absl::StatusOr<bool> MustFreeze() {
    const SnapshotCut cut = service_.driver().Capabilities().cut;
    stage_ = core_.table.Find(key_);
    const bool mounted = stage_ != nullptr && stage_->Staged() && stage_->device_number != 0;
    if (mounted && stage_->read_only) return false;
    if (mounted && cut == SnapshotCut::kCopy && !freeze_) {
      return Error(
          absl::StatusCode::kFailedPrecondition,
          "volume \"{}\" is mounted, and its data has to be copied (the file system below it cannot "
          "share extents), which takes a while: unmount it first, or use --freeze: all that writes to "
          "it then waits until it is copied",
          name_);
    }
    if (mounted) return freeze_ || cut == SnapshotCut::kInstant;
    if (cut != SnapshotCut::kAtomic) RETURN_IF_ERROR(CheckUnused());
    return false;
  }

  absl::Status CheckUnused() {
    if (service_.directory()) return absl::OkStatus();
    ASSIGN_OR_RETURN(const std::optional<LocalResource> local,
                     service_.driver().FindLocal(core_.WorkContext(), key_.id));
    if (!local) return absl::OkStatus();
    return Annotate(core_.host.devices->CheckUnused(local->path),
                    fmt::format("volume \"{}\" cannot be copied while its device is in use", name_));
  }

  absl::Status Freeze(Duration limit) {
    steps_.SetArguments(DumpJson({{"frozen", stage_->stage_path}}));
    const absl::Status frozen = steps_.Run("freeze", [&]() -> absl::Status {
      const Deadline thaw_at = Deadline::After(core_.clock, limit);
      const Deadline give_up = Deadline::After(core_.clock, core_.options.freeze_limit);
      ASSIGN_OR_RETURN(guard_,
                       core_.host.file_systems->Freeze(stage_->stage_path, ::getpid(), thaw_at, give_up));
      is_frozen_ = true;
      return absl::OkStatus();
    });
    if (!frozen.ok() && is_frozen_) (void)Thaw();
    if (!frozen.ok()) steps_.SetArguments("{}");
    return frozen;
  }

  absl::Status Thaw() {
    absl::Status thawed = Error(absl::StatusCode::kInternal, "it was not thawed");
    const auto thaw = [&] {
      thawed = core_.host.file_systems->Thaw(stage_->stage_path, guard_);
      return absl::OkStatus();
    };
    (void)steps_.RunAnyway("thaw", thaw);
    if (absl::IsInternal(thawed)) (void)thaw();  // whatever kept the step from running
    if (!thawed.ok()) {
      core_.AddEvent(LogLevel::kError, "thaw-failed", key_, name_,
                     fmt::format("volume \"{}\": {}", name_, MessageOf(thawed)));
    }
    steps_.SetArguments("{}");
    return thawed;
  }

  Core& core_;
  ServiceState& service_;
  StepRunner& steps_;
  const VolumeKey& key_;
  const std::string& name_;
  const bool freeze_;
  StagePtr stage_;
  int64_t guard_ = 0;
  bool is_frozen_ = false;
};

}  // namespace

absl::Status CopyStill(Core& core, ServiceState& service, StepRunner& steps, const VolumeKey& source,
                       const std::string& source_name, bool freeze, const char* step,
                       const std::function<absl::Status(const CallContext&)>& copy,
                       const std::function<void()>& discard) {
  return StillSource(core, service, steps, source, source_name, freeze).Run(step, copy, discard);
}

std::string FrozenBy(const IntentRow& intent) {
  const absl::StatusOr<nlohmann::json> arguments = ParseJson(intent.arguments);
  if (!arguments.ok() || !arguments->is_object()) return "";
  const auto frozen = arguments->find("frozen");
  return frozen != arguments->end() && frozen->is_string() ? frozen->get<std::string>() : "";
}

}  // namespace rexray::engine
