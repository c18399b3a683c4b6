// ec2sim: the simulated EC2 as a program. Prints one line when it serves:
//
//   {"endpoint": "http://127.0.0.1:PORT"}
//
// and ends with SIGTERM, SIGINT, or when its standard input closes (--until-eof).

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <string>

#include "CLI/CLI.hpp"

#include "base/status.h"
#include "base/unique_fd.h"
#include "ec2sim/simulator.h"
#include "ec2sim/simulator_server.h"
#include "ec2sim/steered_clock.h"

namespace {

using rexray::ec2sim::Latency;
using rexray::ec2sim::Options;

Latency Milliseconds(int least, int most) {
  return {std::chrono::milliseconds(least), std::chrono::milliseconds(most)};
}

// What was measured of the real one (us-west-2): see Options.
void UseRealLatencies(Options& options) {
  options.create = Milliseconds(1200, 4000);
  options.remove = Milliseconds(1000, 5000);
  options.attach = Milliseconds(800, 2500);
  options.attach_report = Milliseconds(200, 1500);
  options.detach = Milliseconds(1000, 4000);
  options.snapshot = Milliseconds(20000, 120000);
  options.modify = Milliseconds(2000, 8000);
  options.optimize = Milliseconds(60000, 600000);
  options.instance = Milliseconds(15000, 60000);
}

void AwaitEnd(const rexray::UniqueFd& signals, bool until_eof) {
  std::array<pollfd, 2> wait = {{{signals.get(), POLLIN, 0}, {until_eof ? STDIN_FILENO : -1, POLLIN, 0}}};
  while (true) {
    if (poll(wait.data(), wait.size(), -1) < 0) continue;
    if (wait[0].revents != 0) return;
    std::array<char, 256> ignored;
    if (wait[1].revents != 0 && read(STDIN_FILENO, ignored.data(), ignored.size()) <= 0) return;
  }
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  uint16_t port = 0;
  std::string latency = "short";
  bool until_eof = false;
  CLI::App app{"ec2sim: a simulated region of EC2, for tests and demonstrations"};
  app.add_option("--port", port, "on 127.0.0.1; 0 = any free one");
  app.add_option("--data", options.data_directory,
                 "where volumes keep their bytes; without it attaching makes no device");
  app.add_option("--seed", options.seed, "of all that is random");
  app.add_option("--latency", latency, "short, or real")->check(CLI::IsMember({"short", "real"}));
  app.add_option("--throttle", options.throttle_scale, "1 = the documented rates; 0 = none");
  app.add_flag("--until-eof", until_eof, "end when standard input closes");
  CLI11_PARSE(app, argc, argv);
  if (latency == "real") UseRealLatencies(options);

  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  const rexray::UniqueFd signals(signalfd(-1, &ends, SFD_CLOEXEC));

  rexray::ec2sim::SteeredClock clock;
  rexray::ec2sim::Simulator simulator(options, clock);
  simulator.SetAdvance([&](rexray::Duration by) { clock.Advance(by); });
  const auto server = rexray::ec2sim::SimulatorServer::Start(simulator, clock, port);
  if (!server.ok()) {
    fmt::print(stderr, "ec2sim: {}\n", rexray::MessageOf(server.status()));
    return 1;
  }
  fmt::print("{{\"endpoint\": \"{}\"}}\n", (*server)->endpoint());
  std::fflush(stdout);
  AwaitEnd(signals, until_eof);
  return 0;
}
