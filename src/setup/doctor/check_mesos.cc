// The agent: modules, isolation, dvdcli, the work directory, the log.

#include <algorithm>

#include "base/json.h"
#include "base/status.h"
#include "setup/doctor/agent_log.h"
#include "setup/doctor/agent_view.h"
#include "setup/doctor/checks.h"
#include "setup/doctor/module_file.h"
#include "setup/isolation.h"
#include "setup/mesos_modules.h"

namespace rexray::setup::doctor {
namespace {

constexpr const char* kNative = "docker/volume";
constexpr uint64_t kMostOfALog = uint64_t{64} << 20;

class Agent {
 public:
  Agent(const Scene& scene, AgentView view) : scene_(scene), tree_(scene.tree), view_(std::move(view)) {}

  Results Check() {
    Add(Ok("the agent", fmt::format("{}, Mesos {}", view_.unit,
                                    view_.version.empty() ? "of unknown version" : view_.version)));
    for (const std::string& problem : view_.problems) {
      Add(Warning("the agent", problem, "the checks below do not know what it sets"));
    }
    CheckModules();
    CheckIsolation();
    CheckDvdcli();
    CheckWorkDirectory();
    CheckLog();
    return std::move(results_);
  }

 private:
  void Add(Diagnosis diagnosis) { results_.push_back(std::move(diagnosis)); }

  std::string Setup() const { return view_.dcos ? "rexray setup dcos --agent" : "rexray setup mesos"; }

  bool Isolates(std::string_view name) const { return ListHas(view_.ValueOf("isolation"), name); }

  // --- modules ---

  void CheckModules() {
    const AgentFlag* modules = view_.Flag("modules");
    const AgentFlag* directory = view_.Flag("modules_dir");
    if (modules != nullptr && directory != nullptr) {
      Add(Broken(
          "the list of modules",
          fmt::format(
              "modules ({}) and modules_dir ({}) are both set: the agent ends with \"Only one of --modules "
              "or --modules_dir should be specified\"",
              modules->path, directory->path),
          "leave one out"));
    }
    if (modules != nullptr) {
      const std::optional<std::string> path = PathOfModules(modules->value);
      if (!path) {
        CheckList(modules->value, modules->path);
      } else if (const absl::StatusOr<std::string> text = tree_.Read(*path); text.ok()) {
        CheckList(*text, *path);
      } else {
        Add(Broken("the list of modules",
                   fmt::format("{} names {}: {}", modules->path, *path, MessageOf(text.status())),
                   "make the file, or correct the flag"));
      }
    } else if (directory != nullptr) {
      const absl::StatusOr<std::vector<std::string>> names = tree_.List(directory->value);
      if (!names.ok()) {
        Add(Broken("the list of modules", std::string(MessageOf(names.status())), "correct modules_dir"));
        return;
      }
      for (const std::string& name : *names) {
        const std::string path = directory->value + "/" + name;
        if (const absl::StatusOr<std::string> text = tree_.Read(path); text.ok()) CheckList(*text, path);
      }
    }
  }

  void CheckList(const std::string& text, const std::string& path) {
    const absl::StatusOr<std::optional<std::string>> library = LibraryOfModule(text, path);
    if (!library.ok()) {
      Add(Broken("the list of modules",
                 std::string(MessageOf(library.status())) + ": the agent ends with \"Error loading modules\"",
                 "correct the JSON at that place"));
      return;
    }
    if (!*library) {
      Add(Ok("the list of modules", path + " is sound, without our module"));
      return;
    }
    loaded_ = true;
    work_dir_parameter_ = ParameterIn(text, "work_dir");
    Add(Ok("the list of modules", fmt::format("{} names {}", path, **library)));
    module_ = CheckModuleFile(tree_, **library, view_.version, results_);
  }

