#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

#include "server/docker/option_table.h"

namespace rexray::server::docker {

/// The fields of any request of the protocol; those that it did not carry are empty.
struct PluginRequest {
  std::string name;
  std::string id;
  Options options;
};

/// `body` of a call on one volume: an object with a valid "Name", and "ID" and "Opts" of the right types
/// where they are there (null counts as absent); other fields are ignored. InvalidArgument says what is
/// wrong.
///
/// An empty body is an error of its own: dockerd sends one when it repeats a call after a broken connection,
/// having lost the body to the first attempt (moby pkg/plugins/client.go).
absl::StatusOr<PluginRequest> ParsePluginRequest(std::string_view body);

}  // namespace rexray::server::docker
