// What each command prints, to the letter: testdata/NAME.expected. REXRAY_UPDATE_EXPECTED=1 writes the
// expectations anew; read the difference before it is committed. Scripts parse these.

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <string>
#include <vector>

#include "cli/rexray/testing/harness.h"

#include "base/testing/temporary_directory.h"

namespace rexray::cli {
namespace {

namespace fs = std::filesystem;

const fs::path kTestData = fs::path(REXRAY_SOURCE_DIR) / "src/cli/rexray/testdata";

constexpr char kMounts[] =
    "22 28 0:20 / /sys rw,nosuid,nodev,noexec,relatime shared:7 - sysfs sysfs rw\n"
    "28 1 259:2 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p2 rw,errors=remount-ro\n"
    "412 28 7:3 / /var/lib/rexray/volumes/pgdata rw,noatime shared:210 - ext4 /dev/loop3 rw\n"
    "413 28 0:52 / /mnt/with\\040space ro,relatime - tmpfs none ro,size=1024k\n";

constexpr char kConfig[] =
    "rexray:\n  logLevel: info\n  storageDrivers: [ec2]\n  volume.mount.preempt: true\n"
    "  modules: {bulk: {local.directory: /srv/bulk, docker: {size: 500}}}\n"
    "aws: {accessKey: AKIAEXAMPLE, secretKey: not to be seen, region: eu-west-1}\n"
    "docker: {size: 20, tags: [team=db]}\n";

struct Case {
  const char* name;
  std::vector<std::string> words;
};

const Case kCases[] = {
    {"volume-ls", {"volume", "ls"}},
    {"volume-ls-tmpl", {"volume", "ls", "-f", "tmpl"}},
    {"volume-get-yml", {"volume", "get", "-f", "yml"}},
    {"volume-get-json", {"volume", "get", "-f", "json"}},
    {"volume-get-jsonp", {"volume", "get", "-f", "jsonp"}},
    {"volume-inspect", {"volume", "inspect", "pgdata"}},
    {"volume-map-yml", {"volume", "map", "-f", "yml"}},
    {"snapshot-ls", {"snapshot", "ls"}},
    {"snapshot-get", {"snapshot", "get"}},
    {"snapshot-get-one", {"snapshot", "get", "--snapshotid", "ls-02", "-f", "yml"}},
    {"snapshot-get-json", {"snapshot", "get", "-f", "json"}},
    {"snapshot-get-jsonp", {"snapshot", "get", "-f", "jsonp"}},
    {"snapshot-get-template",
     {"snapshot", "get", "-f", "tmpl", "--template",
      "{{range .}}{{.ID}}\t{{.Name}}\t{{.VolumeSize}}\n{{end}}"}},
    {"adapter-types", {"adapter", "types"}},
    {"adapter-instances", {"adapter", "instances"}},
    {"adapter-instances-yml", {"adapter", "instances", "-f", "yml"}},
    {"adapter-instances-json", {"adapter", "instances", "-f", "json"}},
    {"adapter-instances-template", {"adapter", "instances", "--template", "{{.InstanceID.ID}} {{.Region}}"}},
    {"device", {"device"}},
    {"device-yml", {"device", "-f", "yml"}},
    {"device-json", {"device", "ls", "--deviceName", "/dev/loop3", "-f", "json"}},
    {"service-ls", {"service", "ls"}},
    {"version", {"version"}},
    {"env", {"-c", "CONFIG", "env"}},
    {"config-show", {"-c", "CONFIG", "config", "show"}},
};

class GoldenOutput : public testing::TestWithParam<Case> {
 protected:
  GoldenOutput() {
    WriteText(root_ + "/proc/self/mountinfo", kMounts);
    WriteText(root_ + "/config.yml", kConfig);
    fs::permissions(root_ + "/config.yml", fs::perms::owner_read);
    h_.root = root_;
    h_.ServeVolumes();
    h_.ServeSnapshots();
    h_.admin.Answer("GET", "/v1/status", kStatus);
    h_.admin.Answer("GET", "/v1/nodes", kNodes);
  }

  /// What differs from machine to machine and from commit to commit has a name instead.
  std::string Settled(std::string text) const {
    for (size_t at; (at = text.find(root_)) != std::string::npos;) text.replace(at, root_.size(), "ROOT");
    static const std::regex varying("(Binary|SemVer|OsArch|Branch|Commit|Formed): [^\n]+");
    return std::regex_replace(text, varying, "$1: …");
  }

  TemporaryDirectory directory_;
  const std::string root_ = directory_.path();
  Harness h_;
};

TEST_P(GoldenOutput, IsAsExpected) {
  std::vector<std::string> words = GetParam().words;
  std::replace(words.begin(), words.end(), std::string("CONFIG"), root_ + "/config.yml");
  EXPECT_EQ(h_.Run(words), 0) << h_.console.err;
  EXPECT_EQ(h_.console.err, "");
  const std::string printed = Settled(h_.console.out);
  const fs::path expected = kTestData / (std::string(GetParam().name) + ".expected");
  if (getenv("REXRAY_UPDATE_EXPECTED") != nullptr) WriteText(expected, printed);
  EXPECT_EQ(printed, ReadText(expected));
  EXPECT_EQ(printed.find("not to be seen"), std::string::npos);
}

std::string NameOf(const testing::TestParamInfo<Case>& info) {
  std::string name = info.param.name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Commands, GoldenOutput, testing::ValuesIn(kCases), NameOf);

}  // namespace
}  // namespace rexray::cli
