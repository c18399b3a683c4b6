#include "ec2sim/principals.h"

#include "base/status.h"
#include "ec2sim/ec2_error.h"
#include "ec2sim/filters.h"

namespace rexray::ec2sim {
namespace {

absl::Status AuthFailure() {
  return Ec2Error("AuthFailure", "AWS was not able to validate the provided access credentials");
}

}  // namespace

Principals::Principals(uint64_t seed) : random_(seed) {
  Add({kExampleAccessKey, kExampleSecretKey, "", std::nullopt, kExampleAccessKey, ""});
}

void Principals::Add(Principal principal) {
  const std::string key = principal.access_key;
  keys_[key] = std::move(principal);
}

bool Principals::Allows(const Principal& principal, const std::string& action) const {
  const auto denied = denied_.find(principal.policy);
  if (denied == denied_.end()) return true;
  for (const std::string& pattern : denied->second) {
    if (WildcardMatch(pattern, action)) return false;
  }
  return true;
}

std::string Principals::Letters(size_t n) {
  std::string out;
  while (out.size() < n) out += static_cast<char>('A' + random_() % 26);
  return out;
}

const Principal& Principals::RoleKeys(const std::string& instance, const std::string& role, TimePoint now,
                                      Duration life) {
  if (const auto current = current_.find(instance); current != current_.end()) {
    const Principal& keys = keys_.at(current->second);
    if (*keys.expires - now > life / 10) return keys;
  }
  Principal keys;
  keys.access_key = "ASIA" + Letters(16);
  keys.secret_key = Letters(40);
  keys.session_token = Letters(120);
  keys.expires = now + life;
  keys.policy = role;
  keys.instance = instance;
  current_[instance] = keys.access_key;
  return keys_[keys.access_key] = keys;
}

void Principals::ExpireRoleKeys(const std::string& instance, TimePoint now) {
  for (auto& [name, keys] : keys_) {
    if (keys.instance == instance) keys.expires = now;
  }
}

std::string Principals::InstanceOf(const std::string& access_key) const {
  const auto found = keys_.find(access_key);
  return found == keys_.end() ? "" : found->second.instance;
}

absl::StatusOr<Principal> Principals::Authenticate(const http::Request& request, TimePoint now, WallTime wall,
                                                   Duration skew) const {
  ASSIGN_OR_RETURN(const SignatureClaim claim, ReadClaim(request));
  const auto found = keys_.find(claim.access_key);
  if (found == keys_.end() || claim.service != "ec2") return AuthFailure();
  const Principal& principal = found->second;
  if (principal.session_token != claim.session_token) return AuthFailure();
  RETURN_IF_ERROR(CheckSignature(request, claim, principal.secret_key, wall, skew));
  if (principal.expires && now >= *principal.expires) {
    return Ec2Error("RequestExpired", "Request has expired.");
  }
  return principal;
}

}  // namespace rexray::ec2sim
