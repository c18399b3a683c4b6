#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "drivers/ebs/http_transport.h"

namespace rexray::drivers::ebs {

/// Answers from a script, and remembers what was asked. Thread-safe. What has no answer in the script is
/// Unavailable.
class ScriptedTransport final : public HttpTransport {
 public:
  using Answer = std::function<absl::StatusOr<HttpReply>(const HttpRequest& request)>;

  /// The next request whose URL or body holds `part` gets it; each answer once, in order.
  void Expect(std::string part, Answer answer);
  void Expect(std::string part, int status, std::string body);
  void Fail(std::string part, absl::Status failure);
  /// Every request that the queue has no answer for.
  void Otherwise(Answer answer);

  absl::StatusOr<HttpReply> Send(const HttpRequest& request) override;

  std::vector<HttpRequest> requests() const;
  /// Requests whose body or URL holds `part`.
  int Count(const std::string& part) const;
  /// Answers that nobody asked for.
  size_t unused() const;

 private:
  mutable Mutex mutex_;
  std::deque<std::pair<std::string, Answer>> script_ ABSL_GUARDED_BY(mutex_);
  Answer otherwise_ ABSL_GUARDED_BY(mutex_);
  std::vector<HttpRequest> requests_ ABSL_GUARDED_BY(mutex_);
};

/// "<ACTIONResponse>CONTENT</ACTIONResponse>".
std::string XmlAnswer(const std::string& action, const std::string& content);
/// EC2's error document.
std::string XmlError(const std::string& code, const std::string& message);
/// The posted form, decoded.
std::map<std::string, std::string> FormOf(const HttpRequest& request);

}  // namespace rexray::drivers::ebs
