#include "mesos/options.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace rexray::mesos {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(OptionsTest, Defaults) {
  const auto parsed = ParseParameters({});
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->options.dvdcli, "");
  EXPECT_EQ(parsed->options.timeout, seconds(120));
  EXPECT_EQ(parsed->options.chown, ChownPolicy::kAuto);
  EXPECT_TRUE(parsed->options.share);
  EXPECT_THAT(parsed->options.old_checkpoints,
              ElementsAre("/var/run/mesos/isolators/mesos-module-dvdi/dvdimounts.pb"));
}

TEST(OptionsTest, AllOfThem) {
  const auto parsed = ParseParameters({{"dvdcli", "/opt/bin/dvdcli"},
                                       {"plugin_dirs", "/run/a, /run/b/"},
                                       {"checkpoint_dir", "/var/lib/mesos/isolators/dvdi"},
                                       {"allow_host_paths", "/var/lib/mysql,/srv"},
                                       {"allow_drivers", "rexray,rexray/ebs"},
                                       {"chown", "never"},
                                       {"share", "false"},
                                       {"sandbox_directory", "/sandbox"},
                                       {"timeout", "2mins"},
                                       {"work_dir", "/var/lib/mesos/slave"},
                                       {"isolator_command", "/emc/dvdi_isolator"},
                                       {"novelty", "x"}});
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  const IsolatorOptions& options = parsed->options;
  EXPECT_EQ(options.dvdcli, "/opt/bin/dvdcli");
  EXPECT_THAT(options.plugin_dirs, ElementsAre("/run/a", "/run/b"));
  EXPECT_EQ(options.checkpoint_dir, "/var/lib/mesos/isolators/dvdi");
  EXPECT_THAT(options.paths.allowed_host_paths, ElementsAre("/var/lib/mysql", "/srv"));
  EXPECT_THAT(options.allow_drivers, ElementsAre("rexray", "rexray/ebs"));
  EXPECT_EQ(options.chown, ChownPolicy::kNever);
  EXPECT_FALSE(options.share);
  EXPECT_EQ(options.sandbox_in_container, "/sandbox");
  EXPECT_EQ(options.timeout, seconds(120));
  EXPECT_THAT(
      options.old_checkpoints,
      ElementsAre("/var/lib/mesos/slave/meta/dvdimounts.pb", "/var/lib/mesos/isolators/dvdi/dvdimounts.pb",
                  "/var/run/mesos/isolators/mesos-module-dvdi/dvdimounts.pb"));
  EXPECT_THAT(parsed->warnings, ElementsAre(HasSubstr("\"novelty\"")));
}

TEST(OptionsTest, WrongValuesNameTheParameter) {
  for (const auto& [key, value] : Parameters{{"work_dir", "relative"},
                                             {"work_dir", "/"},
                                             {"dvdcli", "dvdcli"},
                                             {"checkpoint_dir", "/a/../b"},
                                             {"allow_host_paths", "/a,b"},
                                             {"allow_drivers", "../x"},
                                             {"chown", "yes"},
                                             {"share", "maybe"},
                                             {"timeout", "soon"}}) {
    const auto parsed = ParseParameters({{key, value}});
    EXPECT_THAT(parsed.status().message(), HasSubstr("DockerVolumeDriverIsolator " + key + " parameter"))
        << value;
  }
}

TEST(OptionsTest, Timeouts) {
  for (const auto& [text, length] :
       std::vector<std::pair<const char*, Duration>>{{"120", seconds(120)},
                                                     {"90s", seconds(90)},
                                                     {"90secs", seconds(90)},
                                                     {"2mins", seconds(120)},
                                                     {"1hrs", seconds(3600)},
                                                     {"1days", seconds(86400)},
                                                     {"500ms", std::chrono::milliseconds(500)}}) {
    const auto timeout = ParseTimeout(text);
    ASSERT_TRUE(timeout.ok()) << timeout.status();
    EXPECT_EQ(*timeout, length) << text;
  }
  for (const char* text : {"", "0", "-1", "1.5mins", "mins", "2days", "99999999999", "10 s", "10sec"}) {
    EXPECT_FALSE(ParseTimeout(text).ok()) << text;
  }
}

}  // namespace
}  // namespace rexray::mesos
