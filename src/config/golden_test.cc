// For each testdata/NAME.yml: the effective configuration, the services and the warnings are those of
// NAME.expected. REXRAY_UPDATE_EXPECTED=1 writes the expectations anew; read the difference before it is
// committed.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "fmt/format.h"

#include "base/size.h"
#include "base/status.h"
#include "config/config.h"
#include "config/testing/config_files.h"

namespace rexray::config {
namespace {

namespace fs = std::filesystem;

const fs::path kTestData = fs::path(REXRAY_SOURCE_DIR) / "src/config/testdata";

std::vector<std::string> Cases() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(kTestData)) {
    if (entry.path().extension() == ".yml") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string Describe(const ServiceSettings& service) {
  std::string out = fmt::format("service {} = {}\n", service.name, service.driver);
  const auto line = [&out](const char* name, const std::string& value) {
    out += fmt::format("  {:<18} {}\n", name, value);
  };
  line("docker", service.docker_enabled ? service.docker_host : "no socket");
  line("spec", service.spec_file.empty() ? "none" : service.spec_file);
  line("size", FormatSize(service.default_size));
  line("fsType", service.default_fs_type);
  line("type", service.default_type);
  line("iops", service.default_iops ? fmt::format("{}", *service.default_iops) : "");
  line("zone", service.default_zone);
  std::string tags;
  for (const auto& [key, value] : service.default_tags)
    tags += fmt::format("{}{}={}", tags.empty() ? "" : " ", key, value);
  if (!tags.empty()) line("tags", tags);
  line("rootPath", fmt::format("\"{}\"", service.root_path));
  line("fileMode", fmt::format("{:04o}", service.file_mode));
  line("preempt", service.preempt);
  line("linger", service.linger ? fmt::format("{} ms", service.linger->count() / 1'000'000) : "the driver's");
  line("retry", fmt::format("{} times, {} ms apart", service.mount_retry_count,
                            service.mount_retry_wait.count() / 1'000'000));
  std::string switches;
  for (const auto& [on, name] : {std::pair{service.ignore_used_count, "ignoreUsedCount"},
                                 std::pair{service.create_disabled, "create.disable"},
                                 std::pair{service.remove_disabled, "remove.disable"},
                                 std::pair{service.implicit_create, "create.implicit"},
                                 std::pair{service.remove_foreign, "remove.foreign"},
                                 std::pair{service.unknown_options_warn, "unknownOptions warn"}}) {
    if (on) switches += fmt::format("{}{}", switches.empty() ? "" : ", ", name);
  }
  line("on", switches);
  for (const char* key : {"ebs.region", "ebs.tag", "efs.tag", "aws.rexrayTag", "virtualbox.volumePath",
                          "local.directory", "s3fs.options", "vfs.root"}) {
    if (const auto value = service.lookup(key)) line(key, *value);
  }
  return out;
}

std::string Describe(const Config& config, const std::string& root) {
  const Settings& settings = config.settings();
  std::string out;
  for (const EffectiveValue& value : config.Effective()) {
    out += fmt::format("{} = {}", value.key, value.value);
    if (value.origin.kind != Origin::Kind::kDefault) out += fmt::format("   # {}", value.origin.where);
    out += '\n';
  }
  out += fmt::format("\ndefault service {}, volumes below {}, admin {}\n", settings.default_service,
                     settings.paths.volumes, settings.admin_host.value_or("on its unix socket only"));
  for (const ServiceSettings& service : settings.services) out += "\n" + Describe(service);
  if (!config.warnings().empty()) out += "\n";
  for (const std::string& warning : config.warnings()) out += "warning: " + warning + "\n";
  for (size_t at; (at = out.find(root)) != std::string::npos;) out.erase(at, root.size());
  // Lines end where their text does: editors and `git diff` agree then.
  for (size_t at; (at = out.find(" \n")) != std::string::npos;) out.erase(at, 1);
  return out;
}

class Golden : public testing::TestWithParam<std::string> {};

TEST_P(Golden, EffectiveConfigurationIsAsExpected) {
  ConfigFiles files;
  files.Write("etc/rexray/config.yml", ReadFile(kTestData / (GetParam() + ".yml")));
  LoadRequest request = files.Request();
  request.environment["HOME"] = "/home/of-nobody";
  if (const fs::path variables = kTestData / (GetParam() + ".env"); fs::exists(variables)) {
    files.Write("etc/environment", ReadFile(variables));
  }
  const auto config = Load(request);
  ASSERT_TRUE(config.ok()) << MessageOf(config.status());

  const std::string described = Describe(**config, files.root());
  const fs::path expected = kTestData / (GetParam() + ".expected");
  if (std::getenv("REXRAY_UPDATE_EXPECTED") != nullptr) WriteFile(expected, described);
  EXPECT_EQ(described, ReadFile(expected));
}

std::string NameOfCase(const testing::TestParamInfo<std::string>& of) {
  std::string name = of.param;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '-' || c == '.'; }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Files, Golden, testing::ValuesIn(Cases()), NameOfCase);

}  // namespace
}  // namespace rexray::config
