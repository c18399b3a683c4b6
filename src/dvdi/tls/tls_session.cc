#include "dvdi/tls/tls_session.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <array>
#include <cerrno>

#include "base/http/socket.h"
#include "base/status.h"

namespace rexray::dvdi {
namespace {

/// OpenSSL's own words for the oldest of its waiting errors, "" when there is none. Takes them all away.
std::string TakeErrors() {
  std::string text;
  for (unsigned long code = ERR_get_error(); code != 0; code = ERR_get_error()) {
    const char* const reason = ERR_reason_error_string(code);
    if (text.empty() && reason != nullptr) text = reason;
  }
  return text;
}

absl::Status FileError(const std::string& where, std::string_view what, const std::string& file) {
  const std::string why = TakeErrors();
  return Error(absl::StatusCode::kFailedPrecondition, "{}: the {} {} cannot be used: {}", where, what, file,
               why.empty() ? "OpenSSL gives no reason" : why);
}

/// A key with a pass phrase is an error: nobody is there to type it.
int NoPassPhrase(char*, int, int, void*) {
  return -1;
}

bool IsIpAddress(const std::string& host) {
  in6_addr buffer;
  return inet_pton(AF_INET, host.c_str(), &buffer) == 1 || inet_pton(AF_INET6, host.c_str(), &buffer) == 1;
}

}  // namespace

absl::StatusOr<TlsContext> MakeTlsContext(const TlsConfig& config, const std::string& where) {
  // openssl.cnf could load modules into this process; nothing of it is wanted.
  OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, nullptr);
  ERR_clear_error();
  TlsContext context(SSL_CTX_new(TLS_client_method()));
  if (context == nullptr) {
    return Error(absl::StatusCode::kInternal, "{}: TLS cannot be started: {}", where, TakeErrors());
  }
  SSL_CTX* const raw = context.get();
  SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
  SSL_CTX_set_default_passwd_cb(raw, NoPassPhrase);
  SSL_CTX_set_verify(raw, config.insecure_skip_verify ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nullptr);
  if (!config.ca_file.empty() && !config.insecure_skip_verify &&
      SSL_CTX_load_verify_file(raw, config.ca_file.c_str()) != 1) {
    return FileError(where, "CAFile", config.ca_file);
  }
  if (config.cert_file.empty() != config.key_file.empty()) {
    return Error(absl::StatusCode::kFailedPrecondition,
                 "{}: CertFile and KeyFile of the plugin's .json file go together; one of them is missing",
                 where);
  }
  if (config.cert_file.empty()) return context;
  if (SSL_CTX_use_certificate_chain_file(raw, config.cert_file.c_str()) != 1) {
    return FileError(where, "CertFile", config.cert_file);
  }
  if (SSL_CTX_use_PrivateKey_file(raw, config.key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return FileError(where, "KeyFile", config.key_file);
  }
  return context;
}

TlsSession::TlsSession(UniqueFd fd, std::string where, const Clock& clock, Deadline deadline)
    : fd_(std::move(fd)), where_(std::move(where)), clock_(clock), deadline_(deadline) {}

absl::StatusOr<std::unique_ptr<TlsSession>> TlsSession::Connect(UniqueFd fd, SSL_CTX* context,
                                                                const std::string& host, std::string where,
                                                                const Clock& clock, Deadline deadline) {
  std::unique_ptr<TlsSession> session(new TlsSession(std::move(fd), std::move(where), clock, deadline));
  RETURN_IF_ERROR(session->Start(context, host));
  for (;;) {
    ASSIGN_OR_RETURN(const Step step,
                     session->Advance(SSL_connect(session->ssl_.get()), "the TLS handshake"));
    if (step == Step::kDone) return session;
    if (step != Step::kAgain) {
      return Error(absl::StatusCode::kUnavailable, "{}: the connection was closed in the TLS handshake",
                   session->where_);
    }
  }
}

absl::Status TlsSession::Start(SSL_CTX* context, const std::string& host) {
  ERR_clear_error();
  ssl_.reset(SSL_new(context));
  from_peer_ = BIO_new(BIO_s_mem());
  to_peer_ = BIO_new(BIO_s_mem());
  if (ssl_ == nullptr || from_peer_ == nullptr || to_peer_ == nullptr) {
    BIO_free(from_peer_);
    BIO_free(to_peer_);
    return Error(absl::StatusCode::kResourceExhausted, "{}: TLS cannot be started: {}", where_, TakeErrors());
  }
  SSL_set_bio(ssl_.get(), from_peer_, to_peer_);
  X509_VERIFY_PARAM* const verify = SSL_get0_param(ssl_.get());
  const bool address = IsIpAddress(host);
  const int named = address ? X509_VERIFY_PARAM_set1_ip_asc(verify, host.c_str())
                            : X509_VERIFY_PARAM_set1_host(verify, host.c_str(), host.size());
  if (named != 1 || (!address && SSL_set_tlsext_host_name(ssl_.get(), host.c_str()) != 1)) {
    return Error(absl::StatusCode::kFailedPrecondition, "{}: \"{}\" cannot be asked for in TLS: {}", where_,
                 host, TakeErrors());
  }
  return absl::OkStatus();
}

/// What OpenSSL wants after a call that gave `result`: its bytes are sent, the peer's are fetched.
absl::StatusOr<TlsSession::Step> TlsSession::Advance(int result, std::string_view doing) {
  const int want = SSL_get_error(ssl_.get(), result);
  RETURN_IF_ERROR(Flush(doing));
  if (result > 0) return Step::kDone;
  if (want == SSL_ERROR_ZERO_RETURN) return Step::kEnd;
  if (want == SSL_ERROR_WANT_WRITE) return Step::kAgain;
  if (want != SSL_ERROR_WANT_READ) return Failure(doing);
  std::array<char, 16 * 1024> buffer;
  const http::Received got = http::ReceiveSome(fd_.get(), buffer.data(), buffer.size(), clock_, deadline_);
  if (got.error == ECONNRESET) return Step::kBroken;
  if (got.error != 0) return SocketFailure(got.error, doing);
  if (got.size == 0) return Step::kBroken;
  if (BIO_write(from_peer_, buffer.data(), static_cast<int>(got.size)) != static_cast<int>(got.size)) {
    return Error(absl::StatusCode::kResourceExhausted, "{}: no memory for {}", where_, doing);
  }
  return Step::kAgain;
}

absl::Status TlsSession::Flush(std::string_view doing) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(to_peer_, &bytes);
  if (size <= 0) return absl::OkStatus();
  const int error = http::SendAll(fd_.get(), {bytes, static_cast<size_t>(size)}, clock_, deadline_);
  BIO_reset(to_peer_);
  // A peer that has gone may have said why: what it sent is still there to be read.
  if (error == EPIPE || error == ECONNRESET) return absl::OkStatus();
  return error == 0 ? absl::OkStatus() : SocketFailure(error, doing);
}

