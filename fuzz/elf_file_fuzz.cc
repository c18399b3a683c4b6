// A module file comes from a download: any bytes must end in an answer.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "setup/elf_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)rexray::setup::ParseElf(
      [text](uint64_t offset, uint64_t count) -> absl::StatusOr<std::string> {
        return std::string(offset > text.size() ? "" : text.substr(offset, count));
      },
      size);
  return 0;
}
