#pragma once

// Reads dvdimounts.pb, the protobuf file of the original module (0.3.0–0.4.7; isolator/interface.proto,
// package emccode.isolator.mount), so that the first start after an upgrade knows and cleans up what it left
// mounted. The original wrote the message with a 4-byte size in front, read it back without, and so never
// read it.
//
//   ExternalMountList { repeated ExternalMount mount = 1; }
//   ExternalMount { 1 containerid, 2 volumedriver, 3 volumename, 4 mountpoint, 5 options, 6 container_path,
//                   7 dvdcli_path (strings), 8 explicit_create (bool) }

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace rexray::mesos {

struct OldMount {
  std::string container;
  std::string driver;
  std::string name;
  std::string mountpoint;      ///< may be empty
  std::string container_path;  ///< may be empty

  bool operator==(const OldMount&) const = default;
};

/// `bytes` with the size in front (native byte order) or without. InvalidArgument for what is neither, or
/// lacks a container, driver or name; at most 4096 mounts. Nothing is validated but the form.
absl::StatusOr<std::vector<OldMount>> ParseOldCheckpoint(std::string_view bytes);

}  // namespace rexray::mesos
