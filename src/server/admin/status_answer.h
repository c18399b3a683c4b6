#pragma once

#include <vector>

#include "base/http/message.h"
#include "server/admin/admin_api.h"
#include "server/admin/gather.h"

namespace rexray::server::admin {

/// STATUS of admin_api.h. `volumes`: what the services that run answered.
http::Response StatusAnswer(const Parts& parts, const Options& options,
                            const std::vector<ServiceVolumes>& volumes);

}  // namespace rexray::server::admin
