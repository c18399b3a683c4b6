// A daemon for the tests of `rexray start` and `stop`. REXRAY_FAKE says what it does:
//   ready     writes the pid file, says READY, waits for SIGTERM, removes the file, ends with 0
//   refuses   says why it cannot start, ends with 1
//   dies      says nothing, ends with 3
//   argv      prints its words, a line each, and ends with 0

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

namespace {

std::string StartTime() {
  std::ifstream file("/proc/self/stat");
  std::string word;
  for (int field = 1; field <= 22; ++field) file >> word;  // our name holds no blank
  return word;
}

void Say(int fd, const std::string& line) {
  if (write(fd, line.data(), line.size()) < 0) std::perror("write");
  close(fd);
}

}  // namespace

int main(int argc, char** argv) {
  const char* what = std::getenv("REXRAY_FAKE");
  const std::string mode = what == nullptr ? "" : what;
  int ready_fd = -1;
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::strcmp(argv[i], "--ready-fd") == 0) ready_fd = std::atoi(argv[i + 1]);
  }
  std::fprintf(stderr, "a line for the log\n");
  if (mode == "argv") {
    std::printf("%d\n", getpid());
    for (int i = 1; i < argc; ++i) std::printf("%s\n", argv[i]);
    return 0;
  }
  if (mode == "refuses") {
    Say(ready_fd, "the port is \x1b[31mtaken\n");
    return 1;
  }
  if (mode == "dies") return 3;
  sigset_t end;
  sigemptyset(&end);
  sigaddset(&end, SIGTERM);
  sigprocmask(SIG_BLOCK, &end, nullptr);
  const char* home = std::getenv("REXRAY_HOME");
  if (home == nullptr) return 4;
  const std::string pid_file = std::string(home) + "/run/rexray/rexray.pid";
  std::ofstream(pid_file) << getpid() << " " << StartTime() << "\n";
  if (ready_fd >= 0) Say(ready_fd, "READY\n");
  int signal = 0;
  sigwait(&end, &signal);
  unlink(pid_file.c_str());
  return 0;
}
