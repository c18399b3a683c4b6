#include "config/known_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "config/testing/config_files.h"
#include "config/text.h"
#include "config/value.h"

namespace rexray::config {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(KnownKeys, EveryNameVariableAndFlagMeansOneKey) {
  std::map<std::string, std::string> names;
  std::map<std::string, std::string> variables;
  std::map<std::string, std::string> flags;
  const auto once = [](std::map<std::string, std::string>& map, const std::string& name,
                       const KeyInfo& info) {
    const auto [present, fresh] = map.emplace(name, info.key);
    EXPECT_TRUE(fresh || present->second == info.key)
        << name << ": " << present->second << " and " << info.key;
  };
  for (const KeyInfo& info : KnownKeys()) {
    for (const std::string& name : NamesOf(info)) {
      once(names, Lower(name), info);
      once(variables, EnvironmentName(name), info);
    }
    for (const std::string& name : info.environment) once(variables, name, info);
    for (const std::string& flag : FlagNamesOf(info)) once(flags, Lower(flag), info);
  }
  for (const std::string& only : EnvironmentOnlyNames()) {
    EXPECT_EQ(variables.count(only), only == "LIBSTORAGE_LOGGING_LEVEL" ? 1u : 0u) << only;
  }
}

TEST(KnownKeys, DefaultsAreCanonicalAndEveryRowSaysWhatItIsFor) {
  for (const KeyInfo& info : KnownKeys()) {
    EXPECT_FALSE(info.help.empty()) << info.key;
    EXPECT_EQ(info.type == KeyType::kChoice, !info.choices.empty()) << info.key;
    const auto value = CanonicalValue(info, RawValue{.text = info.default_value});
    ASSERT_TRUE(value.ok()) << info.key << ": " << value.status();
    EXPECT_EQ(*value, info.default_value) << info.key;
  }
}

TEST(KnownKeys, NamesFollowRexRaysRules) {
  EXPECT_EQ(EnvironmentName("aws.accessKey"), "AWS_ACCESSKEY");
  EXPECT_EQ(FlagName("aws.accessKey"), "awsAccessKey");
  EXPECT_EQ(FlagName("linux.volume.rootpath"), "linuxVolumeRootpath");
  EXPECT_THAT(FlagNamesOf(*FindKey("rexray.loglevel")), ElementsAre("logLevel", "rexrayLogLevel"));
  EXPECT_THAT(FlagNamesOf(*FindKey("libstorage.integration.volume.operations.mount.preempt")),
              ElementsAre("preempt", "libstorageIntegrationVolumeOperationsMountPreempt",
                          "rexrayVolumeMountPreempt"));
  EXPECT_THAT(FlagNamesOf(*FindKey("ebs.accessKey")),
              ElementsAre("ebsAccessKey", "awsAccessKey", "ec2AccessKey"));
  EXPECT_THAT(FlagNamesOf(*FindKey("rexray.modules.NAME.host")), ElementsAre());
  EXPECT_EQ(FindKey("rexray.nothing"), nullptr);
}

TEST(KnownKeys, SecretsAreMarked) {
  for (const char* key : {"ebs.secretKey", "aws.accessKey", "isilon.password", "vmax.vmh.password",
                          "dobs.token", "cinder.tokenID", "azureud.clientSecret", "azureud.storageAccessKey",
                          "libstorage.server.auth.key", "libstorage.client.auth.token"}) {
    ASSERT_NE(FindKey(key), nullptr) << key;
    EXPECT_TRUE(FindKey(key)->secret) << key;
  }
  EXPECT_FALSE(FindKey("gce.keyfile")->secret);
}

/// "isilon.{endpoint,userName}" and so on: sections 2.3 and 2.7 of the originals' documentation, as they list
/// them.
TEST(KnownKeys, AllKeysOf033AreKnown) {
  const std::map<std::string, std::string> sections{
      {"rexray.",
       "host logLevel osDrivers storageDrivers volumeDrivers volume.mount.preempt "
       "volume.unmount.ignoreUsedCount "
       "volume.path.disableCache volume.path.cache volume.create.disable volume.remove.disable "
       "modules.NAME.type "
       "modules.NAME.desc modules.NAME.host modules.NAME.spec modules.NAME.disabled"},
      {"docker.", "fsType volumeType iops size availabilityZone"},
      {"linux.volume.", "rootPath fileMode"},
      {"aws.", "accessKey secretKey region rexrayTag"},
      {"gce.", "keyfile"},
      {"isilon.", "endpoint userName group password volumePath nfsHost dataSubnet insecure quotas"},
      {"openstack.",
       "authURL userID userName password tenantID tenantName domainID domainName regionName "
       "availabilityZoneName"},
      {"rackspace.", "authURL userID userName password tenantID tenantName domainID domainName"},
      {"scaleio.",
       "endpoint apiVersion userID userName password systemID systemName protectionDomainID "
       "protectionDomainName "
       "storagePoolID storagePoolName thinOrThick insecure useCerts"},
      {"virtualbox.", "endpoint volumePath localMachineNameOrId username password controllerName tls"},
      {"vmax.",
       "smishost smisport userName password sid volumePrefix storageGroup vmh.userName vmh.password vmh.host "
       "insecure "
       "vmh.insecure"},
      {"xtremio.", "endpoint userName password insecure deviceMapper multipath remoteManagement"},
      {"mockProvider.", "userName useCerts docker.minVolSize"},
  };
  for (const auto& [section, keys] : sections) {
    for (const std::string& key : SplitWords(keys))
      EXPECT_NE(FindKey(section + key), nullptr) << section << key;
  }
}

TEST(KnownKeys, AllKeysOf0114AreKnown) {
  const std::map<std::string, std::string> sections{
      {"libstorage.",
       "host service embedded server.autoEndpointMode os.driver storage.driver integration.driver "
       "client.type "
       "client.cache.instanceID client.auth.token logging.level logging.stdout logging.stderr "
       "logging.httpRequests "
       "logging.httpResponses http.disableKeepAlive http.writeTimeout http.readTimeout executor.path "
       "executor.disableDownload device.attachTimeout device.scanType server.tasks.exeTimeout "
       "server.tasks.logTimeout "
       "server.parseRequestOpts server.auth.key server.auth.alg server.auth.allow server.auth.deny "
       "server.auth.disabled tls.disabled tls.insecure tls.serverName tls.knownHosts tls.verifyPeers "
       "tls.clientCertRequired tls.trustedCertsFile tls.certFile tls.keyFile server.services.NAME.driver "
       "server.endpoints.NAME.address"},
      {"libstorage.integration.volume.operations.",
       "mount.preempt mount.path mount.rootPath mount.retryCount mount.retryWait create.disable "
       "create.implicit "
       "create.default.size create.default.fsType create.default.availabilityZone create.default.type "
       "create.default.IOPS remove.disable remove.force unmount.ignoreusedcount path.cache.enabled "
       "path.cache.async"},
      {"linux.volume.", "filemode rootpath"},
      {"rexray.", "service module.startTimeout docker.mount.path"},
      {"csi.", "endpoint driver goplugins nodocker"},
      {"docker.", "mountDirPath"},
      {"ebs.",
       "accessKey secretKey region endpoint maxRetries tag kmsKeyID useLargeDeviceRange statusMaxAttempts "
       "statusInitialDelay statusTimeout nvmeBinPath rexrayTag"},
      {"ec2.", "accessKey secretKey region endpoint maxRetries tag rexrayTag kmsKeyID"},
      {"aws.", "accessKey secretKey region endpoint maxRetries tag rexrayTag kmsKeyID"},
      {"efs.",
       "accessKey secretKey securityGroups region endpoint endpointFormat tag disableSessionCache "
       "statusMaxAttempts "
       "statusInitialDelay statusTimeout"},
      {"s3fs.", "accessKey secretKey region cmd options hostName tag maxRetries disablePathStyle endpoint"},
      {"gcepd.",
       "keyfile zone defaultDiskType tag statusMaxAttempts statusInitialDelay statusTimeout "
       "convertUnderscores"},
      {"azureud.",
       "subscriptionID resourceGroup tenantID storageAccount storageAccessKey container clientID "
       "clientSecret certPath "
       "useHTTPS tag"},
      {"cinder.",
       "authURL userID userName password tokenID tenantID tenantName domainID domainName regionName "
       "availabilityZoneName trustID attachTimeout deleteTimeout createTimeout snapshotTimeout CACert "
       "insecure"},
      {"dobs.", "token region statusMaxAttempts statusInitialDelay statusTimeout convertUnderscores"},
      {"isilon.", "sharedMounts"},
      {"rbd.", "defaultPool testModule cephArgs"},
      {"scaleio.", "guid drvCfg version"},
      {"virtualbox.", "diskIDPath scsiHostPath"},
      {"vfs.", "root"},
  };
  for (const auto& [section, keys] : sections) {
    for (const std::string& key : SplitWords(keys))
      EXPECT_NE(FindKey(section + key), nullptr) << section << key;
  }
}

TEST(KnownKeys, ThePageNamesEveryKeyThatHasAnEffect) {
  const std::string page = ReadFile(std::string(REXRAY_SOURCE_DIR) + "/docs/configuration.md");
  for (const KeyInfo& info : KnownKeys()) {
    if (info.status != KeyStatus::kHonoured) continue;
    for (const std::string& name : NamesOf(info)) EXPECT_THAT(page, HasSubstr("`" + name + "`"));
    if (info.default_value.empty()) continue;
    EXPECT_THAT(page, HasSubstr("`" + info.default_value + "`")) << info.key;
  }
}

}  // namespace
}  // namespace rexray::config
