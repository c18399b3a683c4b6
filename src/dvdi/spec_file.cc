#include "dvdi/spec_file.h"

#include "base/json.h"
#include "base/status.h"
#include "dvdi/json_members.h"

namespace rexray::dvdi {
namespace {

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\v\f";
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

/// "host:port" of what follows the scheme, with the scheme's own port when none is written.
std::string WithPort(std::string_view authority, std::string_view port) {
  const size_t colon = authority.rfind(':');
  const size_t bracket = authority.rfind(']');
  const bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  return has_port ? std::string(authority) : fmt::format("{}:{}", authority, port);
}

std::string HostOf(std::string_view authority) {
  std::string_view host = authority.substr(0, authority.rfind(':'));
  if (host.size() > 1 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  return std::string(host);
}

}  // namespace

absl::StatusOr<Endpoint> ParsePluginUrl(std::string_view url, const TlsConfig& tls) {
  const size_t colon = url.find("://");
  const std::string_view scheme = url.substr(0, colon);
  if (colon == std::string_view::npos ||
      (scheme != "unix" && scheme != "tcp" && scheme != "http" && scheme != "https")) {
    return Error(absl::StatusCode::kInvalidArgument,
                 "\"{}\" is not a plugin's address; write unix:///PATH, tcp://HOST:PORT, http://HOST:PORT or "
                 "https://HOST:PORT",
                 url);
  }
  Endpoint endpoint;
  if (scheme == "unix") {
    ASSIGN_OR_RETURN(endpoint.address, http::ParseAddress(url));
    return endpoint;
  }
  std::string_view rest = url.substr(colon + 3);
  rest = rest.substr(0, rest.find('/'));  // a path behind the address means nothing to a plugin
  const std::string authority =
      scheme == "tcp" ? std::string(rest) : WithPort(rest, scheme == "https" ? "443" : "80");
  ASSIGN_OR_RETURN(endpoint.address, http::ParseAddress("tcp://" + authority));
  endpoint.host = HostOf(authority);
  if (scheme == "https") {
    endpoint.tls = tls;
    if (tls.ca_file.empty()) endpoint.tls->insecure_skip_verify = true;
  }
  return endpoint;
}

absl::StatusOr<Endpoint> ParseSpecFile(std::string_view text) {
  return ParsePluginUrl(Trim(text), {});
}

absl::StatusOr<Endpoint> ParseJsonFile(std::string_view text) {
  ASSIGN_OR_RETURN(const nlohmann::json document, ParseJson(text));
  if (!document.is_object()) return Error(absl::StatusCode::kInvalidArgument, "this is not a JSON object");
  const std::string url = StringMember(document, "Addr");
  if (url.empty()) return Error(absl::StatusCode::kInvalidArgument, "\"Addr\" is missing");
  TlsConfig tls;
  if (const nlohmann::json* const config = FindMember(document, "TLSConfig"); config != nullptr) {
    tls.insecure_skip_verify = BoolMember(*config, "InsecureSkipVerify");
    tls.ca_file = StringMember(*config, "CAFile");
    tls.cert_file = StringMember(*config, "CertFile");
    tls.key_file = StringMember(*config, "KeyFile");
  }
  return ParsePluginUrl(url, tls);
}

}  // namespace rexray::dvdi
