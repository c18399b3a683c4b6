// Our module's file, checked before an agent is told to load it: with a wrong one the agent says one line and
// ends.

#include <elf.h>

#include <algorithm>

#include "base/status.h"
#include "setup/elf_file.h"
#include "setup/mesos_modules.h"
#include "setup/parts.h"

namespace rexray::setup {

namespace {

/// The machine that the tree's programs are for: that of its shell or its rexray; nullopt where neither says
/// it.
std::optional<ElfFile> MachineOf(const Tree& tree) {
  for (const char* program : {"/usr/bin/rexray", "/opt/bin/rexray", "/bin/sh", "/usr/bin/env"}) {
    const absl::StatusOr<std::string> path = tree.OnDisk(program);
    if (!path.ok()) continue;
    absl::StatusOr<ElfFile> file = ReadElfFile(*path);
    if (file.ok()) return *std::move(file);
  }
  return std::nullopt;
}

absl::Status Refuse(const std::string& path, const std::string& why) {
  return Error(absl::StatusCode::kFailedPrecondition,
               "{}: {}; the agent would end at its start. Nothing was changed", path, why);
}

absl::Status Check(const Tree& tree, const std::string& path, const std::string& mesos_version) {
  ASSIGN_OR_RETURN(const std::string on_disk, tree.OnDisk(path));
  const absl::StatusOr<ElfFile> file = ReadElfFile(on_disk);
  if (!file.ok()) return Annotate(file.status(), "the module");
  if (const std::optional<ElfFile> machine = MachineOf(tree);
      machine && MachineName(*machine) != MachineName(*file)) {
    return Refuse(path, "it is for " + MachineName(*file) + ", this machine is " + MachineName(*machine));
  }
  const auto module = std::find_if(file->mesos_modules.begin(), file->mesos_modules.end(),
                                   [](const MesosModule& it) { return it.name == kModuleName; });
  const bool listed = std::binary_search(file->defined.begin(), file->defined.end(), kModuleName);
  if (module == file->mesos_modules.end() && !listed) {
    return Refuse(path, fmt::format("there is no module {} in it", kModuleName));
  }
  if (module != file->mesos_modules.end() && module->mesos_version != mesos_version) {
    return Refuse(path, fmt::format("it was built for Mesos {}, the agent is {}, and it must be the same",
                                    module->mesos_version, mesos_version));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> FindModule(const Planner& planner, const std::string& mesos_version,
                                       const std::string& named) {
  if (mesos_version.empty()) {
    return Error(absl::StatusCode::kFailedPrecondition,
                 "the agent's Mesos version cannot be told from its files: say it with --mesos-version (the "
                 "module must "
                 "be built for exactly that one)");
  }
  const Tree& tree = planner.tree();
  if (!named.empty()) {
    if (named.front() != '/') {
      return Error(absl::StatusCode::kInvalidArgument, "--module: {} is no absolute path", named);
    }
    RETURN_IF_ERROR(Check(tree, named, mesos_version));
    return named;
  }
  const std::string name = "libmesos_dvdi_isolator-" + mesos_version + ".so";
  std::string places;
  for (const char* directory :
       {"/usr/lib/mesos", "/usr/local/lib/mesos", "/opt/rexray/lib/mesos", "/usr/lib"}) {
    const std::string path = std::string(directory) + "/" + name;
    places += (places.empty() ? "" : ", ") + tree.prefix() + directory;
    if (!tree.Exists(path)) continue;
    RETURN_IF_ERROR(Check(tree, path, mesos_version));
    return path;
  }
  return Error(
      absl::StatusCode::kNotFound,
      "there is no {} in {}: build it for this agent (docs/mesos.md) and put it there, or name it with "
      "--module",
      name, places);
}

}  // namespace rexray::setup
