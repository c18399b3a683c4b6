#pragma once

// The one table of what an error's code becomes outside: its name in JSON, an HTTP status (admin API) and a
// process's exit code. gRPC's and CSI's numbers are absl's own. Docker's protocol does not use it: its errors
// are always 500.

#include <optional>
#include <string_view>

#include "absl/status/status.h"

namespace rexray {

struct CodeRow {
  absl::StatusCode code;
  std::string_view name;  ///< "FAILED_PRECONDITION"
  int http_status;
  int exit_code;  ///< 0 ok, 1 failed, 2 usage: what was asked for is wrong in itself and a retry cannot help
};

/// kUnknown's row for a code that is not in the table.
const CodeRow& RowOf(absl::StatusCode code);
std::optional<absl::StatusCode> CodeFromName(std::string_view name);

}  // namespace rexray
