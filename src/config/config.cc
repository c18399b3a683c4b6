#include "config/config.h"

#include <unistd.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "base/secret.h"
#include "base/status.h"
#include "config/paths.h"
#include "config/service_builder.h"
#include "config/store.h"
#include "config/text.h"

namespace rexray::config {
namespace {

class LoadedConfig final : public Config {
 public:
  LoadedConfig(std::shared_ptr<const Store> store, Settings settings, std::vector<std::string> warnings,
               std::vector<EffectiveValue> effective)
      : store_(std::move(store)),
        settings_(std::move(settings)),
        warnings_(std::move(warnings)),
        effective_(std::move(effective)) {}

  const Settings& settings() const override { return settings_; }
  const std::vector<std::string>& warnings() const override { return warnings_; }
  std::vector<EffectiveValue> Effective() const override { return effective_; }

 private:
  std::shared_ptr<const Store> store_;
  Settings settings_;
  std::vector<std::string> warnings_;
  std::vector<EffectiveValue> effective_;
};

/// The files in order of rising strength, with what is asked of each.
std::vector<std::pair<std::string, FileRules>> Files(const LoadRequest& request,
                                                     const Environment& environment, const Paths& paths) {
  std::vector<std::pair<std::string, FileRules>> files;
  for (const char* name : {"/rexray.yml", "/config.yml"}) {
    files.emplace_back(request.root + paths.etc + name, FileRules{});
  }
  const auto home = environment.find("HOME");
  if (home != environment.end() && !home->second.empty() && home->second.front() == '/') {
    for (const char* name : {"/.rexray/rexray.yml", "/.rexray/config.yml"}) {
      const std::string directory = home->second == "/" ? "" : home->second;
      files.emplace_back(directory + name, FileRules{.must_exist = false, .owner = request.uid});
    }
  }
  if (request.file) files.emplace_back(*request.file, FileRules{.must_exist = true, .owner = std::nullopt});
  return files;
}

absl::Status Fill(const LoadRequest& request, const Environment& environment, const Paths& paths,
                  Store& store, std::vector<std::string>& warnings) {
  for (const auto& [path, rules] : Files(request, environment, paths)) {
    ASSIGN_OR_RETURN(const auto layer, ReadConfigFile(path, rules, environment, warnings));
    if (layer) RETURN_IF_ERROR(store.Add(*layer));
  }
  RETURN_IF_ERROR(store.Add(EnvironmentLayer(environment, store.names(), warnings)));
  ASSIGN_OR_RETURN(const Layer flags, FlagLayer(request.flags));
  return store.Add(flags);
}

/// Its unix socket always is where the command line looks for it; a TCP address is beside it.
std::optional<std::string> AdminHost(const Store& store, std::vector<std::string>& warnings) {
  const std::string admin = std::string(kModules) + "default-admin";
  const Setting* host = store.Find(admin, "host");
  const Setting* disabled = store.Find(admin, "disabled");
  if (host == nullptr || (disabled != nullptr && disabled->text == "true")) return std::nullopt;
  if (host->text.compare(0, 6, "tcp://") == 0) return host->text;
  warnings.push_back(
      fmt::format("{}: {} has no effect: only a tcp:// address can be added to the admin socket",
                  host->message_origin, host->written_key));
  return std::nullopt;
}

Settings MakeSettings(const Store& store, Paths paths, const Services& services,
                      std::vector<std::string>& warnings) {
  Settings settings;
  settings.paths = std::move(paths);
  if (const Setting* path = store.Find("", "rexray.volume.mount.path"); path != nullptr) {
    settings.paths.volumes = path->text;
  }
  if (const Setting* level = store.Find("", "rexray.loglevel"); level != nullptr) {
    settings.log_level = ParseLogLevel(level->text).value_or(LogLevel::kWarn);
  }
  settings.services = services.settings;
  settings.default_service = services.default_service;
  settings.admin_host = AdminHost(store, warnings);
  return settings;
}

/// "rexray.modules.isilon2." + the canonical spelling of what follows.
std::string CanonicalKey(const std::string& id, const KeyInfo& info) {
  const ResolvedKey key = ResolveKey(id);
  if (key.scope.empty()) return info.key;
  const size_t placeholder = info.key.find(".NAME.");
  return key.scope + "." + (placeholder == info.key.npos ? info.key : info.key.substr(placeholder + 6));
}

class EffectiveList {
 public:
  /// Values of keys without an effect are not checked: here they must not break a line either.
  void Put(const std::string& key, std::string value, Origin origin, const KeyInfo* info) {
    const bool plain = FindNotText(value) == value.npos && value.find_first_of("\t\n\r") == value.npos;
    if (!plain) value = Quoted(value);
    const bool secret = info != nullptr && info->secret;
    const bool reloadable = info != nullptr && info->reloadable;
    rows_[Lower(key)] = {key,        secret ? Secret(value).Masked() : value, std::move(origin), secret,
                         reloadable, std::hash<std::string>()(value)};
  }
  /// Only where nothing is there yet.
  void Default(const std::string& key, const std::string& value, const KeyInfo* info = nullptr) {
    if (rows_.count(Lower(key)) == 0) Put(key, value, {Origin::Kind::kDefault, "default"}, info);
  }
  std::vector<EffectiveValue> Take() {
    std::vector<EffectiveValue> rows;
    for (auto& [key, row] : rows_) rows.push_back(std::move(row));
    return rows;
  }

