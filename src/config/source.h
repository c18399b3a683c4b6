#pragma once

// Where written values come from: files, the environment, flags. Each place is one Layer; the store puts them
// in order.

#include <sys/types.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "config/config.h"
#include "config/value.h"

namespace rexray::config {

using Environment = std::map<std::string, std::string>;

/// One "key: value" with where it stands.
struct Written {
  std::string key;  ///< as written, segments joined by "."
  RawValue value;
  Origin origin;
  std::string message_origin;  ///< for messages: with the column
  bool expanded = false;       ///< the value came out of $VARIABLES, so that the file itself does not hold it
};

struct Layer {
  std::string name;  ///< "/etc/rexray/config.yml", "the environment", "the flags"
  bool world_readable = false;
  std::vector<Written> values;
};

/// The variables of /etc/environment (as pam_env(8) reads it: NAME=VALUE, quotes, #) that `environment` does
/// not set. A missing file is none; an unreadable one is left out with a warning.
void AddEtcEnvironment(const std::string& root, Environment& environment, std::vector<std::string>& warnings);

struct FileRules {
  bool must_exist = false;
  std::optional<uid_t> owner;  ///< ignored with a warning when somebody else's
};

/// nullopt when there is nothing to read. $VAR and ${VAR} in values are replaced from `environment` unless
/// GOFIG_DISABLE_ENVVAR_SUBSTITUTION is true there; an unset variable is empty text, with a warning.
absl::StatusOr<std::optional<Layer>> ReadConfigFile(const std::string& path, const FileRules& rules,
                                                    const Environment& environment,
                                                    std::vector<std::string>& warnings);

/// Every known key's variable, and those of modules and services ("REXRAY_MODULES_DEFAULT_DOCKER_HOST";
/// `names` are the modules and services that files declare, so that MY_SVC can find my-svc). Empty variables
/// are not set. A REXRAY_* or LIBSTORAGE_* variable that is nearly a known one warns.
Layer EnvironmentLayer(const Environment& environment, const std::set<std::string>& names,
                       std::vector<std::string>& warnings);

/// InvalidArgument for a key that is not known.
absl::StatusOr<Layer> FlagLayer(const std::map<std::string, std::string>& flags);

}  // namespace rexray::config
