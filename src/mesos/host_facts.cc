#include "mesos/host_facts.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <string_view>

#include "base/status.h"
#include "mesos/checkpoint.h"

namespace rexray::mesos {
namespace {

absl::StatusOr<std::string> ReadProc(const std::string& path) {
  ASSIGN_OR_RETURN(std::optional<std::string> text, ReadSmallFile(path, 16 * 1024 * 1024));
  if (!text) return Error(absl::StatusCode::kNotFound, "{} does not exist; is /proc mounted?", path);
  return *std::move(text);
}

}  // namespace

absl::StatusOr<HostFacts> ReadHostFacts() {
  HostFacts facts;
  ASSIGN_OR_RETURN(facts.boot_id, ReadProc("/proc/sys/kernel/random/boot_id"));
  while (facts.boot_id.ends_with('\n')) facts.boot_id.pop_back();

  ASSIGN_OR_RETURN(const std::string stat, ReadProc("/proc/stat"));
  constexpr std::string_view kBootTime = "\nbtime ";
  const size_t at = stat.find(kBootTime);
  if (at == std::string::npos) {
    return Error(absl::StatusCode::kInternal, "/proc/stat does not tell the time of the boot (btime)");
  }
  std::from_chars(stat.data() + at + kBootTime.size(), stat.data() + stat.size(), facts.boot_time);

  std::array<char, 64> link{};
  const ssize_t size = ::readlink("/proc/self/ns/mnt", link.data(), link.size());
  if (size < 0) return ErrnoError(errno, "reading /proc/self/ns/mnt");
  facts.mount_namespace.assign(link.data(), static_cast<size_t>(size));
  return facts;
}

}  // namespace rexray::mesos
