#pragma once

#include <string>

#include "absl/status/status.h"

namespace rexray::daemon {

/// mkdir -p, new directories with mode 0755.
absl::Status MakeDirectories(const std::string& path);

/// Where clients look that know no socket directory: `path` gets `url`
/// ("unix:///run/docker/plugins/rexray.sock"), unless a file is there already. AlreadyExists when that file
/// says something else: it may be the operator's.
absl::Status WriteSpecFile(const std::string& path, const std::string& url);

/// True when `text` was written to `fd` in full. EPIPE is no signal here.
bool WriteAll(int fd, const std::string& text);

}  // namespace rexray::daemon
