// Loading: places and their order, files that are not to be trusted, variables, paths, and every kind of bad
// input.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "base/status.h"
#include "config/config.h"
#include "config/testing/config_files.h"

namespace rexray::config {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class LoadTest : public testing::Test {
 protected:
  /// The message of the error, "" when there is none; the root's name left out.
  std::string Problem(const LoadRequest& request) { return WithoutRoot(MessageOf(Load(request).status())); }
  std::string Problem(std::string_view text) {
    return WithoutRoot(MessageOf(files_.LoadText(text).status()));
  }

  std::vector<std::string> Warnings(const LoadRequest& request) {
    const auto config = Load(request);
    if (!config.ok()) return {"error: " + WithoutRoot(MessageOf(config.status()))};
    std::vector<std::string> out;
    for (const std::string& warning : (*config)->warnings()) out.push_back(WithoutRoot(warning));
    return out;
  }
  std::vector<std::string> Warnings(std::string_view text) {
    files_.Write("etc/rexray/config.yml", text);
    return Warnings(files_.Request());
  }

  /// "value @ origin" of one effective key.
  std::string Effective(const LoadRequest& request, std::string_view key) {
    const auto config = Load(request);
    if (!config.ok()) return "error: " + WithoutRoot(MessageOf(config.status()));
    for (const EffectiveValue& value : (*config)->Effective()) {
      if (value.key == key) return WithoutRoot(value.value + " @ " + value.origin.where);
    }
    return "not there";
  }

  std::string WithoutRoot(std::string_view text) {
    std::string out(text);
    for (size_t at; (at = out.find(files_.root())) != std::string::npos;) out.erase(at, files_.root().size());
    return out;
  }

