#pragma once

// Telling whoever started us: `rexray start` by a pipe, the service manager by sd_notify(3)'s datagram. The
// protocol is documented to be spoken without libsystemd, which would bring four compression libraries into
// the daemon.

#include <string>
#include <utility>
#include <vector>

#include "base/unique_fd.h"

namespace rexray::daemon {

/// One line to `ready_fd` (then it is closed; -1 = none): "READY", or why the daemon cannot start.
class ReadyPipe {
 public:
  explicit ReadyPipe(int ready_fd);
  void Ready() { Say("READY"); }
  void Failed(const std::string& why) { Say(why); }

 private:
  void Say(std::string line);
  UniqueFd fd_;
};

/// Sends "READY=1" and the like to $NOTIFY_SOCKET; nothing happens when there is none.
void NotifyServiceManager(const std::string& state);

/// The listening unix sockets that the service manager passed (sd_listen_fds(3)), with the paths that they
/// are bound to. Empty when none were. Called once, before anything else opens descriptors.
std::vector<std::pair<std::string, UniqueFd>> InheritedSockets();

}  // namespace rexray::daemon
