#include "setup/setup.h"

#include <algorithm>

#include "base/status.h"
#include "setup/unit_file.h"

namespace rexray::setup {

namespace {

absl::Status PlanPart(Planner& planner, const std::string& part, const PartOptions& options) {
  if (part == "service") return PlanService(planner, options);
  if (part == "docker") return PlanDocker(planner, options);
  if (part == "mesos") return PlanMesos(planner, options);
  if (part == "dcos") return PlanDcos(planner, options);
  return Error(absl::StatusCode::kInvalidArgument, "setup has no part \"{}\"", part);
}

bool IsRexray(const std::string& unit) {
  return unit == "rexray.service" || unit == "dcos-rexray.service";
}

/// The unit's own file comes or goes with these changes (in the direction that `gone` looks at).
bool FileIs(const std::vector<Change>& changes, const std::string& unit, Node Change::*state) {
  return std::any_of(changes.begin(), changes.end(), [&](const Change& change) {
    return change.path == "/etc/systemd/system/" + unit && (change.*state).kind == Node::Kind::kAbsent;
  });
}

/// After a unit did not come up: the old files, and the old configuration running again.
absl::Status TakeBack(const Tree& tree, const Plan& plan, ServiceManager& manager,
                      const std::vector<std::string>& restarted) {
  for (const std::string& unit : restarted) {
    if (FileIs(plan.changes, unit, &Change::before)) (void)manager.Stop(unit);
  }
  RETURN_IF_ERROR(RollBack(tree, plan));
  if (plan.unit_files) RETURN_IF_ERROR(manager.Reload());
  for (const std::string& unit : restarted) {
    if (!FileIs(plan.changes, unit, &Change::before)) RETURN_IF_ERROR(manager.RestartAndWatch(unit));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Plan> PlanSetup(const Tree& tree, const std::vector<std::string>& parts,
                               const PartOptions& options) {
  const std::vector<std::string> chosen = parts.empty() ? DetectParts(tree) : parts;
  if (chosen.empty()) {
    return Error(absl::StatusCode::kNotFound,
                 "nothing was found in {}/ that setup knows (systemd, docker, podman, a Mesos agent, DC/OS); "
                 "name a part: "
                 "service, docker, mesos or dcos",
                 tree.prefix());
  }
  Plan plan;
  Planner planner(tree, plan);
  for (const std::string& part : chosen) RETURN_IF_ERROR(PlanPart(planner, part, options));
  return plan;
}

std::vector<std::string> UnitsOf(const std::vector<Change>& changes) {
  std::vector<std::string> units;
  for (const Change& change : changes) {
    for (const std::string& unit : change.units) {
      if (std::find(units.begin(), units.end(), unit) == units.end()) units.push_back(unit);
    }
  }
  std::stable_partition(units.begin(), units.end(), IsRexray);
  return units;
}

absl::Status RunSetup(const Tree& tree, const Plan& plan, ServiceManager* manager, bool restart) {
  RETURN_IF_ERROR(Apply(tree, plan));
  if (manager == nullptr) return absl::OkStatus();
  if (plan.unit_files) RETURN_IF_ERROR(manager->Reload());
  if (!restart) return absl::OkStatus();
  std::vector<std::string> restarted;
  for (const std::string& unit : UnitsOf(plan.changes)) {
    restarted.push_back(unit);
    const absl::Status status = manager->RestartAndWatch(unit);
    if (status.ok()) continue;
    const absl::Status back = TakeBack(tree, plan, *manager, restarted);
    if (back.ok()) {
      return Error(status.code(), "{}\nEverything was taken back, and what ran before runs again",
                   MessageOf(status));
    }
    return Error(status.code(), "{}\nTaking everything back failed: {}", MessageOf(status), MessageOf(back));
  }
  return absl::OkStatus();
}

absl::Status RunUndo(const Tree& tree, const UndoRequest& request, ServiceManager* manager, bool restart) {
  ASSIGN_OR_RETURN(const UndoPlan plan, PlanUndo(tree, request));
  if (manager != nullptr && restart) {
    for (const std::string& unit : plan.units) {
      if (FileIs(plan.changes, unit, &Change::after)) RETURN_IF_ERROR(manager->Stop(unit));
    }
  }
  RETURN_IF_ERROR(Undo(tree, request));
  if (manager == nullptr) return absl::OkStatus();
  if (plan.unit_files) RETURN_IF_ERROR(manager->Reload());
  if (!restart) return absl::OkStatus();
  for (const std::string& unit : plan.units) {
    if (!FindUnit(tree, unit).ok()) continue;
    const absl::Status status = manager->RestartAndWatch(unit);
    if (!status.ok()) return Annotate(status, "everything is undone, but");
  }
  return absl::OkStatus();
}

}  // namespace rexray::setup
