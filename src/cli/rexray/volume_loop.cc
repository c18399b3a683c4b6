#include "cli/rexray/volume_loop.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/status.h"

namespace rexray::cli {

namespace {

bool Contains(const std::vector<VolumeInfo>& volumes, const VolumeInfo& one) {
  return std::any_of(volumes.begin(), volumes.end(), [&](const VolumeInfo& volume) {
    return volume.service == one.service && volume.id == one.id;
  });
}

/// What one word, or --volumename or --volumeid, stands for.
using Choice = std::function<absl::StatusOr<std::vector<VolumeInfo>>()>;

std::vector<Choice> ChoicesOf(const Invocation& asked, VolumeSelector& selector, MatchRule rule) {
  std::vector<Choice> choices;
  const auto one = [](absl::StatusOr<VolumeInfo> found) -> absl::StatusOr<std::vector<VolumeInfo>> {
    if (!found.ok()) return found.status();
    return std::vector<VolumeInfo>{*std::move(found)};
  };
  if (!asked.volume_id.empty()) {
    choices.push_back([&, one] { return one(selector.ById(asked.volume_id)); });
  } else if (!asked.volume_name.empty()) {
    choices.push_back([&, one] { return one(selector.ByExactName(asked.volume_name)); });
  }
  for (const std::string& name : asked.names) {
    choices.push_back([&, rule] { return selector.Select(name, rule); });
  }
  return choices;
}

}  // namespace

LoopResult ForEachVolume(Context& context, MatchRule rule,
                         const std::function<absl::Status(VolumeInfo&)>& act) {
  VolumeSelector selector(context.client, context.invocation.service);
  LoopResult result;
  const auto failed = [&](const absl::Status& status) {
    result.exit_code = Fail(context.console, status);
    // Without a daemon there is no next volume either.
    return context.invocation.continue_on_error && status.code() != absl::StatusCode::kUnavailable;
  };
  for (const Choice& choice : ChoicesOf(context.invocation, selector, rule)) {
    absl::StatusOr<std::vector<VolumeInfo>> found = choice();
    if (!found.ok()) {
      if (!failed(found.status())) return result;
      continue;
    }
    for (VolumeInfo& volume : *found) {
      if (Contains(result.done, volume)) continue;
      if (const absl::Status status = act(volume); !status.ok()) {
        if (!failed(status)) return result;
        continue;
      }
      result.done.push_back(std::move(volume));
    }
  }
  return result;
}

LoopResult SelectVolumes(Context& context, MatchRule rule) {
  return ForEachVolume(context, rule, [](VolumeInfo&) { return absl::OkStatus(); });
}

absl::Status FailureOf(const ServiceError& error) {
  const std::string service = "service \"" + error.service + "\"";
  const bool named = MessageOf(error.status).find(service) != std::string_view::npos;
  return named ? error.status : Annotate(error.status, service);
}

int PrintResult(Context& context, const absl::StatusOr<std::string>& text, int exit_code) {
  if (!text.ok()) return Fail(context.console, text.status());
  context.console.Out(*text);
  return exit_code;
}

}  // namespace rexray::cli
