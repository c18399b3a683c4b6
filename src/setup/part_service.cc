#include "base/status.h"
#include "setup/documents.h"
#include "setup/parts.h"
#include "setup/unit_file.h"

namespace rexray::setup {

namespace {

constexpr char kOwnUnit[] = "/etc/systemd/system/rexray.service";
constexpr char kStandardProgram[] = "/usr/bin/rexray";

/// A package's unit; "" without one.
std::string PackagedUnit(const Tree& tree) {
  for (const char* path : {"/usr/lib/systemd/system/rexray.service", "/lib/systemd/system/rexray.service"}) {
    if (tree.Exists(path)) return path;
  }
  return "";
}

std::string UnitFor(std::string_view program) {
  std::string text(kServiceUnit);
  const std::string command = std::string("ExecStart=") + kStandardProgram;
  text.replace(text.find(command), command.size(), "ExecStart=" + std::string(program));
  return text;
}

absl::Status WarnOfNamespaces(Planner& planner) {
  const absl::StatusOr<UnitSources> sources = FindUnit(planner.tree(), "rexray.service");
  if (absl::IsNotFound(sources.status())) return absl::OkStatus();
  if (!sources.ok()) return sources.status();
  for (size_t i = 1; i < sources->texts.size(); ++i) {
    for (const std::string& option : NamespaceOptions(sources->texts[i])) {
      planner.notes().push_back(
          fmt::format("a drop-in of rexray.service sets {}: the daemon would get a mount namespace of its "
                      "own, and its mounts would "
                      "reach no container; take that line out",
                      option));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> FindProgram(const Tree& tree, std::string_view name, std::string_view named) {
  if (!named.empty()) return std::string(named);
  std::string places;
  for (const char* directory : {"/usr/bin", "/usr/local/bin", "/opt/bin", "/opt/rexray/bin"}) {
    const std::string path = std::string(directory) + "/" + std::string(name);
    if (tree.Exists(path)) return path;
    places += (places.empty() ? "" : ", ") + tree.prefix() + directory;
  }
  return Error(absl::StatusCode::kNotFound, "there is no {} in {}: install it first", name, places);
}

absl::Status PlanService(Planner& planner, const PartOptions& options) {
  planner.Begin("service", {"rexray.service"});
  const Tree& tree = planner.tree();
  if (!tree.Exists("/etc/systemd") && !tree.Exists("/usr/lib/systemd") && !tree.Exists("/lib/systemd")) {
    return Error(
        absl::StatusCode::kFailedPrecondition,
        "service: there is no systemd in {}/; start \"rexray start -f\" from the service manager that there "
        "is",
        tree.prefix());
  }
  if (FindUnit(tree, "dcos-rexray.service").ok()) {
    return Error(
        absl::StatusCode::kFailedPrecondition,
        "service: DC/OS starts rexray by its own unit, dcos-rexray.service; \"rexray setup dcos --agent\" "
        "puts this program there");
  }
  ASSIGN_OR_RETURN(const std::string program, FindProgram(tree, "rexray", options.program));
  RETURN_IF_ERROR(planner.MakeDirectory("/etc/rexray", "the configuration"));
  RETURN_IF_ERROR(planner.MakeDirectory("/var/log/rexray", "logs"));
  std::string unit = PackagedUnit(tree);
  // A file that an older REX-Ray left in /etc hides a package's: it must be ours too.
  if (unit.empty() || tree.Exists(kOwnUnit)) {
    unit = kOwnUnit;
    RETURN_IF_ERROR(planner.SetFile(kOwnUnit, UnitFor(program), "the daemon's unit"));
    planner.UnitFilesChange();
  }
  RETURN_IF_ERROR(WarnOfNamespaces(planner));
  return planner.SetLink("/etc/systemd/system/multi-user.target.wants/rexray.service", unit,
                         "started at boot");
}

}  // namespace rexray::setup
