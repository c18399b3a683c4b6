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

struct Kind {
  absl::StatusOr<std::unique_ptr<StorageDriver>> (*make)(const DriverRequest&, const host::Host&);
  std::vector<Diagnosis> (*diagnose)(const DriverRequest&, const host::Host&, const CallContext&);
  DriverCapabilities expected;
};

std::optional<std::string> Setting(const DriverRequest& request, std::string_view key) {
  return request.setting ? request.setting(key) : std::nullopt;
}

Diagnosis CannotStart(const absl::Status& why) {
  return {.verdict = Diagnosis::Verdict::kBroken,
          .check = "start",
          .evidence = std::string(MessageOf(why)),
          .fix = "mend that, then rexray restart"};
}

local::LocalOptions LocalOptionsOf(const DriverRequest& request) {
  local::LocalOptions options;
  options.service = request.service;
  options.node_id = request.node_id;
  options.data_directory = Setting(request, "local.directory").value_or(request.lib_directory + "/local");
  return options;
}

absl::StatusOr<std::unique_ptr<StorageDriver>> MakeLocal(const DriverRequest& request,
                                                         const host::Host& host) {
  return local::OpenLocalDriver(LocalOptionsOf(request), host);
}

std::vector<Diagnosis> LookAtLocal(const DriverRequest& request, const host::Host& host,
                                   const CallContext& /*context*/) {
  return local::DiagnoseLocal(LocalOptionsOf(request), host);
}

vfs::VfsOptions VfsOptionsOf(const DriverRequest& request) {
  vfs::VfsOptions options;
  options.service = request.service;
  options.node_id = request.node_id;
  options.root = Setting(request, "vfs.root").value_or(request.lib_directory + "/vfs");
  return options;
}

absl::StatusOr<std::unique_ptr<StorageDriver>> MakeVfs(const DriverRequest& request, const host::Host& host) {
  return vfs::OpenVfsDriver(VfsOptionsOf(request), host);
}

std::vector<Diagnosis> LookAtVfs(const DriverRequest& request, const host::Host& /*host*/,
                                 const CallContext& /*context*/) {
  return vfs::DiagnoseVfs(VfsOptionsOf(request));
}

absl::StatusOr<std::unique_ptr<StorageDriver>> MakeEbs(const DriverRequest& request, const host::Host& host) {
  ASSIGN_OR_RETURN(ebs::EbsOptions options, ebs::ReadEbsOptions(request.setting, ebs::ProcessEnvironment()));
  options.service = request.service;
  if (options.instance.empty()) options.instance = request.node_id;
  return ebs::OpenEbsDriver(options, host);
}

/// Opening asks nobody anything and leaves nothing here.
std::vector<Diagnosis> LookAtEbs(const DriverRequest& request, const host::Host& host,
                                 const CallContext& context) {
  const absl::StatusOr<std::unique_ptr<StorageDriver>> driver = MakeEbs(request, host);
  if (!driver.ok()) return {CannotStart(driver.status())};
  return (*driver)->Diagnose(context);
}

const std::map<std::string, Kind>& Kinds() {
  static const std::map<std::string, Kind> kinds = {
      {"ebs", {&MakeEbs, &LookAtEbs, ebs::EbsCapabilities()}},
      {"local", {&MakeLocal, &LookAtLocal, local::LocalCapabilities(/*can_reflink=*/false)}},
      {"vfs", {&MakeVfs, &LookAtVfs, vfs::VfsCapabilities()}},
  };
  return kinds;
}

absl::StatusOr<std::map<std::string, Kind>::const_iterator> KindOf(const DriverRequest& request) {
  const auto kind = Kinds().find(CanonicalDriverName(request.driver_name));
  if (kind != Kinds().end()) return kind;
  std::string known;
  for (const std::string& name : KnownDrivers()) known += known.empty() ? name : ", " + name;
  return Error(absl::StatusCode::kNotFound,
               "service \"{}\": there is no storage driver \"{}\"; there are: {}", Printable(request.service),
               Printable(request.driver_name), known);
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
  for (const auto& [name, kind] : Kinds()) names.push_back(name);
  return names;
}

DriverCapabilities ExpectedCapabilities(std::string_view driver_name) {
  const auto kind = Kinds().find(CanonicalDriverName(driver_name));
  return kind == Kinds().end() ? DriverCapabilities() : kind->second.expected;
}

absl::StatusOr<std::unique_ptr<StorageDriver>> MakeDriver(const DriverRequest& request,
                                                          const host::Host& host) {
  ASSIGN_OR_RETURN(const auto kind, KindOf(request));
  absl::StatusOr<std::unique_ptr<StorageDriver>> driver = kind->second.make(request, host);
  if (driver.ok()) return driver;
  return Annotate(driver.status(),
                  fmt::format("service \"{}\" ({})", Printable(request.service), kind->first));
}

std::vector<Diagnosis> Diagnose(const DriverRequest& request, const host::Host& host,
                                const CallContext& context) {
  const auto kind = KindOf(request);
  if (!kind.ok()) return {CannotStart(kind.status())};
  return (*kind)->second.diagnose(request, host, context);
}

}  // namespace rexray::drivers
