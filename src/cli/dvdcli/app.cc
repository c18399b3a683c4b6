#include "cli/dvdcli/app.h"

#include <sys/utsname.h>

#include "cli/dvdcli/arguments.h"
#include "cli/dvdcli/commands.h"
#include "cli/dvdcli/reporter.h"

#include "base/status.h"
#include "dvdi/plugin.h"

namespace rexray::dvdcli {
namespace {

constexpr int kUsage = 2;

void PrintVersion(const App& app) {
  utsname system{};
  uname(&system);  // fails for a bad address alone
  const Version& version = app.version;
  app.console.Out(fmt::format("Binary: {}\nSemVer: {}\nOsArch: {}\nBranch: {}\nCommit: {}\nFormed: {}\n",
                              version.binary, version.version,
                              fmt::format("{}-{}", system.sysname, system.machine), version.branch,
                              version.commit, version.formed));
}

/// One line, for it becomes a task's failure message.
int UsageError(const App& app, std::string_view what, const std::string& command) {
  const std::string topic = IsCommand(command) ? command + " " : "";
  app.console.Err(fmt::format("Error: {}; run 'dvdcli {}--help' for usage\n", OneLine(what), topic));
  return kUsage;
}

int Help(const App& app, const std::string& topic) {
  if (!topic.empty() && topic != "help" && !IsCommand(topic)) {
    return UsageError(app, fmt::format("unknown help topic \"{}\"", topic), "");
  }
  app.console.Out(UsageText(topic));
  return 0;
}

int RunCommand(const App& app, const Arguments& arguments) {
  Reporter reporter(app.console, app.clock, arguments);
  if (arguments.command == "version") {
    PrintVersion(app);
    return 0;
  }
  for (const std::string& word : arguments.rest) {
    reporter.Warning(fmt::format("ignored: \"{}\"; a volume is named with --volumename", word));
  }
  if (arguments.driver.empty() && arguments.command != "list") {
    return reporter.Failure("Missing volume driver name");
  }
  if (!arguments.driver.empty()) {
    const absl::Status allowed = dvdi::CheckPluginName(arguments.driver);
    if (!allowed.ok()) {
      reporter.Failure(MessageOf(allowed));
      return kUsage;
    }
  }
  return Commands(app, arguments, reporter).Run();
}

}  // namespace

int Run(const App& app, const std::vector<std::string>& words) {
  const absl::StatusOr<Arguments> arguments = ParseArguments(words);
  int code = 0;
  if (!arguments.ok()) {
    code = UsageError(app, MessageOf(arguments.status()), words.empty() ? "" : words.front());
  } else if (arguments->help || arguments->command == "help") {
    const bool topic_follows = arguments->command == "help" && !arguments->rest.empty();
    code = Help(app, topic_follows ? arguments->rest.front() : arguments->command);
  } else if (arguments->command.empty() && !arguments->any_flag) {
    app.console.Err(UsageText(""));
  } else if (arguments->command.empty()) {
    code = UsageError(app, "a command is missing", "");
  } else {
    code = RunCommand(app, *arguments);
  }
  const absl::Status written = app.console.Finish();
  if (written.ok()) return code;
  app.console.Err(FormatLogLine(app.clock.WallNow(), LogLevel::kError,
                                fmt::format("the result could not be written: {}", MessageOf(written)), {}));
  return code == 0 ? 1 : code;
}

}  // namespace rexray::dvdcli
