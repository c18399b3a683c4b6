#pragma once

// A running server on a socket of its own, and handlers for tests of it.

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fmt/core.h"
#include "gtest/gtest.h"

#include "base/http/server.h"
#include "base/http/testing/raw_peer.h"
#include "base/mutex.h"

namespace rexray::http {

/// Longer than anything here takes.
inline constexpr auto kPatience = std::chrono::seconds(30);

inline std::string Post(std::string_view target, std::string_view body, std::string_view more_headers = "") {
  return fmt::format("POST {} HTTP/1.1\r\nHost: x\r\n{}Content-Length: {}\r\n\r\n{}", target, more_headers,
                     body.size(), body);
}

/// Answers with what it was asked, at once.
inline void Echo(std::shared_ptr<Exchange> exchange) {
  const Request& request = exchange->request();
  exchange->Respond({.status = 200,
                     .content_type = "text/plain",
                     .body = fmt::format("{} {} {}", request.method, request.target, request.body)});
}

/// Keeps exchanges for the test to answer.
class Holder {
 public:
  void operator()(std::shared_ptr<Exchange> exchange) {
    MutexLock lock(mutex_);
    held_.push_back(std::move(exchange));
    arrived_.NotifyAll();
  }
  std::shared_ptr<Exchange> Take() {
    MutexLock lock(mutex_);
    while (held_.empty()) arrived_.Wait(mutex_);
    auto first = std::move(held_.front());
    held_.erase(held_.begin());
    return first;
  }
  bool empty() const {
    MutexLock lock(mutex_);
    return held_.empty();
  }

 private:
  mutable Mutex mutex_;
  CondVar arrived_;
  std::vector<std::shared_ptr<Exchange>> held_ ABSL_GUARDED_BY(mutex_);
};

class ServerTest : public testing::Test {
 protected:
  ~ServerTest() override { server_.reset(); }

  void Start(Handler handler, const ServerOptions& options = {}) {
    Listen(directory_.Socket("s.sock"), std::move(handler), options);
  }
  void StartTcp(Handler handler, const std::string& address = "tcp://127.0.0.1:0") {
    Listen(*ParseAddress(address), std::move(handler), {});
  }
  void StartHolding(const ServerOptions& options = {}) {
    Start([this](std::shared_ptr<Exchange> exchange) { holder_(std::move(exchange)); }, options);
  }

  RawPeer Client() { return RawPeer(address_); }

  TemporaryDirectory directory_;
  Holder holder_;
  Address address_;
  std::unique_ptr<Server> server_;

 private:
  void Listen(const Address& address, Handler handler, const ServerOptions& options) {
    auto listener = Listener::Open({.address = address});
    ASSERT_TRUE(listener.ok()) << listener.status();
    address_ = (*listener)->address();
    server_ = Server::Create(options);
    server_->Serve(*std::move(listener), std::move(handler));
    server_->Start();
  }
};

}  // namespace rexray::http
