#pragma once

// Loading the configuration: defaults < /etc/rexray/rexray.yml < /etc/rexray/config.yml <
// $HOME/.rexray/rexray.yml < $HOME/.rexray/config.yml < -c FILE < environment < flags. Keys are
// case-insensitive and of two dialects (REX-Ray 0.3.3 and 0.11.4); of one setting's two names the new one
// wins over the old one in the same place, and a stronger place over a weaker one. known_keys.h is the table
// of all keys; docs/configuration.md says the same to users.
//
// Nothing here reads the process's environment or files but through LoadRequest, so that tests own both.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "config/settings.h"

namespace rexray::config {

struct LoadRequest {
  std::map<std::string, std::string> environment;
  std::optional<std::string> file;           ///< -c FILE
  std::map<std::string, std::string> flags;  ///< key (any known name of it) -> value
  uid_t uid = 0;                             ///< files below $HOME must belong to it
  std::string root;                          ///< prefix of /etc/rexray for tests and `--root`; "" = /
};

/// Where a value came from.
struct Origin {
  enum class Kind { kDefault, kFile, kEnvironment, kFlag };
  Kind kind = Kind::kDefault;
  std::string where;  ///< "/etc/rexray/config.yml:12", "REXRAY_LOGLEVEL", "--logLevel", "default"
};

struct EffectiveValue {
  std::string key;    ///< canonical spelling
  std::string value;  ///< secrets masked
  Origin origin;
  bool secret = false;
  bool reloadable = false;  ///< KeyInfo's
  size_t fingerprint = 0;   ///< differs where the values differ, masked ones too; of this process only
};

/// An immutable, loaded configuration. Thread-safe.
class Config {
 public:
  virtual ~Config() = default;
  virtual const Settings& settings() const = 0;
  /// Unknown keys (with the nearest known name), ignored files, world-readable secrets. Each a full sentence.
  virtual const std::vector<std::string>& warnings() const = 0;
  /// Every key that has an effect, every other known key that is written, and each service's socket; sorted.
  virtual std::vector<EffectiveValue> Effective() const = 0;
};

/// Errors are one line with file, line, column and key.
absl::StatusOr<std::unique_ptr<Config>> Load(const LoadRequest& request);

/// `environ`, the process's uid.
LoadRequest RequestFromProcess();

}  // namespace rexray::config
