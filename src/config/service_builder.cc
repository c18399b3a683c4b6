#include "config/service_builder.h"

#include <map>
#include <utility>

#include "base/size.h"
#include "base/status.h"
#include "config/service_plan.h"
#include "config/text.h"

namespace rexray::config {
namespace {

constexpr char kSockets[] = "unix:///run/docker/plugins/";
constexpr char kSpecs[] = "/etc/docker/plugins/";

/// Reads one service's settings. Texts are canonical, or a table's default: their types were checked by the
/// store.
class Reader {
 public:
  Reader(const Store& store, const ServicePlan& plan) : store_(store), plan_(plan) {}

  std::string Text(std::string_view key) const {
    const Setting* found = FindIn(store_, plan_.scopes, Lower(key));
    if (found != nullptr) return found->text;
    const KeyInfo* info = FindKey(key);
    return info == nullptr ? "" : info->default_value;
  }
  bool Bool(std::string_view key) const { return ParseBool(Text(key)).value_or(false); }
  uint64_t Int(std::string_view key) const { return ParseInt(Text(key)).value_or(0); }
  uint64_t Size(std::string_view key) const { return ParseSize(Text(key)).value_or(0); }
  uint32_t Mode(std::string_view key) const { return ParseMode(Text(key)).value_or(0700); }
  std::optional<Duration> Time(std::string_view key) const {
    const auto time = ParseDuration(Text(key));
    return time.ok() ? std::optional<Duration>(*time) : std::nullopt;
  }

  /// Keys of the socket stand below modules only, and have no global twin.
  std::string Module(std::string_view key) const {
    for (const std::string& scope : plan_.scopes) {
      if (scope.compare(0, sizeof kModules - 1, kModules) != 0) continue;
      if (const Setting* found = store_.Find(scope, key); found != nullptr && !found->text.empty()) {
        return found->text;
      }
    }
    return "";
  }

 private:
  const Store& store_;
  const ServicePlan& plan_;
};

void ReadSocket(const Reader& reader, bool is_default, ServiceSettings& out) {
  const std::string file = is_default ? "rexray" : out.name;
  const std::string usual = kSockets + file + ".sock";
  const std::string host = reader.Module("host");
  const std::string spec = reader.Module("spec");
  out.docker_enabled = reader.Module("disabled") != "true";
  out.docker_host = host.empty() ? usual : host;
  out.spec_file = !out.docker_enabled        ? ""
                  : !spec.empty()            ? spec
                  : out.docker_host == usual ? kSpecs + file + ".spec"
                                             : "";
}

ServiceSettings Read(const std::shared_ptr<const Store>& store, const ServicePlan& plan, bool is_default) {
  const Reader reader(*store, plan);
  ServiceSettings out;
  out.name = plan.name;
  out.driver = plan.driver;
  ReadSocket(reader, is_default, out);
  out.default_size = reader.Size("docker.size");
  out.default_fs_type = reader.Text("docker.fsType");
  out.default_type = reader.Text("docker.volumeType");
  if (const uint64_t iops = reader.Int("docker.iops"); iops > 0) out.default_iops = iops;
  out.default_zone = reader.Text("docker.availabilityZone");
  for (const std::string& tag : SplitWords(reader.Text("docker.tags"))) {
    const size_t equals = tag.find('=');
    out.default_tags[tag.substr(0, equals)] = tag.substr(equals + 1);
  }
  out.root_path = reader.Text("linux.volume.rootPath");
  out.file_mode = reader.Mode("linux.volume.fileMode");
  out.preempt = reader.Text("rexray.volume.mount.preempt");
  out.ignore_used_count = reader.Bool("rexray.volume.unmount.ignoreUsedCount");
  out.create_disabled = reader.Bool("rexray.volume.create.disable");
  out.remove_disabled = reader.Bool("rexray.volume.remove.disable");
  out.implicit_create = reader.Bool("rexray.volume.create.implicit");
  out.remove_foreign = reader.Bool("rexray.volume.remove.foreign");
  out.unknown_options_warn = reader.Text("docker.unknownOptions") == "warn";
  out.linger = reader.Time("rexray.volume.unmount.linger");
  out.stale_after = reader.Time("rexray.volume.unmount.staleAfter").value_or(std::chrono::minutes(10));
  out.mount_retry_count = static_cast<int>(reader.Int("rexray.volume.mount.retryCount"));
  out.mount_retry_wait = reader.Time("rexray.volume.mount.retryWait").value_or(std::chrono::seconds(5));
  out.lookup = [store, scopes = plan.scopes](std::string_view key) -> std::optional<std::string> {
    const ResolvedKey resolved = ResolveKey(key);
    const Setting* found = resolved.scope.empty() ? FindIn(*store, scopes, resolved.setting)
                                                  : store->Find(resolved.scope, resolved.setting);
    return found == nullptr ? std::nullopt : std::optional<std::string>(found->text);
  };
  return out;
}

absl::Status CheckSockets(const std::vector<ServiceSettings>& services) {
  std::map<std::string, std::string> hosts;
  for (const ServiceSettings& service : services) {
    if (!service.docker_enabled) continue;
    const auto [other, fresh] = hosts.emplace(service.docker_host, service.name);
    if (!fresh) {
      return Error(
          absl::StatusCode::kInvalidArgument,
          "the services {} and {} would listen on the same address {}: set rexray.modules.NAME.host of one",
          other->second, service.name, service.docker_host);
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Services> BuildServices(std::shared_ptr<const Store> store) {
  Services services;
  RETURN_IF_ERROR(PlanServices(*store, services));
  for (const ServicePlan& plan : services.plans) {
    services.settings.push_back(Read(store, plan, plan.module == "default-docker"));
  }
  RETURN_IF_ERROR(CheckSockets(services.settings));
  return services;
}

}  // namespace rexray::config
