#pragma once

// Filter.N: all filters must match, any value of one; * and ? are wildcards. And the paging that all
// Describes share.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "ec2sim/request.h"

namespace rexray::ec2sim {

bool WildcardMatch(std::string_view pattern, std::string_view text);

/// The values that an object has under a filter's name: none, one or several. nullopt: there is no such
/// filter.
using FilterValues = std::function<std::optional<std::vector<std::string>>(const std::string& name)>;

/// InvalidParameterValue for a filter that does not exist, FilterLimitExceeded for one with over 200 values.
absl::StatusOr<bool> Matches(const std::vector<Filter>& filters, const FilterValues& values);

/// tag:KEY and tag-key, for every taggable object; nullopt when `name` is neither.
std::optional<std::vector<std::string>> TagFilterValues(const Tags& tags, const std::string& name);

/// One page of what matched; `next` is the token for the rest, "" at the end. A token stands for the last id
/// that was given, so that a walk over a list that changes misses nothing that stays.
struct Page {
  size_t begin = 0;
  size_t end = 0;
  std::string next;
};

/// `ids` is sorted. InvalidParameterValue for MaxResults below `least` or above `most`; InvalidNextToken.
absl::StatusOr<Page> PageOf(const ApiRequest& request, const std::vector<std::string>& ids, int64_t least,
                            int64_t most);

}  // namespace rexray::ec2sim
