#include "drivers/registry.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <utility>

#include "base/status.h"
#include "drivers/ebs/ebs_driver.h"
#include "drivers/local/local_driver.h"
#include "drivers/vfs/vfs_driver.h"
#include "volume/volume_name.h"

namespace rexray::drivers {
namespace {

using Maker = absl::StatusOr<std::unique_ptr<StorageDriver>> (*)(const DriverRequest&, const host::Host&);

std::optional<std::string> Setting(const DriverRequest& request, std::string_view key) {
  return request.setting ? request.setting(key) : std::nullopt;
}

absl::StatusOr<std::unique_ptr<StorageDriver>> MakeLocal(const DriverRequest& request,
                                                         const host::Host& host) {
  local::LocalOptions options;
  options.service = request.service;
  options.node_id = request.node_id;
  options.data_directory = Setting(request, "local.directory").value_or(request.lib_directory + "/local");
  return local::OpenLocalDriver(options, host);
}

absl::StatusOr<std::unique_ptr<StorageDriver>> MakeVfs(const DriverRequest& request, const host::Host& host) {
  vfs::VfsOptions options;
  options.service = request.service;
  options.node_id = request.node_id;
  options.root = Setting(request, "vfs.root").value_or(request.lib_directory + "/vfs");
  return vfs::OpenVfsDriver(options, host);
}

absl::StatusOr<std::unique_ptr<StorageDriver>> MakeEbs(const DriverRequest& request, const host::Host& host) {
  ASSIGN_OR_RETURN(ebs::EbsOptions options, ebs::ReadEbsOptions(request.setting, ebs::ProcessEnvironment()));
  options.service = request.service;
  if (options.instance.empty()) options.instance = request.node_id;
  return ebs::OpenEbsDriver(options, host);
}

const std::map<std::string, Maker>& Makers() {
  static const std::map<std::string, Maker> makers = {
      {"ebs", &MakeEbs},
      {"local", &MakeLocal},
      {"vfs", &MakeVfs},
  };
  return makers;
}

/// What REX-Ray 0.3 and 0.11 called the same backends.
const std::map<std::string, std::string>& Aliases() {
  static const std::map<std::string, std::string> aliases = {
      {"aws", "ebs"},
      {"ec2", "ebs"},
      {"gce", "gcepd"},
      {"openstack", "cinder"},
  };
  return aliases;
}

}  // namespace

std::string CanonicalDriverName(std::string_view name) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  const auto alias = Aliases().find(lower);
  return alias == Aliases().end() ? lower : alias->second;
}

std::vector<std::string> KnownDrivers() {
  std::vector<std::string> names;
  for (const auto& [name, maker] : Makers()) names.push_back(name);
  return names;
}

absl::StatusOr<std::unique_ptr<StorageDriver>> MakeDriver(const DriverRequest& request,
                                                          const host::Host& host) {
  const auto maker = Makers().find(CanonicalDriverName(request.driver_name));
  if (maker == Makers().end()) {
    std::string known;
    for (const std::string& name : KnownDrivers()) known += known.empty() ? name : ", " + name;
    return Error(absl::StatusCode::kNotFound,
                 "service \"{}\": there is no storage driver \"{}\"; there are: {}",
                 Printable(request.service), Printable(request.driver_name), known);
  }
  absl::StatusOr<std::unique_ptr<StorageDriver>> driver = maker->second(request, host);
  if (driver.ok()) return driver;
  return Annotate(driver.status(),
                  fmt::format("service \"{}\" ({})", Printable(request.service), maker->first));
}

}  // namespace rexray::drivers
