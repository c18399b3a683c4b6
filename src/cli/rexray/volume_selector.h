#pragma once

// Which volumes a word on the command line means: an exact name or id first; then ids and names without
// regard to case; then prefixes; and /regular expressions/. The first of these rules that matches anything
// decides, so that an exact name always wins over a prefix.

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/rexray/admin_client.h"
#include "cli/rexray/admin_types.h"
#include "cli/rexray/invocation.h"

namespace rexray::cli {

enum class MatchRule {
  kExact,   ///< exact names and ids, and regular expressions: for what destroys
  kUnique,  ///< any rule; a name, a case-insensitive match or a prefix must mean one volume
  kAny,     ///< any rule, any number
};

/// Every volume that `word` means by `rule`. NotFound when there is none; FailedPrecondition, listing the
/// ids, when there are several and one is wanted; InvalidArgument for a bad regular expression.
absl::StatusOr<std::vector<VolumeInfo>> MatchVolumes(const std::vector<VolumeInfo>& volumes,
                                                     const std::string& word, MatchRule rule);

/// Asks the daemon: an exact name costs one small request, anything else a list. Names are those of `service`
/// ("" = the default one), ids are looked for everywhere.
class VolumeSelector {
 public:
  VolumeSelector(AdminClient& client, std::string service) : client_(client), service_(std::move(service)) {}

  absl::StatusOr<std::vector<VolumeInfo>> Select(const std::string& word, MatchRule rule);
  absl::StatusOr<VolumeInfo> ByExactName(const std::string& name);
  absl::StatusOr<VolumeInfo> ById(const std::string& id);

 private:
  absl::StatusOr<std::vector<VolumeInfo>> Candidates(const std::string& word);

  AdminClient& client_;
  std::string service_;
};

/// How every later call names what was found.
VolumeAddress AddressOf(const VolumeInfo& volume);

}  // namespace rexray::cli
