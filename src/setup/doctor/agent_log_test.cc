#include "setup/doctor/agent_log.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace rexray::setup::doctor {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string Cause(std::string_view log) {
  const std::optional<Explained> found = ExplainLog(log);
  return found ? std::string(found->known->cause) : "";
}

/// As the programs write them, one of each kind (Mesos 0.28.1 and 1.11, dvdi 0.4.2, dvdcli, docker).
TEST(AgentLog, TextsAsTheyAreWritten) {
  const std::vector<std::pair<const char*, const char*>> lines = {
      {"Error loading modules: Error opening library: '/home/core/dvdi/libmesos_dvdi_isolator-0.28.1.so': "
       "Could not load "
       "library '/home/core/dvdi/libmesos_dvdi_isolator-0.28.1.so': "
       "/home/core/dvdi/libmesos_dvdi_isolator-0.28.1.so: "
       "invalid ELF header",
       "a web page that was saved"},
      {"Error loading modules: Error opening library: '/usr/lib/dvdi_is.so': Could not load library "
       "'/usr/lib/dvdi_is.so': "
       "/usr/lib/dvdi_is.so: cannot open shared object file: No such file or directory",
       "not where the agent looks"},
      {"Could not load library 'x.so': x.so: undefined symbol: _ZNK6google8protobuf7Message11GetTypeNameEv",
       "another libmesos or protobuf"},
      {"Could not load library 'x.so': /lib64/libstdc++.so.6: version `GLIBCXX_3.4.21' not found (required "
       "by x.so)",
       "newer libstdc++"},
      {"Could not load library 'x.so': /lib64/libc.so.6: version `GLIBC_2.34' not found (required by x.so)",
       "newer glibc"},
      {"Error verifying module 'com_emccode_mesos_DockerVolumeDriverIsolator': Mesos has version 0.28.2, but "
       "module is "
       "compiled with version 0.28.1",
       "another Mesos version"},
      {"Failed to create a containerizer: Could not create MesosContainerizer: Unknown or unsupported "
       "isolator",
       "does not have"},
      {"mesos-slave: ../3rdparty/stout/include/stout/result.hpp:97: Result::get() but state == NONE",
       "A first start by hand made that directory"},
      {"E0501 The DVDCLI binary doesn't exist at the specified path /usr/bin/dvdcli", "wherever dvdcli is"},
      {"The 'docker/volume' isolator cannot get dvdcli command", "no dvdcli on the agent's PATH"},
      {"docker: flag provided but not defined: --volume-driver", "older than 1.8"},
      {"Failed to launch container: prepare() failed, containerpaths must start with /",
       "no relative containerPath"},
      {"prepare() failed due to illegal VOL_NAME_ENV_VAR_NAME",
       "a name or value that the original module refuses"},
      {"level=info msg=\"Error looking up volume plugin rexray: plugin not found\" volumeDriver=rexray",
       "no volume plugin of that name"},
      {"Incompatible slave info detected.", "resources, attributes"},
      {"Error creating Module instance for 'com_emccode_mesos_DockerVolumeDriverIsolator'",
       "refused to start"},
  };
  for (const auto& [line, cause] : lines) EXPECT_THAT(Cause(line), HasSubstr(cause)) << line;
}

// Every text of the table is found by itself (no row hides behind an earlier one), and says what to do.
TEST(AgentLog, EveryRowIsReached) {
  for (const KnownText& known : KnownTexts()) {
    std::string line = "I0501 10:00:00 123 x.cpp:1] " + std::string(known.text);
    for (size_t at = 0; (at = line.find('*', at)) != std::string::npos;) line.replace(at, 1, " 'something' ");
    const std::optional<Explained> found = ExplainLog(line);
    ASSERT_TRUE(found) << line;
    EXPECT_EQ(found->known->text, known.text);
    EXPECT_THAT(std::string(known.cause), Not(IsEmpty()));
    EXPECT_THAT(std::string(known.fix), Not(IsEmpty()));
  }
}

TEST(AgentLog, TheLastFatalLineCounts) {
  const std::string log =
      "Unknown or unsupported isolator\n"
      "Result::get() but state == NONE\n"
      "plugin not found\n"
      "all is well\n";
  const std::optional<Explained> found = ExplainLog(log);
  ASSERT_TRUE(found);
  EXPECT_THAT(found->line, HasSubstr("state == NONE"));
  EXPECT_FALSE(found->came_up_since);
  EXPECT_TRUE(ExplainLog(log + "Registered with master master@10.0.0.1:5050\n")->came_up_since);
  EXPECT_FALSE(ExplainLog("nothing that is known\n"));
  EXPECT_FALSE(ExplainLog(""));
}

TEST(AgentLog, LongLogsAndLinesAreBounded) {
  const std::string line = "Unknown or unsupported isolator " + std::string(10000, 'x') + "\n";
  EXPECT_LE(ExplainLog(line)->line.size(), 400U);
  EXPECT_FALSE(ExplainLog(line + std::string(1 << 20, 'y')));
}

}  // namespace
}  // namespace rexray::setup::doctor