 private:
  std::map<std::string, EffectiveValue> rows_;
};

std::vector<EffectiveValue> MakeEffective(const Store& store, const Services& services,
                                          const Settings& settings) {
  EffectiveList list;
  for (const auto& [id, setting] : store.all()) {
    if (setting.info == nullptr) continue;
    list.Put(CanonicalKey(id, *setting.info), setting.text, setting.origin, setting.info);
  }
  for (size_t i = 0; i < services.plans.size(); ++i) {
    const ServicePlan& plan = services.plans[i];
    const ServiceSettings& service = services.settings[i];
    const std::string module = kModules + plan.module;
    list.Default(module + ".host", service.docker_host);
    list.Default(module + ".spec", service.spec_file);
    list.Default(module + ".disabled", service.docker_enabled ? "false" : "true");
    for (const std::string& scope : plan.scopes) {
      if (scope.compare(0, sizeof kServices - 1, kServices) == 0)
        list.Default(scope + ".driver", plan.driver);
    }
  }
  list.Default("rexray.volume.mount.path", settings.paths.volumes);
  list.Default("local.directory", settings.paths.lib + "/local");
  list.Default("vfs.root", settings.paths.lib + "/vfs");
  const bool chosen = services.plans.empty() || services.plans[0].driver != "local";
  if (chosen) list.Default("rexray.storageDrivers", "");
  for (const KeyInfo& info : KnownKeys()) {
    if (info.status != KeyStatus::kHonoured || info.key.find(".NAME.") != info.key.npos) continue;
    if (info.key.compare(0, 4, "ebs.") == 0)
      continue;  // a driver owns its defaults: what nobody wrote is not here
    list.Default(info.key, info.default_value, &info);
  }
  return list.Take();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Config>> Load(const LoadRequest& request) {
  std::vector<std::string> warnings;
  Environment environment = request.environment;
  AddEtcEnvironment(request.root, environment, warnings);
  ASSIGN_OR_RETURN(Paths paths, PathsFrom(environment));
  auto store = std::make_shared<Store>();
  RETURN_IF_ERROR(Fill(request, environment, paths, *store, warnings));
  ASSIGN_OR_RETURN(const Services services, BuildServices(store));
  for (const auto* more : {&store->warnings(), &services.warnings}) {
    warnings.insert(warnings.end(), more->begin(), more->end());
  }
  Settings settings = MakeSettings(*store, std::move(paths), services, warnings);
  std::vector<EffectiveValue> effective = MakeEffective(*store, services, settings);
  return std::unique_ptr<Config>(std::make_unique<LoadedConfig>(std::move(store), std::move(settings),
                                                                std::move(warnings), std::move(effective)));
}

LoadRequest RequestFromProcess() {
  LoadRequest request;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view variable(*entry);
    const size_t equals = variable.find('=');
    if (equals == variable.npos || equals == 0) continue;
    request.environment.emplace(std::string(variable.substr(0, equals)),
                                std::string(variable.substr(equals + 1)));
  }
  request.uid = geteuid();
  return request;
}

}  // namespace rexray::config
