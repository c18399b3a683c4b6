#include "cli/rexray/volume_selector.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <regex>
#include <string_view>

#include "absl/strings/match.h"
#include "cli/rexray/terminal_text.h"

#include "base/status.h"

namespace rexray::cli {

namespace {

constexpr size_t kMaxExpression = 256;  ///< std::regex recurses

bool IsExpression(const std::string& word) {
  return word.size() >= 2 && word.front() == '/' && word.back() == '/';
}

std::vector<VolumeInfo> Filter(const std::vector<VolumeInfo>& volumes,
                               const std::function<bool(const std::string&)>& matches) {
  std::vector<VolumeInfo> found;
  std::copy_if(volumes.begin(), volumes.end(), std::back_inserter(found),
               [&](const VolumeInfo& volume) { return matches(volume.id) || matches(volume.name); });
  return found;
}

absl::StatusOr<std::vector<VolumeInfo>> MatchExpression(const std::vector<VolumeInfo>& volumes,
                                                        const std::string& word) {
  const std::string text = word.substr(1, word.size() - 2);
  if (text.empty() || text.size() > kMaxExpression) {
    return Error(absl::StatusCode::kInvalidArgument, "{}: a regular expression has 1 to {} characters",
                 TerminalSafe(word), kMaxExpression);
  }
  try {
    const std::regex expression(text, std::regex::ECMAScript | std::regex::icase);
    return Filter(volumes, [&](const std::string& it) { return std::regex_search(it, expression); });
  } catch (const std::regex_error& error) {
    return Error(absl::StatusCode::kInvalidArgument, "{} is not a regular expression: {}", TerminalSafe(word),
                 error.what());
  }
}

absl::Status Ambiguous(const std::string& word, const std::vector<VolumeInfo>& found) {
  constexpr size_t kShown = 8;
  std::string ids;
  for (size_t i = 0; i < found.size() && i < kShown; ++i) {
    ids += (i == 0 ? "" : ", ") + TerminalSafe(found[i].name) + " (" + TerminalSafe(found[i].id) + ")";
  }
  if (found.size() > kShown) ids += ", …";
  return Error(absl::StatusCode::kFailedPrecondition,
               "\"{}\" means {} volumes: {}; say more of the name, or the id with --volumeid",
               TerminalSafe(word), found.size(), ids);
}

std::string_view StartOf(const std::string& text, const std::string& word) {
  return std::string_view(text).substr(0, word.size());
}

}  // namespace

absl::StatusOr<std::vector<VolumeInfo>> MatchVolumes(const std::vector<VolumeInfo>& volumes,
                                                     const std::string& word, MatchRule rule) {
  std::vector<VolumeInfo> found;
  if (IsExpression(word)) {
    ASSIGN_OR_RETURN(found, MatchExpression(volumes, word));
    if (!found.empty()) return found;
    return Error(absl::StatusCode::kNotFound, "no volume matches {}", TerminalSafe(word));
  }
  const auto same = [](std::string_view a, std::string_view b) {
    return absl::EqualsIgnoreCase({a.data(), a.size()}, {b.data(), b.size()});
  };
  found = Filter(volumes, [&](const std::string& it) { return it == word; });
  if (rule != MatchRule::kExact) {
    if (found.empty()) found = Filter(volumes, [&](const std::string& it) { return same(it, word); });
    if (found.empty())
      found = Filter(volumes, [&](const std::string& it) { return StartOf(it, word) == word; });
    if (found.empty())
      found = Filter(volumes, [&](const std::string& it) { return same(StartOf(it, word), word); });
  }
  if (found.empty())
    return Error(absl::StatusCode::kNotFound, "there is no volume \"{}\"", TerminalSafe(word));
  if (found.size() > 1 && rule != MatchRule::kAny) return Ambiguous(word, found);
  return found;
}

VolumeAddress AddressOf(const VolumeInfo& volume) {
  return {.service = volume.service, .name = volume.name, .id = volume.id};
}

absl::StatusOr<VolumeInfo> VolumeSelector::ByExactName(const std::string& name) {
  return client_.Get({.service = service_, .name = name, .id = ""});
}

absl::StatusOr<VolumeInfo> VolumeSelector::ById(const std::string& id) {
  absl::StatusOr<VolumeInfo> found = client_.Get({.service = service_, .name = "", .id = id});
  if (found.status().code() != absl::StatusCode::kNotFound || !service_.empty()) return found;
  // An id is an id in whichever service it is.
  const absl::StatusOr<VolumeList> list = client_.List("");
  if (!list.ok()) return found;
  for (const VolumeInfo& volume : list->volumes) {
    if (volume.id == id) return volume;
  }
  return found;
}

absl::StatusOr<std::vector<VolumeInfo>> VolumeSelector::Candidates(const std::string& word) {
  ASSIGN_OR_RETURN(VolumeList list, client_.List(service_));
  std::vector<VolumeInfo>& volumes = list.volumes;
  const bool one_service = std::all_of(volumes.begin(), volumes.end(), [&](const VolumeInfo& volume) {
    return volume.service == volumes.front().service;
  });
  if (service_.empty() && !one_service) {
    ASSIGN_OR_RETURN(const DaemonStatus status, client_.Status());
    volumes.erase(std::remove_if(volumes.begin(), volumes.end(),
                                 [&](const VolumeInfo& volume) {
                                   return volume.service != status.default_service && volume.id != word;
                                 }),
                  volumes.end());
  }
  return volumes;
}

absl::StatusOr<std::vector<VolumeInfo>> VolumeSelector::Select(const std::string& word, MatchRule rule) {
  std::optional<absl::Status> by_name;
  if (!IsExpression(word)) {
    absl::StatusOr<VolumeInfo> exact = ByExactName(word);
    if (exact.ok()) return std::vector<VolumeInfo>{*std::move(exact)};
    const absl::StatusCode code = exact.status().code();
    // InvalidArgument: not a name by the rules, and yet perhaps an id or the start of one.
    if (code != absl::StatusCode::kNotFound && code != absl::StatusCode::kInvalidArgument)
      return exact.status();
    by_name = exact.status();
  }
  ASSIGN_OR_RETURN(const std::vector<VolumeInfo> candidates, Candidates(word));
  absl::StatusOr<std::vector<VolumeInfo>> found = MatchVolumes(candidates, word, rule);
  // The daemon's own words say more than ours.
  if (found.status().code() == absl::StatusCode::kNotFound && by_name) return *by_name;
  return found;
}

}  // namespace rexray::cli
