// Trees in which each pain of the walkthrough is reproduced, and what the doctor says.

#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

#include "base/json.h"
#include "setup/doctor/checks.h"
#include "setup/doctor/guarded.h"
#include "setup/testing/test_tree.h"

namespace rexray::setup::doctor {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kLibrary = "/home/core/dvdi/libmesos_dvdi_isolator-0.28.1.so";
constexpr const char* kStockIsolation = "cgroups/cpu,cgroups/mem,posix/disk";
constexpr const char* kModule = "com_emccode_mesos_DockerVolumeDriverIsolator";

std::string Contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// An agent of DC/OS 1.7 after the walkthrough's edits, with everything as it should be; each test spoils one
/// thing.
class DoctorTest : public testing::Test {
 protected:
  DoctorTest() {
    tree_.Write("/opt/mesosphere/etc/dcos-version.json", R"({"version": "1.7-open"})");
    tree_.Write("/opt/mesosphere/environment",
                "LD_LIBRARY_PATH=/opt/mesosphere/lib\nPATH=/opt/mesosphere/bin:/usr/bin:/bin:/sbin\n");
    tree_.Write("/etc/systemd/system/dcos-mesos-slave.service",
                "[Service]\nExecStart=/opt/mesosphere/packages/mesos--1/bin/mesos-slave\n");
    Isolation(std::string(kStockIsolation) + "," + kModule);
    Modules(R"({"libraries": [{"file": ")" + std::string(kLibrary) + R"(", "modules": [{"name": ")" +
            kModule + R"("}]}]})");
    tree_.Write(kLibrary, Contents(TEST_MESOS_MODULE), 0755);
    tree_.Write("/opt/mesosphere/lib/libmesos-0.28.1.so", Contents(TEST_LIBMESOS), 0755);
    tree_.Link("libmesos-0.28.1.so", "/opt/mesosphere/lib/libmesos.so");
    tree_.Write("/opt/mesosphere/lib/libfor_test.so", Contents(TEST_LIBMESOS), 0755);
    tree_.Write("/bin/sh", Contents("/bin/sh"), 0755);
  }

  void Isolation(const std::string& list) {
    tree_.Write("/opt/mesosphere/etc/mesos-slave-common",
                "MESOS_WORK_DIR=/var/lib/mesos/slave\nMESOS_LOG_DIR=/var/log/mesos\n"
                "MESOS_MODULES=file:///opt/mesosphere/etc/mesos-slave-modules.json\nMESOS_ISOLATION=" +
                    list + "\n");
  }
  void Modules(const std::string& text) { tree_.Write("/opt/mesosphere/etc/mesos-slave-modules.json", text); }

  Examination All() {
    ProcessRunner runner(SystemClock::Get());
    return Examine({.tree = tree_.tree(),
                    .environment = {},
                    .config_file = "",
                    .clock = SystemClock::Get(),
                    .runner = runner});
  }
  /// "BROKEN CHECK: EVIDENCE | FIX" of everything in the agent's group with that verdict.
  std::string Said(Diagnosis::Verdict verdict, const std::string& title = "Mesos agent") {
    std::string text;
    for (const Group& group : All().groups) {
      if (group.title != title) continue;
      for (const Diagnosis& one : group.results) {
        if (one.verdict == verdict) text += one.check + ": " + one.evidence + " | " + one.fix + "\n";
      }
    }
    return text;
  }
  std::string BrokenText() { return Said(Diagnosis::Verdict::kBroken); }

  TestTree tree_;
};

TEST_F(DoctorTest, WithEverythingInItsPlaceNothingIsBroken) {
  EXPECT_EQ(BrokenText(), "") << ToText(All(), false);
  EXPECT_THAT(Said(Diagnosis::Verdict::kOk), AllOf(HasSubstr("Mesos 0.28.1"), HasSubstr("for Mesos 0.28.1"),
                                                   HasSubstr("isolation: cgroups/cpu")));
}

// What is to be done is a command that works on this kind of node.
TEST_F(DoctorTest, OnDcosTheRemedyIsDcoss) {
  Isolation(kStockIsolation);
  Modules("{\"libraries\": []}");
  EXPECT_THAT(Said(Diagnosis::Verdict::kWarning), HasSubstr("| rexray setup dcos --agent"));
}

