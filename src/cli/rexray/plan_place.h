#pragma once

// What a plan (`--dryRun`) names beside the volume: this node as the volume's backend calls it, and where a
// mount would be. Asked of the daemon once, when a plan first needs it; changes nothing.

#include <optional>
#include <string>

#include "cli/rexray/admin_client.h"
#include "cli/rexray/admin_types.h"

namespace rexray::cli {

struct PlanPlace {
  std::string node;   ///< "this node" when the backend does not say
  std::string mount;  ///< "mount at /var/lib/rexray/volumes/NAME"
};

class PlanPlaces {
 public:
  explicit PlanPlaces(AdminClient& client) : client_(client) {}

  /// `service` "" is the default one.
  PlanPlace Of(const std::string& service, const std::string& volume);

 private:
  void Ask();

  AdminClient& client_;
  bool asked_ = false;
  NodeList nodes_;
  DaemonStatus status_;
};

}  // namespace rexray::cli
