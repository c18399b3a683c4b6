#include "base/testing/virtual_time.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>

#include "base/thread.h"
#include "base/unique_fd.h"

namespace rexray {
namespace {

namespace fs = std::filesystem;

/// "1234 (a name) S ...": the letter after the name, which may hold anything. 0: it has ended.
char StateOf(const std::string& task) {
  std::array<char, 256> buffer{};
  const UniqueFd file(open((task + "/stat").c_str(), O_RDONLY | O_CLOEXEC));
  const ssize_t size = file.valid() ? read(file.get(), buffer.data(), buffer.size()) : 0;
  const std::string_view text(buffer.data(), size > 0 ? static_cast<size_t>(size) : 0);
  const size_t name_end = text.rfind(") ");
  return name_end == std::string_view::npos ? '\0' : text[name_end + 2];
}

bool AllOthersSleep() {
  const std::string self = std::to_string(gettid());
  std::error_code error;
  for (const fs::directory_entry& task : fs::directory_iterator("/proc/self/task", error)) {
    if (task.path().filename() == self) continue;
    const char state = StateOf(task.path().native());
    if (state != 'S' && state != '\0') return false;
  }
  return !error;
}

}  // namespace

void AwaitOthersAsleep() {
  // Twice: one that was seen asleep may have been woken by one that was seen only after that.
  for (int seen = 0; seen < 2;) {
    seen = AllOthersSleep() ? seen + 1 : 0;
    if (seen == 0) std::this_thread::yield();
  }
}

void RunInVirtualTime(SimulatedClock& clock, Duration step, const std::vector<std::function<void()>>& calls,
                      const std::function<void()>& after_step) {
  std::atomic<size_t> running{calls.size()};
  std::vector<std::thread> threads;
  threads.reserve(calls.size());
  for (const std::function<void()>& call : calls) {
    threads.push_back(StartThread("virtual-time", [&running, &call] {
      call();
      --running;
    }));
  }
  while (running > 0) {
    AwaitOthersAsleep();
    if (running == 0) break;
    clock.Advance(step);
    if (after_step) after_step();
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace rexray
