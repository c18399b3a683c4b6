#include "ec2sim/sigv4.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <charconv>

#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

#include "base/status.h"
#include "ec2sim/ec2_error.h"

namespace rexray::ec2sim {
namespace {

std::string Sha256(std::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  EVP_Digest(text.data(), text.size(), digest, &length, EVP_sha256(), nullptr);
  return {reinterpret_cast<const char*>(digest), length};
}

std::string Hmac(std::string_view key, std::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest, &length);
  return {reinterpret_cast<const char*>(digest), length};
}

std::string Hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return out;
}

std::string QueryOf(const http::Request& request) {
  const size_t mark = request.target.find('?');
  if (mark == std::string::npos) return "";
  std::vector<std::string> parts = absl::StrSplit(request.target.substr(mark + 1), '&', absl::SkipEmpty());
  for (std::string& part : parts) {
    if (part.find('=') == std::string::npos) part += '=';
  }
  std::sort(parts.begin(), parts.end());
  return absl::StrJoin(parts, "&");
}

// Leading, trailing and repeated spaces do not count.
std::string Squeezed(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (c == ' ' && (out.empty() || out.back() == ' ')) continue;
    out += c;
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

std::string HeaderOf(const http::Request& request, const char* name) {
  const std::string* value = http::FindHeader(request.headers, name);
  return value == nullptr ? "" : *value;
}

// "Credential=AKID/20150830/us-east-1/iam/aws4_request"
absl::Status ReadScope(std::string_view scope, SignatureClaim& claim) {
  const std::vector<std::string> parts = absl::StrSplit(absl::string_view(scope.data(), scope.size()), '/');
  if (parts.size() != 5 || parts[4] != "aws4_request") {
    return Ec2Error("IncompleteSignature", "Credential must have exactly 5 slash-delimited elements.");
  }
  claim.access_key = parts[0];
  claim.date = parts[1];
  claim.region = parts[2];
  claim.service = parts[3];
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<SignatureClaim> ReadClaim(const http::Request& request) {
  const std::string text = HeaderOf(request, "authorization");
  constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256 ";
  if (text.empty()) {
    return Ec2Error("MissingAuthenticationToken", "Request is missing Authentication Token");
  }
  if (text.substr(0, kAlgorithm.size()) != kAlgorithm) {
    return Ec2Error("IncompleteSignature", "Authorization header requires the algorithm AWS4-HMAC-SHA256.");
  }
  SignatureClaim claim;
  std::string scope;
  const std::vector<std::string> words = absl::StrSplit(text.substr(kAlgorithm.size()), ',');
  for (const std::string& word : words) {
    const std::pair<std::string, std::string> pair = absl::StrSplit(word, absl::MaxSplits('=', 1));
    const std::string name(absl::StripAsciiWhitespace(pair.first));
    if (name == "Credential") scope = pair.second;
    if (name == "SignedHeaders") claim.signed_headers = absl::StrSplit(pair.second, ';');
    if (name == "Signature") claim.signature = pair.second;
  }
  RETURN_IF_ERROR(ReadScope(scope, claim));
  claim.amz_date = HeaderOf(request, "x-amz-date");
  claim.session_token = HeaderOf(request, "x-amz-security-token");
  const auto& headers = claim.signed_headers;
  if (claim.signature.empty() || claim.amz_date.empty() ||
      std::find(headers.begin(), headers.end(), "host") == headers.end()) {
    return Ec2Error(
        "IncompleteSignature",
        "Authorization header requires 'Signature' and 'SignedHeaders' with host, and X-Amz-Date.");
  }
  return claim;
}

std::string CanonicalRequest(const http::Request& request, const SignatureClaim& claim) {
  std::string out = request.method + "\n" + request.target.substr(0, request.target.find('?')) + "\n" +
                    QueryOf(request) + "\n";
  for (const std::string& name : claim.signed_headers) {
    out += name + ":" + Squeezed(HeaderOf(request, name.c_str())) + "\n";
  }
  return out + "\n" + absl::StrJoin(claim.signed_headers, ";") + "\n" + Hex(Sha256(request.body));
}

std::string ExpectedSignature(const http::Request& request, const SignatureClaim& claim,
                              std::string_view secret_key) {
  const std::string scope = claim.date + "/" + claim.region + "/" + claim.service + "/aws4_request";
  const std::string to_sign = "AWS4-HMAC-SHA256\n" + claim.amz_date + "\n" + scope + "\n" +
                              Hex(Sha256(CanonicalRequest(request, claim)));
  std::string key = Hmac("AWS4" + std::string(secret_key), claim.date);
  key = Hmac(key, claim.region);
  key = Hmac(key, claim.service);
  key = Hmac(key, "aws4_request");
  return Hex(Hmac(key, to_sign));
}

std::optional<WallTime> ParseAmzDate(std::string_view text) {
  // 20150830T123600Z
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
  const auto number = [&](size_t at, size_t length) {
    int value = -1;
    const auto [end, error] = std::from_chars(text.data() + at, text.data() + at + length, value);
    return error == std::errc() && end == text.data() + at + length ? value : -1;
  };
  const int year = number(0, 4);
  const int month = number(4, 2);
  const int day = number(6, 2);
  const int hour = number(9, 2);
  const int minute = number(11, 2);
  const int second = number(13, 2);
  if (year < 0 || month < 1 || day < 1 || hour < 0 || minute < 0 || second < 0) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second);
}

absl::Status CheckSignature(const http::Request& request, const SignatureClaim& claim,
                            std::string_view secret_key, WallTime now, Duration skew) {
  const auto signed_at = ParseAmzDate(claim.amz_date);
  if (!signed_at || claim.amz_date.substr(0, 8) != claim.date) {
    return Ec2Error("SignatureDoesNotMatch",
                    "Date in Credential scope does not match YYYYMMDD from ISO-8601 "
                    "version of date from HTTP: '{}' != '{}'",
                    claim.date, claim.amz_date);
  }
  const std::string expected = ExpectedSignature(request, claim, secret_key);
  if (expected.size() != claim.signature.size() ||
      CRYPTO_memcmp(expected.data(), claim.signature.data(), expected.size()) != 0) {
    return Ec2Error(
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. Check your "
        "AWS Secret Access Key and signing method. Consult the service documentation for details.");
  }
  if (*signed_at - now > skew || now - *signed_at > skew) {
    return Ec2Error("RequestExpired", "Request has expired. Timestamp date is {}.", claim.amz_date);
  }
  return absl::OkStatus();
}

}  // namespace rexray::ec2sim
