#include "engine/stale_consumers.h"

#include <algorithm>

#include "base/logging.h"
#include "base/status.h"
#include "engine/unstage.h"

namespace rexray::engine {
namespace {

constexpr size_t kMostHolders = 32;

bool IsDockers(const ConsumerRecord& record) {
  return record.consumer.api == Consumer::Api::kDocker && record.consumer.counted;
}

std::string InWords(Duration duration) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
  if (seconds % 60 != 0 || seconds == 0) return fmt::format("{} s", seconds);
  return fmt::format("{} min", seconds / 60);
}

bool IsOld(const Core& core, const Service& service, const ConsumerRecord& record) {
  return core.clock.WallNow() - record.since >= service.stale_after;
}

/// What may be released if nobody has it mounted.
bool IsCandidate(const Core& core, const ServiceState& service, const Stage& stage) {
  if (service.directory() || service.config.stale_after == Duration::zero()) return false;
  if (!stage.Staged() || stage.device_number == 0 || stage.consumers.empty()) return false;
  return std::all_of(stage.consumers.begin(), stage.consumers.end(), [&](const ConsumerRecord& record) {
    return IsDockers(record) && IsOld(core, service.config, record);
  });
}

std::string InWords(const host::MountUse& use) {
  std::string text = fmt::format("process {} ({}) {}", use.pid, use.command,
                                 use.how.empty() ? "has it mounted at " + use.target : "has it: " + use.how);
  if (!use.container.empty()) text += " in container " + use.container.substr(0, 12);
  return text;
}

host::WatchedMount Watched(const Stage& stage) {
  return {stage.device_number, stage.stage_path};
}

void ReleaseStale(Core& core, const VolumeKey& key) {
  const StagePtr stage = core.table.Find(key);
  const absl::StatusOr<ServiceState*> service = core.FindService(key.service);
  if (stage == nullptr || !service.ok() || !IsCandidate(core, **service, *stage)) return;
  StepRunner steps = core.Steps(key, stage->name, "release");
  // Once more, in the volume's turn, since a Mount may have come between.
  absl::Status status = steps.Run("look", [&] { return CheckNobodyHasIt(core, **service, *stage); });
  const bool alive = !status.ok();
  if (status.ok()) status = UmountStage(core, **service, steps, key);
  if (status.ok()) {
    core.AddEvent(
        LogLevel::kWarn, "consumer-released", key, stage->name,
        fmt::format("volume \"{}\": {} had it for more than {} without a process that has it mounted, and "
                    "is released",
                    stage->name, DescribeConsumers(*stage), InWords((*service)->config.stale_after)));
    DetachOrLinger(core, **service, steps, key, /*now=*/true);
  }
  steps.Finish();
  if (status.ok() || alive) return;
  LogInfo("a consumer that looked stale is alive",
          {{"volume", stage->name}, {"reason", std::string(MessageOf(status))}});
}

/// Of a consumer of which no trace was found.
ConsumerEvidence WithoutTrace(const Core& core, const Service& service, const ConsumerRecord& record,
                              bool directory, const std::string& blind) {
  using Verdict = ConsumerEvidence::Verdict;
  ConsumerEvidence evidence{record, Verdict::kUnknown, ""};
  if (directory) {
    evidence.why =
        "its files are a directory, which needs no mount to be used; it is never released by itself";
  } else if (!blind.empty()) {
    evidence.why = blind;
  } else if (!IsDockers(record)) {
    evidence.why = "no process has it mounted; only Docker's consumers are released by themselves";
  } else if (service.stale_after == Duration::zero()) {
    evidence.why = "no process has it mounted; nothing is released by itself here";
  } else if (!IsOld(core, service, record)) {
    evidence.why = "no process has it mounted; younger than " + InWords(service.stale_after);
  } else {
    evidence.verdict = Verdict::kStale;
    evidence.why = "older than " + InWords(service.stale_after) + ", and no process has it mounted";
  }
  return evidence;
}

}  // namespace

const char* ToString(ConsumerEvidence::Verdict verdict) {
  switch (verdict) {
    case ConsumerEvidence::Verdict::kAlive:
      return "alive";
    case ConsumerEvidence::Verdict::kStale:
      return "stale";
    case ConsumerEvidence::Verdict::kUnknown:
      return "unknown";
  }
  return "unknown";
}

