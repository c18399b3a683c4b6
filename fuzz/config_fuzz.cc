// Any file, and any value of any variable: a configuration or a one-line error, never a crash, a hang or a
// leak. The first line of the input (up to 0x00) is the value of a variable whose key its first byte chooses;
// the rest is the configuration file, parsed without touching the disk.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "base/status.h"
#include "config/known_keys.h"
#include "config/service_builder.h"
#include "config/source.h"
#include "config/store.h"
#include "config/yaml_file.h"

namespace rexray::config {
namespace {

void Require(bool held) {
  if (!held) std::abort();
}

void CheckMessage(const absl::Status& status) {
  Require(!MessageOf(status).empty() && MessageOf(status).find('\n') == std::string_view::npos);
}

Environment EnvironmentOf(std::string_view& input) {
  const size_t end = input.find('\0');
  if (end == std::string_view::npos || end == 0) return {};
  const KeyInfo& info = KnownKeys()[static_cast<unsigned char>(input[0]) % KnownKeys().size()];
  Environment environment{{EnvironmentName(info.key), std::string(input.substr(1, end - 1))}};
  input.remove_prefix(end + 1);
  return environment;
}

void Run(std::string_view input) {
  const Environment environment = EnvironmentOf(input);
  const auto yaml = ParseYaml(input, "f.yml");
  if (!yaml.ok()) return CheckMessage(yaml.status());
  Layer file;
  file.name = "f.yml";
  for (const YamlValue& value : yaml->values) {
    Written written;
    written.key = value.key;
    written.value = value.value;
    file.values.push_back(std::move(written));
  }
  auto store = std::make_shared<Store>();
  std::vector<std::string> warnings;
  for (const Layer& layer : {file, EnvironmentLayer(environment, store->names(), warnings)}) {
    if (const absl::Status status = store->Add(layer); !status.ok()) return CheckMessage(status);
  }
  const auto services = BuildServices(store);
  if (!services.ok()) return CheckMessage(services.status());
  for (const ServiceSettings& service : services->settings) {
    Require(CheckServiceName(service.name).ok() && !service.driver.empty() && service.default_size > 0);
    service.lookup("ebs.region");
  }
}

}  // namespace
}  // namespace rexray::config

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  rexray::config::Run({reinterpret_cast<const char*>(data), size});
  return 0;
}
