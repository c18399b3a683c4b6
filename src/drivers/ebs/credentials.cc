#include "drivers/ebs/credentials.h"

#include <cstdlib>
#include <utility>

#include "base/logging.h"
#include "base/status.h"

namespace rexray::drivers::ebs {
namespace {

/// As AWS's own SDKs: roles' keys are replaced at IMDS at least five minutes before the old ones end.
constexpr Duration kRefreshBefore = std::chrono::minutes(5);
constexpr Duration kRetryRefresh = std::chrono::seconds(30);

}  // namespace

EnvironmentLookup ProcessEnvironment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): nobody calls setenv
    if (value == nullptr || *value == '\0') return std::nullopt;
    return value;
  };
}

CredentialSource ConfiguredCredentials(std::string access_key, Secret secret_key, Secret session_token) {
  return [=](Deadline) -> absl::StatusOr<std::optional<Credentials>> {
    if (access_key.empty() && secret_key.empty()) return std::nullopt;
    if (access_key.empty() || secret_key.empty()) {
      return Error(absl::StatusCode::kUnauthenticated,
                   "only one of ebs.accessKey and ebs.secretKey is configured: write both, or neither");
    }
    return Credentials{access_key, secret_key, session_token, std::nullopt, "the configuration"};
  };
}

CredentialSource EnvironmentCredentials(EnvironmentLookup environment) {
  return [environment = std::move(environment)](Deadline) -> absl::StatusOr<std::optional<Credentials>> {
    const auto access_key = environment("AWS_ACCESS_KEY_ID");
    const auto secret_key = environment("AWS_SECRET_ACCESS_KEY");
    if (!access_key && !secret_key) return std::nullopt;
    if (!access_key || !secret_key) {
      return Error(absl::StatusCode::kUnauthenticated,
                   "only one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY is set: set both, or neither");
    }
    return Credentials{*access_key, Secret(*secret_key),
                       Secret(environment("AWS_SESSION_TOKEN").value_or("")), std::nullopt,
                       "the environment (AWS_ACCESS_KEY_ID)"};
  };
}

bool CredentialChain::Fresh() const {
  if (!held_) return false;
  if (!held_->expires) return true;
  return clock_.WallNow() + kRefreshBefore < *held_->expires || clock_.Now() < try_again_;
}

bool CredentialChain::Usable() const {
  return held_ && (!held_->expires || clock_.WallNow() < *held_->expires);
}

absl::StatusOr<Credentials> CredentialChain::Get(Deadline deadline) {
  {
    MutexLock lock(mutex_);
    while (searching_ && !Usable()) {
      if (deadline.Passed(clock_)) {
        return Error(absl::StatusCode::kDeadlineExceeded, "waited for AWS credentials");
      }
      clock_.WaitUntil(changed_, mutex_, deadline.at());
    }
    if (Fresh() || searching_) return *held_;
    searching_ = true;
  }
  absl::StatusOr<Credentials> found = Search(deadline);
  MutexLock lock(mutex_);
  searching_ = false;
  changed_.NotifyAll();
  if (found.ok()) {
    held_ = *found;
    LogInfo("AWS credentials found", {{"source", found->source}});
    return found;
  }
  if (!Usable()) return found.status();
  try_again_ = clock_.Now() + kRetryRefresh;
  LogWarn("AWS credentials could not be refreshed and still hold for a while",
          {{"reason", std::string(MessageOf(found.status()))}});
  return *held_;
}

void CredentialChain::Invalidate() {
  MutexLock lock(mutex_);
  held_.reset();
}

absl::StatusOr<Credentials> CredentialChain::Search(Deadline deadline) {
  for (const CredentialSource& source : sources_) {
    ASSIGN_OR_RETURN(const std::optional<Credentials> found, source(deadline));
    if (found) return *found;
  }
  return Error(absl::StatusCode::kUnauthenticated,
               "no AWS credentials: not in the configuration (ebs.accessKey, ebs.secretKey), the environment "
               "(AWS_ACCESS_KEY_ID), ~/.aws/credentials, a container's endpoint, nor a role of this "
               "instance; give the instance a role with the policy of `rexray setup aws-policy`");
}

}  // namespace rexray::drivers::ebs
