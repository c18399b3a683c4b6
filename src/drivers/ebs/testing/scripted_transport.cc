#include "drivers/ebs/testing/scripted_transport.h"

#include <algorithm>

#include "base/status.h"

namespace rexray::drivers::ebs {
namespace {

bool Holds(const HttpRequest& request, const std::string& part) {
  return request.url.find(part) != std::string::npos || request.body.find(part) != std::string::npos;
}

std::string Decoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] == '%' && i + 2 < text.size()) {
      out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

void ScriptedTransport::Expect(std::string part, Answer answer) {
  MutexLock lock(mutex_);
  script_.emplace_back(std::move(part), std::move(answer));
}

void ScriptedTransport::Expect(std::string part, int status, std::string body) {
  Expect(std::move(part), [=](const HttpRequest&) -> absl::StatusOr<HttpReply> {
    return HttpReply{status, body, std::nullopt};
  });
}

void ScriptedTransport::Fail(std::string part, absl::Status failure) {
  Expect(std::move(part), [=](const HttpRequest&) -> absl::StatusOr<HttpReply> { return failure; });
}

void ScriptedTransport::Otherwise(Answer answer) {
  MutexLock lock(mutex_);
  otherwise_ = std::move(answer);
}

absl::StatusOr<HttpReply> ScriptedTransport::Send(const HttpRequest& request) {
  Answer answer;
  {
    MutexLock lock(mutex_);
    requests_.push_back(request);
    const auto found = std::find_if(script_.begin(), script_.end(),
                                    [&](const auto& entry) { return Holds(request, entry.first); });
    if (found != script_.end()) {
      answer = std::move(found->second);
      script_.erase(found);
    } else {
      answer = otherwise_;
    }
  }
  if (answer) return answer(request);
  return Error(absl::StatusCode::kUnavailable, "the script has no answer for {} {} {}", request.method,
               request.url, request.body);
}

std::vector<HttpRequest> ScriptedTransport::requests() const {
  MutexLock lock(mutex_);
  return requests_;
}

int ScriptedTransport::Count(const std::string& part) const {
  MutexLock lock(mutex_);
  return static_cast<int>(std::count_if(requests_.begin(), requests_.end(),
                                        [&](const HttpRequest& request) { return Holds(request, part); }));
}

size_t ScriptedTransport::unused() const {
  MutexLock lock(mutex_);
  return script_.size();
}

std::string XmlAnswer(const std::string& action, const std::string& content) {
  return fmt::format(
      "<?xml version=\"1.0\"?><{0}Response xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">"
      "<requestId>r-1</requestId>{1}</{0}Response>",
      action, content);
}

std::string XmlError(const std::string& code, const std::string& message) {
  return fmt::format(
      "<?xml version=\"1.0\"?><Response><Errors><Error><Code>{}</Code><Message>{}</Message></Error></Errors>"
      "<RequestID>req-7</RequestID></Response>",
      code, message);
}

std::map<std::string, std::string> FormOf(const HttpRequest& request) {
  std::map<std::string, std::string> form;
  std::string_view rest = request.body;
  while (!rest.empty()) {
    const std::string_view field = rest.substr(0, rest.find('&'));
    const size_t equals = field.find('=');
    form[Decoded(field.substr(0, equals))] = Decoded(field.substr(equals + 1));
    rest.remove_prefix(std::min(rest.size(), field.size() + 1));
  }
  return form;
}

}  // namespace rexray::drivers::ebs
