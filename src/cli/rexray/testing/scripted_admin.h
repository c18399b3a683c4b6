#pragma once

// A daemon of a test's own: answers to exact requests, in memory. An unscripted request is an answer that no
// test expects (HTTP 599), and every request is kept.

#include <map>
#include <string>
#include <vector>

#include "base/http/client.h"

namespace rexray::cli {

class ScriptedAdmin final : public http::Transport {
 public:
  /// `target` with its query. The answer stays for any number of calls.
  void Answer(const std::string& method, const std::string& target, const std::string& body,
              int status = 200);
  /// An admin API error with its HTTP status.
  void Refuse(const std::string& method, const std::string& target, const std::string& code,
              const std::string& message);
  /// Every request fails before it is answered: no daemon, a socket that may not be opened, …
  void Unreachable(absl::Status status) { unreachable_ = std::move(status); }

  absl::StatusOr<http::ClientResponse> Send(const http::Address& address, const http::Request& request,
                                            Deadline deadline) override;

  /// "POST /v1/volume/mount?id=1 {"force":true}", in the order of arrival.
  const std::vector<std::string>& requests() const { return requests_; }
  const std::vector<http::Address>& addresses() const { return addresses_; }

 private:
  std::map<std::string, http::ClientResponse> answers_;
  absl::Status unreachable_;
  std::vector<std::string> requests_;
  std::vector<http::Address> addresses_;
};

}  // namespace rexray::cli
