#pragma once

// The groups of checks, and the words that they share. Each returns nothing where it does not apply.

#include <string>
#include <utility>
#include <vector>

#include "setup/doctor/doctor.h"

namespace rexray::setup::doctor {

using Results = std::vector<Diagnosis>;

Results CheckMachine(const Scene& scene);
Results CheckConfiguration(const Scene& scene);
Results CheckDaemon(const Scene& scene);
Results CheckPlugins(const Scene& scene);
Results CheckDocker(const Scene& scene);
Results CheckMesos(const Scene& scene);
Results CheckMarathon(const Scene& scene);
Results CheckDrivers(const Scene& scene);

Diagnosis Ok(std::string check, std::string evidence);
Diagnosis Warning(std::string check, std::string evidence, std::string fix);
Diagnosis Broken(std::string check, std::string evidence, std::string fix);
/// It could not be found out.
Diagnosis Unknown(std::string check, std::string evidence, std::string fix = "");

/// "/opt/bin/NAME" of the first of `directories` that has an executable file of that name; "" when none has.
std::string FindExecutable(const Tree& tree, const std::vector<std::string>& directories,
                           const std::string& name);
bool IsExecutable(const Tree& tree, const std::string& path);

}  // namespace rexray::setup::doctor
