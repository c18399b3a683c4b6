// Times calls of any Docker volume plugin, beside a floor where one is given.
//
// usage: plugin_bench latency SOCKET FLOOR_SOCKET ENDPOINT BODY COUNT
//          one keep-alive connection to each; blocks of 200 requests in turn, so that a noisy moment hits
//          both. Prints {"ours": {"p50":…}, "floor": {…}} in microseconds.
//        plugin_bench answer SOCKET ENDPOINT BODY
//          prints the raw answer, headers included (what the floor then echoes).
//        plugin_bench cycle SOCKET NAME SIZE
//          Create, first Mount, Unmount, later Mount, Unmount, Remove; prints microseconds of each.

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

[[noreturn]] void Die(const std::string& what) {
  std::fprintf(stderr, "plugin_bench: %s\n", what.c_str());
  std::exit(1);
}

int64_t NowNanos() {
  return std::chrono::steady_clock::now().time_since_epoch().count();
}

class Connection {
 public:
  explicit Connection(const char* path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    fd_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      Die(std::string(path) + ": " + std::strerror(errno));
    }
  }
  ~Connection() { close(fd_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// One request, one answer (Content-Length framed, as every plugin SDK sends it).
  const std::string& Call(const std::string& request) {
    if (write(fd_, request.data(), request.size()) != static_cast<ssize_t>(request.size()))
      Die("short write");
    answer_.clear();
    size_t wanted = std::string::npos;
    while (answer_.size() < wanted) {
      char buffer[262144];
      const ssize_t n = read(fd_, buffer, sizeof buffer);
      if (n <= 0) Die("the connection closed before the answer");
      answer_.append(buffer, n);
      if (wanted == std::string::npos) wanted = WholeSize();
    }
    return answer_;
  }

 private:
  size_t WholeSize() const {
    const size_t end = answer_.find("\r\n\r\n");
    if (end == std::string::npos) return std::string::npos;
    std::string head = answer_.substr(0, end);
    std::transform(head.begin(), head.end(), head.begin(), [](unsigned char c) { return std::tolower(c); });
    const size_t at = head.find("content-length:");
    if (at == std::string::npos) Die("an answer without Content-Length");
    return end + 4 + std::strtoul(head.c_str() + at + 15, nullptr, 10);
  }

  int fd_ = -1;
  std::string answer_;
};

std::string Request(const std::string& endpoint, const std::string& body) {
  return "POST " + endpoint + " HTTP/1.1\r\nHost: \r\nUser-Agent: Go-http-client/1.1\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\nAccept: application/vnd.docker.plugins.v1.2+json\r\n\r\n" + body;
}

void PrintQuantiles(const char* name, std::vector<int64_t>& nanos) {
  std::sort(nanos.begin(), nanos.end());
  auto at = [&](double q) {
    return static_cast<double>(nanos[static_cast<size_t>(q * (nanos.size() - 1))]) / 1000;
  };
  std::printf("\"%s\": {\"p50\": %.2f, \"p90\": %.2f, \"p99\": %.2f, \"max\": %.2f}", name, at(0.5), at(0.9),
              at(0.99), at(1));
}

int Latency(char** argv) {
  Connection ours(argv[0]);
  Connection floor(argv[1]);
  const std::string request = Request(argv[2], argv[3]);
  const int count = std::atoi(argv[4]);
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
  while (static_cast<int>(ours_nanos.size()) < count) {
    block(ours, &ours_nanos);
    block(floor, &floor_nanos);
  }
  std::printf("{");
  PrintQuantiles("ours", ours_nanos);
  std::printf(", ");
  PrintQuantiles("floor", floor_nanos);
  std::printf("}\n");
  return 0;
}

int Cycle(char** argv) {
  Connection ours(argv[0]);
  const std::string name = argv[1];
  const std::string mount_body = "{\"Name\":\"" + name + "\",\"ID\":\"" + std::string(64, 'b') + "\"}";
  auto timed = [&](const std::string& endpoint, const std::string& body) {
    const std::string request = Request(endpoint, body);
    const int64_t begun = NowNanos();
    const std::string& answer = ours.Call(request);
    const int64_t micros = (NowNanos() - begun) / 1000;
    if (answer.compare(0, 12, "HTTP/1.1 200") != 0) Die(endpoint + ": " + answer);
    return micros;
  };
  const int64_t create =
      timed("/VolumeDriver.Create", "{\"Name\":\"" + name + "\",\"Opts\":{\"size\":\"" + argv[2] + "\"}}");
  const int64_t first = timed("/VolumeDriver.Mount", mount_body);
  const int64_t unmount = timed("/VolumeDriver.Unmount", mount_body);
  const int64_t later = timed("/VolumeDriver.Mount", mount_body);
  timed("/VolumeDriver.Unmount", mount_body);
  const int64_t remove = timed("/VolumeDriver.Remove", "{\"Name\":\"" + name + "\"}");
  std::printf("{\"create\": %ld, \"first\": %ld, \"unmount\": %ld, \"later\": %ld, \"remove\": %ld}\n",
              create, first, unmount, later, remove);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "latency" && argc == 7) return Latency(argv + 2);
  if (what == "cycle" && argc == 5) return Cycle(argv + 2);
  if (what == "answer" && argc == 5) {
    std::fputs(Connection(argv[2]).Call(Request(argv[3], argv[4])).c_str(), stdout);
    return 0;
  }
  std::fprintf(stderr,
               "usage: plugin_bench latency|answer|cycle … (see the head of bench/plugin_bench.cc)\n");
  return 2;
}
