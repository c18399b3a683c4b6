#pragma once

// A request of the EC2 Query API: the form that is posted. Lists are flattened as the API wants them
// ("VolumeId.1", "Filter.1.Name", "Filter.1.Value.1").

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "drivers/ebs/ec2_types.h"

namespace rexray::drivers::ebs {

class Query {
 public:
  explicit Query(std::string action);

  const std::string& action() const { return action_; }

  Query& Add(std::string name, std::string value);
  Query& AddNumber(std::string name, uint64_t value);
  Query& AddFlag(std::string name, bool value);
  /// NAME.1, NAME.2, …
  Query& AddList(const std::string& name, const std::vector<std::string>& values);
  Query& AddFilter(const std::string& name, const std::vector<std::string>& values);
  /// TagSpecification.N for a resource made by this call. Nothing for no tags.
  Query& AddTagSpecification(const std::string& resource_type, const Ec2Tags& tags);
  /// Tag.N, for CreateTags.
  Query& AddTags(const Ec2Tags& tags);

  /// application/x-www-form-urlencoded: a space is "+", all but letters, digits and -._~ are %XX.
  std::string Encode() const;

 private:
  std::string action_;
  std::vector<std::pair<std::string, std::string>> fields_;
  int filters_ = 0;
  int specifications_ = 0;
};

}  // namespace rexray::drivers::ebs
