#pragma once

// One call of the EC2 Query API: Action=…&Version=2016-11-15, lists flattened as VolumeId.1, Filter.1.Name,
// Filter.1.Value.1, TagSpecification.1.ResourceType.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace rexray::ec2sim {

using Tags = std::map<std::string, std::string>;

struct Filter {
  std::string name;
  std::vector<std::string> values;
};

class ApiRequest {
 public:
  ApiRequest() = default;
  ApiRequest(std::string action, std::map<std::string, std::string> parameters);

  const std::string& action() const { return action_; }
  const std::map<std::string, std::string>& parameters() const { return parameters_; }
  bool dry_run() const;

  bool Has(const std::string& name) const { return parameters_.contains(name); }
  std::string Get(const std::string& name) const;  ///< "" when it is missing
  /// MissingParameter when it is missing or empty.
  absl::StatusOr<std::string> Need(const std::string& name) const;
  /// InvalidParameterValue when it is no number.
  absl::StatusOr<std::optional<int64_t>> Number(const std::string& name) const;
  absl::StatusOr<bool> Flag(const std::string& name) const;  ///< false when it is missing

  /// NAME.1, NAME.2, … in order.
  std::vector<std::string> List(const std::string& name) const;
  std::vector<Filter> Filters() const;
  /// PREFIX.1.Key, PREFIX.1.Value, …
  Tags TagList(const std::string& prefix) const;
  /// Of the TagSpecification for that resource type.
  absl::StatusOr<Tags> TagsFor(std::string_view resource_type) const;

 private:
  std::string action_;
  std::map<std::string, std::string> parameters_;
};

/// application/x-www-form-urlencoded, in order. nullopt when it is malformed.
std::optional<std::vector<std::pair<std::string, std::string>>> ParseForm(std::string_view text);

/// From a POST body (or a query). MissingAction, and InvalidAction for another API version.
absl::StatusOr<ApiRequest> ParseApiRequest(std::string_view form);

}  // namespace rexray::ec2sim
