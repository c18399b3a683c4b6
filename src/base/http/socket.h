#pragma once

// Sockets with deadlines, by poll(2). For this room and for transports (dvdi/tls). Every descriptor here is
// close-on-exec; nothing raises SIGPIPE; EINTR never shows.

#include <sys/socket.h>
#include <sys/un.h>

#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/deadline.h"
#include "base/http/address.h"
#include "base/unique_fd.h"

namespace rexray::http {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  int family() const { return storage.ss_family; }
};

/// `path` must have at most 107 bytes.
SocketAddress UnixSocketAddress(std::string_view path);

/// `address.host` must be an IP address; "" becomes the IPv6 wildcard when `any_v6`, else the IPv4 one.
absl::StatusOr<SocketAddress> SocketAddressOf(const Address& address, bool any_v6);

/// A connected, non-blocking socket. Errors as in Transport::Send.
absl::StatusOr<UniqueFd> Connect(const Address& address, const Clock& clock, Deadline deadline);

/// Waits for `events` (POLLIN, POLLOUT). 0, or ETIMEDOUT when the deadline passes first.
int WaitForSocket(int fd, short events, const Clock& clock, Deadline deadline);

/// All of `bytes`, or an errno.
int SendAll(int fd, std::string_view bytes, const Clock& clock, Deadline deadline);

struct Received {
  int error = 0;    ///< an errno; then size is 0
  size_t size = 0;  ///< 0 without an error: the peer has closed
};
Received ReceiveSome(int fd, char* buffer, size_t size, const Clock& clock, Deadline deadline);

}  // namespace rexray::http