  ConfigFiles files_;
};

TEST_F(LoadTest, NothingConfiguredIsLocal) {
  const auto config = Load(files_.Request());
  ASSERT_TRUE(config.ok()) << config.status();
  const Settings& settings = (*config)->settings();
  ASSERT_EQ(settings.services.size(), 1u);
  EXPECT_EQ(settings.default_service, "rexray");
  EXPECT_EQ(settings.services[0].name, "rexray");
  EXPECT_EQ(settings.services[0].driver, "local");
  EXPECT_EQ(settings.services[0].docker_host, "unix:///run/docker/plugins/rexray.sock");
  EXPECT_EQ(settings.services[0].spec_file, "/etc/docker/plugins/rexray.spec");
  EXPECT_EQ(settings.log_level, LogLevel::kWarn);
  EXPECT_EQ(settings.admin_host, std::nullopt);
  EXPECT_THAT((*config)->warnings(), IsEmpty());
}

TEST_F(LoadTest, EachPlaceWinsOverTheOneBefore) {
  LoadRequest request = files_.Request();
  request.environment["HOME"] = files_.root() + "/home";
  const auto level = [&] { return Effective(request, "rexray.logLevel"); };
  EXPECT_EQ(level(), "warn @ default");
  files_.Write("etc/rexray/rexray.yml", "rexray: {logLevel: error}");
  EXPECT_EQ(level(), "error @ /etc/rexray/rexray.yml:1");
  files_.Write("etc/rexray/config.yml", "\nrexray: {logLevel: debug}");
  EXPECT_EQ(level(), "debug @ /etc/rexray/config.yml:2");
  files_.Write("home/.rexray/rexray.yml", "rexray: {logLevel: info}");
  EXPECT_EQ(level(), "info @ /home/.rexray/rexray.yml:1");
  files_.Write("home/.rexray/config.yml", "rexray: {logLevel: error}");
  EXPECT_EQ(level(), "error @ /home/.rexray/config.yml:1");
  request.file = files_.Write("mine.yml", "REXRAY:\n  LogLevel: warn\n").string();
  EXPECT_EQ(level(), "warn @ /mine.yml:2");
  files_.Write("etc/environment", "# system\nexport REXRAY_LOGLEVEL=\"debug\"\n");
  EXPECT_EQ(level(), "debug @ REXRAY_LOGLEVEL");
  request.environment["REXRAY_LOGLEVEL"] = "info";
  EXPECT_EQ(level(), "info @ REXRAY_LOGLEVEL");
  request.flags["rexray.logLevel"] = "error";
  EXPECT_EQ(level(), "error @ --logLevel");
}

TEST_F(LoadTest, FilesMergeKeyByKeyAndListsAreReplaced) {
  files_.Write("etc/rexray/rexray.yml",
               "rexray: {storageDrivers: [ec2, isilon], volume: {create: {disable: true}}}");
  files_.Write("etc/rexray/config.yml", "rexray: {storageDrivers: [vfs], volume: {remove: {disable: true}}}");
  const auto config = Load(files_.Request());
  ASSERT_TRUE(config.ok()) << config.status();
  const ServiceSettings& service = (*config)->settings().services.at(0);
  EXPECT_EQ(service.driver, "vfs");
  EXPECT_TRUE(service.create_disabled);
  EXPECT_TRUE(service.remove_disabled);
  EXPECT_EQ((*config)->warnings(), std::vector<std::string>())
      << "the overridden list is not complained about";
}

TEST_F(LoadTest, OfTwoNamesTheNewerWinsInOnePlaceAndTheStrongerPlaceWinsAlways) {
  const std::string both =
      "rexray: {volume: {mount: {preempt: true}}}\n"
      "libstorage: {integration: {volume: {operations: {mount: {preempt: false}}}}}\n";
  const char* key = "rexray.volume.mount.preempt";
  files_.Write("etc/rexray/config.yml", both);
  LoadRequest request = files_.Request();
  EXPECT_EQ(Effective(request, key), "false @ /etc/rexray/config.yml:2");
  EXPECT_THAT(Warnings(request),
              ElementsAre("/etc/rexray/config.yml:1:36: rexray.volume.mount.preempt is another name of "
                          "libstorage.integration.volume.operations.mount.preempt "
                          "(/etc/rexray/config.yml:2:67), which says something else and wins"));
  request.environment["REXRAY_VOLUME_MOUNT_PREEMPT"] = "when-dead";
  EXPECT_EQ(Effective(request, key), "when-dead @ REXRAY_VOLUME_MOUNT_PREEMPT");
  request.environment["LIBSTORAGE_INTEGRATION_VOLUME_OPERATIONS_MOUNT_PREEMPT"] = "true";
  EXPECT_EQ(Effective(request, key), "true @ LIBSTORAGE_INTEGRATION_VOLUME_OPERATIONS_MOUNT_PREEMPT");
  request.flags[key] = "false";
  EXPECT_EQ(Effective(request, key), "false @ --preempt");
}

TEST_F(LoadTest, AnOldNameAloneCounts) {
  files_.Write("etc/rexray/config.yml", "docker: {mountDirPath: /srv/v}\nlibstorage: {service: vfs}\n");
  const auto config = Load(files_.Request());
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ((*config)->settings().paths.volumes, "/srv/v");
  EXPECT_EQ((*config)->settings().services.at(0).driver, "vfs");
  EXPECT_THAT((*config)->warnings(), IsEmpty());
}

TEST_F(LoadTest, VariablesInValuesAreReplaced) {
  files_.Write("etc/rexray/config.yml",
               "docker: {volumeType: '$A-${B}/$C$/$', availabilityZone: $NOT_SET}\n"
               "rexray: {storageDrivers: [$DRIVER]}\n"
               "ebs: {secretKey: pa$word}\n");
  files_.Write("etc/environment", "B=two\nA=other\nC='c'\n");
  LoadRequest request = files_.Request();
  request.environment = {{"A", "one"}, {"DRIVER", "vfs"}};
  EXPECT_EQ(Effective(request, "docker.volumeType"), "one-two/c$/$ @ /etc/rexray/config.yml:1");
  EXPECT_EQ(Effective(request, "docker.availabilityZone"), " @ /etc/rexray/config.yml:1");
  EXPECT_EQ(Effective(request, "rexray.storageDrivers"), "vfs @ /etc/rexray/config.yml:2");
  EXPECT_THAT(
      Warnings(request),
      ElementsAre(
          "/etc/rexray/config.yml:1:57: docker.availabilityZone: the variable $NOT_SET is not set and "
          "stands for nothing",
          "/etc/rexray/config.yml:3:18: ebs.secretKey: the variable is not set and stands for nothing"));
  request.environment["GOFIG_DISABLE_ENVVAR_SUBSTITUTION"] = "true";
  EXPECT_EQ(Effective(request, "docker.volumeType"), "$A-${B}/$C$/$ @ /etc/rexray/config.yml:1");
}

TEST_F(LoadTest, EmptyVariablesAndEmptyTextsAreNotWritten) {
  LoadRequest request = files_.Request();
  request.environment["REXRAY_LOGLEVEL"] = "";
  EXPECT_EQ(Effective(request, "rexray.logLevel"), "warn @ default");
  files_.Write("etc/rexray/config.yml",
               "docker: {size: '', iops: '', fsType: ''}\nrexray: {storageDrivers: ''}\n");
  EXPECT_EQ(Effective(request, "docker.size"), "16 @ default");
  EXPECT_EQ(Effective(request, "rexray.storageDrivers"), "local @ default");
}

TEST_F(LoadTest, HomeFilesOfSomebodyElseAreIgnored) {
  files_.Write("home/.rexray/config.yml", "rexray: {logLevel: debug}");
  LoadRequest request = files_.Request();
  request.environment["HOME"] = files_.root() + "/home";
  request.uid = geteuid() + 1;
  EXPECT_EQ(Effective(request, "rexray.logLevel"), "warn @ default");
  EXPECT_THAT(Warnings(request),
              ElementsAre(HasSubstr("/home/.rexray/config.yml is ignored: it belongs to user ")));
}

TEST_F(LoadTest, AReadableSecretWarnsUnlessItComesFromAVariable) {
  LoadRequest request = files_.Request();
  request.environment["KEY"] = "x";
  files_.Write("etc/rexray/config.yml", "aws: {secretKey: abc}", 0644);
  EXPECT_THAT(Warnings(request),
              ElementsAre("/etc/rexray/config.yml holds a secret and everybody can read it: run "
                          "chmod 0600 /etc/rexray/config.yml"));
  files_.Write("etc/rexray/config.yml", "aws: {secretKey: abc}", 0640);
  EXPECT_THAT(Warnings(request), IsEmpty());
  files_.Write("etc/rexray/config.yml", "aws: {secretKey: $KEY, region: r}", 0644);
  EXPECT_THAT(Warnings(request), IsEmpty());
}

TEST_F(LoadTest, SecretsAreMaskedAndLookupHasThem) {
  files_.Write("etc/rexray/config.yml", "aws: {secretKey: hunter2}");
  const auto config = Load(files_.Request());
  ASSERT_TRUE(config.ok());
  for (const EffectiveValue& value : (*config)->Effective())
    EXPECT_THAT(value.value, Not(HasSubstr("hunter2")));
  EXPECT_EQ(Effective(files_.Request(), "ebs.secretKey"), "******** @ /etc/rexray/config.yml:1");
  const auto& lookup = (*config)->settings().services.at(0).lookup;
  for (const char* name : {"ebs.secretKey", "AWS.SECRETKEY", "ec2.secretkey"})
    EXPECT_EQ(lookup(name), "hunter2");
  EXPECT_EQ(lookup("ebs.region"), std::nullopt);
  EXPECT_EQ(lookup("no.such.key"), std::nullopt);
}

TEST_F(LoadTest, LookupOutlivesTheConfig) {
  auto config = files_.LoadText("foo: {bar: baz}");
  ASSERT_TRUE(config.ok());
  const auto lookup = (*config)->settings().services.at(0).lookup;
  config->reset();
  EXPECT_EQ(lookup("foo.bar"), "baz");
}

TEST_F(LoadTest, FilesThatCannotBeRead) {
  LoadRequest request = files_.Request();
  request.file = files_.root() + "/none.yml";
  EXPECT_EQ(Problem(request), "cannot read /none.yml: No such file or directory");
  request.file = files_.root();
  EXPECT_THAT(Problem(request), EndsWith(" is not a file"));
  request.file.reset();
  std::filesystem::create_directories(files_.root() + "/etc/rexray/config.yml");
  EXPECT_EQ(Problem(request), "/etc/rexray/config.yml is not a file");
  std::filesystem::remove(files_.root() + "/etc/rexray/config.yml");
  ASSERT_EQ(mkfifo((files_.root() + "/etc/rexray/config.yml").c_str(), 0600), 0);
  EXPECT_EQ(Problem(request), "/etc/rexray/config.yml is not a file") << "and it did not wait for a writer";
}

TEST_F(LoadTest, AFileWithoutPermissionIsAnError) {
  files_.Write("etc/rexray/config.yml", "{}", 0);
  const bool root = geteuid() == 0;  // who can read every file
  ASSERT_EQ(root ? seteuid(65534) : 0, 0);
  const std::string problem = Problem(files_.Request());
  ASSERT_EQ(root ? seteuid(0) : 0, 0);
  EXPECT_EQ(problem, "cannot read /etc/rexray/rexray.yml: Permission denied");
}

TEST_F(LoadTest, RexrayHomeMovesTheDirectories) {
  LoadRequest request = files_.Request();
  const auto paths = [&request] { return (*Load(request))->settings().paths; };
  EXPECT_EQ(paths().etc, "/etc/rexray");
  EXPECT_EQ(paths().tls, "/etc/rexray/tls");
  EXPECT_EQ(paths().admin_socket(), "/run/rexray/rexray.sock");
  EXPECT_EQ(paths().pid_file(), "/run/rexray/rexray.pid");
  request.environment["REXRAY_HOME"] = "/";
  EXPECT_EQ(paths().etc, "/etc/rexray");
  EXPECT_EQ(paths().run, "/run/rexray");
  request.environment["REXRAY_HOME"] = "/opt/rex/";
  EXPECT_EQ(paths().etc, "/opt/rex/etc/rexray");
  EXPECT_EQ(paths().tls, "/opt/rex/etc/rexray/tls");
  EXPECT_EQ(paths().lib, "/opt/rex/var/lib/rexray");
  EXPECT_EQ(paths().log, "/opt/rex/var/log/rexray");
  EXPECT_EQ(paths().run, "/opt/rex/run/rexray");
  EXPECT_EQ(paths().volumes, "/opt/rex/var/lib/rexray/volumes");
  request.environment["REXRAY_HOME_ETC"] = "/e";
  request.environment["REXRAY_HOME_ETC_TLS"] = "/t";
  request.environment["REXRAY_HOME_LIB"] = "/l";
  request.environment["REXRAY_HOME_LOG"] = "/g";
  request.environment["REXRAY_HOME_RUN"] = "/r";
  EXPECT_EQ(paths().etc + paths().tls + paths().lib + paths().log + paths().run, "/e/t/l/g/r");
  EXPECT_EQ(paths().volumes, "/l/volumes");
  files_.Write("e/config.yml", "rexray: {logLevel: info}");
  EXPECT_EQ(Effective(request, "rexray.logLevel"), "info @ /e/config.yml:1");
  request.environment["REXRAY_HOME_LIB"] = "lib";
  EXPECT_EQ(Problem(request), "the variable REXRAY_HOME_LIB: \"lib\" is not an absolute path");
}

TEST_F(LoadTest, RexrayHomeMayStandInEtcEnvironment) {
  files_.Write("etc/environment", "REXRAY_HOME=/opt/rex\n");
  files_.Write("opt/rex/etc/rexray/config.yml", "rexray: {logLevel: info}");
  EXPECT_EQ(Effective(files_.Request(), "rexray.logLevel"), "info @ /opt/rex/etc/rexray/config.yml:1");
}

TEST_F(LoadTest, UnknownKeysWarnOnceWithTheNearestName) {
  const struct {
    const char* text;
    const char* warning;
  } cases[] = {
      {"rexray: {logLevle: info}",
       "/etc/rexray/config.yml:1:20: the key rexray.logLevle is unknown and has no effect; the nearest known "
       "key is "
       "rexray.logLevel"},
      {"rexray: {volum: {mount: {preempt: true}}}",
       "/etc/rexray/config.yml:1:35: the key rexray.volum.mount.preempt is unknown and has no effect; the "
       "nearest known "
       "key is rexray.volume.mount.preempt"},
      {"rexray: {preempt: true}",
       "/etc/rexray/config.yml:1:19: the key rexray.preempt is unknown and has no effect; the nearest known "
       "key is "
       "rexray.volume.mount.preempt"},
      {"rexray: {modules: {bulk: {hots: 'unix:///x'}}}",
       "/etc/rexray/config.yml:1:33: the key rexray.modules.bulk.hots is unknown and has no effect; the "
       "nearest known "
       "key is rexray.modules.bulk.host"},
      {"rexray: {modules: {bulk: {dockr: {size: 1}}}}",
       "/etc/rexray/config.yml:1:41: the key rexray.modules.bulk.dockr.size is unknown and has no effect; "
       "the nearest "
       "known key is rexray.modules.bulk.docker.size"},
      {"zebra: {stripes: 7}",
       "/etc/rexray/config.yml:1:18: the key zebra.stripes is unknown and has no effect"},
      {"rexray: {modules: {bulk: {rexray: {logLevel: info}}}}",
       "/etc/rexray/config.yml:1:46: rexray.modules.bulk.rexray.logLevel has no effect here: rexray.logLevel "
       "is one "
       "setting for all services"},
      {"rexray: {modules: {default-admin: {host: 'unix:///run/a.sock'}}}",
       "/etc/rexray/config.yml:1:42: rexray.modules.default-admin.host has no effect: only a tcp:// address "
       "can be added "
       "to the admin socket"},
  };
  for (const auto& test : cases) EXPECT_THAT(Warnings(test.text), ElementsAre(test.warning)) << test.text;
  files_.Write("etc/rexray/rexray.yml", "zebra: {stripes: 7}");
  EXPECT_EQ(Warnings("zebra: {stripes: 8}").size(), 1u) << "once, not once a file";
}

TEST_F(LoadTest, ManyUnknownKeysAreNotAllListed) {
  std::string text;
  for (int i = 0; i < 9000; ++i) text += "k" + std::to_string(i) + ": 1\n";
  const auto warnings = Warnings(text);
  EXPECT_EQ(warnings.size(), 21u);
  EXPECT_THAT(warnings.back(), HasSubstr("more unknown keys, not listed"));
}

TEST_F(LoadTest, WhatIsKnownAndNotNeededIsSilent) {
  EXPECT_THAT(Warnings("rexray: {osDrivers: [linux], volumeDrivers: [docker], host: 'tcp://:7979'}\n"
                       "libstorage: {tls: insecure, server: {auth: {key: k}}, host: 7}\n"
                       "isilon: {endpoint: [a, b], ownKeyOfAFork: 1, quotas: {a: b}}\n"
                       "linux: {volume: {}}\n"
                       "csi: {endpoint: 'unix:///x'}\n"),
              IsEmpty());
}

TEST_F(LoadTest, BadValuesNameTheirPlaceAndKey) {
  const struct {
    const char* text;
    const char* problem;
  } cases[] = {
      {"docker: {size: abc}",
       "/etc/rexray/config.yml:1:16: docker.size: \"abc\" is not a size: it does not begin with"},
      {"\ndocker:\n  SIZE: 0\n", "/etc/rexray/config.yml:3:9: docker.SIZE: \"0\" is not a size: it is zero"},
      {"rexray: {logLevel: [a]}",
       ":1:20: rexray.logLevel: the value is a list, and the key takes a single value"},
      {"rexray: {logLevel: {a: b}}",
       ":1:24: rexray.logLevel.a: rexray.logLevel takes a value, not a section"},
      {"rexray: {volume: yes}", ":1:18: rexray.volume: this is a section of keys, not a key with a value"},
      {"rexray: {modules: [a]}", ":1:19: rexray.modules: this is a section of keys, not a key with a value"},
      {"rexray: {modules: {x: y}}",
       ":1:23: rexray.modules.x: this is a section of keys, not a key with a value"},
      {"docker: 7", ":1:9: docker: this is a section of keys, not a key with a value"},
      {"linux: {volume: {fileMode: 700}}",
       ":1:28: linux.volume.fileMode: \"700\" could mean two modes: write it in octal"},
      {"rexray: {volume: {mount: {preempt: perhaps}}}", "\"perhaps\" is not one of false, true, when-dead"},
      {"rexray: {modules: {a: {type: volume}}}",
       ":1:30: rexray.modules.a.type: \"volume\" is not one of docker, csi, admin"},
      {"rexray: {modules: {a: {host: /run/a.sock}}}",
       ":1:30: rexray.modules.a.host: \"/run/a.sock\" is not an address"},
      {"rexray: {modules: {'*': {type: docker}}}",
       "rexray.modules.*: \"\" cannot name a service: use 1 to 64 letters"},
      {"rexray: {modules: {-x: {type: docker}}}", "rexray.modules.-x: \"-x\" cannot name a service"},
      {"rexray: {modules: {rexray: {type: docker}}}",
       "rexray.modules.rexray: there are two services called rexray"},
      {"rexray: {modules: {a b: {type: docker}, a-b: {type: docker}}}",
       "rexray.modules.a-b: there are two services called a-b"},
      {"rexray: {modules: {a: {host: 'unix:///run/docker/plugins/rexray.sock'}}}",
       "the services rexray and a would listen on the same address unix:///run/docker/plugins/rexray.sock"},
      {"rexray: {service: 'two words'}", ":1:19: \"two words\" is not the name of a driver"},
      {"docker: {fsType: ntfs}", ":1:18: docker.fsType: \"ntfs\" is not one of ext4, xfs, btrfs"},
      {"docker: {availabilityZone: \"a\\nb\"}", "the value has a line end, a control character"},
      {"rexray: {storageDrivers: [[a]]}", "rexray.storageDrivers: the value is a list of lists or sections"},
      {"rexray: [", ":1:1: not YAML after the key \"rexray\": end of sequence flow not found"},
  };
  for (const auto& test : cases) {
    const std::string problem = Problem(test.text);
    EXPECT_THAT(problem, HasSubstr(test.problem)) << test.text;
    EXPECT_THAT(problem, Not(HasSubstr("\n"))) << test.text;
  }
}

TEST_F(LoadTest, BadVariablesAndFlagsNameThemselves) {
  LoadRequest request = files_.Request();
  request.environment["DOCKER_SIZE"] = "abc";
  EXPECT_THAT(Problem(request), HasSubstr("the variable DOCKER_SIZE: docker.size: \"abc\" is not a size"));
  request.environment = {{"REXRAY_MODULES_BULK_DISABLED", "perhaps"}};
  EXPECT_THAT(Problem(request),
              HasSubstr("the variable REXRAY_MODULES_BULK_DISABLED: rexray.modules.bulk.disabled: "));
  request.environment.clear();
  request.flags = {{"linux.volume.filemode", "rwx"}};
  EXPECT_THAT(Problem(request),
              HasSubstr("--linuxVolumeFilemode: linux.volume.filemode: \"rwx\" is not a mode"));
  request.flags = {{"rexray.logLevl", "debug"}};
  EXPECT_EQ(Problem(request),
            "there is no configuration key \"rexray.logLevl\"; the nearest known key is rexray.logLevel");
}

TEST_F(LoadTest, ABadValueIsAnErrorEvenWhereAnotherOneWins) {
  files_.Write("etc/rexray/config.yml", "docker: {size: abc}");
  LoadRequest request = files_.Request();
  request.environment["DOCKER_SIZE"] = "10";
  EXPECT_THAT(Problem(request), HasSubstr("/etc/rexray/config.yml:1:16: docker.size"));
}

TEST_F(LoadTest, VariablesOfOthersAreLeftAlone) {
  LoadRequest request = files_.Request();
  request.environment = {{"REXRAY_PORT_7979_TCP", "tcp://10.0.0.1:7979"},
                         {"REXRAY_FORMAT", "yml"},
                         {"REXRAY_DEBUG", "1"},
                         {"PATH", "/bin"},
                         {"", "x"},
                         {"REXRAY_MODULES_", "x"},
                         {"REXRAY_MODULES__HOST", "unix:///x"}};
  EXPECT_THAT(Warnings(request), IsEmpty());
}

TEST(RequestFromProcess, IsTheProcess) {
  ASSERT_EQ(setenv("REXRAY_CONFIG_TEST", "a=b", 1), 0);
  const LoadRequest request = RequestFromProcess();
  unsetenv("REXRAY_CONFIG_TEST");
  EXPECT_EQ(request.environment.at("REXRAY_CONFIG_TEST"), "a=b");
  EXPECT_EQ(request.uid, geteuid());
  EXPECT_EQ(request.root, "");
  EXPECT_FALSE(request.file.has_value());
}

}  // namespace
}  // namespace rexray::config
