#pragma once

#include <functional>
#include <string>

#include "base/clock.h"
#include "base/mutex.h"
#include "drivers/ebs/http_transport.h"
#include "ec2sim/simulator.h"

namespace rexray::drivers::ebs {

/// The first id in an answer's XML, as CreateVolume gives it.
inline std::string VolumeIdIn(const std::string& answer) {
  const size_t id = answer.find("vol-");
  return answer.substr(id, answer.find('<', id) - id);
}

/// The simulated region without sockets (and so without signatures: Options::check_signatures is to be
/// false). What takes time takes the clock's. Thread-safe.
class SimTransport final : public HttpTransport {
 public:
  SimTransport(ec2sim::Simulator& simulator, Clock& clock) : simulator_(simulator), clock_(clock) {}

  absl::StatusOr<HttpReply> Send(const HttpRequest& request) override;

  /// From now on requests that hold `part` wait until Release; "" releases.
  void Hang(const std::string& part);
  void WaitUntilHanging();

 private:
  absl::Status WaitIfHung(const HttpRequest& request);
  void Pause(Duration wait);

  ec2sim::Simulator& simulator_;
  Clock& clock_;
  Mutex mutex_;
  CondVar changed_;
  std::string hung_ ABSL_GUARDED_BY(mutex_);
  int hanging_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace rexray::drivers::ebs
