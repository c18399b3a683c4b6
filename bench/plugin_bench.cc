// Times calls of any Docker volume plugin, beside a floor where one is given.
//
// usage: plugin_bench latency SOCKET FLOOR_SOCKET ENDPOINT BODY COUNT
//          one keep-alive connection to each; blocks of 200 requests in turn, so that a noisy moment hits
//          both. Prints {"ours": {"p50":…}, "floor": {…}} in microseconds.
//        plugin_bench answer SOCKET ENDPOINT BODY
//          prints the raw answer, headers included (what the floor then echoes).
//        plugin_bench cycle SOCKET NAME [KEY=VALUE…]
//          Create with these options, first Mount, Unmount, later Mount, Unmount, Remove; prints microseconds
//          of each.
//        plugin_bench load --socket SOCKET …
//          many clients on many volumes; plugin_load.h has the options and what is printed.

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "plugin_client.h"
#include "plugin_load.h"

namespace bench {
namespace {

int Latency(char** argv) {
  Connection ours(argv[0]);
  Connection floor(argv[1]);
  const std::string request = Request(argv[2], argv[3]);
  const size_t count = std::strtoul(argv[4], nullptr, 10);
  std::vector<int64_t> ours_nanos;
  std::vector<int64_t> floor_nanos;
  auto block = [&](Connection& connection, std::vector<int64_t>* into) {
    for (int i = 0; i < 200; ++i) {
      const int64_t begun = NowNanos();
      connection.Call(request);
      if (into != nullptr) into->push_back(NowNanos() - begun);
    }
  };
  block(ours, nullptr);
  block(floor, nullptr);
  while (ours_nanos.size() < count) {
    block(ours, &ours_nanos);
    block(floor, &floor_nanos);
  }
  std::printf("{%s, %s}\n", Quantiles("ours", ours_nanos).c_str(), Quantiles("floor", floor_nanos).c_str());
  return 0;
}

int Cycle(const std::string& socket, const std::string& name, const std::vector<std::string>& options) {
  Connection ours(socket);
  const std::string mount_body = "{\"Name\":\"" + name + "\",\"ID\":\"" + std::string(64, 'b') + "\"}";
  auto timed = [&](const std::string& endpoint, const std::string& body) {
    const std::string request = Request(endpoint, body);
    const int64_t begun = NowNanos();
    const std::string& answer = ours.Call(request);
    const int64_t micros = (NowNanos() - begun) / 1000;
    if (!ours.LastWasOk()) Die(endpoint + ": " + answer);
    return micros;
  };
  const int64_t create = timed("/VolumeDriver.Create", CreateBody(name, options));
  const int64_t first = timed("/VolumeDriver.Mount", mount_body);
  const int64_t unmount = timed("/VolumeDriver.Unmount", mount_body);
  const int64_t later = timed("/VolumeDriver.Mount", mount_body);
  timed("/VolumeDriver.Unmount", mount_body);
  const int64_t remove = timed("/VolumeDriver.Remove", "{\"Name\":\"" + name + "\"}");
  std::printf("{\"create\": %ld, \"first\": %ld, \"unmount\": %ld, \"later\": %ld, \"remove\": %ld}\n",
              create, first, unmount, later, remove);
  return 0;
}

int Main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "latency" && argc == 7) return Latency(argv + 2);
  if (what == "cycle" && argc >= 4) return Cycle(argv[2], argv[3], {argv + 4, argv + argc});
  if (what == "load") return Load({argv + 2, argv + argc});
  if (what == "answer" && argc == 5) {
    std::fputs(Connection(argv[2]).Call(Request(argv[3], argv[4])).c_str(), stdout);
    return 0;
  }
  std::fprintf(stderr,
               "usage: plugin_bench latency|answer|cycle|load … (see the head of bench/plugin_bench.cc)\n");
  return 2;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  return bench::Main(argc, argv);
}
