#pragma once

#include <signal.h>

#include "cli/daemon/daemon.h"

namespace rexray::daemon {

/// Blocks SIGTERM, SIGINT and SIGHUP and ignores SIGPIPE. Called before the first thread is made: all inherit
/// it, and ServeSignals alone takes signals.
sigset_t BlockSignals();

/// Returns on SIGTERM or SIGINT. SIGHUP reloads.
void ServeSignals(Daemon& running, const sigset_t& signals);

}  // namespace rexray::daemon
