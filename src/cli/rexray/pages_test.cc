#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_replace.h"
#include "cli/rexray/bash_completion.h"
#include "cli/rexray/manual_page.h"

namespace rexray::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Pages, TheManualHasEveryCommandThatIsShown) {
  const std::vector<CommandInfo> commands = DescribeCommands();
  const std::string page = CommandsPage(commands);
  for (const CommandInfo& command : commands) {
    if (command.hidden || command.name == "rexray") continue;
    const std::string name = absl::StrReplaceAll(command.name, {{"-", "\\-"}});
    EXPECT_THAT(page, HasSubstr(".SS " + name)) << command.name;
  }
  EXPECT_THAT(page, Not(HasSubstr("runasync"))) << "hidden flags stay hidden";
}

TEST(Pages, TextCannotBecomeARequest) {
  CommandInfo root;
  root.name = "rexray";
  CommandInfo command;
  command.name = "rexray x";
  command.description = ".so /etc/passwd \\fB-n";
  const std::string page = CommandsPage({root, command});
  EXPECT_THAT(page, HasSubstr("\n\\&.so /etc/passwd \\efB\\-n.\n"));
}

TEST(Pages, SettingsNameTheirDefaultsAndOtherNames) {
  const std::string page = SettingsPage(config::KnownKeys());
  EXPECT_THAT(page, HasSubstr("\\fBdocker.size\\fP (\\fI16\\fP)"));
  EXPECT_THAT(page, HasSubstr("libstorage.integration.volume.operations.create.default.size"));
  EXPECT_THAT(page, Not(HasSubstr("vmax.")));
}

TEST(Pages, CompletionKnowsAliasesAndInheritedFlags) {
  const std::string script = BashCompletion(DescribeCommands());
  EXPECT_THAT(script, HasSubstr("\"rexray volume get\""));
  EXPECT_THAT(script, HasSubstr("at=\"rexray volume ls\""));
  EXPECT_THAT(script, testing::ContainsRegex("\"rexray volume create\"\\) [^\n]*--size[^\n]*--format|"
                                             "\"rexray volume create\"\\) [^\n]*--format[^\n]*--size"));
}

}  // namespace
}  // namespace rexray::cli
