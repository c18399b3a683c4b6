#include "setup/doctor/guarded.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "fmt/core.h"

#include "base/json.h"
#include "base/unique_fd.h"

namespace rexray::setup::doctor {
namespace {

using nlohmann::json;
using SteadyClock = std::chrono::steady_clock;

constexpr size_t kMaxAnswer = 8 * 1024 * 1024;

std::string Encoded(const Results& results) {
  json list = json::array();
  for (const Diagnosis& one : results) {
    list.push_back({static_cast<int>(one.verdict), one.check, one.evidence, one.fix});
  }
  return DumpJson(list);
}

bool Decode(const std::string& text, Results& out) {
  const absl::StatusOr<json> list = ParseJson(text, {.max_bytes = kMaxAnswer, .max_depth = 4});
  if (!list.ok() || !list->is_array()) return false;
  for (const json& one : *list) {
    Diagnosis diagnosis;
    diagnosis.verdict = static_cast<Diagnosis::Verdict>(one[0].get<int>());
    diagnosis.check = one[1].get<std::string>();
    diagnosis.evidence = one[2].get<std::string>();
    diagnosis.fix = one[3].get<std::string>();
    out.push_back(std::move(diagnosis));
  }
  return true;
}

[[noreturn]] void Child(int out, const std::function<Results()>& check) {
  const std::string text = Encoded(check());
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t wrote = write(out, text.data() + done, text.size() - done);
    if (wrote < 0 && errno != EINTR) break;
    if (wrote > 0) done += static_cast<size_t>(wrote);
  }
  _exit(done == text.size() ? 0 : 1);
}

/// False when time ran out first.
bool ReadAll(int fd, SteadyClock::time_point until, std::string& text) {
  std::string buffer(64 * 1024, '\0');
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - SteadyClock::now()).count();
    if (left <= 0) return false;
    pollfd waiting{fd, POLLIN, 0};
    if (poll(&waiting, 1, static_cast<int>(left)) <= 0) continue;
    const ssize_t got = read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0 || text.size() > kMaxAnswer) return true;
    text.append(buffer, 0, static_cast<size_t>(got));
  }
}

std::string HowItEnded(pid_t child) {
  int status = 0;
  if (waitpid(child, &status, 0) != child) return "ended";
  if (WIFSIGNALED(status)) return fmt::format("was ended by signal {}", WTERMSIG(status));
  return fmt::format("ended with code {}", WEXITSTATUS(status));
}

}  // namespace

Results RunGuarded(const std::string& title, Duration limit, const std::function<Results()>& check) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return {Unknown(title, std::strerror(errno))};
  UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  const pid_t child = fork();
  if (child < 0) return {Unknown(title, std::strerror(errno))};
  if (child == 0) Child(writer.get(), check);
  writer.Reset();
  std::string text;
  if (!ReadAll(reader.get(), SteadyClock::now() + limit, text)) {
    kill(child, SIGKILL);
    waitpid(child, nullptr, WNOHANG);
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(limit).count();
    return {Broken(title,
                   fmt::format("no answer within {} s: something that is looked at hangs (a dead disk, a "
                               "network file system)",
                               seconds),
                   "look at dmesg and at processes in state D (ps -eo pid,stat,wchan,args)")};
  }
  const std::string how = HowItEnded(child);
  Results results;
  if (!Decode(text, results))
    results.push_back(Unknown(title, "the check itself " + how, "report this as a defect"));
  return results;
}

}  // namespace rexray::setup::doctor
