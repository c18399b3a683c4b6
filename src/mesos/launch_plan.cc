#include "mesos/launch_plan.h"

#include <sys/mount.h>
#include <sys/statvfs.h>

#include "fmt/format.h"

namespace rexray::mesos {
namespace {

struct FlagName {
  unsigned long mount_flag;
  unsigned long statvfs_flag;
  const char* option;
};
constexpr FlagName kFlags[] = {
    {MS_RDONLY, ST_RDONLY, "ro"},          {MS_NOSUID, ST_NOSUID, "nosuid"},
    {MS_NODEV, ST_NODEV, "nodev"},         {MS_NOEXEC, ST_NOEXEC, "noexec"},
    {MS_NOATIME, ST_NOATIME, "noatime"},   {MS_NODIRATIME, ST_NODIRATIME, "nodiratime"},
    {MS_RELATIME, ST_RELATIME, "relatime"}};

std::string RemountOptions(unsigned long flags) {
  std::string options = "remount,bind";
  for (const FlagName& flag : kFlags) {
    if ((flags & flag.mount_flag) != 0) options.append(",").append(flag.option);
  }
  return options;
}

}  // namespace

unsigned long BindFlags(const std::string& source, bool read_only) {
  unsigned long flags = MS_NOSUID | MS_NODEV;
  if (read_only) flags |= MS_RDONLY;
  struct statvfs status {};
  if (::statvfs(source.c_str(), &status) != 0) return flags;
  for (const FlagName& flag : kFlags) {
    if ((status.f_flag & flag.statvfs_flag) != 0) flags |= flag.mount_flag;
  }
  return flags;
}

std::vector<std::vector<std::string>> MountCommands(const LaunchPlan& plan) {
  std::vector<std::vector<std::string>> commands{{"mount", "-n", "--make-rslave", "/"}};
  for (const Bind& bind : plan.binds) {
    commands.push_back({"mount", "-n", bind.read_only ? "--bind" : "--rbind", bind.source, bind.target});
    commands.push_back({"mount", "-n", "-o", RemountOptions(bind.flags), bind.target});
  }
  return commands;
}

std::vector<std::string> ShellMountCommands(const LaunchPlan& plan, std::string_view agent_namespace) {
  std::vector<std::string> commands;
  commands.push_back(fmt::format(
      "test \"$(readlink /proc/self/ns/mnt)\" != {} || {{ echo {} >&2; exit 1; }}",
      ShellQuoted(agent_namespace),
      ShellQuoted(
          "DockerVolumeDriverIsolator: the container has no mount namespace of its own; run the agent with "
          "--launcher=linux")));
  for (const auto& argv : MountCommands(plan)) {
    std::string command;
    for (const std::string& word : argv) {
      if (!command.empty()) command += ' ';
      command += ShellQuoted(word);
    }
    commands.push_back(std::move(command));
  }
  return commands;
}

std::string ShellQuoted(std::string_view word) {
  std::string quoted = "'";
  for (const char c : word) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

}  // namespace rexray::mesos
