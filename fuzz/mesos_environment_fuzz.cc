// The DVDI_VOLUME_* grammar: whatever a task writes into its environment. Input: NAME=VALUE, separated by
// NUL.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "mesos/environment.h"
#include "mesos/validation.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace rexray::mesos;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  EnvironmentVariables environment;
  while (!rest.empty()) {
    const std::string_view entry = rest.substr(0, rest.find('\0'));
    rest.remove_prefix(entry.size() == rest.size() ? entry.size() : entry.size() + 1);
    const size_t equals = entry.find('=');
    if (equals == std::string_view::npos) continue;
    environment.emplace_back(entry.substr(0, equals), entry.substr(equals + 1));
  }
  const auto parsed = ParseEnvironment(environment);
  if (!parsed.ok()) return 0;
  for (const VolumeRequest& volume : parsed->volumes) {
    if (!ValidateVolumeName(volume.key.name).ok() || !ValidateDriverName(volume.key.driver).ok())
      std::abort();
    for (const BindRequest& bind : volume.binds) {
      const auto normal = NormalContainerPath(bind.container_path);
      if (!normal.ok() || *normal != bind.container_path) std::abort();
    }
  }
  return 0;
}
