// Snapshots, and volumes made from snapshots and volumes.

#include <algorithm>
#include <random>
#include <tuple>
#include <utility>

#include "base/logging.h"
#include "base/size.h"
#include "base/status.h"
#include "drivers/ebs/driver.h"
#include "drivers/ebs/ec2_error.h"
#include "volume/volume_name.h"

namespace rexray::drivers::ebs {
namespace {

constexpr char kRequestTag[] = "rexray:request";  ///< one value for each CreateSnapshot
constexpr Duration kTidyUp = std::chrono::seconds(20);
constexpr Duration kBetweenLooks = std::chrono::seconds(1);
constexpr Duration kRepeatsWithin = std::chrono::minutes(10);

std::string Get(const Ec2Tags& tags, const char* key) {
  const auto found = tags.find(key);
  return found == tags.end() ? "" : found->second;
}

Snapshot ToSnapshot(const Ec2Snapshot& ec2, const TagScheme& scheme, const std::string& service) {
  Snapshot snapshot;
  snapshot.service = service;
  snapshot.id = ec2.id;
  const std::string full_name = Get(ec2.tags, kNameTag);
  snapshot.name = scheme.ShortName(full_name).value_or(full_name);
  snapshot.description = ec2.description;
  snapshot.source_volume = ec2.volume;
  snapshot.size = ec2.size_gib * kGiB;
  snapshot.fs_type = Get(ec2.tags, kFsTypeTag);
  snapshot.tags = TagsOfPeople(ec2.tags);
  snapshot.created = ec2.started;
  snapshot.encrypted = ec2.encrypted;
  snapshot.created_by_us = ec2.tags.contains(kCreatedByTag);
  snapshot.status_detail = ec2.state_message;
  const bool completed = ec2.state == "completed";
  snapshot.status = completed              ? SnapshotStatus::kCompleted
                    : ec2.state == "error" ? SnapshotStatus::kError
                                           : SnapshotStatus::kPending;
  snapshot.progress_percent = completed ? 100 : std::min(ec2.progress, 99);
  return snapshot;
}

std::string RandomRequest() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}{:08x}", random(), random(), random());
}

/// What a copy has of its source, beside the bytes.
void Inherit(const Ec2Tags& from, Ec2Tags& tags) {
  for (const char* key : {kFsTypeTag, kMountOptionsTag, kMkfsOptionsTag, kBlankTag}) {
    if (const auto found = from.find(key); found != from.end()) tags.emplace(key, found->second);
  }
}

}  // namespace

absl::StatusOr<Ec2Snapshot> EbsDriver::LookAtSnapshot(const Self& self, const std::string& id,
                                                      Deadline deadline) {
  const auto none = [&] {
    return Error(absl::StatusCode::kNotFound, "there is no snapshot {}", Printable(id));
  };
  if (id.rfind("snap-", 0) != 0 || id.size() > 64) return none();
  ASSIGN_OR_RETURN(const auto found, self.cloud->snapshots().Get({id}, deadline));
  const auto snapshot = found.find(id);
  if (snapshot == found.end()) return none();
  return snapshot->second;
}

absl::StatusOr<std::vector<Snapshot>> EbsDriver::ListSnapshots(const CallContext& context) {
  ASSIGN_OR_RETURN(const Self self, Begin(context));
  Selection selection;
  if (!options_.set.empty()) selection.filters.push_back({std::string("tag:") + kSetTag, {options_.set}});
  ASSIGN_OR_RETURN(const std::vector<Ec2Snapshot> found,
                   self.cloud->client().DescribeSnapshots(selection, context.deadline));
  std::vector<Snapshot> snapshots;
  for (const Ec2Snapshot& ec2 : found) {
    if (scheme_.IsVisible(ec2.tags)) snapshots.push_back(ToSnapshot(ec2, scheme_, options_.service));
  }
  std::sort(snapshots.begin(), snapshots.end(), [](const Snapshot& a, const Snapshot& b) {
    return std::tie(a.created, a.id) < std::tie(b.created, b.id);
  });
  return snapshots;
}

