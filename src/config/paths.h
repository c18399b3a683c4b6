#pragma once

#include "absl/status/statusor.h"

#include "config/settings.h"
#include "config/source.h"

namespace rexray::config {

/// From REXRAY_HOME and REXRAY_HOME_{ETC,ETC_TLS,LIB,LOG,RUN}. InvalidArgument for a path that is not
/// absolute.
///
/// REXRAY_HOME=/ is what DC/OS sets, and means the default places. The run directory is X/run/rexray, not
/// 0.3.3's X/var/run/rexray: with X=/ both are one directory on any Linux of today, and elsewhere there is no
/// /var/run link.
absl::StatusOr<Paths> PathsFrom(const Environment& environment);

}  // namespace rexray::config