// "I also got a `invalid ELF header`": the release's page, saved under the library's name.
TEST_F(DoctorTest, AnHtmlPageSavedAsALibrary) {
  tree_.Write(kLibrary, "<!DOCTYPE html>\n<html><head><title>Not Found</title></head></html>\n");
  EXPECT_THAT(BrokenText(),
              AllOf(HasSubstr("the module's file"), HasSubstr("an HTML page saved under that name"),
                    HasSubstr("invalid ELF header"), HasSubstr("curl -fL")));
}

TEST_F(DoctorTest, ALibraryThatIsNotThere) {
  tree_.Remove(kLibrary);
  EXPECT_THAT(BrokenText(), HasSubstr("does not exist"));
}

TEST_F(DoctorTest, ALibraryForAnotherMachine) {
  std::string text = Contents(TEST_MESOS_MODULE);
  text[18] = 8;  // MIPS
  text[19] = 0;
  tree_.Write(kLibrary, text, 0755);
  EXPECT_THAT(BrokenText(), HasSubstr("for 64-bit MIPS, this host is 64-bit"));
}

TEST_F(DoctorTest, ALibraryForAnotherMesos) {
  tree_.Remove("/opt/mesosphere/lib/libmesos-0.28.1.so");
  tree_.Write("/opt/mesosphere/lib/libmesos-0.28.2.so", Contents(TEST_LIBMESOS), 0755);
  EXPECT_THAT(BrokenText(), HasSubstr("built for Mesos 0.28.1, the agent is 0.28.2"));
}

TEST_F(DoctorTest, AnotherLibrary) {
  tree_.Write(kLibrary, Contents(TEST_LIBMESOS), 0755);
  EXPECT_THAT(BrokenText(), HasSubstr(std::string("there is no ") + kModule + " in it"));
}

TEST_F(DoctorTest, SymbolsThatNobodyHas) {
  tree_.Write("/opt/mesosphere/lib/libmesos-0.28.1.so", Contents("/usr/bin/env"), 0755);
  tree_.Write("/opt/mesosphere/lib/libfor_test.so", Contents("/usr/bin/env"), 0755);
  EXPECT_THAT(BrokenText(), HasSubstr("symbol_of_libmesos"));
}

TEST_F(DoctorTest, ALibraryThatIsTooOldForIt) {
  tree_.Write("/opt/mesosphere/lib/libfor_test.so", Contents(TEST_OLD_LIBMESOS), 0755);
  EXPECT_THAT(BrokenText(), HasSubstr("needs FOR_TEST_2 (libfor_test.so), newer than this host's libraries"));
}

TEST_F(DoctorTest, ALibraryThatIsMissing) {
  tree_.Remove("/opt/mesosphere/lib/libfor_test.so");
  EXPECT_THAT(BrokenText(), HasSubstr("needs libfor_test.so, which is not on this host"));
}

// "First there is a problem with calling the DVDCLI on CoreOS": /usr/bin/dvdcli is hard-coded.
TEST_F(DoctorTest, TheOriginalModuleAndItsHardCodedDvdcli) {
  tree_.Write(kLibrary, Contents(TEST_ORIGINAL_MODULE), 0755);
  tree_.Write("/opt/bin/dvdcli", "#!/bin/sh\n", 0755);
  EXPECT_THAT(BrokenText(),
              AllOf(HasSubstr("dvdcli: the original module calls /usr/bin/dvdcli and nothing else"),
                    HasSubstr("it is /opt/bin/dvdcli")));
  tree_.Write("/usr/bin/dvdcli", "#!/bin/sh\n", 0755);
  EXPECT_THAT(BrokenText(), Not(HasSubstr("dvdcli:")));
}

