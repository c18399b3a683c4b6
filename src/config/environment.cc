// The layers that are not files: variables and flags.

#include <algorithm>
#include <set>

#include "base/status.h"
#include "config/scope.h"
#include "config/source.h"
#include "config/text.h"

namespace rexray::config {
namespace {

/// "default_docker" for "default-docker": a shell cannot set a variable with a dash in its name.
std::string WithUnderscores(std::string_view name) {
  std::string out = Lower(name);
  std::replace(out.begin(), out.end(), '-', '_');
  return out;
}

/// The declared name that a variable means by `part`; `part` itself when it declares a new one.
std::string NameOf(std::string_view part, const std::set<std::string>& names) {
  for (const std::string& name : names) {
    if (WithUnderscores(name) == WithUnderscores(part)) return name;
  }
  return Lower(part);
}

struct Suffix {
  std::string variable;  ///< "HOST", "DOCKER_SIZE"
  std::string key;       ///< "host", "docker.size"
};

/// What may follow the name of a module or service, the longest first.
std::vector<Suffix> SuffixesBelow(std::string_view pattern) {
  std::vector<Suffix> suffixes;
  for (const KeyInfo& info : KnownKeys()) {
    if (info.key.compare(0, pattern.size(), pattern) == 0) {
      const std::string key = info.key.substr(pattern.size());
      suffixes.push_back({EnvironmentName(key), key});
    }
    if (!info.per_service) continue;
    for (const std::string& name : NamesOf(info)) suffixes.push_back({EnvironmentName(name), name});
  }
  std::sort(suffixes.begin(), suffixes.end(),
            [](const Suffix& a, const Suffix& b) { return a.variable.size() > b.variable.size(); });
  return suffixes;
}

struct Family {
  std::string prefix;   ///< "REXRAY_MODULES_"
  std::string section;  ///< "rexray.modules."
  std::vector<Suffix> suffixes;
};

const std::vector<Family>& Families() {
  static const auto& families = *new std::vector<Family>{
      {"REXRAY_MODULES_", kModules, SuffixesBelow("rexray.modules.NAME.")},
      {"LIBSTORAGE_SERVER_SERVICES_", kServices, SuffixesBelow("libstorage.server.services.NAME.")}};
  return families;
}

/// "" when the variable sets nothing below a module or service.
std::string ScopedKey(std::string_view variable, const std::set<std::string>& names) {
  for (const Family& family : Families()) {
    if (variable.substr(0, family.prefix.size()) != family.prefix) continue;
    const std::string_view body = variable.substr(family.prefix.size());
    for (const Suffix& suffix : family.suffixes) {
      if (body.size() < suffix.variable.size() + 2) continue;
      const size_t at = body.size() - suffix.variable.size();
      if (body[at - 1] != '_' || body.substr(at) != suffix.variable) continue;
      return family.section + NameOf(body.substr(0, at - 1), names) + "." + suffix.key;
    }
  }
  return "";
}

const std::map<std::string, std::string>& GlobalVariables() {
  static const auto& variables = *[] {
    auto* map = new std::map<std::string, std::string>;
    for (const KeyInfo& info : KnownKeys()) {
      for (const std::string& name : NamesOf(info)) {
        if (name.find(".NAME.") == std::string::npos) map->emplace(EnvironmentName(name), name);
      }
      for (const std::string& name : info.environment) map->emplace(name, info.key);
    }
    return map;
  }();
  return variables;
}

/// A typing error in a variable would otherwise never be found: nothing else says that it has no effect.
/// Variables that are like none of ours are left alone (Kubernetes sets REXRAY_PORT_… for a service called
/// rexray).
void WarnOfTypo(const std::string& variable, std::vector<std::string>& warnings) {
  constexpr size_t kMostEdits = 2;
  if (variable.compare(0, 7, "REXRAY_") != 0 && variable.compare(0, 11, "LIBSTORAGE_") != 0) return;
  const auto& only = EnvironmentOnlyNames();
  if (std::find(only.begin(), only.end(), variable) != only.end()) return;
  size_t best = kMostEdits + 1;
  std::string nearest;
  const auto consider = [&](const std::string& known) {
    const size_t edits = EditDistance(variable, known, kMostEdits);
    if (edits < best) {
      best = edits;
      nearest = known;
    }
  };
  for (const auto& [known, key] : GlobalVariables()) consider(known);
  for (const std::string& known : only) consider(known);
  if (nearest.empty()) return;
  warnings.push_back(fmt::format("the variable {} is unknown and has no effect; the nearest known one is {}",
                                 variable, nearest));
}

}  // namespace

Layer EnvironmentLayer(const Environment& environment, const std::set<std::string>& names,
                       std::vector<std::string>& warnings) {
  Layer layer;
  layer.name = "the environment";
  for (const auto& [variable, text] : environment) {
    const auto global = GlobalVariables().find(variable);
    const std::string key = global != GlobalVariables().end() ? global->second : ScopedKey(variable, names);
    if (key.empty()) {
      WarnOfTypo(variable, warnings);
      continue;
    }
    if (text.empty()) continue;  // as REX-Ray: `REXRAY_LOGLEVEL=` sets nothing
    Written written;
    written.key = key;
    written.value.text = text;
    written.origin = {Origin::Kind::kEnvironment, variable};
    written.message_origin = "the variable " + variable;
    layer.values.push_back(std::move(written));
  }
  return layer;
}

absl::StatusOr<Layer> FlagLayer(const std::map<std::string, std::string>& flags) {
  Layer layer;
  layer.name = "the flags";
  for (const auto& [key, text] : flags) {
    const ResolvedKey resolved = ResolveKey(key);
    if (resolved.info == nullptr) {
      return Error(absl::StatusCode::kInvalidArgument, "there is no configuration key {}{}", Quoted(key),
                   NearestKeyHint(key));
    }
    Written written;
    written.key = key;
    written.value.text = text;
    const bool derived = resolved.info->flag.empty() || Lower(key) != Lower(resolved.info->key);
    written.origin = {Origin::Kind::kFlag, "--" + (derived ? FlagName(key) : resolved.info->flag)};
    written.message_origin = written.origin.where;
    layer.values.push_back(std::move(written));
  }
  return layer;
}

}  // namespace rexray::config
