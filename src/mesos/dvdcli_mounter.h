#pragma once

#include "base/subprocess.h"
#include "mesos/volume_mounter.h"

namespace rexray::mesos {

/// Executes dvdcli, ours or the original, by argv: every volume's name and options are one word each.
class DvdcliMounter final : public VolumeMounter {
 public:
  /// `dvdcli` is an absolute path.
  DvdcliMounter(std::string dvdcli, CommandRunner& runner) : dvdcli_(std::move(dvdcli)), runner_(runner) {}

  /// What dvdcli prints on standard output, without the line break. The original exits 0 and prints nothing
  /// on a flag that it does not know: Internal.
  absl::StatusOr<std::string> Mount(const VolumeKey& volume, const DriverOptions& options,
                                    bool explicit_create, Deadline deadline) override;
  absl::Status Unmount(const VolumeKey& volume, Deadline deadline) override;

 private:
  Command Call(const char* word, const VolumeKey& volume, Deadline deadline) const;

  const std::string dvdcli_;
  CommandRunner& runner_;
};

}  // namespace rexray::mesos
