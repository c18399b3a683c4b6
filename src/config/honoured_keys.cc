#include "config/key_tables.h"

namespace rexray::config {
namespace {

constexpr char kOperations[] = "libstorage.integration.volume.operations.";

std::string Operation(const char* name) {
  return std::string(kOperations) + name;
}

void AddDaemonKeys(std::vector<KeyInfo>& keys) {
  keys.push_back({.key = "rexray.logLevel",
                  .type = KeyType::kLogLevel,
                  .default_value = "warn",
                  .reloadable = true,
                  .flag = "logLevel",
                  .help = "how much the daemon logs: debug, info, warn, error (fatal and panic mean error)"});
  keys.push_back({.key = "rexray.storageDrivers",
                  .type = KeyType::kList,
                  .default_value = "local",
                  .per_service = true,
                  .flag = "storageDrivers",
                  .help = "the driver of the default service; the first of the list counts, [] means none"});
  keys.push_back(
      {.key = "rexray.service",
       .older = {"libstorage.service"},
       .per_service = true,
       .help = "the default service: a name below libstorage.server.services, or a driver's name"});
  keys.push_back({.key = "libstorage.server.services.NAME.driver",
                  .help = "declares the service NAME and its driver; without it the driver is NAME itself"});
}

void AddModuleKeys(std::vector<KeyInfo>& keys) {
  keys.push_back({.key = "rexray.modules.NAME.type",
                  .type = KeyType::kChoice,
                  .default_value = "docker",
                  .choices = {"docker", "csi", "admin"},
                  .help = "docker or csi: a service with its own plugin socket"});
  keys.push_back(
      {.key = "rexray.modules.NAME.host",
       .type = KeyType::kAddress,
       .help = "where the module listens; default-admin has a TCP address only where one is written"});
  keys.push_back({.key = "rexray.modules.NAME.spec",
                  .type = KeyType::kPath,
                  .help = "the spec file for Docker; none is written when host is changed and spec is not"});
  keys.push_back({.key = "rexray.modules.NAME.disabled",
                  .type = KeyType::kBool,
                  .default_value = "false",
                  .help = "no socket; a module other than default-docker is no service then"});
}

void AddMountKeys(std::vector<KeyInfo>& keys) {
  keys.push_back({.key = "rexray.volume.mount.preempt",
                  .newer = {Operation("mount.preempt")},
                  .type = KeyType::kChoice,
                  .default_value = "false",
                  .choices = {"false", "true", "when-dead"},
                  .per_service = true,
                  .reloadable = true,
                  .flag = "preempt",
                  .environment = {"REXRAY_PREEMPT"},
                  .help = "take a volume from another node: never, always, or only when that node is dead"});
  keys.push_back({.key = "rexray.volume.mount.path",
                  .newer = {Operation("mount.path")},
                  .older = {"docker.mountDirPath"},
                  .type = KeyType::kPath,
                  .help =
                      "the directory below which volumes are mounted; by default volumes below the library "
                      "directory"});
  keys.push_back({.key = "rexray.volume.mount.retryCount",
                  .newer = {Operation("mount.retryCount")},
                  .type = KeyType::kInt,
                  .default_value = "0",
                  .per_service = true,
                  .help = "how often a failed mount is tried again"});
  keys.push_back({.key = "rexray.volume.mount.retryWait",
                  .newer = {Operation("mount.retryWait")},
                  .type = KeyType::kDuration,
                  .default_value = "5s",
                  .per_service = true,
                  .help = "the time between two tries"});
  keys.push_back(
      {.key = "rexray.volume.unmount.ignoreUsedCount",
       .newer = {Operation("unmount.ignoreusedcount")},
       .type = KeyType::kBool,
       .default_value = "false",
       .per_service = true,
       .help = "an Unmount counts even when others are counted as users; never against the kernel"});
  keys.push_back({.key = "rexray.volume.unmount.linger",
                  .type = KeyType::kDuration,
                  .per_service = true,
                  .help = "time between the last unmount and the detach; by default the driver's own"});
  keys.push_back({.key = "rexray.volume.unmount.staleAfter",
                  .type = KeyType::kDuration,
                  .default_value = "10m",
                  .per_service = true,
                  .help = "a Docker consumer of this age that no process has mounted is released; 0: never"});
  keys.push_back({.key = "linux.volume.rootPath",
                  .newer = {Operation("mount.rootPath")},
                  .type = KeyType::kSubPath,
                  .default_value = "/data",
                  .per_service = true,
                  .help = "the directory in the volume that users get; empty: the volume's root"});
  keys.push_back({.key = "linux.volume.fileMode",
                  .type = KeyType::kMode,
                  .default_value = "0700",
                  .per_service = true,
                  .help = "mode of that directory when it is created; octal, with its leading 0"});
}

void AddCreateKeys(std::vector<KeyInfo>& keys) {
  const auto flag_key = [&keys](const char* key, const char* newer, const char* help) {
    keys.push_back({.key = key,
                    .newer = {Operation(newer)},
                    .type = KeyType::kBool,
                    .default_value = "false",
                    .per_service = true,
                    .help = help});
  };
  flag_key("rexray.volume.create.disable", "create.disable", "Create answers success and does nothing");
  flag_key("rexray.volume.remove.disable", "remove.disable", "Remove answers success and does nothing");
  flag_key("rexray.volume.create.implicit", "create.implicit", "Mount of a missing volume creates it");
  keys.push_back({.key = "rexray.volume.remove.foreign",
                  .type = KeyType::kBool,
                  .default_value = "false",
                  .per_service = true,
                  .help = "let orchestrators remove volumes that this program did not create"});
  keys.push_back({.key = "docker.unknownOptions",
                  .type = KeyType::kChoice,
                  .default_value = "error",
                  .choices = {"error", "warn"},
                  .per_service = true,
                  .help = "what an unknown option of `docker volume create` is"});
}

void AddDefaultKeys(std::vector<KeyInfo>& keys) {
  keys.push_back({.key = "docker.size",
                  .newer = {Operation("create.default.size")},
                  .type = KeyType::kSize,
                  .default_value = "16",
                  .per_service = true,
                  .reloadable = true,
                  .help = "size of a volume created without one; a bare number is GiB"});
  keys.push_back({.key = "docker.fsType",
                  .newer = {Operation("create.default.fsType")},
                  .type = KeyType::kChoice,
                  .default_value = "ext4",
                  .choices = {"ext4", "xfs", "btrfs"},
                  .per_service = true,
                  .reloadable = true,
                  .environment = {"REXRAY_FSTYPE"},
                  .help = "file system of a volume created without one"});
  keys.push_back({.key = "docker.volumeType",
                  .newer = {Operation("create.default.type")},
                  .per_service = true,
                  .reloadable = true,
                  .help = "the backend's volume type"});
  keys.push_back({.key = "docker.iops",
                  .newer = {Operation("create.default.IOPS")},
                  .type = KeyType::kInt,
                  .per_service = true,
                  .reloadable = true,
                  .help = "provisioned IOPS; 0: none asked for"});
  keys.push_back({.key = "docker.availabilityZone",
                  .newer = {Operation("create.default.availabilityZone")},
                  .per_service = true,
                  .reloadable = true,
                  .help = "zone of a new volume; by default this node's"});
  keys.push_back({.key = "docker.tags",
                  .type = KeyType::kTags,
                  .per_service = true,
                  .reloadable = true,
                  .help = "tags on every new volume: team=db env=prod"});
}

void AddDriverKeys(std::vector<KeyInfo>& keys) {
  keys.push_back(
      {.key = "local.directory",
       .type = KeyType::kPath,
       .per_service = true,
       .help = "the local driver's images and catalogue; by default local below the library directory"});
  keys.push_back({.key = "vfs.root",
                  .type = KeyType::kPath,
                  .per_service = true,
                  .help = "the vfs driver's directories; by default vfs below the library directory"});
}

/// 0.3.3 called the section aws or ec2, 0.11 ebs.
void AddEbsKeys(std::vector<KeyInfo>& keys) {
  const auto add = [&keys](const std::string& name, const char* help, KeyType type = KeyType::kString) {
    KeyInfo info{.key = "ebs." + name,
                 .older = {"aws." + name, "ec2." + name},
                 .type = type,
                 .per_service = true,
                 .help = help};
    info.secret = name == "accessKey" || name == "secretKey" || name == "sessionToken";
    keys.push_back(std::move(info));
  };
  add("accessKey", "AWS access key; without keys here AWS's usual places are asked");
  add("secretKey", "the secret of that key");
  add("sessionToken", "of temporary keys");
  add("profile", "the profile of the shared AWS files");
  add("region", "by default AWS_REGION, the profile's, or this instance's");
  add("availabilityZone", "this instance's zone; by default from its metadata");
  add("instanceID", "this instance; by default from its metadata");
  add("endpoint", "the EC2 API; by default the region's own");
  add("metadataEndpoint", "the instance metadata service; by default http://169.254.169.254");
  add("maxRetries", "tries after the first; by default as many as the deadline allows", KeyType::kInt);
  add("rexrayTag", "only volumes with this rexraySet tag are seen, and new ones get it");
  add("tag", "the Name tag is TAG/NAME, and only such volumes are seen");
  add("tags",
      "KEY=VALUE pairs for new volumes and snapshots; {volume}, {service}, {instance}, {zone} are filled in",
      KeyType::kList);
  add("type", "the type of a volume created without one; by default gp3");
  add("throughput", "MiB/s of a gp3 volume created without one", KeyType::kInt);
  add("encrypted", "new volumes are encrypted; by default they are not", KeyType::kBool);
  add("kmsKeyID", "with this key; new volumes are encrypted then");
  add("deviceRoot", "the directory that has the host's /dev and /sys, in a container", KeyType::kPath);
}

}  // namespace

std::vector<KeyInfo> HonouredKeys() {
  std::vector<KeyInfo> keys;
  AddDaemonKeys(keys);
  AddModuleKeys(keys);
  AddMountKeys(keys);
  AddCreateKeys(keys);
  AddDefaultKeys(keys);
  AddDriverKeys(keys);
  AddEbsKeys(keys);
  return keys;
}

}  // namespace rexray::config
