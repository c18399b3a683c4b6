#pragma once

// `rexray doctor`: read-only checks of everything between a container and its volume, each with a verdict,
// what was seen, and what to do. docs/doctor.md has them one by one.
//
// Works on this machine, and on a tree (--root) as far as files tell. Nothing is changed. Every group of
// checks runs in a process of its own with a time limit: a dead disk, a plugin that does not answer, or a
// file that makes a check fail cost that group only, and are said.

#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/subprocess.h"
#include "setup/tree.h"
#include "volume/storage_driver.h"

namespace rexray::setup::doctor {

/// What the checks look at. Copied into each group's process.
struct Scene {
  Tree tree;
  std::map<std::string, std::string> environment{};  ///< for the configuration; not used with another root
  std::string config_file{};                         ///< -c FILE; "" = none
  std::string daemon_program{};                      ///< rexrayd, whose drivers check themselves; "" = none
  Clock& clock;
  CommandRunner& runner;
  Duration patience = std::chrono::seconds(5);  ///< for one thing that is asked (a socket, a program)
};

struct Group {
  std::string title;  ///< "this machine"
  std::vector<Diagnosis> results;
};

struct Examination {
  std::vector<Group> groups;
  bool Broken() const;
};

/// All checks, in the order in which a person would look. `limit`: for one group.
Examination Examine(const Scene& scene, Duration limit = std::chrono::seconds(30));

/// Plain text with `colour` as the only control sequences; what files and programs said is made safe.
std::string ToText(const Examination& examination, bool colour);
std::string ToJson(const Examination& examination);

}  // namespace rexray::setup::doctor
