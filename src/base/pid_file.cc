#include "base/pid_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <charconv>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"

#include "base/status.h"
#include "base/unique_fd.h"

namespace rexray {
namespace {

template <typename Number>
bool Parse(std::string_view text, Number* number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

}  // namespace

absl::StatusOr<ProcessId> ProcessOf(pid_t pid) {
  constexpr size_t kState = 0;  // field 3 of proc(5), the first behind the name
  constexpr size_t kStartTime = 19;
  const std::string path = fmt::format("/proc/{}/stat", pid);
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  char buffer[4096];
  const ssize_t got = file.valid() ? read(file.get(), buffer, sizeof buffer) : -1;
  const std::string text(buffer, got > 0 ? static_cast<size_t>(got) : 0);
  // The second field is the command in parentheses and may hold anything: count from its end.
  const size_t name_end = text.rfind(')');
  const std::vector<std::string> fields =
      name_end == std::string::npos
          ? std::vector<std::string>()
          : absl::StrSplit(text.substr(name_end + 1), absl::ByAnyChar(" \n"), absl::SkipEmpty());
  ProcessId process{.pid = pid};
  const bool running = fields.size() > kStartTime && fields[kState] != "Z" && fields[kState] != "X" &&
                       Parse(fields[kStartTime], &process.start_time);
  if (!running) return Error(absl::StatusCode::kNotFound, "there is no process {}", pid);
  return process;
}

std::string FormatPidFile(const ProcessId& process) {
  return fmt::format("{} {}\n", process.pid, process.start_time);
}

std::optional<ProcessId> ParsePidFile(std::string_view text) {
  const std::vector<std::string> words =
      absl::StrSplit(std::string(text), absl::ByAnyChar(" \t\n"), absl::SkipEmpty());
  ProcessId process;
  if (words.size() != 2 || !Parse(words[0], &process.pid) || process.pid <= 0 ||
      !Parse(words[1], &process.start_time)) {
    return std::nullopt;
  }
  return process;
}

}  // namespace rexray
