#pragma once

// Signature Version 4, checked as AWS does (AWS, "Create a signed AWS API request"). Only for the simulator:
// the product signs with libcurl.

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

#include "base/clock.h"
#include "base/http/message.h"

namespace rexray::ec2sim {

/// What the Authorization header says.
struct SignatureClaim {
  std::string access_key;
  std::string date;  ///< 20150830
  std::string region;
  std::string service;
  std::vector<std::string> signed_headers;
  std::string signature;
  std::string amz_date;       ///< 20150830T123600Z
  std::string session_token;  ///< "" = none
};

/// AuthFailure, MissingAuthenticationToken, IncompleteSignature.
absl::StatusOr<SignatureClaim> ReadClaim(const http::Request& request);

/// The signature that `request` should carry.
std::string ExpectedSignature(const http::Request& request, const SignatureClaim& claim,
                              std::string_view secret_key);

/// The text that is hashed first; for tests against the documented vectors.
std::string CanonicalRequest(const http::Request& request, const SignatureClaim& claim);

/// Of "20150830T123600Z"; nullopt when it is malformed.
std::optional<WallTime> ParseAmzDate(std::string_view text);

/// SignatureDoesNotMatch, RequestExpired. `now` is the server's time, `skew` what it tolerates.
absl::Status CheckSignature(const http::Request& request, const SignatureClaim& claim,
                            std::string_view secret_key, WallTime now, Duration skew);

}  // namespace rexray::ec2sim
