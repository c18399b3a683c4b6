#include "cli/rexray/help_page.h"

#include <algorithm>
#include <vector>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "fmt/format.h"

namespace rexray::cli {

namespace {

constexpr size_t kLeft = 34;  ///< where the explanations begin

std::string Row(const std::string& left, const std::string& right) {
  if (left.size() + 4 > kLeft) return fmt::format("  {}\n{:{}}{}\n", left, "", kLeft, right);
  return fmt::format("  {:<{}}{}\n", left, kLeft - 2, right);
}

/// "-f, --format FORMAT".
std::string NamesOf(const CLI::Option* option) {
  std::string names;
  for (const std::string& name : option->get_snames()) names += (names.empty() ? "-" : ", -") + name;
  for (const std::string& name : option->get_lnames()) names += (names.empty() ? "--" : ", --") + name;
  const bool takes_value = option->get_items_expected_max() > 0;
  return takes_value && !option->get_type_name().empty() ? names + " " + option->get_type_name() : names;
}

std::vector<const CLI::Option*> OptionsOf(const CLI::App* app, const std::string& group) {
  return app->get_options(
      [&](const CLI::Option* option) { return option->nonpositional() && option->get_group() == group; });
}

std::string CommandsOf(const CLI::App* app) {
  std::vector<std::string> groups;
  const auto commands = app->get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* command : commands) {
    const std::string& group = command->get_group();
    if (!group.empty() && std::find(groups.begin(), groups.end(), group) == groups.end())
      groups.push_back(group);
  }
  std::string text;
  for (const std::string& group : groups) {
    text += "\n" + (group == "Subcommands" ? "Commands" : group) + ":\n";
    for (const CLI::App* command : commands) {
      if (command->get_group() != group) continue;
      std::string names = command->get_name();
      for (const std::string& alias : command->get_aliases()) names += ", " + alias;
      text += Row(names, command->get_description());
    }
  }
  return text;
}

std::string FlagsOf(const CLI::App* app) {
  std::string text;
  for (const std::string& group : app->get_groups()) {
    const auto options = OptionsOf(app, group);
    if (group.empty() || options.empty()) continue;
    text += "\n" + (group == "Options" ? "Flags" : group) + ":\n";
    for (const CLI::Option* option : options) text += Row(NamesOf(option), option->get_description());
  }
  return text;
}

std::string UsageOf(const CLI::App* app) {
  std::string text = "Usage: " + FullName(app);
  if (!app->get_subcommands([](const CLI::App*) { return true; }).empty()) text += " COMMAND";
  for (const CLI::Option* option :
       app->get_options([](const CLI::Option* it) { return it->get_positional(); })) {
    text += " [" + option->get_name(true) + "...]";
  }
  return text + " [FLAGS]\n";
}

std::string ArgumentsOf(const CLI::App* app) {
  std::string text;
  for (const CLI::Option* option :
       app->get_options([](const CLI::Option* it) { return it->get_positional(); })) {
    text += "\n" + Row(option->get_name(true), option->get_description());
  }
  return text;
}

std::string ParentsOf(const CLI::App* app) {
  std::string names;
  for (const CLI::App* parent = app->get_parent(); parent != nullptr; parent = parent->get_parent()) {
    names += fmt::format("{}\"{} --help\"", names.empty() ? "" : " and ", FullName(parent));
  }
  return names.empty() ? "" : "\nThe flags of " + names + " work here too.\n";
}

}  // namespace

std::string FullName(const CLI::App* app) {
  std::string name = app->get_name();
  for (app = app->get_parent(); app != nullptr; app = app->get_parent()) {
    name = fmt::format("{} {}", app->get_name(), name);
  }
  return name;
}

std::string HelpPage(const CLI::App* app) {
  std::string page =
      app->get_description() + "\n\n" + UsageOf(app) + ArgumentsOf(app) + CommandsOf(app) + FlagsOf(app);
  page += ParentsOf(app);
  if (!app->get_footer().empty()) page += "\n" + app->get_footer() + "\n";
  return page;
}

}  // namespace rexray::cli