absl::Status TlsSession::Failure(std::string_view doing) const {
  const long verified = SSL_get_verify_result(ssl_.get());
  const std::string why = TakeErrors();
  if (verified != X509_V_OK) {
    return Error(absl::StatusCode::kFailedPrecondition, "{}: the server's certificate is not accepted: {}",
                 where_, X509_verify_cert_error_string(verified));
  }
  return Error(absl::StatusCode::kFailedPrecondition, "{}: {} failed: {}", where_, doing,
               why.empty() ? "OpenSSL gives no reason" : why);
}

absl::Status TlsSession::SocketFailure(int error, std::string_view doing) const {
  if (error == ETIMEDOUT) {
    return Error(absl::StatusCode::kDeadlineExceeded, "{}: the deadline passed: {}", where_, doing);
  }
  return ErrnoError(error, fmt::format("{}: {}", where_, doing));
}

absl::Status TlsSession::Write(std::string_view bytes) {
  for (;;) {
    ERR_clear_error();
    size_t written = 0;
    const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &written);
    ASSIGN_OR_RETURN(const Step step, Advance(result, "sending the request"));
    if (step == Step::kDone) return absl::OkStatus();  // without partial writes, all of it
    if (step != Step::kAgain) {
      return Error(absl::StatusCode::kUnavailable, "{}: the connection was closed in the request", where_);
    }
  }
}

absl::StatusOr<TlsSession::Read> TlsSession::ReadSome(char* buffer, size_t size) {
  for (;;) {
    ERR_clear_error();
    size_t got = 0;
    const int result = SSL_read_ex(ssl_.get(), buffer, size, &got);
    ASSIGN_OR_RETURN(const Step step, Advance(result, "waiting for the answer"));
    if (step == Step::kDone) return Read{got, false};
    if (step != Step::kAgain) return Read{0, step == Step::kBroken};
  }
}

}  // namespace rexray::dvdi
