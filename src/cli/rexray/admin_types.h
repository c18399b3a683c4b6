#pragma once

// The admin API's values as the command line uses them (src/server/admin/admin_api.h defines them). Plain
// data; sizes are bytes, times are the daemon's text (RFC 3339, UTC).

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace rexray::cli {

struct AttachmentInfo {
  std::string node;
  std::string state;
  std::string device;
};

struct ConsumerInfo {
  std::string api;
  std::string id;
  bool counted = false;
  int64_t count = 1;
  std::string since;
  std::string verdict;  ///< "alive", "stale", "unknown": only where the evidence was asked for
  std::string why;
};

/// What the kernel shows of a mounted volume.
struct UseInfo {
  int64_t pid = 0;
  std::string command;
  uint64_t mount_namespace = 0;
  std::string target;
  std::string how;
  std::string container;
};

struct ConsumerList {
  std::vector<ConsumerInfo> consumers;
  std::vector<UseInfo> uses;
};

/// How full the volume's mounted file system, and the space that it shares with others, are.
struct UsageInfo {
  struct Space {
    uint64_t size = 0;
    uint64_t available = 0;
  };
  std::optional<Space> file_system;
  std::optional<Space> pool;
  std::string pool_name;
  std::string problem;  ///< why writing fails or soon will; "" when there is room
};

struct VolumeInfo {
  std::string service;
  std::string id;
  std::string name;
  uint64_t size = 0;
  uint64_t allocated = 0;
  std::string type;
  std::string fs_type;
  std::optional<uint64_t> iops;
  std::optional<uint64_t> throughput;
  std::string zone;
  bool encrypted = false;
  std::map<std::string, std::string> tags;
  std::string status;
  std::string status_detail;
  std::vector<AttachmentInfo> attachments;
  std::string created;
  bool created_by_us = false;
  bool blank = false;  ///< has had no file system yet
  std::vector<std::string> mkfs_options;
  std::vector<std::string> mount_options;
  std::string state;  ///< on this node: "detached", "staged", "in-use", …
  std::string device;
  std::string mount_point;
  std::vector<ConsumerInfo> consumers;
  std::string waiting_for;
  std::optional<UsageInfo> usage;  ///< when it was asked for

  bool AttachedHere() const { return !state.empty() && state != "detached"; }
};

struct SnapshotInfo {
  std::string service;
  std::string id;
  std::string name;
  std::string description;
  std::string source_volume;  ///< id
  uint64_t size = 0;
  uint64_t allocated = 0;
  std::string fs_type;
  std::map<std::string, std::string> tags;
  std::string created;
  std::string status;  ///< "pending", "completed", "error"
  std::string status_detail;
  int64_t progress_percent = 100;
  bool encrypted = false;
  bool created_by_us = false;
};

struct ServiceError {
  std::string service;
  absl::Status status;
};

struct VolumeList {
  std::vector<VolumeInfo> volumes;
  std::vector<ServiceError> errors;
};

struct NodeInfo {
  std::string service;
  std::string driver;
  std::string id;
  std::string name;
  std::string zone;
  std::string region;
};

struct NodeList {
  std::vector<NodeInfo> nodes;
  std::vector<ServiceError> errors;
};

struct SnapshotListing {
  std::vector<SnapshotInfo> snapshots;
  std::vector<ServiceError> errors;
};

struct ServiceInfo {
  std::string name;
  std::string driver;
  std::string state;
  std::string error;
  std::optional<uint64_t> volumes;
  std::string volumes_error;
  std::string docker_socket;
  std::string spec_file;
  std::string kind;   ///< "block", "directory"; "" while it is down
  std::string scope;  ///< "local", "global"; "" while it is down
};

struct DaemonStatus {
  std::string version;
  int64_t pid = 0;
  std::string started_at;
  uint64_t uptime_seconds = 0;
  std::string log_level;
  std::string config_file;
  std::string run_directory;
  std::string volumes_root;
  std::string default_service;
  std::vector<std::string> warnings;
  std::vector<ServiceInfo> services;
};

struct EventInfo {
  uint64_t sequence = 0;
  std::string at;
  std::string level;
  std::string kind;
  std::string service;
  std::string id;
  std::string name;
  std::string text;
};

}  // namespace rexray::cli
