#include "setup/doctor/module_file.h"

#include <elf.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/status.h"
#include "setup/elf_file.h"
#include "setup/mesos_modules.h"

namespace rexray::setup::doctor {
namespace {

constexpr const char* kCheck = "the module's file";
constexpr size_t kMostLibraries = 200;
constexpr size_t kMostNames = 5;

/// libmesos is in the agent already when a module is loaded.
constexpr const char* kAgentLibraries[] = {"libmesos.so"};

std::string Some(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < names.size() && i < kMostNames; ++i) text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > kMostNames) text += fmt::format(" and {} more", names.size() - kMostNames);
  return text;
}

std::vector<std::string> LibraryDirectories(const Tree& tree) {
  std::vector<std::string> all{"/opt/mesosphere/lib"};
  for (const char* base : {"/usr/local/lib", "/lib64", "/usr/lib64", "/lib", "/usr/lib"})
    all.emplace_back(base);
  for (const char* base : {"/lib/", "/usr/lib/"}) {
    for (const char* triplet : {"x86_64-linux-gnu", "aarch64-linux-gnu", "i386-linux-gnu", "s390x-linux-gnu",
                                "powerpc64le-linux-gnu"}) {
      all.push_back(std::string(base) + triplet);
    }
  }
  std::erase_if(all, [&](const std::string& directory) { return !tree.Exists(directory); });
  return all;
}

/// Everything that the loader would have in one process: the module, what it needs, what the agent brings.
class Closure {
 public:
  explicit Closure(const Tree& tree) : tree_(tree), directories_(LibraryDirectories(tree)) {}

  void Add(const ElfFile& file, const std::string& path) {
    std::vector<std::string> search = file.search;
    const std::string origin = path.substr(0, path.rfind('/'));
    for (std::string& directory : search) {
      if (const size_t at = directory.find("$ORIGIN"); at != std::string::npos)
        directory.replace(at, 7, origin);
    }
    for (const std::string& name : file.needed) Load(name, search, file);
  }

  /// A library by its name, as the agent would have it; false when it is nowhere.
  bool Load(const std::string& name, const std::vector<std::string>& search, const ElfFile& for_file) {
    if (libraries_.contains(name)) return true;
    if (libraries_.size() >= kMostLibraries) return false;
    std::vector<std::string> places = search;
    places.insert(places.end(), directories_.begin(), directories_.end());
    for (const std::string& directory : places) {
      const std::string path = fmt::format("{}/{}", directory, name);
      const absl::StatusOr<std::string> on_disk = tree_.OnDisk(path);
      if (!on_disk.ok() || !tree_.Exists(path)) continue;
      absl::StatusOr<ElfFile> file = ReadElfFile(*on_disk);
      if (!file.ok() || file->machine != for_file.machine || file->is_64_bit != for_file.is_64_bit) continue;
      const auto at = libraries_.emplace(name, *std::move(file)).first;
      Add(at->second, path);
      return true;
    }
    missing_.insert(name);
    return false;
  }

  const ElfFile* Find(const std::string& name) const {
    const auto found = libraries_.find(name);
    return found == libraries_.end() ? nullptr : &found->second;
  }

  bool Defines(const std::string& symbol) const {
    return std::any_of(libraries_.begin(), libraries_.end(), [&](const auto& library) {
      return std::binary_search(library.second.defined.begin(), library.second.defined.end(), symbol);
    });
  }

  const std::set<std::string>& missing() const { return missing_; }

 private:
  const Tree& tree_;
  const std::vector<std::string> directories_;
  std::map<std::string, ElfFile> libraries_;
  std::set<std::string> missing_;
};

std::optional<ElfFile> HostMachine(const Tree& tree) {
  for (const char* program : {"/usr/bin/env", "/bin/sh", "/usr/bin/systemctl", "/usr/bin/rexray"}) {
    const absl::StatusOr<std::string> path = tree.OnDisk(program);
    if (!path.ok()) continue;
    absl::StatusOr<ElfFile> file = ReadElfFile(*path);
    if (file.ok()) return *std::move(file);
  }
  return std::nullopt;
}

/// "GLIBCXX_3.4.30" that the host's libstdc++ does not define.
std::vector<std::string> MissingVersions(const ElfFile& file, const Closure& closure) {
  std::vector<std::string> missing;
  for (const VersionNeed& need : file.version_needs) {
    const ElfFile* library = closure.Find(need.library);
    if (library == nullptr || need.weak || library->versions.empty()) continue;
    if (!std::binary_search(library->versions.begin(), library->versions.end(), need.version)) {
      missing.push_back(need.version + " (" + need.library + ")");
    }
  }
  std::sort(missing.begin(), missing.end());
  missing.erase(std::unique(missing.begin(), missing.end()), missing.end());
  return missing;
}

