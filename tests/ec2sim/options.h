#pragma once

// How the simulated region behaves. The defaults are EC2's rules with short latencies; times are the injected
// clock's.

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"

namespace rexray::ec2sim {

/// Drawn evenly between the two, from the seed.
struct Latency {
  Duration least{};
  Duration most{};
};

struct Options {
  std::string region = "us-east-1";
  std::vector<std::string> zones = {"us-east-1a", "us-east-1b", "us-east-1c"};
  std::string account = "123456789012";
  uint64_t seed = 1;

  // Asynchronous states (reference: creation takes 1.5 s in the median, 4 s at p99; attach and detach 1 to
  // 4 s; a snapshot minutes). Short here; tests and the program's --latency=real set others.
  Latency create{std::chrono::milliseconds(20), std::chrono::milliseconds(60)};
  Latency remove{std::chrono::milliseconds(20), std::chrono::milliseconds(60)};
  /// From AttachVolume until the guest sees the device; `attached` follows after `attach_report`.
  Latency attach{std::chrono::milliseconds(20), std::chrono::milliseconds(60)};
  Latency attach_report{std::chrono::milliseconds(5), std::chrono::milliseconds(40)};
  Latency detach{std::chrono::milliseconds(20), std::chrono::milliseconds(60)};
  Latency snapshot{std::chrono::milliseconds(50), std::chrono::milliseconds(200)};
  Latency modify{std::chrono::milliseconds(20), std::chrono::milliseconds(60)};  ///< `modifying`
  Latency optimize{std::chrono::milliseconds(50), std::chrono::milliseconds(150)};
  Latency instance{std::chrono::milliseconds(20), std::chrono::milliseconds(60)};  ///< stopping, pending

  // Eventual consistency: how old the data is that DescribeVolumes (and DescribeSnapshots) or
  // DescribeInstances answers from. With `flicker` each answer comes from a replica that is that far behind
  // or from one that is up to date.
  Duration volume_view_lag{};
  Duration instance_view_lag{};
  bool flicker = false;

  double throttle_scale = 1;  ///< 0 = no throttling; 0.5 = half the documented rates
  bool check_signatures = true;
  Duration signature_skew = std::chrono::minutes(5);
  Duration
      clock_ahead{};  ///< how far the server's clock is ahead of the clients': in Date and for signatures
  Duration role_credentials_life = std::chrono::hours(6);

  Duration client_token_life = std::chrono::hours(24);
  int modifications_per_day = 4;
  Duration modification_cooldown{};  ///< the rule of older documents: 6 h
  size_t volume_quota = 0;           ///< 0 = none; else VolumeLimitExceeded
  size_t snapshot_quota = 0;
  int64_t volume_quota_gib = 0;
  std::set<std::string> kms_keys = {"alias/aws/ebs"};  ///< any other one fails asynchronously
  bool bad_kms_vanishes = true;                        ///< false: the volume stays, in `error`
  bool full_instance_hangs = false;  ///< over the limit: `attaching` for ever, as older instances do

  /// Backing files of volumes and snapshots. Empty = AttachVolume makes no device anywhere.
  std::string data_directory;
};

}  // namespace rexray::ec2sim
