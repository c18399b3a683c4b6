#include "cli/daemon/sockets.h"

#include <grp.h>
#include <unistd.h>

#include <algorithm>

#include "base/status.h"

namespace rexray::daemon {
namespace {

/// -1 = there is none, or we may not give files to it.
gid_t DockerGroup() {
  if (geteuid() != 0) return static_cast<gid_t>(-1);
  group entry{};
  group* found = nullptr;
  std::vector<char> buffer(16 * 1024);
  if (getgrnam_r("docker", &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) {
    return static_cast<gid_t>(-1);
  }
  return found->gr_gid;
}

}  // namespace

absl::StatusOr<std::unique_ptr<http::Listener>> Sockets::OpenDocker(const std::string& url) {
  ASSIGN_OR_RETURN(const http::Address address, http::ParseAddress(url));
  http::ListenOptions options;
  options.address = address;
  options.mode = 0660;
  if (address.kind == http::Address::Kind::kUnix) options.group = DockerGroup();
  return Open(std::move(options));
}

absl::StatusOr<std::unique_ptr<http::Listener>> Sockets::OpenAdmin(const std::string& url) {
  ASSIGN_OR_RETURN(const http::Address address, http::ParseAddress(url));
  http::ListenOptions options;
  options.address = address;
  options.mode = 0600;
  return Open(std::move(options));
}

absl::StatusOr<std::unique_ptr<http::Listener>> Sockets::Open(http::ListenOptions options) {
  if (options.address.kind == http::Address::Kind::kUnix) {
    const auto same = [&options](const auto& socket) { return socket.first == options.address.path; };
    const auto found = std::find_if(inherited_.begin(), inherited_.end(), same);
    if (found != inherited_.end()) return http::Listener::Adopt(found->second.Release(), options.address);
  }
  return http::Listener::Open(options);
}

}  // namespace rexray::daemon
