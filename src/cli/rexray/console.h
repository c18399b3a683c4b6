#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace rexray::cli {

/// Where a command writes; tests keep the text.
class Console {
 public:
  virtual ~Console() = default;
  virtual void Out(std::string_view text) = 0;
  virtual void Err(std::string_view text) = 0;
  virtual bool OutIsTerminal() const = 0;
  /// Everything that was written has arrived (a full disk behind a redirection shows here).
  virtual absl::Status Finish() = 0;
};

/// Prints "rexray: MESSAGE", fit for a terminal, on the error output; returns the exit code of the status.
int Fail(Console& console, const absl::Status& status);

}  // namespace rexray::cli
