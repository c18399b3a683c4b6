#include "config/paths.h"

#include <utility>

#include "base/status.h"
#include "config/value.h"

namespace rexray::config {
namespace {

/// "" when the variable is not set; no slash at the end otherwise ("/" alone comes back as "/").
absl::StatusOr<std::string> PathVariable(const Environment& environment, const char* name) {
  const auto found = environment.find(name);
  if (found == environment.end() || found->second.empty()) return std::string();
  auto path = CanonicalValue(KeyInfo{.key = name, .type = KeyType::kPath}, RawValue{.text = found->second});
  if (!path.ok()) return Annotate(path.status(), std::string("the variable ") + name);
  return path;
}

}  // namespace

absl::StatusOr<Paths> PathsFrom(const Environment& environment) {
  ASSIGN_OR_RETURN(std::string home, PathVariable(environment, "REXRAY_HOME"));
  if (home == "/") home.clear();
  Paths paths;
  for (std::string* path : {&paths.etc, &paths.lib, &paths.log, &paths.run}) *path = home + *path;
  const std::pair<const char*, std::string*> own[] = {{"REXRAY_HOME_ETC", &paths.etc},
                                                      {"REXRAY_HOME_LIB", &paths.lib},
                                                      {"REXRAY_HOME_LOG", &paths.log},
                                                      {"REXRAY_HOME_RUN", &paths.run}};
  for (const auto& [name, path] : own) {
    ASSIGN_OR_RETURN(const std::string given, PathVariable(environment, name));
    if (!given.empty()) *path = given;
  }
  paths.tls = paths.etc + "/tls";
  ASSIGN_OR_RETURN(const std::string tls, PathVariable(environment, "REXRAY_HOME_ETC_TLS"));
  if (!tls.empty()) paths.tls = tls;
  paths.volumes = paths.lib + "/volumes";
  return paths;
}

}  // namespace rexray::config
