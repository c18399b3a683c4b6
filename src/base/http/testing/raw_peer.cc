#include "base/http/testing/raw_peer.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "gtest/gtest.h"

#include "base/clock.h"
#include "base/http/socket.h"

namespace rexray::http {
namespace {

Deadline Patience() {
  return Deadline::After(SystemClock::Get(), std::chrono::seconds(30));
}

}  // namespace

TemporaryDirectory::TemporaryDirectory() {
  std::string name = std::filesystem::temp_directory_path() / "rexray-http-XXXXXX";
  EXPECT_NE(mkdtemp(name.data()), nullptr) << std::strerror(errno);
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Address TemporaryDirectory::Socket(const std::string& name) const {
  return Address{.kind = Address::Kind::kUnix, .path = path_ + "/" + name, .host = {}, .port = 0};
}

RawPeer::RawPeer(const Address& address) {
  auto fd = Connect(address, SystemClock::Get(), Patience());
  EXPECT_TRUE(fd.ok()) << fd.status();
  if (fd.ok()) fd_ = *std::move(fd);
}

void RawPeer::Send(std::string_view bytes) {
  const int error = SendAll(fd_.get(), bytes, SystemClock::Get(), Patience());
  EXPECT_EQ(error, 0) << std::strerror(error);
}

void RawPeer::ShutdownWrite() {
  EXPECT_EQ(shutdown(fd_.get(), SHUT_WR), 0);
}

void RawPeer::Reset() {
  const linger abort{.l_onoff = 1, .l_linger = 0};
  setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
  fd_.Reset();
}

bool RawPeer::Fill() {
  char buffer[64 * 1024];
  const Received got = ReceiveSome(fd_.get(), buffer, sizeof buffer, SystemClock::Get(), Patience());
  EXPECT_TRUE(got.error == 0 || got.error == ECONNRESET) << std::strerror(got.error);
  input_.append(buffer, got.size);
  return got.size > 0;
}

std::string RawPeer::ReadTo(std::string_view mark) {
  for (;;) {
    if (const size_t found = input_.find(mark); found != std::string::npos)
      return ReadSome(found + mark.size());
    if (!Fill()) {
      ADD_FAILURE() << "the connection ended after \"" << input_ << "\"";
      return {};
    }
  }
}

std::string RawPeer::ReadSome(size_t size) {
  while (input_.size() < size) {
    if (!Fill()) {
      ADD_FAILURE() << "the connection ended after " << input_.size() << " of " << size << " bytes";
      return {};
    }
  }
  std::string result = input_.substr(0, size);
  input_.erase(0, size);
  return result;
}

RawAnswer RawPeer::ReadAnswer() {
  static constexpr std::string_view kLength = "Content-Length: ";
  RawAnswer answer;
  answer.head = ReadTo("\r\n\r\n");
  if (answer.head.size() > 12) answer.status = std::atoi(answer.head.c_str() + 9);
  if (const size_t at = answer.head.find(kLength); at != std::string::npos) {
    answer.body = ReadSome(std::strtoul(answer.head.c_str() + at + kLength.size(), nullptr, 10));
  }
  return answer;
}

std::string RawPeer::ReadToEnd() {
  while (Fill()) {
  }
  return std::move(input_);
}

ScriptedServer::ScriptedServer(const Address& address,
                               std::vector<std::function<void(RawPeer&)>> connections) {
  auto listener = Listener::Open({.address = address});
  EXPECT_TRUE(listener.ok()) << listener.status();
  listener_ = *std::move(listener);
  thread_ = std::thread([fd = listener_->fd(), connections = std::move(connections)] {
    for (const auto& serve : connections) {
      if (const int error = WaitForSocket(fd, POLLIN, SystemClock::Get(), Patience()); error != 0) {
        ADD_FAILURE() << "nobody connected";
        return;
      }
      RawPeer peer(UniqueFd(accept4(fd, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)));
      serve(peer);
    }
  });
}

ScriptedServer::~ScriptedServer() {
  thread_.join();
}

}  // namespace rexray::http