// "starting the service via systemctl fails for some reason I could not identify yet, hence I had to start it
// manually once".
TEST_F(DoctorTest, TheServiceThatWouldNotStart) {
  tree_.Write(kLibrary, Contents(TEST_ORIGINAL_MODULE), 0755);
  tree_.Write("/usr/bin/dvdcli", "#!/bin/sh\n", 0755);
  EXPECT_THAT(BrokenText(), AllOf(HasSubstr("the work directory"), HasSubstr("/tmp/mesos does not exist"),
                                  HasSubstr("Starting it once by hand makes the directory")));
  tree_.Directory("/tmp/mesos");
  EXPECT_THAT(BrokenText(), Not(HasSubstr("work directory")));
  EXPECT_THAT(Said(Diagnosis::Verdict::kWarning), HasSubstr("exists by chance"));
  Modules(R"({"libraries": [{"file": ")" + std::string(kLibrary) + R"(", "modules": [{"name": ")" + kModule +
          R"(", "parameters": [{"key": "work_dir", "value": "/var/lib/mesos/slave"}]}]}]})");
  EXPECT_THAT(Said(Diagnosis::Verdict::kWarning), Not(HasSubstr("work directory")));
}

TEST_F(DoctorTest, TheSameInTheAgentsLog) {
  tree_.Write("/var/log/mesos/mesos-slave.FATAL",
              "Log file created at: 2016/05/01\nF0501 result.hpp:97] Result::get() but state == NONE\n*** "
              "Check failure ***\n");
  EXPECT_THAT(BrokenText(), AllOf(HasSubstr("the agent's log: /var/log/mesos/mesos-slave.FATAL"),
                                  HasSubstr("A first start by hand made that directory")));
}

TEST_F(DoctorTest, AFailureThatIsOverIsAWarning) {
  tree_.Write(
      "/var/log/mesos/mesos-slave.INFO",
      "Unknown or unsupported isolator\nI0501 slave.cpp] Registered with master master@10.0.0.1:5050\n");
  EXPECT_EQ(BrokenText(), "");
  EXPECT_THAT(Said(Diagnosis::Verdict::kWarning), HasSubstr("the agent came up since"));
}

// "DCOS 1.7 comes with Docker 1.7.1".
TEST_F(DoctorTest, TheDockerThatWasTooOld) {
  tree_.Write("/var/lib/dpkg/status",
              "Package: docker-engine\nStatus: install ok installed\nVersion: 1.7.1-0~trusty\n\n");
  EXPECT_THAT(Said(Diagnosis::Verdict::kBroken, "Docker"),
              AllOf(HasSubstr("version 1.7.1-0~trusty"), HasSubstr("volume plugins need 1.8")));
  tree_.Write("/var/lib/dpkg/status",
              "Package: docker-ce\nStatus: install ok installed\nVersion: 5:24.0.7-1~debian.12~bookworm\n\n");
  EXPECT_THAT(Said(Diagnosis::Verdict::kBroken, "Docker"), IsEmpty());
}

// The same where there is no package: CoreOS, as DC/OS 1.7's template started it, and the one of "a newer
// CoreOS version that comes with Docker 1.9.1".
TEST_F(DoctorTest, TheDockerThatWasTooOldOnCoreOs) {
  tree_.Write("/usr/bin/docker", "#!/bin/false\n", 0755);
  EXPECT_THAT(Said(Diagnosis::Verdict::kUnknown, "Docker"), HasSubstr("no package says its version"));
  tree_.Write("/usr/lib/os-release", "ID=coreos\nVERSION_ID=766.4.0\n");
  EXPECT_THAT(Said(Diagnosis::Verdict::kBroken, "Docker"),
              AllOf(HasSubstr("1.7.1 or older (CoreOS 766.4.0)"), HasSubstr("volume plugins need 1.8")));
  tree_.Write("/usr/lib/os-release", "ID=coreos\nVERSION_ID=899.17.0\n");
  EXPECT_THAT(Said(Diagnosis::Verdict::kBroken, "Docker"), IsEmpty());
}

// "sudo rexray start": nobody does that after the next boot.
TEST_F(DoctorTest, ADaemonThatNobodyStartsAtBoot) {
  EXPECT_THAT(Said(Diagnosis::Verdict::kWarning, "Configuration"), HasSubstr("there is no rexray.service"));
  tree_.Write("/etc/systemd/system/rexray.service", "[Service]\nExecStart=/usr/bin/rexray start -f\n");
  EXPECT_THAT(Said(Diagnosis::Verdict::kWarning, "Configuration"),
              HasSubstr("rexray.service is not enabled"));
  tree_.Link("/etc/systemd/system/rexray.service", "/etc/systemd/system/docker.service.wants/rexray.service");
  EXPECT_THAT(Said(Diagnosis::Verdict::kWarning, "Configuration"), Not(HasSubstr("rexray.service")));
}

