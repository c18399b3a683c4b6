#pragma once

// The merged configuration: for each setting of each scope the one written value that counts.

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

#include "config/scope.h"
#include "config/source.h"

namespace rexray::config {

/// One setting's value that counts.
struct Setting {
  const KeyInfo* info = nullptr;  ///< nullptr: an unknown key, kept for the driver that asks for it
  std::string written_key;
  std::string text;  ///< canonical where the key is honoured, else as written (a list joined by spaces)
  Origin origin;
  std::string message_origin;
  int layer = 0;  ///< the place of its layer: higher is stronger
  int rank = 0;
};

/// Filled by Add in order of rising strength, then read. Not thread-safe while it is filled.
class Store {
 public:
  /// The first value that is wrong stops it: "ORIGIN: KEY: what". A value that another one overrides is
  /// checked too.
  absl::Status Add(const Layer& layer);

  /// In this scope alone. `setting` is a lower-case canonical name ("docker.size"); nullptr when nobody wrote
  /// it.
  const Setting* Find(std::string_view scope, std::string_view setting) const;

  /// The names below rexray.modules and libstorage.server.services, lower-case, in the order they were first
  /// written.
  const std::vector<std::string>& modules() const { return modules_; }
  const std::vector<std::string>& services() const { return services_; }
  std::set<std::string> names() const;

  const std::map<std::string, Setting>& all() const { return settings_; }
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  absl::Status AddValue(const Written& written, const ResolvedKey& key, std::map<std::string, Setting>& here);
  absl::Status AddUnknown(const Written& written, const ResolvedKey& key);
  void Choose(Setting fresh, Setting& present);
  void Remember(const ResolvedKey& key);
  bool Once(const std::string& what) { return warned_.insert(what).second; }

  std::map<std::string, Setting> settings_;
  std::vector<std::string> modules_;
  std::vector<std::string> services_;
  std::vector<std::string> warnings_;
  std::set<std::string> warned_;
  int layers_ = 0;
  int unknown_ = 0;
};

}  // namespace rexray::config
