#include "base/http/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <charconv>
#include <cstring>
#include <fstream>
#include <sstream>

#include "base/http/hosts.h"
#include "base/status.h"

namespace rexray::http {
namespace {

constexpr std::string_view kUnixScheme = "unix://";
constexpr std::string_view kTcpScheme = "tcp://";
constexpr size_t kMaxPath = sizeof(sockaddr_un{}.sun_path) - 1;  // 107 bytes and the final zero, unix(7)

absl::Status Invalid(std::string_view text, std::string_view why) {
  return Error(absl::StatusCode::kInvalidArgument, "address \"{}\": {}", text, why);
}

absl::StatusOr<Address> ParsePath(std::string_view text, std::string_view path) {
  if (path.empty() || path.front() != '/') {
    return Invalid(text, "the path of a unix socket must be absolute, as in unix:///run/x.sock");
  }
  if (path.find('\0') != std::string_view::npos) return Invalid(text, "a path cannot have a zero byte in it");
  if (path.back() == '/') return Invalid(text, "this is a directory, not a socket");
  if (path.size() > kMaxPath) {
    return Invalid(
        text, fmt::format("the path has {} bytes; a unix socket can have at most {}", path.size(), kMaxPath));
  }
  return Address{.kind = Address::Kind::kUnix, .path = std::string(path), .host = {}, .port = 0};
}

absl::StatusOr<uint16_t> ParsePort(std::string_view text, std::string_view port) {
  uint16_t number = 0;
  const char* const end = port.data() + port.size();
  const auto [stop, error] = std::from_chars(port.data(), end, number);
  if (port.empty() || error != std::errc() || stop != end) {
    return Invalid(text, fmt::format("\"{}\" is not a port (0 to 65535)", port));
  }
  return number;
}

std::string ReadHostsFile() {
  std::ifstream file("/etc/hosts");
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

absl::StatusOr<std::string> ResolveHost(std::string_view text, const std::string& host) {
  if (host.empty() || IsIpAddress(host)) return host;
  if (auto found = FindHost(ReadHostsFile(), host)) return *found;
  return Error(absl::StatusCode::kNotFound,
               "address \"{}\": \"{}\" is neither an IP address nor a name in /etc/hosts (DNS is not asked)",
               text, host);
}

absl::StatusOr<Address> ParseTcp(std::string_view text, std::string_view rest) {
  std::string host;
  std::string_view port;
  if (!rest.empty() && rest.front() == '[') {
    const size_t close = rest.find("]:");
    if (close == std::string_view::npos) return Invalid(text, "write an IPv6 address as tcp://[::1]:7979");
    host = rest.substr(1, close - 1);
    port = rest.substr(close + 2);
    in6_addr ignored;
    if (inet_pton(AF_INET6, host.c_str(), &ignored) != 1) {
      return Invalid(text, fmt::format("\"{}\" is not an IPv6 address", host));
    }
  } else {
    const size_t colon = rest.rfind(':');
    if (colon == std::string_view::npos)
      return Invalid(text, "the port is missing, as in tcp://127.0.0.1:7979");
    host = rest.substr(0, colon);
    port = rest.substr(colon + 1);
    if (host.find(':') != std::string::npos)
      return Invalid(text, "write an IPv6 address as tcp://[::1]:7979");
  }
  ASSIGN_OR_RETURN(const uint16_t number, ParsePort(text, port));
  ASSIGN_OR_RETURN(std::string address, ResolveHost(text, host));
  return Address{.kind = Address::Kind::kTcp, .path = {}, .host = std::move(address), .port = number};
}

char LowerChar(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool SameName(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (LowerChar(a[i]) != LowerChar(b[i])) return false;
  }
  return true;
}

}  // namespace

std::string Address::ToString() const {
  if (kind == Kind::kUnix) return fmt::format("unix://{}", path);
  if (host.find(':') != std::string::npos) return fmt::format("tcp://[{}]:{}", host, port);
  return fmt::format("tcp://{}:{}", host, port);
}

bool Address::IsLocal() const {
  if (kind == Kind::kUnix) return true;
  in6_addr v6{};
  const bool is_v6 = inet_pton(AF_INET6, host.c_str(), &v6) == 1;
  if (is_v6 && IN6_IS_ADDR_LOOPBACK(&v6)) return true;
  in_addr v4{};
  if (is_v6 && IN6_IS_ADDR_V4MAPPED(&v6)) {
    std::memcpy(&v4, &v6.s6_addr[12], sizeof v4);
  } else if (inet_pton(AF_INET, host.c_str(), &v4) != 1) {
    return false;
  }
  return ntohl(v4.s_addr) >> 24 == IN_LOOPBACKNET;
}

absl::StatusOr<Address> ParseAddress(std::string_view text) {
  if (text.substr(0, kUnixScheme.size()) == kUnixScheme)
    return ParsePath(text, text.substr(kUnixScheme.size()));
  if (text.substr(0, kTcpScheme.size()) == kTcpScheme) return ParseTcp(text, text.substr(kTcpScheme.size()));
  if (!text.empty() && text.front() == '/') return ParsePath(text, text);
  return Invalid(text, "expected unix:///PATH, /PATH or tcp://HOST:PORT");
}

bool IsIpAddress(const std::string& text) {
  in_addr v4;
  in6_addr v6;
  return inet_pton(AF_INET, text.c_str(), &v4) == 1 || inet_pton(AF_INET6, text.c_str(), &v6) == 1;
}

std::optional<std::string> FindHost(std::string_view hosts_file, std::string_view name) {
  std::istringstream lines{std::string(hosts_file)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string address;
    if (!(words >> address) || !IsIpAddress(address)) continue;
    for (std::string alias; words >> alias;) {
      if (SameName(alias, name)) return address;
    }
  }
  if (SameName(name, "localhost")) return "127.0.0.1";
  return std::nullopt;
}

}  // namespace rexray::http
