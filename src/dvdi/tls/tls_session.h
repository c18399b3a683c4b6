#pragma once

// One TLS connection over a connected socket. Private to this room.

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

#include "base/deadline.h"
#include "base/unique_fd.h"
#include "dvdi/plugin.h"

namespace rexray::dvdi {

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using TlsContext = std::unique_ptr<SSL_CTX, FreeContext>;

/// Certificates loaded. `where` is for messages.
absl::StatusOr<TlsContext> MakeTlsContext(const TlsConfig& config, const std::string& where);

/// OpenSSL reads and writes memory; this moves the bytes, so that every wait has a deadline and no SIGPIPE is
/// ever raised. Not thread-safe.
class TlsSession {
 public:
  /// `host`: a name or an IP address that the certificate must be for (when it is verified).
  static absl::StatusOr<std::unique_ptr<TlsSession>> Connect(UniqueFd fd, SSL_CTX* context,
                                                             const std::string& host, std::string where,
                                                             const Clock& clock, Deadline deadline);

  absl::Status Write(std::string_view bytes);

  struct Read {
    size_t size = 0;      ///< 0: the end
    bool broken = false;  ///< the end came without TLS's own goodbye
  };
  absl::StatusOr<Read> ReadSome(char* buffer, size_t size);

 private:
  struct FreeSession {
    void operator()(SSL* session) const { SSL_free(session); }
  };
  enum class Step { kDone, kAgain, kEnd, kBroken };

  TlsSession(UniqueFd fd, std::string where, const Clock& clock, Deadline deadline);
  absl::Status Start(SSL_CTX* context, const std::string& host);
  absl::StatusOr<Step> Advance(int result, std::string_view doing);
  absl::Status Flush(std::string_view doing);
  absl::Status Failure(std::string_view doing) const;
  absl::Status SocketFailure(int error, std::string_view doing) const;

  UniqueFd fd_;
  std::unique_ptr<SSL, FreeSession> ssl_;
  BIO* from_peer_ = nullptr;  ///< owned by ssl_
  BIO* to_peer_ = nullptr;    ///< owned by ssl_
  const std::string where_;
  const Clock& clock_;
  const Deadline deadline_;
};

}  // namespace rexray::dvdi
