#include "setup/doctor/ask.h"

#include "base/status.h"

namespace rexray::setup::doctor {

absl::StatusOr<http::ClientResponse> Ask(const Scene& scene, const std::string& host,
                                         const std::string& method, const std::string& target,
                                         Duration patience) {
  ASSIGN_OR_RETURN(const http::Address address, http::ParseAddress(host));
  http::Request request;
  request.method = method;
  request.target = target;
  const std::unique_ptr<http::Transport> client = http::MakeClient(scene.clock);
  return client->Send(address, request, Deadline::After(scene.clock, patience));
}

}  // namespace rexray::setup::doctor
