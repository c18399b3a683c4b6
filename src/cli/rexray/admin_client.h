#pragma once

// The admin API, called. Each method is one request (src/server/admin/admin_api.h has the page). Errors are
// the daemon's own, code and message; when there is no daemon: Unavailable, saying so and how to start one.

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/rexray/admin_types.h"
#include "cli/rexray/invocation.h"
#include "nlohmann/json_fwd.hpp"

#include "base/clock.h"
#include "base/http/client.h"

namespace rexray::cli {

/// A volume by id where there is one, else by name.
struct VolumeAddress {
  std::string service;  ///< "" = the default one
  std::string name;
  std::string id;
};

struct MountRequest {
  std::string consumer;
  std::string fs_type;
  std::vector<std::string> mount_options;
  bool read_only = false;
  std::string preempt{};  ///< "true", "false", "when-dead"; "" = the service's
};

struct ModifyRequest {
  std::optional<uint64_t> size;  ///< bytes
  std::string type;
  std::optional<uint64_t> iops;
  std::optional<uint64_t> throughput;
};

struct SnapshotRequest {
  std::string name;
  std::string description;
  std::map<std::string, std::string> tags;
  bool freeze = false;
};

struct CreateAnswer {
  VolumeInfo volume;
  bool existed = false;
};

/// Not thread-safe. `transport` and `clock` live longer.
class AdminClient {
 public:
  AdminClient(http::Transport& transport, Clock& clock, http::Address address,
              std::optional<std::chrono::seconds> timeout);

  absl::StatusOr<DaemonStatus> Status();
  absl::StatusOr<NodeList> Nodes();
  absl::StatusOr<VolumeList> List(const std::string& service);
  absl::StatusOr<VolumeInfo> Get(const VolumeAddress& volume);
  absl::StatusOr<CreateAnswer> Create(const std::string& service, const std::string& name,
                                      const CreateOptions& options);
  /// Foreign volumes too: a person typed the exact name.
  absl::Status Remove(const VolumeAddress& volume);
  absl::StatusOr<VolumeInfo> Attach(const VolumeAddress& volume, bool force);
  absl::Status Detach(const VolumeAddress& volume, bool force);
  /// The path.
  absl::StatusOr<std::string> Mount(const VolumeAddress& volume, const MountRequest& request);
  absl::Status Unmount(const VolumeAddress& volume, const std::string& consumer, bool now);
  /// "" when it is not mounted.
  absl::StatusOr<std::string> Path(const VolumeAddress& volume);
  absl::StatusOr<ConsumerList> Consumers(const VolumeAddress& volume);
  absl::Status Release(const VolumeAddress& volume, const std::string& consumer);
  absl::StatusOr<VolumeInfo> Grow(const VolumeAddress& volume, uint64_t size);
  /// What is not given stays as it is.
  absl::StatusOr<VolumeInfo> Modify(const VolumeAddress& volume, const ModifyRequest& request);
  absl::StatusOr<VolumeInfo> Adopt(const VolumeAddress& volume);
  /// The volume with its `usage`.
  absl::StatusOr<VolumeInfo> Usage(const VolumeAddress& volume);
  absl::StatusOr<SnapshotListing> Snapshots(const std::string& service);
  absl::StatusOr<SnapshotInfo> CreateSnapshot(const VolumeAddress& volume, const SnapshotRequest& request);
  absl::Status RemoveSnapshot(const std::string& service, const std::string& id);
  absl::StatusOr<std::vector<EventInfo>> Events(uint64_t after);

 private:
  absl::StatusOr<nlohmann::json> Call(const char* method, const std::string& path, const std::string& query,
                                      const nlohmann::json* body);
  absl::Status Unreachable(const absl::Status& status) const;

  http::Transport& transport_;
  Clock& clock_;
  http::Address address_;
  std::optional<std::chrono::seconds> timeout_;
};

}  // namespace rexray::cli
