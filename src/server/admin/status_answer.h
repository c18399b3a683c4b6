#pragma once

#include <vector>

#include "base/http/message.h"
#include "server/admin/admin_api.h"
#include "server/admin/gather.h"

namespace rexray::server::admin {

/// STATUS of admin_api.h. `volumes`: what the services that run answered.
http::Response StatusAnswer(const Parts& parts, const Options& options,
                            const std::vector<ServiceVolumes>& volumes);

/// The answer of /v1/nodes. `services`: all of them; `nodes`: what those that run answered.
http::Response NodesAnswer(const std::vector<ServiceStatus>& services,
                           const std::vector<ServiceAnswer<Node>>& nodes);

}  // namespace rexray::server::admin
