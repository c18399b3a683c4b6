#pragma once

// Who we are to AWS. Sources are asked in AWS's order: the configuration's keys, the environment, the shared
// files with their profiles, a container's endpoint (ECS, EKS Pod Identity), the instance's role from IMDS.
// Temporary credentials are fetched again before they end. Nothing here is ever logged.
//
// Facts: AWS SDKs and Tools Reference Guide, "Standardized credential providers".

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "base/clock.h"
#include "base/deadline.h"
#include "base/mutex.h"
#include "base/secret.h"
#include "drivers/ebs/http_transport.h"

namespace rexray::drivers::ebs {

class Imds;

struct Credentials {
  std::string access_key;
  Secret secret_key;
  Secret session_token;
  std::optional<WallTime> expires;  ///< nullopt: long-lived
  std::string source;               ///< "the configuration", "profile \"ops\" of /root/.aws/credentials", …
};

/// getenv, or a test's own.
using EnvironmentLookup = std::function<std::optional<std::string>(const std::string& name)>;
EnvironmentLookup ProcessEnvironment();

/// One place to look. nullopt: there is nothing there, ask the next. An error ends the search: what is there
/// is broken, and a silent use of another identity would be worse.
using CredentialSource = std::function<absl::StatusOr<std::optional<Credentials>>(Deadline deadline)>;

CredentialSource ConfiguredCredentials(std::string access_key, Secret secret_key, Secret session_token);
CredentialSource EnvironmentCredentials(EnvironmentLookup environment);
/// `profile`: "" = AWS_PROFILE, else "default". Of a chosen profile an absence is an error.
CredentialSource SharedFileCredentials(EnvironmentLookup environment, std::string profile);
CredentialSource ContainerCredentials(EnvironmentLookup environment, HttpTransport& transport);
CredentialSource InstanceCredentials(Imds& imds);

/// The `region` of a profile in the shared files; "" when there is none.
std::string RegionOfProfile(const EnvironmentLookup& environment, std::string profile);

/// The document that the container endpoint and IMDS answer with. `what` is for messages.
absl::StatusOr<Credentials> ParseCredentialDocument(const std::string& json, const std::string& what);

/// Thread-safe. Callers at once share one search.
class CredentialChain {
 public:
  CredentialChain(Clock& clock, std::vector<CredentialSource> sources)
      : clock_(clock), sources_(std::move(sources)) {}

  /// Unauthenticated, naming every place that was looked at, when there are none.
  absl::StatusOr<Credentials> Get(Deadline deadline);
  /// EC2 did not take them: the next Get asks the sources again.
  void Invalidate();

 private:
  absl::StatusOr<Credentials> Search(Deadline deadline);
  bool Fresh() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool Usable() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Clock& clock_;
  const std::vector<CredentialSource> sources_;
  Mutex mutex_;
  CondVar changed_;
  bool searching_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<Credentials> held_ ABSL_GUARDED_BY(mutex_);
  TimePoint try_again_ ABSL_GUARDED_BY(mutex_){};  ///< after a failed refresh of credentials that still work
};

}  // namespace rexray::drivers::ebs
