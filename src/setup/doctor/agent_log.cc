#include "setup/doctor/agent_log.h"

#include <algorithm>

namespace rexray::setup::doctor {
namespace {

constexpr size_t kTail = 256 * 1024;
constexpr size_t kLongestLine = 400;

bool Contains(std::string_view line, std::string_view pattern) {
  while (!pattern.empty()) {
    const size_t star = pattern.find('*');
    const std::string_view part = pattern.substr(0, star);
    const size_t at = line.find(part);
    if (at == std::string_view::npos) return false;
    line.remove_prefix(at + part.size());
    if (star == std::string_view::npos) return true;
    pattern.remove_prefix(star + 1);
  }
  return true;
}

}  // namespace

const std::vector<KnownText>& KnownTexts() {
  // The particular before the general: the first that fits a line counts.
  static const std::vector<KnownText> kTexts = {
      // --- loading the module (Mesos src/module/manager.cpp, dlopen) ---
      {"Could not load library*invalid ELF header",
       "the module's file is no shared library: usually a web page that was saved under its name",
       "get the file again (curl -fL), for this machine; \"rexray doctor\" says what the file is", true},
      {"Could not load library*file too short", "the module's file is empty or broke off while it was copied",
       "copy it again", true},
      {"Could not load library*wrong ELF class",
       "the module is for a machine of another word size (32 or 64 bits)", "use the build for this machine",
       true},
      {"Could not load library*GLIBCXX_*not found",
       "the module was built with a newer libstdc++ than the agent has",
       "use a module that was built on this distribution or an older one", true},
      {"Could not load library*GLIBC_*not found", "the module was built for a newer glibc than this host's",
       "use a module that was built on this distribution or an older one", true},
      {"Could not load library*undefined symbol",
       "the module was built against another libmesos or protobuf than the agent's (other version, or the "
       "other C++ ABI)",
       "use a module that was built for exactly this agent", true},
      {"Could not load library*cannot open shared object file",
       "the module's file, or a library that it needs, is not where the agent looks",
       "check \"file\" in the module JSON", true},
      {"Error opening library", "the agent cannot load a module's file", "check \"file\" in the module JSON",
       true},
      {"Error looking up symbol", "the library has no module of the name that the JSON gives it",
       "the name is com_emccode_mesos_DockerVolumeDriverIsolator", true},
      {"but module is compiled with version",
       "the module was built for another Mesos version: it must be the same to the "
       "patch level",
       "use the module for the agent's version", true},
      {"Module API version mismatch", "the module was built for a Mesos with another module interface",
       "use the module for the agent's version", true},
      {"Unknown module kind", "the module was built for another Mesos version",
       "use the module for the agent's version", true},
      {"; missing fields", "the file is no Mesos module, or is damaged", "get the file again", true},
      {"has determined to be incompatible", "the module refuses this Mesos version",
       "use the module for the agent's version", true},
      {"Library name or path not provided", "a library in the module JSON has neither \"file\" nor \"name\"",
       "add \"file\": \"/path/to/libmesos_dvdi_isolator-VERSION.so\"", true},
      {"A module with same name but different parameters already exists",
       "the module stands twice in the JSON, with different parameters", "leave one out", true},
      {"Only one of --modules or --modules_dir should be specified", "both flags are set", "leave one out",
       true},
      {"Error loading modules", "the module JSON cannot be used (its syntax, or what it names)",
       "\"rexray doctor\" checks the JSON, with line and column", true},
      {"Error creating Module instance for",
       "the module was loaded, and refused to start: not root, or a wrong parameter; its own line stands "
       "before",
       "read the line before it; run the agent as root", true},
      {"work_dir parameter is invalid, must start with /",
       "the module's parameter work_dir is no absolute path", "set it to the agent's --work_dir", true},
      {"DockerVolumeDriverIsolator requires root privileges", "the agent does not run as root",
       "run it as root", true},
      // --- isolators ---
      {"Unknown or unsupported isolator",
       "--isolation names an isolator that this agent does not have: docker/volume needs Mesos 1.0, a "
       "module's isolator "
       "needs --modules",
       "correct --isolation, or load the module that has it", true},
      {"Duplicate entries found in --isolation flag", "--isolation names something twice", "leave one out",
       true},
      {"cannot get dvdcli command", "there was no dvdcli on the agent's PATH when it started",
       "put dvdcli on that PATH (/usr/bin; DC/OS: /opt/mesosphere/bin), executable, then restart the agent",
       true},
      {"The 'docker/volume' isolator requires root permissions", "the agent does not run as root",
       "run it as root", true},
      {"The 'docker/volume' isolator requires mount namespace support", "the kernel has no mount namespaces",
       "use another kernel", true},
      {"'filesystem/linux' isolator must be used", "volumes need filesystem/linux in --isolation",
       "--isolation=filesystem/linux,…", true},
      {"No valid CSI plugin configurations found in",
       "the directory of CSI plugins has no configuration that can be used",
       "write one, or leave --csi_plugin_config_dir out", true},
      {"The CSI plugin configuration directory", "--csi_plugin_config_dir cannot be used",
       "make the directory", true},
      {"Missing required '--csi_plugin_config_dir' flag", "volume/csi needs that flag", "set it", true},
      // --- the original module at the agent's start ---
      {"Result::get() but state == NONE",
       "the original module (0.4.3 and older) looks for the agent's state in its own work_dir, /tmp/mesos by "
       "default, and "
       "crashes when there is none. A first start by hand made that directory, which is why it helped once",
       "use this project's module (it needs no work_dir), or set the module's parameter work_dir to the "
       "agent's",
       true},
      {"Result::get() but state == ERROR",
       "the original module could not read the agent's state in its work_dir",
       "set its parameter work_dir to the agent's", true},
      {"The DVDCLI binary doesn't exist at the specified path",
       "the original module calls /usr/bin/dvdcli, wherever dvdcli is (CoreOS: /opt/bin), and the agent "
       "crashes",
       "use this project's module, which needs no dvdcli, or put dvdcli at that path", true},
      {"Invalid protobuf data contained within",
       "the original module cannot read its own list of mounts (it never could, since 0.3.0): volumes of "
       "before stay mounted",
       "use this project's module, which reads that file and cleans up", false},
      // --- the agent's recovery ---
      {"Incompatible slave info detected",
       "resources, attributes or the host's name changed: the agent refuses its old state (an isolator does "
       "not count)",
       "undo that change, or rm -f WORK_DIR/meta/slaves/latest (its running tasks are lost)", true},
      {"Incompatible agent info detected",
       "resources, attributes or the host's name changed: the agent refuses its old state (an isolator does "
       "not count)",
       "undo that change, set --reconfiguration_policy=additive (1.5), or rm -f WORK_DIR/meta/slaves/latest",
       true},
      {"Failed to perform recovery",
       "the agent cannot take up what ran before; the reason stands in the same message",
       "the message itself says what to remove", true},
      {"Insufficient version of Docker", "Docker is too old for this agent", "install a newer Docker", true},
      // --- a task's start ---
      {"flag provided but not defined: --volume-driver",
       "Docker is older than 1.8 and knows no volume plugins",
       "install Docker 1.8 or later on the agents (DC/OS 1.7's CoreOS came with 1.7.1)", false},
      {"Only one volume driver is supported", "a DOCKER container has volumes of two drivers",
       "one driver per app", false},
      {"containerpaths must start with /", "the original module takes no relative containerPath",
       "write an absolute path, or use this project's module", false},
      {"containerpaths must pre-exist, or be under /tmp", "the container path does not exist on this agent",
       "make it, or use a relative path with this project's module", false},
      {"prepare() failed due to illegal",
       "a DVDI_VOLUME_… variable has a name or value that the original module refuses (an eleventh volume, a "
       "blank, \"/\")",
       "use this project's module, or write what it takes", false},
      {"duplicated mount with containerpath", "one volume twice in one task", "leave one out", false},
      {"containerpath request on existing mount",
       "the original module binds a volume into one container of an agent only", "use this project's module",
       false},
      {"mount returned an empty mountpoint name",
       "dvdcli said nothing and exited 0: the original dvdcli does so for any flag that it does not know "
       "(--explicitCreate)",
       "use this project's dvdcli", false},
      {"prepare() failed during mount attempt",
       "dvdcli could not mount the volume; its own message stands before",
       "read the lines before it, and rexray's log", false},
      {"Absolute container path*does not exist",
       "without an image the container path must exist on the agent",
       "write a relative path, or make the directory", false},
      {"The volume driver is not specified for volume", "the app names no driver",
       "add \"dvdi/driver\": \"rexray\"", false},
      {"plugin not found",
       "no volume plugin of that name answers on this node: rexray is down, or its driver is disabled "
       "(DC/OS: no "
       "rexray_config)",
       "start rexray, and look at \"rexray service ls\"", false},
      {"does not implement the requested driver", "the plugin of that name is no volume plugin",
       "name another driver", false},
      {"'mount' timed out in", "dvdcli did not answer within the agent's 120 s",
       "look at rexray's log and events", false},
      {"'unmount' timed out in", "dvdcli did not answer in time", "look at rexray's log and events", false},
      {"volume name already exists",
       "dvdcli 0.1.0 creates a volume at each unmount, which REX-Ray 0.8 and later refuse",
       "use this project's dvdcli", false},
      {"VolumeDriver.Get: Handler not found", "the plugin is older than Docker 1.10's protocol",
       "use a newer plugin", false},
      {"Failed to execute a preparation shell command", "a bind mount in the container failed",
       "read the lines before it", false},
      {"Unable to connect to plugin",
       "the plugin's socket is there and nobody answers: a stale socket, or rexray is down",
       "start rexray, or remove the stale socket", false},
      {"Unable to locate plugin", "no volume plugin of that name is on this node", "start rexray", false},
  };
  return kTexts;
}

std::optional<Explained> ExplainLog(std::string_view log) {
  if (log.size() > kTail) log.remove_prefix(log.size() - kTail);
  std::optional<Explained> last;
  while (!log.empty()) {
    const size_t end = std::min(log.find('\n'), log.size());
    const std::string_view line = log.substr(0, end);
    log.remove_prefix(std::min(end + 1, log.size()));
    if (last && (Contains(line, "Finished recovery") || Contains(line, "egistered with master"))) {
      last->came_up_since = true;
    }
    const auto known = std::find_if(KnownTexts().begin(), KnownTexts().end(),
                                    [&](const KnownText& text) { return Contains(line, text.text); });
    if (known == KnownTexts().end()) continue;
    if (last && last->known->ends_agent && !known->ends_agent) continue;
    last = Explained{std::string(line.substr(0, kLongestLine)), &*known};
  }
  return last;
}

}  // namespace rexray::setup::doctor
