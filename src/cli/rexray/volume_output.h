#pragma once

// Volumes in every format. The names of fields are 0.3.3's in YAML and 0.11's in JSON and templates; what
// those had no word for (service, file system, bytes, consumers …) is in JSON's `fields`, as text, where 0.11
// kept extras.

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/rexray/admin_types.h"
#include "cli/rexray/output_format.h"
#include "nlohmann/json_fwd.hpp"

namespace rexray::cli {

/// What a table shows beside id, name, status and size.
struct VolumeColumns {
  bool allocated = false;  ///< where any volume knows it
  bool device = false;
  bool users = false;
  bool path = false;
};

/// REX-Ray 0.11's word: "attached" (here), "available", "unavailable" (attached elsewhere), "unknown".
const char* AttachmentWord(const VolumeInfo& volume);

/// `volumes` sorted by name in the tables, as given elsewhere.
absl::StatusOr<std::string> RenderVolumes(const std::vector<VolumeInfo>& volumes, const OutputFormat& output,
                                          const VolumeColumns& columns);

/// `volume mount` and `ls --path`: with the path of each.
absl::StatusOr<std::string> RenderMounted(const std::vector<VolumeInfo>& volumes, const OutputFormat& output);

/// Everything about each, for people: `volume inspect`.
std::string RenderCards(const std::vector<VolumeInfo>& volumes);

/// `volume map`: 0.3.3's block devices of this node.
absl::StatusOr<std::string> RenderMap(const std::vector<VolumeInfo>& volumes, const OutputFormat& output);

/// One volume as 0.3.3's YAML has it.
nlohmann::ordered_json OldVolume(const VolumeInfo& volume);
/// 0.3.3's `volume attach` prints the attachments.
nlohmann::ordered_json OldAttachments(const VolumeInfo& volume);

}  // namespace rexray::cli