/// CreateSnapshot has no client token. A repeat of a request whose answer was lost is that request, for as
/// long as its caller can be expected to repeat it.
EbsDriver::CutRequest EbsDriver::BeginCut(const std::string& key) {
  MutexLock lock(mutex_);
  std::erase_if(lost_cuts_, [&](const auto& entry) {
    return clock_.Now() - entry.second.lost.value_or(TimePoint()) > kRepeatsWithin;
  });
  const auto found = lost_cuts_.find(key);
  return found == lost_cuts_.end() ? CutRequest{RandomRequest(), std::nullopt} : found->second;
}

void EbsDriver::EndCut(const std::string& key, const CutRequest& request, const absl::Status& status) {
  MutexLock lock(mutex_);
  if (WasUnsure(status)) {
    lost_cuts_[key] = {request.token, clock_.Now()};
  } else {
    lost_cuts_.erase(key);
  }
}

/// Looks until `until`; nullopt: no view of EC2 has it.
absl::StatusOr<std::optional<Ec2Snapshot>> EbsDriver::FindCut(const Self& self, const std::string& token,
                                                              TimePoint until, Deadline deadline) {
  Selection same;
  same.filters.emplace_back(std::string("tag:") + kRequestTag, std::vector<std::string>{token});
  while (true) {
    const bool last = clock_.Now() >= until;
    ASSIGN_OR_RETURN(const std::vector<Ec2Snapshot> made,
                     self.cloud->client().DescribeSnapshots(same, deadline));
    if (!made.empty()) return made.front();
    if (last) return std::nullopt;
    self.cloud->caller().Pause(std::min<Duration>(kBetweenLooks, until - clock_.Now()), deadline);
  }
}

absl::StatusOr<Ec2Snapshot> EbsDriver::CutOnce(const Self& self, const Ec2Volume& source, const Ec2Tags& tags,
                                               const std::string& description, const CutRequest& request,
                                               Deadline deadline) {
  absl::Status lost;
  std::optional<TimePoint> since = request.lost;
  while (true) {
    if (since) {
      const auto found = FindCut(self, request.token, *since + options_.consistency, deadline);
      if (found.ok() && *found) return **found;
      if (!found.ok()) {
        absl::Status unknown = Error(absl::StatusCode::kUnavailable,
                                     "it is not known whether a snapshot was made ({}{}{}); try again",
                                     MessageOf(lost), lost.ok() ? "" : "; ", MessageOf(found.status()));
        MarkUnsure(unknown);
        return unknown;
      }
    }
    absl::StatusOr<Ec2Snapshot> made =
        self.cloud->client().CreateSnapshot(source.id, description, tags, deadline);
    if (made.ok() || !WasUnsure(made.status()) || deadline.Passed(clock_)) return made;
    lost = made.status();
    since = clock_.Now();
  }
}

/// Returns when EC2 has accepted it: the bytes are those of now, and are uploaded afterwards.
absl::StatusOr<Ec2Snapshot> EbsDriver::Cut(const Self& self, const Ec2Volume& source, Ec2Tags tags,
                                           const std::string& description, const CutRequest& request,
                                           Deadline deadline) {
  Inherit(source.tags, tags);
  tags[kRequestTag] = request.token;
  RETURN_IF_ERROR(CheckTags(tags));
  const absl::StatusOr<Ec2Snapshot> made = CutOnce(self, source, tags, description, request, deadline);
  if (made.ok()) return AwaitShown(self, *made, deadline);
  return Annotate(made.status(), fmt::format("volume {}: no snapshot could be made", CalledAs(source)));
}

