// `setup` as the whole program, on trees of files.

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "cli/rexray/testing/harness.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "setup/tree_lock.h"

namespace rexray::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

namespace fs = std::filesystem;

class Setup : public testing::Test {
 protected:
  Setup() {
    EXPECT_NE(mkdtemp(root_.data()), nullptr);
    Write("/usr/bin/rexray", "program");
    Write("/usr/bin/dvdcli", "program");
    Write("/etc/mesos-agent/work_dir", "/var/lib/mesos\n");
    Write("/usr/lib/systemd/system/docker.service", "[Unit]\n");
    fs::create_directories(root_ + "/var/lib");
  }
  ~Setup() override { fs::remove_all(root_); }

  void Write(const std::string& path, const std::string& text) {
    fs::create_directories(fs::path(root_ + path).parent_path());
    std::ofstream(root_ + path) << text;
  }
  std::string Read(const std::string& path) {
    std::ifstream file(root_ + path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  int Run(std::vector<std::string> words) {
    words.insert(words.end(), {"--root", root_});
    return rexray_.Run(words);
  }

  std::string root_ = (fs::temp_directory_path() / "rexray-setup-XXXXXX").string();
  Harness rexray_;
};

TEST_F(Setup, DryRunIsAPatchAndChangesNothing) {
  EXPECT_EQ(Run({"setup", "mesos", "--dry-run"}), 0);
  EXPECT_EQ(rexray_.console.out,
            "--- /dev/null\n+++ /etc/mesos-agent/isolation\n@@ -0,0 +1,1 @@\n"
            "+posix/cpu,posix/mem,filesystem/linux,docker/volume\n");
  EXPECT_THAT(rexray_.console.err, HasSubstr("1 path would change; nothing was changed"));
  EXPECT_FALSE(fs::exists(root_ + "/etc/mesos-agent/isolation"));
  EXPECT_FALSE(fs::exists(root_ + "/var/lib/rexray"));
}

TEST_F(Setup, SetsUpOnceAndUndoes) {
  ASSERT_EQ(Run({"setup"}), 0) << rexray_.console.err;
  EXPECT_THAT(rexray_.console.out,
              HasSubstr("  create  /etc/systemd/system/rexray.service   the daemon's unit\n"));
  EXPECT_THAT(rexray_.console.out, HasSubstr("To take effect: systemctl daemon-reload; systemctl restart "
                                             "rexray.service mesos-agent.service\n"));
  EXPECT_THAT(Read("/etc/systemd/system/rexray.service"), HasSubstr("\nType=notify\n"));
  ASSERT_EQ(Run({"setup"}), 0);
  EXPECT_EQ(rexray_.console.out, "Nothing to do: everything is as setup would make it.\n");
  ASSERT_EQ(Run({"setup", "undo", "mesos"}), 0);
  EXPECT_EQ(rexray_.console.out,
            "  remove  /etc/mesos-agent/isolation   as it was\nDone: everything is as it was before.\n");
  ASSERT_EQ(Run({"setup", "undo"}), 0);
  EXPECT_FALSE(fs::exists(root_ + "/etc/systemd"));
  EXPECT_FALSE(fs::exists(root_ + "/var/lib/rexray"));
  ASSERT_EQ(Run({"setup", "undo"}), 0);
  EXPECT_EQ(rexray_.console.out, "Nothing to undo.\n");
}

TEST_F(Setup, OldInstallAndUninstallAreTheService) {
  ASSERT_EQ(Run({"install"}), 0) << rexray_.console.err;
  EXPECT_TRUE(fs::exists(root_ + "/etc/systemd/system/rexray.service"));
  EXPECT_FALSE(fs::exists(root_ + "/etc/mesos-agent/isolation"));
  ASSERT_EQ(Run({"uninstall", "--package"}), 0);
  EXPECT_FALSE(fs::exists(root_ + "/etc/systemd/system/rexray.service"));
}

TEST_F(Setup, AnEditIsNotOverwrittenWithoutForce) {
  ASSERT_EQ(Run({"setup", "mesos"}), 0);
  Write("/etc/mesos-agent/isolation", "mine\n");
  EXPECT_EQ(Run({"setup", "undo"}), 1);
  EXPECT_THAT(rexray_.console.err, HasSubstr("changed by somebody after setup: /etc/mesos-agent/isolation"));
  EXPECT_EQ(Read("/etc/mesos-agent/isolation"), "mine\n");
  EXPECT_EQ(Run({"setup", "undo", "--force"}), 0);
  EXPECT_EQ(Read("/etc/mesos-agent/isolation.rexray-edited"), "mine\n");
}

TEST_F(Setup, BrokenJsonIsShownWithItsLineAndLeftAlone) {
  const std::string broken = "{\"libraries\": [\n  {\"file\": \"/x.so\"},\n]}\n";
  Write("/etc/mesos-agent/modules", "/etc/modules.json\n");
  Write("/etc/modules.json", broken);
  fs::create_directories(root_ + "/opt");
  fs::copy(TEST_MESOS_MODULE, root_ + "/opt/module.so");
  EXPECT_EQ(Run({"setup", "mesos", "--module", "/opt/module.so", "--mesos-version", "0.28.1"}), 1);
  EXPECT_THAT(rexray_.console.err, HasSubstr("/etc/modules.json:3:1: "));
  EXPECT_EQ(Read("/etc/modules.json"), broken);
  EXPECT_FALSE(fs::exists(root_ + "/var/lib/rexray"));
}

TEST_F(Setup, AWrongModuleNeverReachesTheAgent) {
  Write("/opt/module.so", "<!DOCTYPE html><html>Not Found</html>");
  EXPECT_EQ(Run({"setup", "mesos", "--module", "/opt/module.so", "--mesos-version", "0.28.1"}), 1);
  EXPECT_THAT(rexray_.console.err, HasSubstr("HTML"));
  fs::copy(TEST_MESOS_MODULE, root_ + "/opt/module.so", fs::copy_options::overwrite_existing);
  EXPECT_EQ(Run({"setup", "mesos", "--module", "/opt/module.so", "--mesos-version", "0.28.2"}), 1);
  EXPECT_THAT(rexray_.console.err, HasSubstr("it was built for Mesos 0.28.1, the agent is 0.28.2"));
  EXPECT_FALSE(fs::exists(root_ + "/var/lib/rexray"));
}

TEST_F(Setup, OneAtATime) {
  {
    const auto other = setup::LockTree(setup::Tree(root_));
    ASSERT_TRUE(other.ok()) << other.status();
    EXPECT_EQ(Run({"setup", "mesos"}), 1);
    EXPECT_THAT(rexray_.console.err, HasSubstr("another setup works on " + root_ + " at this moment: "));
    EXPECT_FALSE(fs::exists(root_ + "/etc/mesos-agent/isolation"));
    EXPECT_EQ(Run({"setup", "undo"}), 1);
    EXPECT_EQ(Run({"setup", "mesos", "--dry-run"}), 0) << "who only looks is not in the way";
  }
  EXPECT_EQ(Run({"setup", "mesos"}), 0) << rexray_.console.err;
}

TEST_F(Setup, WrongUse) {
  EXPECT_EQ(Run({"setup", "bogus"}), 2);
  EXPECT_EQ(Run({"setup", "--restart"}), 2);
  EXPECT_EQ(Run({"setup", "undo", "mesos", "docker"}), 2);
  EXPECT_EQ(rexray_.Run({"setup", "--root", root_ + "/none"}), 1);
  EXPECT_THAT(rexray_.console.err, HasSubstr("--root " + root_ + "/none: No such file or directory"));
  EXPECT_EQ(Run({"setup", "dcos"}), 1);
  EXPECT_THAT(rexray_.console.err, HasSubstr("this is no DC/OS node"));
}

/// docs/setup.md's own commands, on the machine that they are for.
TEST_F(Setup, TheDocumentedCommandsWork) {
  fs::remove_all(root_);
  fs::copy(REXRAY_SOURCE_DIR "/src/setup/testdata/dcos-1.7-agent", root_,
           fs::copy_options::recursive | fs::copy_options::copy_symlinks);
  fs::create_directories(root_ + "/opt/rexray/lib/mesos");
  fs::copy(TEST_MESOS_MODULE, root_ + "/opt/rexray/lib/mesos/libmesos_dvdi_isolator-0.28.1.so");
  std::ifstream page(REXRAY_SOURCE_DIR "/docs/setup.md");
  bool in_commands = false;
  int commands = 0;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("```")) in_commands = line == "```sh";
    if (!in_commands || !line.starts_with("rexray ")) continue;
    std::istringstream text(line.substr(7, line.find_first_of("#>") - 7));
    std::vector<std::string> words{std::istream_iterator<std::string>(text), {}};
    // Nothing is restarted in a tree; the flag itself is refused there.
    words.erase(std::remove(words.begin(), words.end(), "--restart"), words.end());
    EXPECT_EQ(Run(words), 0) << line << "\n" << rexray_.console.err;
    ++commands;
  }
  EXPECT_GE(commands, 6);
  EXPECT_THAT(Read("/var/lib/dcos/mesos-slave-common"),
              HasSubstr("com_emccode_mesos_DockerVolumeDriverIsolator"));
}

TEST_F(Setup, PrintsThePolicy) {
  EXPECT_EQ(rexray_.Run({"setup", "aws-policy"}), 0);
  EXPECT_THAT(rexray_.console.out, StartsWith("{\n"));
  EXPECT_THAT(rexray_.console.out, HasSubstr("\"ec2:AttachVolume\""));
}

}  // namespace
}  // namespace rexray::cli