  static std::string ParameterIn(const std::string& text, const std::string& key) {
    const absl::StatusOr<nlohmann::json> list = ParseJson(text);
    if (!list.ok()) return "";
    std::string value;
    try {
      for (const auto& library : list->at("libraries")) {
        for (const auto& module : library.value("modules", nlohmann::json::array())) {
          if (module.value("name", "") != kModuleName) continue;
          for (const auto& parameter : module.value("parameters", nlohmann::json::array())) {
            if (parameter.value("key", "") == key) value = parameter.value("value", "");
          }
        }
      }
    } catch (const nlohmann::json::exception&) {
      return "";  // of another shape: the agent will say so
    }
    return value;
  }

  // --- isolation ---

  void CheckIsolation() {
    const std::string list = view_.ValueOf("isolation");
    const AgentFlag* flag = view_.Flag("isolation");
    const std::string where = flag == nullptr ? "the default" : flag->path;
    const std::string shown = fmt::format("{} ({})", list, where);
    const bool native = Isolates(kNative);
    const bool ours = Isolates(kModuleName);
    if (ours && !loaded_) {
      Add(Broken("isolation",
                 shown +
                     ": names the module, but no list of modules loads it: the agent ends with \"Unknown or "
                     "unsupported isolator\"",
                 fmt::format("load it ({})", Setup())));
    } else if (loaded_ && !ours) {
      Add(Broken("isolation", shown + ": the module is loaded, but not named here, so it is never called",
                 fmt::format("add {} to isolation", kModuleName)));
    } else if (native && !view_.HasDockerVolume()) {
      Add(Broken("isolation", shown + ": docker/volume needs Mesos 1.0 or later",
                 fmt::format("use the module {} instead", kModuleName)));
    } else if (native && !Isolates("filesystem/linux")) {
      Add(Broken("isolation", shown + ": docker/volume needs filesystem/linux beside it",
                 "add filesystem/linux"));
    } else if (!native && !ours) {
      Add(Warning("isolation", shown + ": nothing here mounts external volumes for the Mesos containerizer",
                  Setup()));
    } else if (native && ours) {
      Add(Warning("isolation",
                  shown + ": docker/volume and the module together; each keeps its own count of users",
                  "keep docker/volume, unless apps set DVDI_VOLUME_* variables"));
    } else {
      Add(Ok("isolation", shown));
    }
  }

  // --- dvdcli, where each caller looks ---

  void CheckDvdcli() {
    const std::string on_path = FindExecutable(tree_, view_.path, "dvdcli");
    std::string found;
    for (const char* path :
         {"/usr/bin/dvdcli", "/opt/bin/dvdcli", "/opt/mesosphere/bin/dvdcli", "/usr/local/bin/dvdcli"}) {
      if (tree_.Exists(path))
        found += (found.empty() ? "" : ", ") + std::string(path) +
                 (IsExecutable(tree_, path) ? "" : " (not executable)");
    }
    const std::string seen = found.empty() ? "nowhere" : found;
    std::string where;
    for (const std::string& directory : view_.path) where += (where.empty() ? "" : ":") + directory;
    if (Isolates(kNative) && on_path.empty()) {
      Add(Broken("dvdcli",
                 fmt::format("docker/volume looks on the agent's PATH ({}); it is {}: the agent ends with "
                             "\"cannot get dvdcli command\"",
                             where, seen),
                 "put dvdcli in one of these directories, executable, and restart the agent"));
    } else if (loaded_ && module_.original && !IsExecutable(tree_, "/usr/bin/dvdcli")) {
      Add(Broken(
          "dvdcli",
          fmt::format("the original module calls /usr/bin/dvdcli and nothing else; it is {}: the agent "
                      "crashes at the first volume",
                      seen),
          "use this project's module, which needs no dvdcli, or put dvdcli at that path"));
    } else if (Isolates(kNative) || (loaded_ && module_.original)) {
      Add(Ok("dvdcli",
             fmt::format("{}; the agent calls {}", seen, Isolates(kNative) ? on_path : "/usr/bin/dvdcli")));
    } else {
      Add(Ok("dvdcli", fmt::format("{}; nothing here needs it", seen)));
    }
  }

