#pragma once

// The typed configuration: what the daemon and the command line are told, after files, environment and flags were
// merged. Everything else about configuration (keys, precedence, where a value came from) is in config.h.

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

/// Where things lie (design §10). REXRAY_HOME=X moves all of them below X; the REXRAY_HOME_* family moves one each.
struct Paths {
  std::string etc = "/etc/rexray";
  std::string lib = "/var/lib/rexray";
  std::string log = "/var/log/rexray";
  std::string run = "/run/rexray";
  std::string volumes = "/var/lib/rexray/volumes";
  std::string admin_socket() const { return run + "/rexray.sock"; }
  std::string pid_file() const { return run + "/rexray.pid"; }
};

/// One backend under one name, with its own Docker plugin socket.
struct ServiceSettings {
  std::string name;    ///< "rexray" for the default one
  std::string driver;  ///< as written: "local", "ec2", …
  bool docker_enabled = true;
  std::string docker_host;  ///< "unix:///run/docker/plugins/rexray.sock" or tcp://…
  std::string spec_file;    ///< "" = none is written (the host was overridden)

  uint64_t default_size = 0;  ///< bytes
  std::string default_fs_type;
  std::string default_type;
  std::optional<uint64_t> default_iops;
  std::string default_zone;

  std::string root_path = "/data";
  mode_t file_mode = 0700;
  std::string preempt = "false";  ///< false, true, when-dead
  bool ignore_used_count = false;
  bool create_disabled = false;
  bool remove_disabled = false;
  bool implicit_create = false;
  bool remove_foreign = false;
  bool unknown_options_warn = false;  ///< docker.unknownOptions: warn
  std::optional<Duration> linger;     ///< unset: the driver's own default
  int mount_retry_count = 0;
  Duration mount_retry_wait = std::chrono::seconds(5);

  /// A driver's own keys in this service's scope: Lookup("local.directory"). Case-insensitive.
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
