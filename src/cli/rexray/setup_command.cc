// `setup`, `setup undo`, `setup aws-policy`, `install`, `uninstall`.

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <optional>

#include "cli/rexray/commands.h"
#include "cli/rexray/terminal_text.h"

#include "base/status.h"
#include "base/subprocess.h"
#include "base/unique_fd.h"
#include "setup/documents.h"
#include "setup/record.h"
#include "setup/setup.h"
#include "setup/tree_lock.h"

namespace rexray::cli {

namespace {

/// What a run works on.
struct Site {
  setup::Tree tree;
  ProcessRunner runner;
  setup::ServiceManager manager;

  Site(const std::string& root, Clock& clock) : tree(root), runner(clock), manager(runner, clock) {}
  /// Null in a tree, and where systemd is not what runs.
  setup::ServiceManager* Manager() {
    return tree.IsHost() && tree.Exists("/run/systemd/system") ? &manager : nullptr;
  }
};

/// Diffs hold other people's files: line ends stay, control characters do not reach the terminal.
std::string Safe(const std::string& text, const Console& console) {
  return console.OutIsTerminal() ? TerminalSafeLines(text) : text;
}

absl::Status CheckRoot(const std::string& root) {
  struct stat info;
  if (stat(root.c_str(), &info) != 0) return ErrnoError(errno, "--root " + root);
  if (!S_ISDIR(info.st_mode)) return ErrnoError(ENOTDIR, "--root " + root);
  return absl::OkStatus();
}

/// For one who changes something: root, and alone at work (until the descriptor goes). Who only looks needs
/// neither.
absl::StatusOr<UniqueFd> Enter(const Context& context, const setup::Tree& tree, const char* what) {
  if (context.invocation.dry_run) return UniqueFd();
  if (tree.IsHost() && geteuid() != 0) {
    return Error(absl::StatusCode::kPermissionDenied, "REX-Ray can only be {} by root; --dry-run only looks",
                 what);
  }
  return setup::LockTree(tree);
}

void PrintNotes(Context& context, const std::vector<std::string>& notes) {
  for (const std::string& note : notes) context.console.Err("note: " + TerminalSafe(note) + "\n");
}

std::string Counted(size_t paths) {
  return paths == 1 ? "1 path" : fmt::format("{} paths", paths);
}

void PrintDiffs(Context& context, const std::vector<setup::Change>& changes) {
  for (const setup::Change& change : changes) {
    context.console.Out(Safe(setup::UnifiedDiff(change), context.console));
  }
  context.console.Err(
      fmt::format("{} would change; nothing was changed (--dry-run)\n", Counted(changes.size())));
}

void PrintSummaries(Context& context, const std::vector<setup::Change>& changes) {
  for (const setup::Change& change : changes) context.console.Out(TerminalSafeLines(setup::Summary(change)));
}

std::string Joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += " " + word;
  return out;
}

/// The program that runs now is the one that was meant; in a tree, the one that is there.
std::string ProgramFor(const setup::Tree& tree) {
  if (!tree.IsHost()) return "";
  std::string path(PATH_MAX, '\0');
  const ssize_t length = readlink("/proc/self/exe", path.data(), path.size());
  if (length <= 0) return "";
  path.resize(static_cast<size_t>(length));
  return path;
}

void PrintDone(Context& context, const setup::Plan& plan, bool managed) {
  const setup::Tree tree(context.invocation.root);
  context.console.Out(
      fmt::format("Done. The files as they were: {}{}/before; \"rexray setup undo{}\" puts them back.\n",
                  tree.prefix(), setup::Record::kDirectory, tree.IsHost() ? "" : " --root " + tree.prefix()));
  const std::vector<std::string> units = setup::UnitsOf(plan.changes);
  if (units.empty() || context.invocation.setup.restart) return;
  context.console.Out(fmt::format("To take effect:{} systemctl restart{}\n",
                                  managed || !plan.unit_files ? "" : " systemctl daemon-reload;",
                                  Joined(units)));
}

int SetUp(Context& context, const std::vector<std::string>& parts, const char* what) {
  const Invocation& asked = context.invocation;
  if (const absl::Status root = CheckRoot(asked.root); !root.ok()) return Fail(context.console, root);
  Site site(asked.root, context.clock);
  const absl::StatusOr<UniqueFd> alone = Enter(context, site.tree, what);
  if (!alone.ok()) return Fail(context.console, alone.status());
  if (asked.setup.restart && site.Manager() == nullptr) {
    return Fail(context.console,
                Error(absl::StatusCode::kFailedPrecondition, "--restart: systemd does not run here"));
  }
  const absl::StatusOr<setup::Plan> plan = setup::PlanSetup(site.tree, parts,
                                                            {.module = asked.setup.module,
                                                             .mesos_version = asked.setup.mesos_version,
                                                             .program = ProgramFor(site.tree),
                                                             .agent = asked.setup.agent,
                                                             .master = asked.setup.master});
  if (!plan.ok()) {
    Fail(context.console, plan.status());
    return 1;  // the machine's files are wrong (InvalidArgument), not the words that were typed
  }
  PrintNotes(context, plan->notes);
  if (plan->changes.empty()) {
    context.console.Out("Nothing to do: everything is as setup would make it.\n");
    return 0;
  }
  if (asked.dry_run) {
    PrintDiffs(context, plan->changes);
    return 0;
  }
  PrintSummaries(context, plan->changes);
  const absl::Status status = setup::RunSetup(site.tree, *plan, site.Manager(), asked.setup.restart);
  if (!status.ok()) return Fail(context.console, status);
  PrintDone(context, *plan, site.Manager() != nullptr);
  return 0;
}

int TakeBack(Context& context, const std::string& part, bool restart, const char* what) {
  const Invocation& asked = context.invocation;
  if (const absl::Status root = CheckRoot(asked.root); !root.ok()) return Fail(context.console, root);
  Site site(asked.root, context.clock);
  const absl::StatusOr<UniqueFd> alone = Enter(context, site.tree, what);
  if (!alone.ok()) return Fail(context.console, alone.status());
  const setup::UndoRequest request{part, asked.force};
  const absl::StatusOr<setup::UndoPlan> plan = setup::PlanUndo(site.tree, request);
  if (!plan.ok()) return Fail(context.console, plan.status());
  PrintNotes(context, plan->notes);
  if (asked.dry_run) {
    PrintDiffs(context, plan->changes);
    return 0;
  }
  if (plan->empty) {
    context.console.Out("Nothing to undo.\n");
  } else {
    PrintSummaries(context, plan->changes);
  }
  // Also where there is nothing: an undo that was cut off in its last step left something to sweep.
  const absl::Status status = setup::RunUndo(site.tree, request, site.Manager(), restart);
  if (!status.ok()) return Fail(context.console, status);
  if (!plan->empty) context.console.Out("Done: everything is as it was before.\n");
  if (!plan->units.empty() && !restart && site.Manager() != nullptr) {
    context.console.Out("What runs now goes on with the old settings until it is restarted:" +
                        Joined({plan->units.begin(), plan->units.end()}) + "\n");
  }
  return 0;
}

}  // namespace

int RunSetup(Context& context) {
  return SetUp(context, context.invocation.setup.parts, "set up");
}

int UndoSetup(Context& context) {
  const SetupOptions& asked = context.invocation.setup;
  return TakeBack(context, asked.parts.empty() ? "" : asked.parts.front(), asked.restart, "set up");
}

int ShowAwsPolicy(Context& context) {
  context.console.Out(setup::kAwsPolicy);
  return 0;
}

int Install(Context& context) {
  return SetUp(context, {"service"}, "installed");
}

int Uninstall(Context& context) {
  // With the service manager: the daemon is stopped before its unit goes. Volumes stay mounted.
  const bool managed = Site(context.invocation.root, context.clock).Manager() != nullptr;
  return TakeBack(context, "service", managed, "uninstalled");
}

}  // namespace rexray::cli
