// The module's file, when it is built: what it shows to an agent, and what it asks of it.

#include <algorithm>
#include <sstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/subprocess.h"

namespace rexray::mesos {
namespace {

#ifndef REXRAY_MESOS_MODULE
TEST(ModuleTest, IsBuilt) {
  GTEST_SKIP() << "SKIPPED: the module is built only where MESOS_ROOT names Mesos's installation or source "
                  "tree, and without sanitizers (./dev test mesos)";
}
#else

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// What every Linux agent has.
constexpr const char* kSystem[] = {"[libc.so.6]", "[libstdc++.so.6]",  "[libgcc_s.so.1]",
                                   "[libm.so.6]", "[libpthread.so.0]", "[ld-linux"};

std::vector<std::string> Words(const std::vector<std::string>& argv, bool last_of_each_line) {
  ProcessRunner runner(SystemClock::Get());
  const auto result = runner.Run({.argv = argv, .output_limit = 16 * 1024 * 1024});
  EXPECT_TRUE(result.ok()) << result.status();
  std::vector<std::string> words;
  if (!result.ok()) return words;
  std::istringstream lines(result->out);
  for (std::string line; std::getline(lines, line);) {
    const size_t blank = line.rfind(' ');
    words.push_back(last_of_each_line && blank != std::string::npos ? line.substr(blank + 1) : line);
  }
  return words;
}

TEST(ModuleTest, ShowsOneNameOnly) {
  EXPECT_THAT(Words({"nm", "-D", "--defined-only", REXRAY_MESOS_MODULE}, true),
              ElementsAre("com_emccode_mesos_DockerVolumeDriverIsolator"));
}

TEST(ModuleTest, AsksNothingOfLibrariesThatAnAgentDoesNotHave) {
  for (const std::string& name : Words({"nm", "-D", "--undefined-only", REXRAY_MESOS_MODULE}, true)) {
    for (const char* ours : {"6rexray", "4absl", "3fmt", "6spdlog", "5boost4asio", "8nlohmann"}) {
      EXPECT_THAT(name, Not(HasSubstr(ours)));
    }
  }
}

TEST(ModuleTest, NeedsNoProtobufOrGlogOfItsOwn) {
  std::vector<std::string> needed = Words({"readelf", "-dW", REXRAY_MESOS_MODULE}, false);
  needed.erase(std::remove_if(needed.begin(), needed.end(),
                              [](const std::string& line) {
                                if (line.find("(NEEDED)") == std::string::npos) return true;
                                return std::any_of(std::begin(kSystem), std::end(kSystem),
                                                   [&](const char* library) {
                                                     return line.find(library) != std::string::npos;
                                                   });
                              }),
               needed.end());
  EXPECT_THAT(needed, IsEmpty());
}

TEST(ModuleTest, CarriesTheVersionThatTheAgentCompares) {
  const std::string path = REXRAY_MESOS_MODULE;
  EXPECT_THAT(path, HasSubstr(std::string("libmesos_dvdi_isolator-") + REXRAY_MESOS_MODULE_VERSION + ".so"));
  const auto strings = Words({"strings", "-a", path}, false);
  EXPECT_NE(std::find(strings.begin(), strings.end(), REXRAY_MESOS_MODULE_VERSION), strings.end());
}

#endif

}  // namespace
}  // namespace rexray::mesos
