#pragma once

// The whole program behind main(): words in, exit code out. Everything that it touches is handed in.

#include <map>
#include <string>
#include <vector>

#include "cli/rexray/console.h"
#include "cli/rexray/life.h"

#include "base/clock.h"
#include "base/http/client.h"

namespace rexray::cli {

struct App {
  Console& console;
  http::Transport& transport;
  RunProgram run;
  Clock& clock;
  std::map<std::string, std::string> environment;
  std::string program = "rexray";  ///< argv[0]
  std::string root;                ///< prefix of the places where systemd is looked for; "" = /
};

/// `words` without the program's name. 0 done, 1 failed, 2 wrong usage.
int Run(App& app, const std::vector<std::string>& words);

}  // namespace rexray::cli