// The samples of the original have a comma too many.
TEST_F(DoctorTest, ModuleJsonThatIsNotJson) {
  Modules("{\n  \"libraries\": [\n    {\"file\": \"/x.so\",}\n  ]\n}\n");
  EXPECT_THAT(BrokenText(), AllOf(HasSubstr("/opt/mesosphere/etc/mesos-slave-modules.json:3:"),
                                  HasSubstr("a comma before a closing bracket")));
}

TEST_F(DoctorTest, IsolationAndModulesThatDoNotFit) {
  Isolation(kStockIsolation);
  EXPECT_THAT(BrokenText(), HasSubstr("the module is loaded, but not named here"));
  Isolation(std::string(kStockIsolation) + "," + kModule);
  Modules("{\"libraries\": []}");
  EXPECT_THAT(BrokenText(), HasSubstr("no list of modules loads it"));
  Isolation(std::string(kStockIsolation) + ",filesystem/linux,docker/volume");
  EXPECT_THAT(BrokenText(), HasSubstr("docker/volume needs Mesos 1.0 or later"));
}

TEST_F(DoctorTest, ANativeIsolatorWithoutDvdcliOnItsPath) {
  tree_.Remove("/opt/mesosphere/lib/libmesos-0.28.1.so");
  tree_.Write("/opt/mesosphere/lib/libmesos-1.8.1.so", Contents(TEST_LIBMESOS), 0755);
  Modules("{\"libraries\": []}");
  Isolation("filesystem/linux,docker/volume");
  tree_.Write("/opt/bin/dvdcli", "#!/bin/sh\n", 0755);
  EXPECT_THAT(BrokenText(), AllOf(HasSubstr("on the agent's PATH (/opt/mesosphere/bin:/usr/bin:/bin:/sbin)"),
                                  HasSubstr("it is /opt/bin/dvdcli")));
  tree_.Write("/opt/mesosphere/bin/dvdcli", "#!/bin/sh\n", 0644);
  EXPECT_THAT(BrokenText(), HasSubstr("/opt/mesosphere/bin/dvdcli (not executable)"));
  tree_.Write("/opt/mesosphere/bin/dvdcli", "#!/bin/sh\n", 0755);
  EXPECT_EQ(BrokenText(), "");
  Isolation("docker/volume");
  EXPECT_THAT(BrokenText(), HasSubstr("needs filesystem/linux beside it"));
}

TEST_F(DoctorTest, OverridesOfDcosAreTheStrongerOnes) {
  tree_.Write("/var/lib/dcos/mesos-slave-common", std::string("MESOS_ISOLATION=") + kStockIsolation + "\n");
  EXPECT_THAT(BrokenText(),
              HasSubstr("(/var/lib/dcos/mesos-slave-common): the module is loaded, but not named here"));
}

TEST_F(DoctorTest, AMasterWithoutTheFeature) {
  const auto unit = [&](const char* features) {
    tree_.Write("/etc/systemd/system/dcos-marathon.service",
                std::string("[Service]\nExecStart=/opt/x/marathon --enable_features \"") + features + "\"\n");
  };
  unit("vips,task_killing");
  EXPECT_THAT(Said(Diagnosis::Verdict::kBroken, "Marathon"),
              HasSubstr("Feature external_volumes is not enabled"));
  unit("vips,task_killing,external_volumes");
  EXPECT_THAT(Said(Diagnosis::Verdict::kBroken, "Marathon"), IsEmpty());
  EXPECT_THAT(Said(Diagnosis::Verdict::kOk, "Marathon"), HasSubstr("enables it"));
}

TEST_F(DoctorTest, AConfigurationThatCannotBeRead) {
  tree_.Write("/etc/rexray/config.yml", "rexray:\n  logLevel: [\n");
  EXPECT_THAT(Said(Diagnosis::Verdict::kBroken, "Configuration"), HasSubstr("config.yml:"));
  tree_.Write("/etc/rexray/config.yml", "rexray:\n  storagDrivers: vfs\n");
  EXPECT_THAT(Said(Diagnosis::Verdict::kWarning, "Configuration"), HasSubstr("storagDrivers"));
}

