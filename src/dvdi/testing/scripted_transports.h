#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "dvdi/transports.h"

namespace rexray::dvdi {

/// A plugin without a socket: answers by target ("/VolumeDriver.Get"), one after the other, the last for
/// ever; 404 for the rest. Records what it was asked. Not thread-safe.
class ScriptedTransports final : public Transports {
 public:
  struct Call {
    std::string address;
    std::string target;
    std::string body;
    http::Headers headers;
    Deadline deadline;
  };

  absl::StatusOr<std::unique_ptr<http::Transport>> For(const Endpoint& endpoint) override;

  void Answer(const std::string& target, std::string body, int status = 200);
  void Fail(const std::string& target, absl::Status status);
  /// Called before each answer; time may pass here.
  void OnCall(std::function<void(const Call&)> function) { on_call_ = std::move(function); }

  const std::vector<Call>& calls() const { return calls_; }
  /// "Activate Get Mount"
  std::string Names() const;

 private:
  class Transport;
  std::map<std::string, std::deque<absl::StatusOr<http::ClientResponse>>> script_;
  std::vector<Call> calls_;
  std::function<void(const Call&)> on_call_;
};

}  // namespace rexray::dvdi
