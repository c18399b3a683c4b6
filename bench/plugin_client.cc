#include "plugin_client.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace bench {

void Die(const std::string& what) {
  std::fprintf(stderr, "plugin_bench: %s\n", what.c_str());
  std::exit(1);
}

int64_t NowNanos() {
  return std::chrono::steady_clock::now().time_since_epoch().count();
}

std::string Request(const std::string& endpoint, const std::string& body) {
  return "POST " + endpoint + " HTTP/1.1\r\nHost: \r\nUser-Agent: Go-http-client/1.1\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\nAccept: application/vnd.docker.plugins.v1.2+json\r\n\r\n" + body;
}

Connection::Connection(const std::string& socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket.size() >= sizeof address.sun_path) Die(socket + ": too long for a socket's path");
  std::memcpy(address.sun_path, socket.data(), socket.size());
  fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    Die(socket + ": " + std::strerror(errno));
  }
}

Connection::~Connection() {
  close(fd_);
}

const std::string& Connection::Call(const std::string& request) {
  if (write(fd_, request.data(), request.size()) != static_cast<ssize_t>(request.size())) Die("short write");
  answer_.clear();
  size_t wanted = std::string::npos;
  while (answer_.size() < wanted) {
    char buffer[262144];
    const ssize_t n = read(fd_, buffer, sizeof buffer);
    if (n <= 0) Die("the connection closed before the answer");
    answer_.append(buffer, static_cast<size_t>(n));
    if (wanted == std::string::npos) wanted = WholeSize();
  }
  return answer_;
}

size_t Connection::WholeSize() const {
  const size_t end = answer_.find("\r\n\r\n");
  if (end == std::string::npos) return std::string::npos;
  std::string head = answer_.substr(0, end);
  std::transform(head.begin(), head.end(), head.begin(), [](unsigned char c) { return std::tolower(c); });
  const size_t at = head.find("content-length:");
  if (at == std::string::npos) Die("an answer without Content-Length");
  return end + 4 + std::strtoul(head.c_str() + at + 15, nullptr, 10);
}

std::string Quantiles(const std::string& name, std::vector<int64_t>& nanos) {
  std::sort(nanos.begin(), nanos.end());
  const auto at = [&](double q) {
    if (nanos.empty()) return 0.0;
    return static_cast<double>(nanos[static_cast<size_t>(q * static_cast<double>(nanos.size() - 1))]) / 1000;
  };
  char text[256];
  std::snprintf(text, sizeof text,
                "\"%s\": {\"p50\": %.2f, \"p90\": %.2f, \"p99\": %.2f, \"max\": %.2f, \"calls\": %zu}",
                name.c_str(), at(0.5), at(0.9), at(0.99), at(1), nanos.size());
  return text;
}

}  // namespace bench