/// As EC2 shows it, so that the next list has it. That it cannot be seen in time is no failure: it is made.
absl::StatusOr<Ec2Snapshot> EbsDriver::AwaitShown(const Self& self, const Ec2Snapshot& made,
                                                  Deadline deadline) {
  const auto found = self.cloud->snapshots().Get({made.id}, deadline);
  if (found.ok() && found->contains(made.id)) return found->at(made.id);
  Ec2Snapshot shown = made;
  const absl::Status waited =
      self.cloud->snapshot_poll().Wait(made.id, "EC2 to show snapshot " + made.id, deadline,
                                       [&](const Ec2Snapshot* seen) -> std::optional<absl::Status> {
                                         if (seen == nullptr) return std::nullopt;
                                         shown = *seen;
                                         return absl::OkStatus();
                                       });
  if (!waited.ok()) LogWarn(std::string(MessageOf(waited)), {{"snapshot", made.id}});
  return shown;
}

absl::StatusOr<Snapshot> EbsDriver::CreateSnapshot(const CallContext& context, const std::string& volume_id,
                                                   const SnapshotSpec& spec) {
  ASSIGN_OR_RETURN(const Self self, Begin(context));
  ASSIGN_OR_RETURN(const Ec2Volume source, Look(self, volume_id, context.deadline));
  Ec2Tags tags = spec.tags;
  tags.merge(scheme_.CommonTags(spec.name, self.identity.instance, source.zone));
  if (spec.name.empty()) {  // nobody can say which request it would repeat
    ASSIGN_OR_RETURN(const Ec2Snapshot made, Cut(self, source, std::move(tags), spec.description,
                                                 {RandomRequest(), std::nullopt}, context.deadline));
    return ToSnapshot(made, scheme_, options_.service);
  }
  tags[kNameTag] = scheme_.FullName(spec.name);
  const std::string key = fmt::format("snapshot \"{}\" of {}", spec.name, source.id);
  ASSIGN_OR_RETURN(const KeyedLock::Hold hold, locks_.Acquire(key, context.deadline, "make the " + key));
  const CutRequest request = BeginCut(key);
  const absl::StatusOr<Ec2Snapshot> made =
      Cut(self, source, std::move(tags), spec.description, request, context.deadline);
  EndCut(key, request, made.status());
  if (!made.ok()) return made.status();
  return ToSnapshot(*made, scheme_, options_.service);
}

absl::Status EbsDriver::RemoveSnapshot(const CallContext& context, const std::string& id) {
  ASSIGN_OR_RETURN(const Self self, Begin(context));
  const absl::StatusOr<Ec2Snapshot> snapshot = LookAtSnapshot(self, id, context.deadline);
  if (absl::IsNotFound(snapshot.status())) return absl::OkStatus();
  if (!snapshot.ok()) return snapshot.status();
  if (!scheme_.IsVisible(snapshot->tags)) {
    return Error(absl::StatusCode::kFailedPrecondition,
                 "snapshot {} does not belong to this service (ebs.rexrayTag, ebs.tag)", id);
  }
  const absl::Status removed = self.cloud->client().DeleteSnapshot(id, context.deadline);
  if (removed.ok() || absl::IsNotFound(removed)) return absl::OkStatus();
  return Annotate(removed, fmt::format("snapshot {} cannot be removed", id));
}

absl::Status EbsDriver::PlanCopy(const CreateSpec& spec, const Ec2Snapshot& snapshot, const Ec2Volume* source,
                                 NewVolume& plan) const {
  if (spec.size && plan.size_gib < snapshot.size_gib) {
    return Error(absl::StatusCode::kInvalidArgument, "volume \"{}\": {} is less than its source has ({})",
                 spec.name, FormatSize(*spec.size), FormatSize(snapshot.size_gib * kGiB));
  }
  plan.snapshot = snapshot.id;
  plan.size_gib = std::max(plan.size_gib, snapshot.size_gib);
  if (plan.type.empty() && source != nullptr) {
    plan.type = source->type;
    // gp2's IOPS follow from its size and cannot be asked for.
    const bool provisioned = plan.type == "gp3" || plan.type == "io1" || plan.type == "io2";
    if (!plan.iops && provisioned) plan.iops = source->iops;
    if (!plan.throughput && plan.type == "gp3") plan.throughput = source->throughput;
  }
  if (plan.type.empty()) plan.type = options_.type;
  Inherit(snapshot.tags, plan.tags);
  plan.tags[kNewUuidTag] = "true";
  return CheckTags(plan.tags);
}

