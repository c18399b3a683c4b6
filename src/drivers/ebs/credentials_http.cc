// Credentials over HTTP: a container's endpoint, and the instance's role.

#include <fstream>
#include <sstream>
#include <utility>

#include "base/json.h"
#include "base/status.h"
#include "drivers/ebs/credentials.h"
#include "drivers/ebs/http_date.h"
#include "drivers/ebs/imds.h"

namespace rexray::drivers::ebs {
namespace {

constexpr char kEcsAddress[] = "http://169.254.170.2";

std::string Member(const nlohmann::json& document, const char* name) {
  const auto found = document.find(name);
  return found != document.end() && found->is_string() ? found->get<std::string>() : "";
}

std::string FirstLineOf(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

/// Only HTTPS, or an address of this machine: the answer is a key.
bool MayBeAsked(const std::string& url) {
  for (const char* prefix : {"https://", "http://127.", "http://localhost", "http://[::1]",
                             "http://169.254.170.2", "http://169.254.170.23", "http://[fd00:ec2::23]"}) {
    if (url.rfind(prefix, 0) == 0) return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<Credentials> ParseCredentialDocument(const std::string& json, const std::string& what) {
  absl::StatusOr<nlohmann::json> document = ParseJson(json);
  if (!document.ok()) {
    return Error(absl::StatusCode::kUnavailable, "{}: the answer is not JSON", what);
  }
  if (!document->is_object()) return Error(absl::StatusCode::kUnavailable, "{}: not a JSON object", what);
  const std::string code = Member(*document, "Code");
  if (!code.empty() && code != "Success") {
    return Error(absl::StatusCode::kUnauthenticated, "{}: {}: {}", what, code, Member(*document, "Message"));
  }
  Credentials credentials;
  credentials.access_key = Member(*document, "AccessKeyId");
  credentials.secret_key = Secret(Member(*document, "SecretAccessKey"));
  credentials.session_token = Secret(Member(*document, "Token"));
  credentials.expires = ParseIso8601(Member(*document, "Expiration"));
  credentials.source = what;
  if (credentials.access_key.empty() || credentials.secret_key.empty()) {
    return Error(absl::StatusCode::kUnavailable, "{}: an answer without keys", what);
  }
  return credentials;
}

CredentialSource ContainerCredentials(EnvironmentLookup environment, HttpTransport& transport) {
  return [environment = std::move(environment),
          &transport](Deadline deadline) -> absl::StatusOr<std::optional<Credentials>> {
    HttpRequest request;
    if (const auto relative = environment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")) {
      request.url = kEcsAddress + *relative;
    } else if (const auto full = environment("AWS_CONTAINER_CREDENTIALS_FULL_URI")) {
      request.url = *full;
    } else {
      return std::nullopt;
    }
    if (!MayBeAsked(request.url)) {
      return Error(absl::StatusCode::kUnauthenticated,
                   "AWS_CONTAINER_CREDENTIALS_FULL_URI must be https, or an address of this machine");
    }
    const auto file = environment("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    const std::string token =
        file ? FirstLineOf(*file) : environment("AWS_CONTAINER_AUTHORIZATION_TOKEN").value_or("");
    if (!token.empty()) request.headers.emplace_back("Authorization", token);
    request.deadline = deadline;
    request.timeout = std::chrono::seconds(5);
    request.proxy = false;
    ASSIGN_OR_RETURN(const HttpReply reply, transport.Send(request));
    if (reply.status != 200) {
      return Error(absl::StatusCode::kUnavailable, "the container's credential endpoint answers HTTP {}",
                   reply.status);
    }
    ASSIGN_OR_RETURN(Credentials credentials,
                     ParseCredentialDocument(reply.body, "the container's credential endpoint"));
    return credentials;
  };
}

CredentialSource InstanceCredentials(Imds& imds) {
  return [&imds](Deadline deadline) -> absl::StatusOr<std::optional<Credentials>> {
    constexpr char kRoles[] = "/latest/meta-data/iam/security-credentials/";
    if (imds.disabled()) return std::nullopt;
    absl::StatusOr<std::string> role = imds.Get(kRoles, deadline);
    if (absl::IsNotFound(role.status())) return std::nullopt;  // an instance without a role
    if (!role.ok()) return role.status();
    const std::string name = role->substr(0, role->find('\n'));
    if (name.empty()) return std::nullopt;
    ASSIGN_OR_RETURN(const std::string document, imds.Get(kRoles + name, deadline));
    ASSIGN_OR_RETURN(Credentials credentials,
                     ParseCredentialDocument(document, "the instance's role " + name));
    return credentials;
  };
}

}  // namespace rexray::drivers::ebs