  // --- the traps of the work directory ---

  void CheckWorkDirectory() {
    const std::string agent = view_.ValueOf("work_dir");
    if (loaded_ && module_.original) {
      const std::string module = work_dir_parameter_.empty() ? "/tmp/mesos" : work_dir_parameter_;
      if (!agent.empty() && module != agent) {
        const bool exists = tree_.Exists(module);
        const std::string evidence = fmt::format(
            "the original module looks for the agent's state in {} ({}), the agent keeps it in {}; {} {}",
            module, work_dir_parameter_.empty() ? "its default" : "its parameter work_dir", agent, module,
            exists ? "exists by chance, from an agent that was once started by hand; it goes at the next "
                     "clean-up of /tmp"
                   : "does not exist, so the agent crashes at its start (state == NONE). Starting it once by "
                     "hand makes the "
                     "directory, which is why that helps");
        constexpr const char* kFix =
            "use this project's module, or give the module the parameter {\"key\": \"work_dir\", \"value\": "
            "\"WORK_DIR\"}";
        Add(exists ? Warning("the work directory", evidence, kFix)
                   : Broken("the work directory", evidence, kFix));
        return;
      }
    }
    if (agent.starts_with("/tmp/")) {
      Add(Warning("the work directory",
                  agent + " lies in /tmp, which is emptied at a reboot: running tasks and their volumes "
                          "are forgotten",
                  "set work_dir to /var/lib/mesos"));
    } else if (!agent.empty()) {
      Add(Ok("the work directory", agent));
    }
  }

  // --- the log ---

  std::string Journal() {
    if (!tree_.IsHost()) return "";
    const absl::StatusOr<CommandResult> journal = scene_.runner.Run(
        {.argv = {"journalctl", "-u", view_.unit, "-n", "400", "--no-pager", "-o", "cat", "-q"},
         .deadline = Deadline::After(scene_.clock, scene_.patience),
         .output_limit = 512 * 1024});
    return journal.ok() ? journal->out : "";
  }

  void CheckLog() {
    std::string directory = view_.ValueOf("log_dir");
    if (directory.empty()) directory = "/var/log/mesos";
    std::optional<Explained> found;
    std::string source;
    const auto look = [&](const std::string& text, const std::string& name) {
      std::optional<Explained> one = ExplainLog(text);
      if (!one || (found && found->known->ends_agent >= one->known->ends_agent)) return;
      found = std::move(one);
      source = name;
    };
    for (const char* role : {"mesos-slave", "mesos-agent"}) {
      for (const char* level : {".FATAL", ".ERROR", ".WARNING", ".INFO", ".log"}) {
        const std::string path = directory + "/" + role + level;
        const absl::StatusOr<std::string> text = tree_.Read(path, kMostOfALog);
        if (text.ok()) look(*text, path);
      }
    }
    if (const std::string journal = Journal(); !journal.empty())
      look(journal, "the journal of " + view_.unit);
    if (!found) return Add(Ok("the agent's log", "nothing in it that is known to go wrong with volumes"));
    const std::string evidence = fmt::format("{}: \"{}\". {}", source, found->line, found->known->cause);
    const std::string fix(found->known->fix);
    const bool now = found->known->ends_agent && !found->came_up_since;
    Add(now ? Broken("the agent's log", evidence, fix)
            : Warning("the agent's log", evidence + (found->came_up_since ? "; the agent came up since" : ""),
                      fix));
  }

  const Scene& scene_;
  const Tree& tree_;
  const AgentView view_;
  bool loaded_ = false;
  ModuleFacts module_;
  std::string work_dir_parameter_;
  Results results_;
};

}  // namespace

Results CheckMesos(const Scene& scene) {
  std::optional<AgentView> view = LookAtAgent(scene.tree);
  if (!view) return {};
  return Agent(scene, *std::move(view)).Check();
}

}  // namespace rexray::setup::doctor
