#include "dvdi/testing/scripted_transports.h"

namespace rexray::dvdi {

class ScriptedTransports::Transport final : public http::Transport {
 public:
  explicit Transport(ScriptedTransports& owner) : owner_(owner) {}

  absl::StatusOr<http::ClientResponse> Send(const http::Address& address, const http::Request& request,
                                            Deadline deadline) override {
    const Call call{address.ToString(), request.target, request.body, request.headers, deadline};
    owner_.calls_.push_back(call);
    if (owner_.on_call_) owner_.on_call_(call);
    const auto found = owner_.script_.find(request.target);
    if (found == owner_.script_.end()) return http::ClientResponse{404, {}, "404 page not found\n"};
    absl::StatusOr<http::ClientResponse> answer = found->second.front();
    if (found->second.size() > 1) found->second.pop_front();
    return answer;
  }

 private:
  ScriptedTransports& owner_;
};

absl::StatusOr<std::unique_ptr<http::Transport>> ScriptedTransports::For(const Endpoint&) {
  return std::make_unique<Transport>(*this);
}

void ScriptedTransports::Answer(const std::string& target, std::string body, int status) {
  script_[target].emplace_back(http::ClientResponse{status, {}, std::move(body)});
}

void ScriptedTransports::Fail(const std::string& target, absl::Status status) {
  script_[target].emplace_back(std::move(status));
}

std::string ScriptedTransports::Names() const {
  std::string names;
  for (const Call& call : calls_) {
    names += (names.empty() ? "" : " ") + call.target.substr(call.target.rfind('.') + 1);
  }
  return names;
}

}  // namespace rexray::dvdi
