#pragma once

namespace rexray::host {

/// The helper's side of helper_pool.h: serves calls on `socket` with the real host, one at a time, until the
/// daemon closes its end. Single-threaded but for what the host itself starts.
void ServeHelper(int socket);

}  // namespace rexray::host
