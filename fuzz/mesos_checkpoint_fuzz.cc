// Both checkpoint files: ours must come back as it was written, the original module's must only be read
// safely.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "mesos/checkpoint.h"
#include "mesos/old_checkpoint.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace rexray::mesos;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto own = DecodeCheckpoint(text); own.ok()) {
    const auto again = DecodeCheckpoint(EncodeCheckpoint(*own));
    if (!again.ok() || !(*again == *own)) std::abort();
  }
  if (const auto old = ParseOldCheckpoint(text); old.ok()) {
    for (const OldMount& mount : *old) {
      if (mount.container.empty() || mount.driver.empty() || mount.name.empty()) std::abort();
    }
  }
  return 0;
}
