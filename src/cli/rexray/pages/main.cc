// rexray_pages DIRECTORY: writes rexray.1, rexray.yml.5 and rexray.bash, which the packages install.

#include <cstdio>
#include <fstream>
#include <string>

#include "cli/rexray/bash_completion.h"
#include "cli/rexray/manual_page.h"

int main(int argc, char** argv) {
  if (argc != 2) return std::fputs("usage: rexray_pages DIRECTORY\n", stderr), 2;
  const std::string directory = argv[1];
  const auto commands = rexray::cli::DescribeCommands();
  const std::pair<const char*, std::string> pages[] = {
      {"/rexray.1", rexray::cli::CommandsPage(commands)},
      {"/rexray.yml.5", rexray::cli::SettingsPage(rexray::config::KnownKeys())},
      {"/rexray.bash", rexray::cli::BashCompletion(commands)}};
  for (const auto& [name, text] : pages) {
    std::ofstream file(directory + name);
    file << text;
    file.close();
    if (file.fail()) return std::fprintf(stderr, "cannot write %s%s\n", directory.c_str(), name), 1;
  }
  return 0;
}
