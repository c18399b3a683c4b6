#include "config/key_tables.h"

namespace rexray::config {
namespace {

/// Names of keys that hold a secret in whatever section they stand.
bool IsSecretName(std::string_view name) {
  for (const char* secret : {"accessKey", "secretKey", "password", "token", "tokenID", "clientSecret",
                             "storageAccessKey", "server.auth.key", "client.auth.token", "vmh.password"}) {
    if (name == secret) return true;
  }
  return false;
}

/// Flags of these need no value.
bool IsYesOrNo(std::string_view name) {
  const std::string_view last = name.substr(name.rfind('.') + 1);
  for (const char* word : {"insecure",
                           "quotas",
                           "useCerts",
                           "tls",
                           "deviceMapper",
                           "multipath",
                           "remoteManagement",
                           "embedded",
                           "disableKeepAlive",
                           "disableDownload",
                           "disabled",
                           "parseRequestOpts",
                           "verifyPeers",
                           "clientCertRequired",
                           "useLargeDeviceRange",
                           "disableSessionCache",
                           "disablePathStyle",
                           "convertUnderscores",
                           "useHTTPS",
                           "testModule",
                           "sharedMounts",
                           "disableCache",
                           "async",
                           "force",
                           "httpRequests",
                           "httpResponses"}) {
    if (last == word) return true;
  }
  return false;
}

struct Section {
  const char* name;
  std::vector<const char*> older;  ///< the same section's earlier names, stronger first
  std::vector<const char*> keys;
  const char* reason;
  bool per_service = true;
};

void Add(std::vector<KeyInfo>& table, const Section& section) {
  for (const char* name : section.keys) {
    KeyInfo info{.key = std::string(section.name) + "." + name,
                 .type = IsYesOrNo(name) ? KeyType::kBool : KeyType::kString,
                 .secret = IsSecretName(name),
                 .per_service = section.per_service,
                 .status = KeyStatus::kAccepted,
                 .help = section.reason};
    for (const char* older : section.older) info.older.push_back(std::string(older) + "." + name);
    table.push_back(std::move(info));
  }
}

void AddRexrayKeys(std::vector<KeyInfo>& table) {
  constexpr bool kGlobal = false;
  Add(table, {"rexray", {}, {"host"}, "the command line talks to the daemon over its unix socket", kGlobal});
  Add(table, {"rexray", {}, {"osDrivers"}, "there is one operating system driver, Linux", kGlobal});
  Add(table, {"rexray", {}, {"volumeDrivers"}, "there is one volume driver, Docker's", kGlobal});
  Add(table,
      {"rexray", {}, {"module.startTimeout"}, "modules start before the daemon says it is ready", kGlobal});
  Add(table,
      {"rexray", {}, {"docker.mount.path"}, "a volume is mounted once, below rexray.volume.mount.path"});
  Add(table, {"rexray.modules.NAME", {}, {"desc"}, "a description, for people", kGlobal});
  table.push_back({.key = "rexray.volume.path.cache",
                   .newer = {"libstorage.integration.volume.operations.path.cache.enabled"},
                   .type = KeyType::kBool,
                   .per_service = true,
                   .status = KeyStatus::kAccepted,
                   .help = "Path answers from the mount table, with no cache that could be wrong"});
  Add(table, {"rexray.volume", {}, {"path.disableCache"}, "Path answers from the mount table either way"});
}

void AddLibstorageKeys(std::vector<KeyInfo>& table) {
  Add(table, {"libstorage",
              {},
              {"host",
               "embedded",
               "server.autoEndpointMode",
               "server.endpoints.NAME.address",
               "client.type",
               "client.cache.instanceID",
               "client.auth.token",
               "http.disableKeepAlive",
               "http.writeTimeout",
               "http.readTimeout",
               "server.parseRequestOpts",
               "server.auth.key",
               "server.auth.alg",
               "server.auth.allow",
               "server.auth.deny",
               "server.auth.disabled",
               "tls.disabled",
               "tls.insecure",
               "tls.serverName",
               "tls.knownHosts",
               "tls.verifyPeers",
               "tls.clientCertRequired",
               "tls.trustedCertsFile",
               "tls.certFile",
               "tls.keyFile"},
              "there is no libStorage server or client: the daemon drives its backends itself"});
  Add(table,
      {"libstorage",
       {},
       {"os.driver", "storage.driver", "integration.driver", "executor.path", "executor.disableDownload"},
       "there is one driver of this kind, built in"});
  Add(table,
      {"libstorage",
       {},
       {"server.tasks.exeTimeout", "server.tasks.logTimeout", "device.attachTimeout", "device.scanType"},
       "every operation carries a deadline of its own"});
  Add(table,
      {"libstorage",
       {},
       {"logging.level", "logging.stdout", "logging.stderr", "logging.httpRequests", "logging.httpResponses"},
       "there is one log, with rexray.logLevel"});
  Add(table, {"libstorage.integration.volume.operations",
              {},
              {"path.cache.async"},
              "Path answers from the mount table, with no cache to fill"});
  Add(table,
      {"libstorage.integration.volume.operations", {}, {"remove.force"}, "a volume in use is never removed"});
  table.push_back(
      {.key = "csi.endpoint", .status = KeyStatus::kAccepted, .help = "this build does not serve CSI"});
  for (const auto& [key, variable] :
       {std::pair{"csi.driver", "X_CSI_DRIVER"}, std::pair{"csi.nodocker", "X_CSI_NO_DOCKER"}}) {
    table.push_back({.key = key,
                     .status = KeyStatus::kAccepted,
                     .environment = {variable},
                     .help = "this build does not serve CSI"});
  }
  Add(table, {"csi", {}, {"goplugins"}, "there are no Go plugins", false});
}

void AddCloudSections(std::vector<KeyInfo>& table) {
  const std::vector<const char*> twins = {"aws", "ec2"};
  Add(table, {"ebs", twins, {"useLargeDeviceRange"}, "all safe device names are used"});
  Add(table, {"ebs",
              twins,
              {"statusMaxAttempts", "statusInitialDelay", "statusTimeout"},
              "every operation carries a deadline, and all that wait share one poll"});
  Add(table, {"ebs", twins, {"nvmeBinPath"}, "a volume's device is found by its serial number"});
  Add(table, {"efs",
              {},
              {"accessKey", "secretKey", "securityGroups", "region", "endpoint", "endpointFormat", "tag",
               "disableSessionCache", "statusMaxAttempts", "statusInitialDelay", "statusTimeout"},
              "for the efs driver, which this build does not have"});
  Add(table, {"s3fs",
              {},
              {"accessKey", "secretKey", "region", "cmd", "options", "hostName", "tag", "maxRetries",
               "disablePathStyle", "endpoint"},
              "for the s3fs driver, which this build does not have"});
  Add(table, {"gcepd",
              {"gce"},
              {"keyfile", "zone", "defaultDiskType", "tag", "statusMaxAttempts", "statusInitialDelay",
               "statusTimeout", "convertUnderscores"},
              "for the gcepd driver, which this build does not have"});
  Add(table, {"azureud",
              {},
              {"subscriptionID", "resourceGroup", "tenantID", "storageAccount", "storageAccessKey",
               "container", "clientID", "clientSecret", "certPath", "useHTTPS", "tag"},
              "for the azureud driver, which this build does not have"});
  Add(table,
      {"dobs",
       {},
       {"token", "region", "statusMaxAttempts", "statusInitialDelay", "statusTimeout", "convertUnderscores"},
       "for the dobs driver, which this build does not have"});
  Add(table, {"cinder",
              {"openstack"},
              {"authURL", "userID", "userName", "password", "tokenID", "tenantID", "tenantName", "domainID",
               "domainName", "regionName", "availabilityZoneName", "trustID", "attachTimeout",
               "deleteTimeout", "createTimeout", "snapshotTimeout", "CACert", "insecure"},
              "for the cinder driver, which this build does not have"});
  Add(table,
      {"rackspace",
       {},
       {"authURL", "userID", "userName", "password", "tenantID", "tenantName", "domainID", "domainName"},
       "for the rackspace driver, which this build does not have"});
}

void AddArraySections(std::vector<KeyInfo>& table) {
  Add(table, {"isilon",
              {},
              {"endpoint", "userName", "group", "password", "volumePath", "nfsHost", "dataSubnet", "insecure",
               "quotas", "sharedMounts"},
              "for the isilon driver, which this build does not have"});
  Add(table, {"scaleio",
              {},
              {"endpoint", "apiVersion", "userID", "userName", "password", "systemID", "systemName",
               "protectionDomainID", "protectionDomainName", "storagePoolID", "storagePoolName",
               "thinOrThick", "insecure", "useCerts", "guid", "drvCfg", "version"},
              "for the scaleio driver, which this build does not have"});
  Add(table, {"virtualbox",
              {},
              {"endpoint", "volumePath", "localMachineNameOrId", "username", "password", "controllerName",
               "tls", "diskIDPath", "scsiHostPath"},
              "for the virtualbox driver, which this build does not have"});
  Add(table, {"vmax",
              {},
              {"smishost", "smisport", "userName", "password", "sid", "volumePrefix", "storageGroup",
               "vmh.userName", "vmh.password", "vmh.host", "insecure", "vmh.insecure"},
              "for the vmax driver, which this build does not have"});
  Add(table,
      {"xtremio",
       {},
       {"endpoint", "userName", "password", "insecure", "deviceMapper", "multipath", "remoteManagement"},
       "for the xtremio driver, which this build does not have"});
  Add(table, {"rbd",
              {},
              {"defaultPool", "testModule", "cephArgs"},
              "for the rbd driver, which this build does not have"});
  Add(table, {"mockProvider",
              {},
              {"userName", "password", "useCerts", "docker.minVolSize"},
              "for the original's own tests"});
}

}  // namespace

std::vector<KeyInfo> AcceptedKeys() {
  std::vector<KeyInfo> table;
  AddRexrayKeys(table);
  AddLibstorageKeys(table);
  AddCloudSections(table);
  AddArraySections(table);
  return table;
}

}  // namespace rexray::config
