#pragma once

// What a container asks for, once its environment has been read (environment.h).

#include <compare>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace rexray::mesos {

/// A volume is what a driver calls by a name; both are compared exactly. (The original module compared them
/// without regard to case, so that "Vol" could get the data of "vol".)
struct VolumeKey {
  std::string driver;
  std::string name;

  auto operator<=>(const VolumeKey&) const = default;
};

/// "rexray/pgdata", as in the log lines of the original module.
inline std::string Text(const VolumeKey& key) {
  return key.driver + "/" + key.name;
}

using DriverOptions = std::map<std::string, std::string>;

struct BindRequest {
  std::string container_path;  ///< normal form: no "//", no ".", no trailing "/"; may be relative
  bool read_only = false;
};

/// One volume; several binds of it are possible, none means that it is mounted on the host only.
struct VolumeRequest {
  VolumeKey key;
  DriverOptions options;
  bool explicit_create = false;  ///< true: a volume that does not exist is an error, not created
  std::vector<BindRequest> binds;
};

/// A container's environment as Mesos gives it; a later variable of the same name wins.
using EnvironmentVariables = std::vector<std::pair<std::string, std::string>>;

}  // namespace rexray::mesos
