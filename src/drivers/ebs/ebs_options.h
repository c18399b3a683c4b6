#pragma once

// What an operator can choose for the driver. Keys are `ebs.KEY`, or REX-Ray's `aws.KEY` and `ec2.KEY`.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

#include "base/clock.h"
#include "base/secret.h"
#include "drivers/ebs/credentials.h"
#include "drivers/ebs/poller.h"
#include "drivers/ebs/volume_list.h"

namespace rexray::drivers::ebs {

struct EbsOptions {
  std::string service = "rexray";

  // Who and where we are; what is empty comes from IMDS.
  std::string instance{};
  std::string region{};
  std::string zone{};
  std::string endpoint{};           ///< empty: EC2's own of the region
  std::string metadata_endpoint{};  ///< of IMDS
  std::string profile{};            ///< of the shared files
  std::string access_key{};
  Secret secret_key{};
  Secret session_token{};
  std::optional<int> retries{};  ///< nullopt: as many as the deadline allows
  std::string ca_bundle{};

  // Which volumes, and what new ones are like.
  std::string set{};         ///< rexrayTag: only volumes with this rexraySet are seen; new ones get it
  std::string tag_prefix{};  ///< tag: the Name is PREFIX/NAME, and only such volumes are seen
  std::string type = "gp3";
  std::optional<uint64_t> throughput{};
  bool encrypted = false;  ///< every new volume
  std::string kms_key{};
  std::map<std::string, std::string> tags{};  ///< {volume}, {service}, {instance}, {zone} are filled in

  std::string device_root{};  ///< before /dev and /sys: "/host" in a container that has the host's there

  // For tests.
  PollPace pace{};
  VolumeList::Ages list_ages{};
  Duration stuck_after = std::chrono::seconds(90);  ///< `attaching` for longer is undone
  Duration consistency = std::chrono::seconds(15);  ///< what was just made may be unknown for so long
  Duration bad_name_for = std::chrono::hours(1);    ///< a device name that did not work is not tried
  uint64_t seed = 0;
};

using SettingLookup = std::function<std::optional<std::string>(std::string_view key)>;

/// InvalidArgument names the key.
absl::StatusOr<EbsOptions> ReadEbsOptions(const SettingLookup& setting, const EnvironmentLookup& environment);

}  // namespace rexray::drivers::ebs
