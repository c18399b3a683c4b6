#include "cli/rexray/command_info.h"

#include "cli/rexray/command_grammar.h"
#include "cli/rexray/help_page.h"

namespace rexray::cli {

namespace {

FlagInfo FlagOf(const CLI::Option* option) {
  FlagInfo flag;
  for (const std::string& name : option->get_snames()) flag.names.push_back("-" + name);
  for (const std::string& name : option->get_lnames()) flag.names.push_back("--" + name);
  if (option->get_items_expected_max() > 0) {
    flag.value = option->get_type_name().empty() ? "VALUE" : option->get_type_name();
  }
  flag.description = option->get_description();
  flag.hidden = option->get_group().empty();
  return flag;
}

}  // namespace

void Grammar::DescribeBelow(const CLI::App* app, bool hidden, std::vector<CommandInfo>* to) const {
  CommandInfo info;
  info.name = FullName(app);
  info.aliases = app->get_aliases();
  info.description = app->get_description();
  info.hidden = hidden || app->get_group().empty();
  info.runs = commands_.count(app) != 0;
  for (const CLI::Option* option : app->get_options()) {
    if (option->get_positional()) {
      info.argument = option->get_name(true);
    } else {
      info.flags.push_back(FlagOf(option));
    }
  }
  to->push_back(std::move(info));
  for (const CLI::App* command : app->get_subcommands([](const CLI::App*) { return true; })) {
    DescribeBelow(command, hidden || app->get_group().empty(), to);
  }
}

std::vector<CommandInfo> DescribeCommands() {
  std::vector<CommandInfo> commands;
  const Grammar grammar;
  grammar.Describe(&commands);
  return commands;
}

}  // namespace rexray::cli
