#include "volume/volume.h"

namespace rexray {

const char* ToString(VolumeStatus status) {
  switch (status) {
    case VolumeStatus::kCreating:
      return "creating";
    case VolumeStatus::kAvailable:
      return "available";
    case VolumeStatus::kInUse:
      return "in-use";
    case VolumeStatus::kDeleting:
      return "deleting";
    case VolumeStatus::kError:
      return "error";
  }
  return "unknown";
}

const char* ToString(SnapshotStatus status) {
  switch (status) {
    case SnapshotStatus::kPending:
      return "pending";
    case SnapshotStatus::kCompleted:
      return "completed";
    case SnapshotStatus::kError:
      return "error";
  }
  return "unknown";
}

const char* ToString(AttachmentState state) {
  switch (state) {
    case AttachmentState::kAttaching:
      return "attaching";
    case AttachmentState::kAttached:
      return "attached";
    case AttachmentState::kDetaching:
      return "detaching";
    case AttachmentState::kBusy:
      return "busy";
  }
  return "unknown";
}

const char* ToString(Consumer::Api api) {
  switch (api) {
    case Consumer::Api::kDocker:
      return "docker";
    case Consumer::Api::kDvdcli:
      return "dvdcli";
    case Consumer::Api::kPodman:
      return "podman";
    case Consumer::Api::kCsi:
      return "csi";
    case Consumer::Api::kCli:
      return "cli";
    case Consumer::Api::kUnknown:
      return "unknown";
  }
  return "unknown";
}

const char* ToString(Preempt preempt) {
  switch (preempt) {
    case Preempt::kNever:
      return "false";
    case Preempt::kWhenDead:
      return "when-dead";
    case Preempt::kAlways:
      return "true";
  }
  return "false";
}

std::optional<Preempt> ParsePreempt(std::string_view text) {
  for (const Preempt preempt : {Preempt::kNever, Preempt::kWhenDead, Preempt::kAlways}) {
    if (text == ToString(preempt)) return preempt;
  }
  return std::nullopt;
}

}  // namespace rexray
