#include "ec2sim/filters.h"

#include <algorithm>

#include "base/status.h"
#include "ec2sim/ec2_error.h"

namespace rexray::ec2sim {
namespace {

constexpr size_t kMostValues = 200;
constexpr std::string_view kTokenPrefix = "ec2sim-page-";

}  // namespace

bool WildcardMatch(std::string_view pattern, std::string_view text) {
  // Greedy, with one step back to the last star.
  size_t p = 0;
  size_t t = 0;
  size_t star = std::string_view::npos;
  size_t mark = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      mark = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

absl::StatusOr<bool> Matches(const std::vector<Filter>& filters, const FilterValues& values) {
  for (const Filter& filter : filters) {
    if (filter.values.size() > kMostValues) {
      return Ec2Error("FilterLimitExceeded",
                      "The maximum number of filter values specified on a single call is {}", kMostValues);
    }
    const auto has = values(filter.name);
    if (!has) return Ec2Error("InvalidParameterValue", "The filter '{}' is invalid", filter.name);
    const bool any = std::any_of(filter.values.begin(), filter.values.end(), [&](const std::string& wanted) {
      return std::any_of(has->begin(), has->end(),
                         [&](const std::string& value) { return WildcardMatch(wanted, value); });
    });
    if (!any) return false;
  }
  return true;
}

std::optional<std::vector<std::string>> TagFilterValues(const Tags& tags, const std::string& name) {
  if (name == "tag-key") {
    std::vector<std::string> keys;
    for (const auto& [key, value] : tags) keys.push_back(key);
    return keys;
  }
  if (name.substr(0, 4) != "tag:") return std::nullopt;
  const auto found = tags.find(name.substr(4));
  if (found == tags.end()) return std::vector<std::string>();
  return std::vector<std::string>{found->second};
}

absl::StatusOr<Page> PageOf(const ApiRequest& request, const std::vector<std::string>& ids, int64_t least,
                            int64_t most) {
  ASSIGN_OR_RETURN(const std::optional<int64_t> size, request.Number("MaxResults"));
  if (size && (*size < least || *size > most)) {
    return Ec2Error("InvalidParameterValue",
                    "Value ( {} ) for parameter maxResults is invalid. Expecting a value between {} and {}.",
                    *size, least, most);
  }
  Page page;
  const std::string token = request.Get("NextToken");
  if (!token.empty()) {
    if (token.substr(0, kTokenPrefix.size()) != kTokenPrefix) {
      return Ec2Error("InvalidNextToken", "The token '{}' is invalid.", token);
    }
    const auto after = std::upper_bound(ids.begin(), ids.end(), token.substr(kTokenPrefix.size()));
    page.begin = static_cast<size_t>(after - ids.begin());
  }
  page.end = size ? std::min(ids.size(), page.begin + static_cast<size_t>(*size)) : ids.size();
  if (page.end < ids.size()) page.next = std::string(kTokenPrefix) + ids[page.end - 1];
  return page;
}

}  // namespace rexray::ec2sim
