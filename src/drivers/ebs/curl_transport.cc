#include "drivers/ebs/curl_transport.h"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/status.h"
#include "drivers/ebs/curl_library.h"
#include "drivers/ebs/http_date.h"

namespace rexray::drivers::ebs {
namespace {

constexpr size_t kMostIdleHandles = 16;
constexpr size_t kMostAnswerBytes = size_t{64} << 20;  // 1,000 volumes with 50 tags each are some 10 MB

/// "https://ec2.eu-west-1.amazonaws.com/x" -> "ec2.eu-west-1.amazonaws.com".
std::string HostOf(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  const size_t at = url.find('@');
  if (at != std::string_view::npos) url.remove_prefix(at + 1);
  return std::string(url.substr(0, url.find('/')));
}

long Milliseconds(Duration wait) {
  const auto count = std::chrono::duration_cast<std::chrono::milliseconds>(wait).count();
  return static_cast<long>(std::clamp<decltype(count)>(count, 1, 1000L * 3600));
}

size_t TakeBody(char* data, size_t size, size_t count, void* reply_pointer) {
  auto& reply = *static_cast<HttpReply*>(reply_pointer);
  if (reply.body.size() + size * count > kMostAnswerBytes) return 0;  // ends the exchange
  reply.body.append(data, size * count);
  return size * count;
}

size_t TakeHeader(char* data, size_t size, size_t count, void* reply_pointer) {
  constexpr std::string_view kDate = "date:";
  const std::string_view line(data, size * count);
  const auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
  if (line.size() > kDate.size() &&
      std::equal(kDate.begin(), kDate.end(), line.begin(), [&](char b, char a) { return same(a, b); })) {
    static_cast<HttpReply*>(reply_pointer)->date = ParseHttpDate(line.substr(kDate.size()));
  }
  return size * count;
}

class CurlTransport final : public HttpTransport {
 public:
  CurlTransport(const CurlLibrary& curl, Clock& clock, CurlOptions options)
      : curl_(curl), clock_(clock), options_(std::move(options)) {}
  ~CurlTransport() override {
    MutexLock lock(mutex_);
    for (CURL* handle : idle_) curl_.easy_cleanup(handle);
  }
  CurlTransport(const CurlTransport&) = delete;
  CurlTransport& operator=(const CurlTransport&) = delete;

  absl::StatusOr<HttpReply> Send(const HttpRequest& request) override;

 private:
  /// A handle keeps its connections: the one used last comes back first.
  CURL* TakeHandle() {
    {
      MutexLock lock(mutex_);
      if (!idle_.empty()) {
        CURL* handle = idle_.back();
        idle_.pop_back();
        return handle;
      }
    }
    return curl_.easy_init();
  }
  void ReturnHandle(CURL* handle) {
    curl_.easy_reset(handle);  // options go, connections stay
    {
      MutexLock lock(mutex_);
      if (idle_.size() < kMostIdleHandles) {
        idle_.push_back(handle);
        return;
      }
    }
    curl_.easy_cleanup(handle);
  }
  absl::StatusOr<HttpReply> SendWith(CURL* handle, const HttpRequest& request, Duration timeout);
  void Sign(CURL* handle, const AwsSignature& signature, curl_slist** headers);
  absl::Status Explain(CURLcode code, const char* detail, const HttpRequest& request, Duration timeout);

