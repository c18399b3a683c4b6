#pragma once

// A module's file against the host that is to load it: the answers that the dynamic loader would give,
// beforehand and in sentences.

#include <string>

#include "setup/doctor/checks.h"

namespace rexray::setup::doctor {

struct ModuleFacts {
  bool readable = false;
  bool original = false;  ///< mesos-module-dvdi's own: it calls /usr/bin/dvdcli and needs a work_dir
};

/// `mesos_version`: the agent's; "" = unknown. Adds to `results`.
ModuleFacts CheckModuleFile(const Tree& tree, const std::string& path, const std::string& mesos_version,
                            Results& results);

}  // namespace rexray::setup::doctor