absl::Status CheckNobodyHasIt(Core& core, const ServiceState& service, const Stage& stage) {
  if (service.directory() || stage.device_number == 0) {
    return Error(absl::StatusCode::kUnavailable,
                 "its files are a directory, which needs no mount to be used");
  }
  if (core.host.users == nullptr) {
    return Error(absl::StatusCode::kUnavailable, "what other processes have mounted cannot be seen");
  }
  RETURN_IF_ERROR(core.host.users->SeesEveryProcess());
  ASSIGN_OR_RETURN(const host::MountCensus census, core.host.users->Count({Watched(stage)}));
  if (!census.gap.empty()) return Error(absl::StatusCode::kUnavailable, "{}", census.gap);
  if (census.uses.front().empty()) return absl::OkStatus();
  return Error(absl::StatusCode::kUnavailable, "{}", InWords(census.uses.front().front()));
}

StaleConsumers::StaleConsumers(Core& core) : core_(core), search_("stale-search", core.timer, core.clock) {}

void StaleConsumers::Start() {
  if (core_.host.users != nullptr) search_.Start(core_.options.stale_poll, [this] { Search(); });
}

void StaleConsumers::Stop() {
  search_.Stop();
}

void StaleConsumers::Search() {
  std::vector<StagePtr> candidates;
  std::vector<host::WatchedMount> watched;
  for (const StagePtr& stage : core_.table.All()) {
    const absl::StatusOr<ServiceState*> service = core_.FindService(stage->key.service);
    if (!service.ok() || !IsCandidate(core_, **service, *stage)) continue;
    candidates.push_back(stage);
    watched.push_back(Watched(*stage));
  }
  if (candidates.empty()) return;
  absl::Status blind = core_.host.users->SeesEveryProcess();
  absl::StatusOr<host::MountCensus> census;
  if (blind.ok()) {
    census = core_.host.users->Count(watched);
    blind = census.status();
  }
  if (blind.ok() && !census->gap.empty())
    blind = Error(absl::StatusCode::kFailedPrecondition, "{}", census->gap);
  if (!blind.ok()) {
    if (!std::exchange(told_, true)) {
      LogInfo("consumers that Docker forgot are not released", {{"reason", std::string(MessageOf(blind))}});
    }
    return;
  }
  for (size_t i = 0; i < candidates.size(); ++i) {
    if (!census->uses[i].empty()) continue;
    const VolumeKey key = candidates[i]->key;
    auto operation = std::make_shared<Operation>();
    operation->key = key;
    operation->name = candidates[i]->name;
    operation->kind = "release";
    operation->join = "release what is stale";
    operation->body = [&core = core_, key](Operation&) { ReleaseStale(core, key); };
    core_.queue.Submit(std::move(operation), nullptr);
  }
}

ConsumerReport StaleConsumers::Report(VolumeView view, StagePtr stage, const Service& service) const {
  ConsumerReport report;
  report.view = std::move(view);
  if (stage == nullptr) return report;
  std::string blind;
  if (core_.host.users == nullptr) {
    blind = "what other processes have mounted cannot be seen";
  } else if (stage->Staged() && stage->device_number != 0) {
    const absl::Status sees = core_.host.users->SeesEveryProcess();
    if (!sees.ok()) blind = MessageOf(sees);
    absl::StatusOr<host::MountCensus> census = core_.host.users->Count({Watched(*stage)});
    if (census.ok()) {
      report.uses = std::move(census->uses.front());
      if (blind.empty()) blind = census->gap;
    } else if (blind.empty()) {
      blind = MessageOf(census.status());
    }
    for (const host::MountHolder& holder : core_.host.mounter->HoldersOf(stage->stage_path, kMostHolders)) {
      const bool known = std::any_of(report.uses.begin(), report.uses.end(),
                                     [&](const host::MountUse& use) { return use.pid == holder.pid; });
      if (!known) report.uses.push_back({.pid = holder.pid, .command = holder.command, .how = holder.how});
    }
  }
  const bool directory = service.driver->Capabilities().kind == DriverCapabilities::Kind::kDirectory;
  for (const ConsumerRecord& record : stage->consumers) {
    ConsumerEvidence evidence = WithoutTrace(core_, service, record, directory, blind);
    if (stage->state == StageState::kLost) {
      evidence = {record, ConsumerEvidence::Verdict::kUnknown, "its volume is lost: " + stage->note};
    } else if (!report.uses.empty()) {
      evidence = {record, ConsumerEvidence::Verdict::kAlive, InWords(report.uses.front())};
    }
    report.consumers.push_back(std::move(evidence));
  }
  return report;
}

}  // namespace rexray::engine