  const CurlLibrary& curl_;
  Clock& clock_;
  const CurlOptions options_;
  Mutex mutex_;
  std::vector<CURL*> idle_ ABSL_GUARDED_BY(mutex_);
};

absl::StatusOr<HttpReply> CurlTransport::Send(const HttpRequest& request) {
  const Duration remaining = request.deadline.Remaining(clock_);
  if (remaining <= Duration::zero()) {
    return Error(absl::StatusCode::kDeadlineExceeded, "{}: no time was left to ask", HostOf(request.url));
  }
  CURL* handle = TakeHandle();
  if (handle == nullptr) return Error(absl::StatusCode::kResourceExhausted, "libcurl has no memory left");
  absl::StatusOr<HttpReply> reply = SendWith(handle, request, std::min(remaining, request.timeout));
  ReturnHandle(handle);
  return reply;
}

void CurlTransport::Sign(CURL* handle, const AwsSignature& signature, curl_slist** headers) {
  curl_.easy_setopt(handle, CURLOPT_AWS_SIGV4, ("aws:amz:" + signature.region + ":ec2").c_str());
  curl_.easy_setopt(handle, CURLOPT_USERNAME, signature.access_key.c_str());
  curl_.easy_setopt(handle, CURLOPT_PASSWORD, signature.secret_key.Reveal().c_str());
  if (!signature.session_token.empty()) {
    *headers =
        curl_.slist_append(*headers, ("X-Amz-Security-Token: " + signature.session_token.Reveal()).c_str());
  }
}

absl::StatusOr<HttpReply> CurlTransport::SendWith(CURL* handle, const HttpRequest& request,
                                                  Duration timeout) {
  HttpReply reply;
  char detail[CURL_ERROR_SIZE] = "";
  curl_slist* headers = nullptr;
  for (const auto& [name, value] : request.headers) {
    headers = curl_.slist_append(headers, (name + ": " + value).c_str());
  }
  curl_.easy_setopt(handle, CURLOPT_URL, request.url.c_str());
  curl_.easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_.easy_setopt(handle, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_.easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_.easy_setopt(handle, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_.easy_setopt(handle, CURLOPT_ERRORBUFFER, detail);
  curl_.easy_setopt(handle, CURLOPT_USERAGENT, options_.user_agent.c_str());
  curl_.easy_setopt(handle, CURLOPT_TIMEOUT_MS, Milliseconds(timeout));
  curl_.easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS,
                    Milliseconds(std::min(timeout, request.connect_timeout)));
  if (!options_.ca_bundle.empty()) curl_.easy_setopt(handle, CURLOPT_CAINFO, options_.ca_bundle.c_str());
  if (!request.proxy) curl_.easy_setopt(handle, CURLOPT_NOPROXY, "*");
  if (request.method == "POST") {
    curl_.easy_setopt(handle, CURLOPT_POSTFIELDSIZE, static_cast<long>(request.body.size()));
    curl_.easy_setopt(handle, CURLOPT_POSTFIELDS, request.body.c_str());
  } else if (request.method != "GET") {
    curl_.easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
  if (request.signature) Sign(handle, *request.signature, &headers);
  if (headers != nullptr) curl_.easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
  curl_.easy_setopt(handle, CURLOPT_WRITEFUNCTION, &TakeBody);
  curl_.easy_setopt(handle, CURLOPT_WRITEDATA, &reply);
  curl_.easy_setopt(handle, CURLOPT_HEADERFUNCTION, &TakeHeader);
  curl_.easy_setopt(handle, CURLOPT_HEADERDATA, &reply);
  const CURLcode code = curl_.easy_perform(handle);
  long status = 0;
  curl_.easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  curl_.slist_free_all(headers);
  if (code != CURLE_OK) return Explain(code, detail, request, timeout);
  reply.status = static_cast<int>(status);
  return reply;
}

absl::Status CurlTransport::Explain(CURLcode code, const char* detail, const HttpRequest& request,
                                    Duration timeout) {
  const std::string host = HostOf(request.url);
  if (request.deadline.Passed(clock_)) {
    return Error(absl::StatusCode::kDeadlineExceeded, "{}: no whole answer before the time was over", host);
  }
  if (code == CURLE_OPERATION_TIMEDOUT) {
    return Error(absl::StatusCode::kUnavailable, "{}: no whole answer within {} ms", host,
                 Milliseconds(timeout));
  }
  return Error(absl::StatusCode::kUnavailable, "{}: {}", host,
               *detail != '\0' ? detail : curl_.easy_strerror(code));
}

}  // namespace

absl::StatusOr<std::unique_ptr<HttpTransport>> MakeCurlTransport(Clock& clock, const CurlOptions& options) {
  ASSIGN_OR_RETURN(const CurlLibrary* curl, LoadCurl());
  return std::make_unique<CurlTransport>(*curl, clock, options);
}

}  // namespace rexray::drivers::ebs
