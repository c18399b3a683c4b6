#pragma once

// The typed configuration: what the daemon and the command line are told, after files, environment and flags
// were merged. Everything else about configuration (keys, precedence, where a value came from) is in
// config.h.

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/logging.h"

namespace rexray::config {

/// Where things lie (design §10). REXRAY_HOME=X moves all of them below X (X/etc/rexray, X/var/lib/rexray,
/// X/var/log/rexray, X/run/rexray); REXRAY_HOME_{ETC,ETC_TLS,LIB,LOG,RUN} moves one each, to the path as it
/// is.
struct Paths {
  std::string etc = "/etc/rexray";
  std::string tls = "/etc/rexray/tls";
  std::string lib = "/var/lib/rexray";
  std::string log = "/var/log/rexray";
  std::string run = "/run/rexray";
  std::string volumes = "/var/lib/rexray/volumes";
  std::string admin_socket() const { return run + "/rexray.sock"; }
  std::string pid_file() const { return run + "/rexray.pid"; }
};

/// One backend under one name, with its own Docker plugin socket.
struct ServiceSettings {
  /// Lower-case letters, digits, "-", "." (it names the socket). The default one is "rexray", unless
  /// rexray.service chose one that libstorage.server.services declares: then it keeps that name.
  std::string name;
  std::string driver;  ///< as written: "local", "ec2", …
  bool docker_enabled = true;
  std::string docker_host;  ///< "unix:///run/docker/plugins/rexray.sock" or tcp://…
  std::string spec_file;    ///< "" = none is written (no socket, or only its host was changed)

  uint64_t default_size = 0;  ///< bytes
  std::string default_fs_type;
  std::string default_type;
  std::optional<uint64_t> default_iops;
  std::string default_zone;
  std::map<std::string, std::string> default_tags;

  std::string root_path = "/data";
  mode_t file_mode = 0700;
  std::string preempt = "false";  ///< false, true, when-dead
  bool ignore_used_count = false;
  bool create_disabled = false;
  bool remove_disabled = false;
  bool implicit_create = false;
  bool remove_foreign = false;
  bool unknown_options_warn = false;                ///< docker.unknownOptions: warn
  std::optional<Duration> linger;                   ///< unset: the driver's own default
  Duration stale_after = std::chrono::minutes(10);  ///< 0 = never
  int mount_retry_count = 0;
  Duration mount_retry_wait = std::chrono::seconds(5);

  /// A driver's own keys: lookup("local.directory"). What is written for this service wins over what is
  /// written for all; nullopt when nobody wrote the key: the driver owns its defaults. Case-insensitive; any
  /// of a key's names finds it ("ebs.region", "aws.region", "ec2.region" are one). A list is one text with
  /// spaces; values of honoured keys are canonical ("true", "16", "1m30s"), others as written. Thread-safe,
  /// and outlives the Config.
  std::function<std::optional<std::string>(std::string_view key)> lookup;
};

struct Settings {
  Paths paths;
  LogLevel log_level = LogLevel::kWarn;
  std::vector<ServiceSettings> services;  ///< the default one first; empty when the operator wants none
  std::string default_service = "rexray";
  /// A TCP address of the admin API, only where one is configured; the unix socket is always there.
  std::optional<std::string> admin_host;
};

}  // namespace rexray::config
