// `marathon check`: nothing but a file is read.

#include <unistd.h>

#include <cerrno>

#include "cli/rexray/commands.h"
#include "cli/rexray/input_file.h"
#include "cli/rexray/terminal_text.h"

#include "base/status.h"
#include "setup/marathon/check.h"

namespace rexray::cli {

namespace {

constexpr int kUsage = 2;

int Unusable(Context& context, const absl::Status& status) {
  Fail(context.console, status);
  return kUsage;
}

}  // namespace

int CheckMarathonApp(Context& context) {
  const Invocation& asked = context.invocation;
  if (asked.names.size() != 1) {
    return Unusable(context, Error(absl::StatusCode::kInvalidArgument,
                                   "which file? \"rexray marathon check app.json\", - for standard input"));
  }
  const auto versions = setup::marathon::ParseVersion(asked.marathon);
  if (!versions.ok()) return Unusable(context, versions.status());
  const absl::StatusOr<std::string> text = ReadInputFile(asked.names.front());
  if (!text.ok()) return Unusable(context, text.status());
  const std::string name = asked.names.front() == "-" ? "standard input" : asked.names.front();
  const auto report = setup::marathon::Check(*text, name, *versions);
  if (!report.ok()) return Unusable(context, report.status());
  const bool json = asked.json || context.output.format == Format::kJson;
  context.console.Out(json ? setup::marathon::ToJson(*report)
                           : TerminalSafeLines(setup::marathon::ToText(*report)));
  return report->Refused() ? 1 : 0;
}

}  // namespace rexray::cli