TEST_F(DoctorTest, AUnitWithAMountNamespaceOfItsOwn) {
  tree_.Write("/etc/systemd/system/rexray.service",
              "[Service]\nExecStart=/usr/bin/rexray start -f\nPrivateTmp=yes\n");
  EXPECT_THAT(Said(Diagnosis::Verdict::kBroken, "Configuration"), HasSubstr("PrivateTmp=yes"));
}

TEST_F(DoctorTest, ASpecFileThatSaysNothing) {
  tree_.Write("/etc/docker/plugins/rexray.spec", "/run/docker/plugins/rexray.sock\n");
  EXPECT_THAT(Said(Diagnosis::Verdict::kBroken, "Volume plugins"), HasSubstr("which is no address"));
}

TEST_F(DoctorTest, NothingIsChanged) {
  const std::string before = tree_.Everything();
  All();
  EXPECT_EQ(tree_.Everything(), before);
}

TEST_F(DoctorTest, AnEmptyTreeIsNoError) {
  TestTree empty;
  ProcessRunner runner(SystemClock::Get());
  const Examination all = Examine({.tree = empty.tree(),
                                   .environment = {},
                                   .config_file = "",
                                   .clock = SystemClock::Get(),
                                   .runner = runner});
  EXPECT_TRUE(nlohmann::json::accept(ToJson(all)));
  EXPECT_THAT(ToText(all, false), HasSubstr("broken, "));
}

TEST_F(DoctorTest, TextIsFitForATerminalAndColourOnlyWhereItIsAskedFor) {
  tree_.Write("/etc/docker/plugins/rexray.spec", "\x1b[2J evil\n");
  const Examination all = All();
  EXPECT_THAT(ToText(all, false), AllOf(Not(HasSubstr("\x1b")), HasSubstr("\\x1b[2J")));
  EXPECT_THAT(ToText(all, true), AllOf(HasSubstr("\x1b[31mBROKEN"), Not(HasSubstr("\x1b[2J"))));
}

// docs/doctor.md shows what the doctor says about the walkthrough's download.
TEST_F(DoctorTest, TheDocumentationSaysTheTruth) {
  tree_.Write(kLibrary, "<!DOCTYPE html>\n<html><head><title>Not Found</title></head></html>\n");
  const std::string page = Contents(REXRAY_SOURCE_DIR "/docs/doctor.md");
  Examination only;
  for (const Group& group : All().groups) {
    for (const Diagnosis& one : group.results) {
      if (group.title == "Mesos agent" && one.verdict == Diagnosis::Verdict::kBroken)
        only.groups.push_back({group.title, {one}});
    }
  }
  const std::string text = ToText(only, false);
  EXPECT_THAT(page, HasSubstr(text.substr(0, text.find("\n\n"))));
  EXPECT_THAT(text, testing::EndsWith("\n1 broken, 0 warnings, 0 ok, 0 unknown\n"));
}

// --- a check of its own process ---

TEST(Guarded, ACheckThatHangsIsEndedAndSaid) {
  const Results results = RunGuarded("disks", std::chrono::milliseconds(50), []() -> Results {
    for (;;) pause();
  });
  ASSERT_EQ(results.size(), 1U);
  EXPECT_EQ(results[0].verdict, Diagnosis::Verdict::kBroken);
  EXPECT_THAT(results[0].evidence, HasSubstr("no answer within"));
}

TEST(Guarded, ACheckThatCrashesIsSaid) {
  const Results results = RunGuarded("disks", std::chrono::seconds(20), []() -> Results { _exit(9); });
  ASSERT_EQ(results.size(), 1U);
  EXPECT_THAT(results[0].evidence, HasSubstr("ended with code 9"));
}

TEST(Guarded, ResultsArriveWhole) {
  const Results results = RunGuarded("x", std::chrono::seconds(20), [] {
    Results many(1000, Broken("a \"check\"", std::string(1000, 'e') + "\n", "do\x01"));
    return many;
  });
  ASSERT_EQ(results.size(), 1000U);
  EXPECT_EQ(results[999].check, "a \"check\"");
  EXPECT_EQ(results[999].evidence.size(), 1001U);
}

}  // namespace
}  // namespace rexray::setup::doctor
