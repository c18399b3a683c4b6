#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

#include "base/http/server.h"
#include "base/unique_fd.h"

namespace rexray::daemon {

/// Opens the daemon's listening sockets, those that the service manager passed among them.
class Sockets {
 public:
  explicit Sockets(std::vector<std::pair<std::string, UniqueFd>> inherited)
      : inherited_(std::move(inherited)) {}

  /// root:docker 0660, where there is a group "docker"; else root:root 0660.
  absl::StatusOr<std::unique_ptr<http::Listener>> OpenDocker(const std::string& url);
  /// 0600.
  absl::StatusOr<std::unique_ptr<http::Listener>> OpenAdmin(const std::string& url);

 private:
  absl::StatusOr<std::unique_ptr<http::Listener>> Open(http::ListenOptions options);
  std::vector<std::pair<std::string, UniqueFd>> inherited_;
};

}  // namespace rexray::daemon
