#pragma once

// Who may call: static keys, and the temporary ones of an instance's role. Not thread-safe.

#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>

#include "absl/status/statusor.h"

#include "base/clock.h"
#include "base/http/message.h"
#include "ec2sim/sigv4.h"

namespace rexray::ec2sim {

struct Principal {
  std::string access_key;
  std::string secret_key;
  std::string session_token;         ///< "" = a static key
  std::optional<TimePoint> expires;  ///< nullopt = never
  std::string policy;                ///< the name of its policy: the role, or the access key
  std::string instance;              ///< whose role it is; "" = none
};

class Principals {
 public:
  explicit Principals(uint64_t seed);

  /// The key of AWS's own examples, allowed everything.
  static constexpr char kExampleAccessKey[] = "AKIDEXAMPLE";
  static constexpr char kExampleSecretKey[] = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

  void Add(Principal principal);
  void Deny(const std::string& policy, std::set<std::string> actions) {
    denied_[policy] = std::move(actions);
  }
  bool Allows(const Principal& principal, const std::string& action) const;

  /// Keys of an instance's role: the ones of before while most of their life is left, else new ones; the old
  /// ones are good until they expire.
  const Principal& RoleKeys(const std::string& instance, const std::string& role, TimePoint now,
                            Duration life);
  /// Keys that exist expire now: the next answer of the metadata service has others.
  void ExpireRoleKeys(const std::string& instance, TimePoint now);

  /// "" for a static or unknown key.
  std::string InstanceOf(const std::string& access_key) const;

  /// AuthFailure (unknown key, wrong token), RequestExpired (temporary keys that have), and what
  /// CheckSignature finds.
  absl::StatusOr<Principal> Authenticate(const http::Request& request, TimePoint now, WallTime wall,
                                         Duration skew) const;

 private:
  std::string Letters(size_t n);

  std::mt19937_64 random_;
  std::map<std::string, Principal> keys_;
  std::map<std::string, std::set<std::string>> denied_;
  std::map<std::string, std::string> current_;  ///< instance -> access key
};

}  // namespace rexray::ec2sim