bool CheckVersion(const ElfFile& file, const std::string& path, const std::string& mesos_version,
                  Results& results) {
  const auto ours = std::find_if(file.mesos_modules.begin(), file.mesos_modules.end(),
                                 [](const MesosModule& module) { return module.name == kModuleName; });
  if (ours == file.mesos_modules.end()) return true;
  if (ours->api_version != "2") {
    results.push_back(
        Broken(kCheck, fmt::format("{}: built for module interface {}, Mesos has 2", path, ours->api_version),
               "use the module for the agent's version"));
    return false;
  }
  if (mesos_version.empty() || ours->mesos_version == mesos_version) return true;
  results.push_back(Broken(
      kCheck,
      fmt::format("{}: built for Mesos {}, the agent is {}: the agent would end with \"module is "
                  "compiled with version {}\"",
                  path, ours->mesos_version, mesos_version, ours->mesos_version),
      fmt::format("use libmesos_dvdi_isolator-{}.so (docs/mesos.md says how to build it)", mesos_version)));
  return false;
}

void CheckLinks(const Tree& tree, const ElfFile& file, const std::string& path, Results& results) {
  Closure closure(tree);
  closure.Add(file, path);
  bool agent_is_here = true;
  for (const char* library : kAgentLibraries) agent_is_here &= closure.Load(library, {}, file);
  std::vector<std::string> missing;
  for (const std::string& name : file.needed) {
    // A libmesos of another version is another file: the module says for which version it is.
    if (closure.missing().contains(name)) missing.push_back(name);
  }
  if (!missing.empty()) {
    results.push_back(Broken(kCheck,
                             fmt::format("{}: needs {}, which {} not on this host", path, Some(missing),
                                         missing.size() == 1 ? "is" : "are"),
                             "use a module that was built for this agent and this distribution"));
  }
  if (const std::vector<std::string> versions = MissingVersions(file, closure); !versions.empty()) {
    results.push_back(
        Broken(kCheck, fmt::format("{}: needs {}, newer than this host's libraries", path, Some(versions)),
               "use a module that was built on this distribution or an older one"));
  }
  if (!agent_is_here || !missing.empty()) return;
  std::vector<std::string> undefined;
  for (const std::string& symbol : file.undefined) {
    if (!closure.Defines(symbol)) undefined.push_back(symbol);
  }
  if (undefined.empty()) return;
  results.push_back(
      Broken(kCheck,
             fmt::format("{}: {} symbols that neither libmesos nor another library here has: {}", path,
                         undefined.size(), Some(undefined)),
             "it was built against another libmesos or protobuf (or the other C++ ABI): use a build for "
             "exactly this agent"));
}

}  // namespace

ModuleFacts CheckModuleFile(const Tree& tree, const std::string& path, const std::string& mesos_version,
                            Results& results) {
  ModuleFacts facts;
  const absl::StatusOr<std::string> on_disk = tree.OnDisk(path);
  if (!on_disk.ok() || !tree.Exists(path)) {
    results.push_back(Broken(kCheck, path + " does not exist: the agent would end at its start",
                             "put the module there, or correct \"file\" in the module JSON"));
    return facts;
  }
  const absl::StatusOr<ElfFile> file = ReadElfFile(*on_disk);
  if (!file.ok()) {
    std::string why(MessageOf(file.status()));
    if (why.starts_with(*on_disk)) why.replace(0, on_disk->size(), path);  // as the agent calls it
    results.push_back(Broken(kCheck, why + ": the agent would end with \"invalid ELF header\" or the like",
                             "get the file again (curl -fL stops at a server's error page)"));
    return facts;
  }
  facts.readable = true;
  const size_t before = results.size();
  if (const auto host = HostMachine(tree); host && MachineName(*host) != MachineName(*file)) {
    results.push_back(Broken(
        kCheck, fmt::format("{}: for {}, this host is {}", path, MachineName(*file), MachineName(*host)),
        "use the build for this machine"));
    return facts;
  }
  if (!std::binary_search(file->defined.begin(), file->defined.end(), kModuleName)) {
    results.push_back(Broken(kCheck, fmt::format("{}: there is no {} in it", path, kModuleName),
                             "this is another library: correct \"file\" in the module JSON"));
    return facts;
  }
  facts.original = std::any_of(file->defined.begin(), file->defined.end(), [](const std::string& name) {
    return name.starts_with("_Z") && name.find("DockerVolumeDriverIsolator") != std::string::npos;
  });
  if (CheckVersion(*file, path, mesos_version, results)) CheckLinks(tree, *file, path, results);
  if (results.size() > before) return facts;
  std::string what = path + ": " + MachineName(*file);
  if (!file->mesos_modules.empty()) what += ", for Mesos " + file->mesos_modules.front().mesos_version;
  results.push_back(Ok(kCheck, what + (facts.original ? ", the original mesos-module-dvdi" : "")));
  return facts;
}

}  // namespace rexray::setup::doctor
