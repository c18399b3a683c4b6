#include <atomic>
#include <memory>

#include "base/http/connection.h"
#include "base/logging.h"

namespace rexray::http {
namespace {

class ExchangeImpl final : public Exchange {
 public:
  ExchangeImpl(std::shared_ptr<Connection> connection, uint64_t id, Request request)
      : connection_(std::move(connection)), id_(id), request_(std::move(request)) {}

  ~ExchangeImpl() override {
    if (!answered_)
      Respond(ErrorResponse(500, "the request was dropped without an answer; see the daemon's log"));
  }

  const Request& request() const override { return request_; }
  bool ClientGone() const override { return connection_->Gone(); }
  void OnClientGone(std::function<void()> callback) override {
    connection_->OnGone(id_, std::move(callback));
  }
  bool Respond(Response response) override {
    if (answered_.exchange(true)) {
      LogError("a request was answered twice; the second answer is dropped", {{"target", request_.target}});
      return false;
    }
    return connection_->Answer(id_, std::move(response));
  }
  pid_t PeerPid() const override { return connection_->pid(); }
  uid_t PeerUid() const override { return connection_->uid(); }

 private:
  const std::shared_ptr<Connection> connection_;
  const uint64_t id_;
  const Request request_;
  std::atomic<bool> answered_{false};
};

}  // namespace

std::shared_ptr<Exchange> MakeExchange(std::shared_ptr<Connection> connection, uint64_t id, Request request) {
  return std::make_shared<ExchangeImpl>(std::move(connection), id, std::move(request));
}

}  // namespace rexray::http
