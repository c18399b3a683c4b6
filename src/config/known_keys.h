#pragma once

// Every configuration key that REX-Ray 0.3.3 or 0.11.4 had, and ours: what it is called in both dialects,
// what it takes, and whether we honour it or only accept it. The loader, `rexray config`, the flags of the
// command line and docs/compatibility.md all read this one table.
//
// Facts: REX-Ray 0.3.3 user guide "Configuration" and its registered keys; 0.11.4 types_config.go and the
// drivers'.

#include <string>
#include <string_view>
#include <vector>

namespace rexray::config {

enum class KeyType {
  kString,
  kBool,      ///< true/false, yes/no, on/off, 1/0, t/f
  kInt,       ///< 0 and above
  kMode,      ///< octal, with its leading 0: 0700, 0o755
  kSize,      ///< a bare number is GiB; 10G, 500MiB
  kDuration,  ///< 5s, 1m30s, 100ms; a bare number is seconds
  kList,      ///< a YAML list, or one string with spaces between the items
  kTags,      ///< a list of KEY=VALUE
  kLogLevel,
  kChoice,   ///< one of KeyInfo::choices
  kPath,     ///< absolute, without ".."
  kSubPath,  ///< below a volume's root: "/data", "" for the root itself
  kAddress,  ///< unix:///PATH or tcp://HOST:PORT
};

enum class KeyStatus {
  kHonoured,
  kAccepted,  ///< known, and not needed: no warning, no effect. KeyInfo::help says why
};

struct KeyInfo {
  /// The canonical spelling. "NAME" stands for a module's or service's name: "rexray.modules.NAME.host".
  std::string key;
  /// Other names of the same setting. Inside one file (or the environment, or the flags) `newer` wins over
  /// `key`, `key` over `older`; a name in a stronger place wins over any name in a weaker one.
  std::vector<std::string> newer = {};
  std::vector<std::string> older = {};
  KeyType type = KeyType::kString;
  std::string default_value = {};  ///< as `rexray env` prints it; "" = none
  std::vector<std::string> choices = {};
  bool secret = false;  ///< masked everywhere
  bool per_service =
      false;                ///< may be repeated below rexray.modules.NAME and libstorage.server.services.NAME
  bool reloadable = false;  ///< SIGHUP applies a change; any other key needs a restart
  KeyStatus status = KeyStatus::kHonoured;
  std::string flag = {};                      ///< where the flag's name is not the derived one: "logLevel"
  std::vector<std::string> environment = {};  ///< names beside the derived ones: "CSI_ENDPOINT"
  std::string help = {};                      ///< one line: the effect, or why it is not needed
};

/// The table: sorted by key, built once. Thread-safe.
const std::vector<KeyInfo>& KnownKeys();

/// Variables that are read by programs directly and are no configuration key (REXRAY_HOME, REXRAY_FORMAT, …).
const std::vector<std::string>& EnvironmentOnlyNames();

/// All names of one setting, the strongest first: newer, key, older.
std::vector<std::string> NamesOf(const KeyInfo& info);

/// REX-Ray's rule: "aws.accessKey" -> "AWS_ACCESSKEY".
std::string EnvironmentName(std::string_view key);

/// REX-Ray's rule: "aws.accessKey" -> "awsAccessKey".
std::string FlagName(std::string_view key);

/// Every flag that sets this key, without dashes, KeyInfo::flag first where there is one. To be matched
/// without regard to case: the originals spelled some keys in lower case. None for keys with a NAME.
std::vector<std::string> FlagNamesOf(const KeyInfo& info);

/// The key called `name`, in any of its spellings and in any case; nullptr when there is none.
const KeyInfo* FindKey(std::string_view name);

}  // namespace rexray::config