absl::StatusOr<Ec2Volume> EbsDriver::CreateFromSnapshot(const Self& self, const CreateSpec& spec,
                                                        NewVolume plan, const CallContext& context) {
  ASSIGN_OR_RETURN(const Ec2Snapshot snapshot, LookAtSnapshot(self, *spec.source_snapshot, context.deadline));
  if (snapshot.state != "completed") {
    return Error(absl::StatusCode::kFailedPrecondition,
                 "volume \"{}\": snapshot {} is \"{}\" ({} %); wait until it is completed", spec.name,
                 snapshot.id, snapshot.state, snapshot.progress);
  }
  // The source's type, where it still is; the snapshot itself does not know.
  const absl::StatusOr<Ec2Volume> source = LookAtAny(self, snapshot.volume, context.deadline);
  if (!source.ok() && !absl::IsNotFound(source.status())) return source.status();
  RETURN_IF_ERROR(PlanCopy(spec, snapshot, source.ok() ? &*source : nullptr, plan));
  return CreateOnce(self, spec.name, std::move(plan), context);
}

/// A temporary one that nobody will ask for again.
void EbsDriver::RemoveLostCut(const Self& self, const std::string& token) {
  const Deadline end = Deadline::After(clock_, kTidyUp);
  const auto lost = FindCut(self, token, clock_.Now() + options_.consistency, end);
  if (lost.ok() && *lost) (void)self.cloud->client().DeleteSnapshot((*lost)->id, end);
}

/// By a snapshot that lives as long as the copying. EC2 lets it go as soon as the volume is made.
absl::StatusOr<Ec2Volume> EbsDriver::CreateFromVolume(const Self& self, const CreateSpec& spec,
                                                      NewVolume plan, const CallContext& context) {
  ASSIGN_OR_RETURN(const Ec2Volume source, Look(self, *spec.source_volume, context.deadline));
  Ec2Tags tags = scheme_.CommonTags(spec.name, self.identity.instance, source.zone);
  tags[kNameTag] = scheme_.FullName("temp-" + source.id);  // as 0.3.3 called it
  const std::string description = fmt::format("temporary, for the copy \"{}\" of {}", spec.name, source.id);
  const CutRequest request{RandomRequest(), std::nullopt};
  absl::StatusOr<Ec2Snapshot> begun =
      Cut(self, source, std::move(tags), description, request, context.deadline);
  if (WasUnsure(begun.status())) RemoveLostCut(self, request.token);
  ASSIGN_OR_RETURN(Ec2Snapshot cut, std::move(begun));
  const absl::Status completed = self.cloud->snapshot_poll().Wait(
      cut.id, fmt::format("the snapshot {} of {} to be completed", cut.id, CalledAs(source)),
      context.deadline, [&](const Ec2Snapshot* seen) -> std::optional<absl::Status> {
        if (seen == nullptr) return std::nullopt;
        cut = *seen;
        if (context.progress)
          context.progress(fmt::format("{} % of the snapshot {} are done", cut.progress, cut.id));
        if (cut.state == "completed") return absl::OkStatus();
        if (cut.state != "error") return std::nullopt;
        return Error(absl::StatusCode::kFailedPrecondition, "EC2 could not make the snapshot {}: {}", cut.id,
                     cut.state_message);
      });
  const auto copy = [&]() -> absl::StatusOr<Ec2Volume> {
    RETURN_IF_ERROR(completed);
    RETURN_IF_ERROR(PlanCopy(spec, cut, &source, plan));
    return CreateOnce(self, spec.name, plan, context);
  };
  absl::StatusOr<Ec2Volume> made = copy();
  const absl::Status tidied = self.cloud->client().DeleteSnapshot(cut.id, Deadline::After(clock_, kTidyUp));
  if (!tidied.ok() && !absl::IsNotFound(tidied)) {
    LogWarn("a temporary snapshot stays behind: remove it",
            {{"snapshot", cut.id}, {"reason", std::string(MessageOf(tidied))}});
  }
  return made;
}

}  // namespace rexray::drivers::ebs
