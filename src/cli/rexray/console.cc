#include "cli/rexray/console.h"

#include <string>

#include "cli/rexray/terminal_text.h"

#include "base/code_table.h"
#include "base/status.h"

namespace rexray::cli {

int Fail(Console& console, const absl::Status& status) {
  console.Err("rexray: " + TerminalSafeLines(MessageOf(status)) + "\n");
  return RowOf(status.code()).exit_code;
}

}  // namespace rexray::cli
