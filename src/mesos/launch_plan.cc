#include "mesos/launch_plan.h"

#include <sys/mount.h>
#include <sys/statvfs.h>

#include <initializer_list>

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

// Before Mesos 1.1 the launch helper runs these as root, but in the environment of the task: its PATH (or a
// function for bash) would say what "mount" is.
const std::vector<std::string>& CleanEnvironment() {
  static const auto* const words =
      new std::vector<std::string>{"/usr/bin/env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"};
  return *words;
}

std::vector<std::string> Clean(std::initializer_list<std::string> words) {
  std::vector<std::string> argv = CleanEnvironment();
  argv.insert(argv.end(), words);
  return argv;
}

std::string ShellCommand(const std::vector<std::string>& argv) {
  std::string command;
  for (const std::string& word : argv) {
    if (!command.empty()) command += ' ';
    command += ShellQuoted(word);
  }
  return command;
}

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
  std::vector<std::vector<std::string>> commands{Clean({"mount", "-n", "--make-rslave", "/"})};
  for (const Bind& bind : plan.binds) {
    commands.push_back(
        Clean({"mount", "-n", bind.read_only ? "--bind" : "--rbind", bind.source, bind.target}));
    commands.push_back(Clean({"mount", "-n", "-o", RemountOptions(bind.flags), bind.target}));
  }
  return commands;
}

std::vector<std::string> ShellMountCommands(const LaunchPlan& plan, std::string_view agent_namespace) {
  const std::string test = fmt::format(
      "test \"$(readlink /proc/self/ns/mnt)\" != {} || {{ echo {} >&2; exit 1; }}",
      ShellQuoted(agent_namespace),
      ShellQuoted(
          "DockerVolumeDriverIsolator: the container has no mount namespace of its own; run the agent with "
          "--launcher=linux"));
  std::vector<std::string> commands{ShellCommand(Clean({"/bin/sh", "-c", test}))};
  for (const auto& argv : MountCommands(plan)) commands.push_back(ShellCommand(argv));
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
