#pragma once

// The other end of a connection, byte for byte: for tests of the server (as its client) and of the client (as
// its server). Every wait ends after 30 s with a failed test, never with a hang. Not thread-safe.

#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/http/address.h"
#include "base/http/server.h"
#include "base/unique_fd.h"

namespace rexray::http {

/// A directory under the system's temporary one, removed with all that is in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::string& path() const { return path_; }
  /// As an address: unix://PATH/NAME.
  Address Socket(const std::string& name) const;

 private:
  std::string path_;
};

struct RawAnswer {
  int status = 0;
  std::string head;  ///< with the empty line
  std::string body;
};

class RawPeer {
 public:
  explicit RawPeer(const Address& address);  ///< connects
  explicit RawPeer(UniqueFd fd) : fd_(std::move(fd)) {}

  int fd() const { return fd_.get(); }
  void Send(std::string_view bytes);
  void ShutdownWrite();
  void Close() { fd_.Reset(); }
  /// Resets the connection (TCP), or closes it with bytes unread (unix), which is the same to the other end.
  void Reset();

  /// Everything up to and with `mark`; empty, and a failed test, when the connection ends first.
  std::string ReadTo(std::string_view mark);
  std::string ReadSome(size_t size);
  /// A response or request with Content-Length.
  RawAnswer ReadAnswer();
  /// The rest of what the other end sends; waits for it to close.
  std::string ReadToEnd();

 private:
  bool Fill();
  UniqueFd fd_;
  std::string input_;
};

/// Serves a unix socket with one function for each connection, in order; then stops listening. The destructor
/// waits for the last.
class ScriptedServer {
 public:
  ScriptedServer(const Address& address, std::vector<std::function<void(RawPeer&)>> connections);
  ~ScriptedServer();
  const Address& address() const { return listener_->address(); }

 private:
  std::unique_ptr<Listener> listener_;
  std::thread thread_;
};

}  // namespace rexray::http
