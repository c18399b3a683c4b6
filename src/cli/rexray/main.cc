// rexray: the command line. Wires the real parts together; everything else is in app.cc.

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string>
#include <string_view>
#include <vector>

#include "cli/rexray/app.h"
#include "cli/rexray/daemon_launch.h"

#include "base/clock.h"
#include "base/http/client.h"
#include "base/status.h"

namespace {

class StandardStreams final : public rexray::cli::Console {
 public:
  void Out(std::string_view text) override { Write(STDOUT_FILENO, text); }
  void Err(std::string_view text) override { Write(STDERR_FILENO, text); }
  bool OutIsTerminal() const override { return isatty(STDOUT_FILENO) == 1; }
  absl::Status Finish() override {
    return error_ == 0 ? absl::OkStatus() : rexray::ErrnoError(error_, "the output could not be written");
  }

 private:
  void Write(int fd, std::string_view text) {
    while (!text.empty()) {
      const ssize_t wrote = write(fd, text.data(), text.size());
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote < 0) {
        // Whoever reads has had enough (`| head -1`): no failure of what was asked for.
        if (fd == STDOUT_FILENO && errno != EPIPE) error_ = errno;
        return;
      }
      text.remove_prefix(static_cast<size_t>(wrote));
    }
  }

  int error_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  // A `start` or `restart` whose output is not read to the end must not stop half-way.
  signal(SIGPIPE, SIG_IGN);
  StandardStreams console;
  const auto transport = rexray::http::MakeClient(rexray::SystemClock::Get());
  rexray::cli::App app{
      console, *transport, rexray::cli::RunToTheEnd, rexray::SystemClock::Get(), {}, argc > 0 ? argv[0] : "",
      ""};
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    app.environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return rexray::cli::Run(app, std::vector<std::string>(argv + 1, argv + argc));
}
