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

/// Returns when EC2 has accepted it and shows it: the bytes are those of now, and are uploaded afterwards.
absl::StatusOr<Ec2Snapshot> EbsDriver::Cut(const Self& self, const Ec2Volume& source, Ec2Tags tags,
                                           const std::string& description, Deadline deadline) {
  Inherit(source.tags, tags);
  const std::string request = RandomRequest();
  tags[kRequestTag] = request;
  RETURN_IF_ERROR(CheckTags(tags));
  absl::StatusOr<Ec2Snapshot> made =
      self.cloud->client().CreateSnapshot(source.id, description, tags, {kRequestTag, request}, deadline);
  if (!made.ok()) {
    return Annotate(made.status(), fmt::format("volume {}: no snapshot could be made", CalledAs(source)));
  }
  ASSIGN_OR_RETURN(const auto found, self.cloud->snapshots().Get({made->id}, deadline));
  if (const auto seen = found.find(made->id); seen != found.end()) return seen->second;
  RETURN_IF_ERROR(
      self.cloud->snapshot_poll().Wait(made->id, "EC2 to know snapshot " + made->id, deadline,
                                       [&](const Ec2Snapshot* seen) -> std::optional<absl::Status> {
                                         if (seen == nullptr) return std::nullopt;
                                         *made = *seen;
                                         return absl::OkStatus();
                                       }));
  return made;
}

absl::StatusOr<Snapshot> EbsDriver::CreateSnapshot(const CallContext& context, const std::string& volume_id,
                                                   const SnapshotSpec& spec) {
  ASSIGN_OR_RETURN(const Self self, Begin(context));
  ASSIGN_OR_RETURN(const Ec2Volume source, Look(self, volume_id, context.deadline));
  Ec2Tags tags = spec.tags;
  tags.merge(scheme_.CommonTags(spec.name, self.identity.instance, source.zone));
  if (!spec.name.empty()) tags[kNameTag] = scheme_.FullName(spec.name);
  ASSIGN_OR_RETURN(const Ec2Snapshot made,
                   Cut(self, source, std::move(tags), spec.description, context.deadline));
  return ToSnapshot(made, scheme_, options_.service);
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

/// By a snapshot that lives as long as the copying. EC2 lets it go as soon as the volume is made.
absl::StatusOr<Ec2Volume> EbsDriver::CreateFromVolume(const Self& self, const CreateSpec& spec,
                                                      NewVolume plan, const CallContext& context) {
  ASSIGN_OR_RETURN(const Ec2Volume source, Look(self, *spec.source_volume, context.deadline));
  Ec2Tags tags = scheme_.CommonTags(spec.name, self.identity.instance, source.zone);
  tags[kNameTag] = scheme_.FullName("temp-" + source.id);  // as 0.3.3 called it
  const std::string description = fmt::format("temporary, for the copy \"{}\" of {}", spec.name, source.id);
  ASSIGN_OR_RETURN(Ec2Snapshot cut, Cut(self, source, std::move(tags), description, context.deadline));
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
