#pragma once

// The simulator on 127.0.0.1. One thread for each connection, since a fault holds a connection open, cuts an
// answer in half or resets it, which an ordinary server would not do.

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"

#include "base/http/server.h"
#include "base/mutex.h"
#include "base/unique_fd.h"
#include "ec2sim/simulator.h"

namespace rexray::ec2sim {

/// Serves from Start until it is destroyed. `simulator` outlives it. Threads: "ec2sim-accept",
/// "ec2sim-timers", "ec2sim-conn" (one for each connection).
class SimulatorServer {
 public:
  /// Port 0 = any free one.
  static absl::StatusOr<std::unique_ptr<SimulatorServer>> Start(Simulator& simulator, Clock& clock,
                                                                uint16_t port = 0);
  ~SimulatorServer();
  SimulatorServer(const SimulatorServer&) = delete;
  SimulatorServer& operator=(const SimulatorServer&) = delete;

  uint16_t port() const { return port_; }
  std::string endpoint() const;  ///< "http://127.0.0.1:PORT": ec2.endpoint
  /// For AWS_EC2_METADATA_SERVICE_ENDPOINT.
  std::string metadata_endpoint(const std::string& instance) const;

 private:
  struct Connection {
    UniqueFd socket;
    std::thread thread;
    bool done = false;
  };

  SimulatorServer(Simulator& simulator, Clock& clock) : simulator_(simulator), clock_(clock) {}
  void Accept();
  void Serve(Connection& connection);
  /// False: the connection ends here.
  bool Answer(int socket, const http::Request& request, bool keep_alive);
  bool Delay(Duration wait);
  void Reap() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Simulator& simulator_;
  Clock& clock_;
  std::unique_ptr<http::Listener> listener_;
  uint16_t port_ = 0;
  UniqueFd wake_;  ///< an eventfd: time to end
  std::thread accepting_;
  std::thread timers_;
  Mutex mutex_;
  CondVar changed_;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  std::list<Connection> connections_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace rexray::ec2sim
