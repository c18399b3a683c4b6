#pragma once

// One request without a socket, for tests of handlers: what was answered, and whether the client is still
// there, are the test's to see and say. Thread-safe.

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/http/server.h"
#include "base/mutex.h"

namespace rexray::http {

class FakeExchange final : public Exchange {
 public:
  explicit FakeExchange(Request request) : request_(std::move(request)) {}

  const Request& request() const override { return request_; }

  bool ClientGone() const override {
    MutexLock lock(mutex_);
    return gone_;
  }

  void OnClientGone(std::function<void()> callback) override {
    {
      MutexLock lock(mutex_);
      if (!gone_) {
        on_gone_ = std::move(callback);
        return;
      }
    }
    callback();
  }

  bool Respond(Response response) override {
    MutexLock lock(mutex_);
    ++responses_;
    response_ = std::move(response);
    answered_.NotifyAll();
    return !gone_;
  }

  pid_t PeerPid() const override { return 4242; }
  uid_t PeerUid() const override { return 1000; }

  /// The client hangs up.
  void HangUp() {
    std::function<void()> callback;
    {
      MutexLock lock(mutex_);
      gone_ = true;
      callback = std::move(on_gone_);
    }
    if (callback) callback();
  }

  /// Waits for the answer.
  Response Await() const {
    MutexLock lock(mutex_);
    while (!response_) answered_.Wait(mutex_);
    return *response_;
  }

  bool Answered() const {
    MutexLock lock(mutex_);
    return response_.has_value();
  }
  int responses() const {
    MutexLock lock(mutex_);
    return responses_;
  }

 private:
  const Request request_;
  mutable Mutex mutex_;
  mutable CondVar answered_;
  bool gone_ ABSL_GUARDED_BY(mutex_) = false;
  int responses_ ABSL_GUARDED_BY(mutex_) = 0;
  std::optional<Response> response_ ABSL_GUARDED_BY(mutex_);
  std::function<void()> on_gone_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace rexray::http
