#pragma once

// From a volume somewhere to a mounted one here: attach, find the device, make or check the file system,
// mount. Runs in the volume's turn. A failure undoes what this operation did, and leaves what was there
// before.

#include <functional>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "engine/engine_core.h"

namespace rexray::engine {

class MountOperation {
 public:
  /// `wanted_until`: the last deadline of those who wait for it (Claim::Wish).
  MountOperation(Core& core, ServiceState& service, VolumeKey key, std::string name, MountSpec spec,
                 std::function<std::optional<TimePoint>()> wanted_until);

  /// OK: the table has a staged volume that fits `spec`.
  absl::Status Run();

 private:
  absl::Status JoinStage(const Stage& stage) const;
  absl::Status Prepare();
  absl::Status Bring();
  absl::Status AttachNow();
  absl::Status BringFileSystem();
  absl::Status MakeFileSystem(const host::ProbeResult& probe);
  absl::Status CheckFileSystem();
  absl::Status GiveNewUuid();
  absl::Status ClearUuidMark();
  absl::Status MountIt();
  absl::Status MountBlock();
  absl::Status MountDirectory();
  absl::Status MakeStageDirectory();
  absl::Status FindDeviceNumber();
  absl::Status GrowIfSmaller(uint64_t fs_size, const std::string& mount_point);
  absl::Status Publish();

  void Undo(const absl::Status& why);
  absl::Status UndoMount();
  absl::Status UndoAttach();
  void KeepWhatIsLeft();

  Core& core_;
  ServiceState& service_;
  const VolumeKey key_;
  const std::string name_;
  const MountSpec spec_;
  const std::function<std::optional<TimePoint>()> wanted_until_;
  StepRunner steps_;

  Volume volume_;
  StagePtr before_;  ///< what there was; null = nothing
  Stage stage_;      ///< what it becomes
  uint64_t fs_size_ = 0;

  // What this run did, and Undo undoes.
  bool reserved_ = false;
  bool attach_tried_ = false;
  bool mounted_ = false;
  bool recorded_ = false;
};

}  // namespace rexray::engine
