// Grow, Modify, and the marks.

#include <algorithm>
#include <utility>

#include "base/rfc3339.h"
#include "base/size.h"
#include "base/status.h"
#include "drivers/ebs/driver.h"
#include "drivers/ebs/ec2_error.h"

namespace rexray::drivers::ebs {
namespace {

/// What is asked for and not so yet.
VolumeChange Missing(const Ec2Volume& volume, VolumeChange wanted) {
  if (wanted.size_gib == volume.size_gib) wanted.size_gib.reset();
  if (wanted.type == volume.type) wanted.type.reset();
  if (wanted.iops == volume.iops) wanted.iops.reset();
  if (wanted.throughput == volume.throughput) wanted.throughput.reset();
  return wanted;
}

bool IsUnderWay(const absl::Status& refused) {
  return Ec2CodeOf(refused) == "IncorrectModificationState";
}

/// Whether it ends, or has ended, with all that is wanted.
bool LeadsTo(const Ec2Modification& modification, const VolumeChange& wanted) {
  return modification.state != "failed" &&
         (!wanted.size_gib || *wanted.size_gib == modification.target_size_gib) &&
         (!wanted.type || *wanted.type == modification.target_type) &&
         (!wanted.iops || wanted.iops == modification.target_iops) &&
         (!wanted.throughput || wanted.throughput == modification.target_throughput);
}

std::string Since(const Ec2Modification& modification) {
  return modification.started ? FormatRfc3339(*modification.started) : "an unknown time";
}

absl::Status NotYet(const Ec2Volume& volume, const Ec2Modification& last, const absl::Status& refused) {
  return Error(absl::StatusCode::kFailedPrecondition,
               "volume {} cannot be modified: the modification of {} is \"{}\", {} % done; wait until it is "
               "completed ({})",
               CalledAs(volume), Since(last), last.state, last.progress, MessageOf(refused));
}

absl::Status LimitReached(const Ec2Volume& volume, const Ec2Modification& last, const absl::Status& refused) {
  const std::string until =
      last.started ? FormatRfc3339(*last.started + std::chrono::hours(24)) : "24 hours after the oldest one";
  return Error(
      absl::StatusCode::kFailedPrecondition,
      "volume {} cannot be modified now: AWS's limit of modifications (4 within 24 hours) is reached; "
      "the last one began at {}, and there is room again at {} at the latest ({})",
      CalledAs(volume), Since(last), until, MessageOf(refused));
}

bool IsLimit(const absl::Status& refused) {
  return Ec2CodeOf(refused) == "VolumeModificationRateExceeded" ||
         MessageOf(refused).find("maximum modification rate") != std::string::npos;
}

}  // namespace

absl::StatusOr<Volume> EbsDriver::Grow(const CallContext& context, const std::string& id, uint64_t size) {
  ASSIGN_OR_RETURN(const Self self, Begin(context));
  ASSIGN_OR_RETURN(const KeyedLock::Hold hold, LockId(context, id, "grow"));
  VolumeChange wanted;
  wanted.size_gib = size / kGiB + (size % kGiB == 0 ? 0 : 1);
  return Change(self, id, wanted, context);
}

absl::StatusOr<Volume> EbsDriver::Modify(const CallContext& context, const std::string& id,
                                         const ModifySpec& spec) {
  ASSIGN_OR_RETURN(const Self self, Begin(context));
  ASSIGN_OR_RETURN(const KeyedLock::Hold hold, LockId(context, id, "modify"));
  VolumeChange wanted;
  if (spec.size) wanted.size_gib = *spec.size / kGiB + (*spec.size % kGiB == 0 ? 0 : 1);
  wanted.type = spec.type;
  wanted.iops = spec.iops;
  wanted.throughput = spec.throughput;
  return Change(self, id, wanted, context);  // all in one ModifyVolume: AWS counts them
}

absl::StatusOr<Volume> EbsDriver::Change(const Self& self, const std::string& id, const VolumeChange& wanted,
                                         const CallContext& context) {
  ASSIGN_OR_RETURN(Ec2Volume before, Look(self, id, context.deadline));
  if (Missing(before, wanted) == VolumeChange()) {
    ASSIGN_OR_RETURN(const std::optional<Ec2Volume> other, AwaitOtherView(self, before, wanted, context));
    if (!other) return Shown(self, before);
    before = *other;
  }
  if (wanted.size_gib && *wanted.size_gib < before.size_gib) {
    return Error(absl::StatusCode::kInvalidArgument, "volume {} has {} already: EBS volumes do not shrink",
                 CalledAs(before), FormatSize(before.size_gib * kGiB));
  }
  const VolumeChange missing = Missing(before, wanted);
  ASSIGN_OR_RETURN(const Ec2Modification begun, BeginChange(self, before, missing, context));
  RETURN_IF_ERROR(AwaitModified(self, before, begun, context));
  // The modification's view and the volume's are two.
  std::optional<Ec2Volume> after;
  RETURN_IF_ERROR(self.cloud->volume_poll().Wait(
      id, fmt::format("volume {} to show its change", CalledAs(before)), context.deadline,
      [&](const Ec2Volume* seen) -> std::optional<absl::Status> {
        if (seen == nullptr || !(Missing(*seen, wanted) == VolumeChange())) return std::nullopt;
        after = *seen;
        return absl::OkStatus();
      }));
  self.cloud->Note(*after);
  return Shown(self, *after);
}

/// What one view calls so already may be what another node has just changed: it must stay so for as long as a
/// view can be old. nullopt: it does.
absl::StatusOr<std::optional<Ec2Volume>> EbsDriver::AwaitOtherView(const Self& self, const Ec2Volume& volume,
                                                                   const VolumeChange& wanted,
                                                                   const CallContext& context) {
  std::optional<Ec2Volume> other;
  const Deadline end = Deadline::After(clock_, options_.consistency).Earlier(context.deadline);
  const absl::Status waited = self.cloud->volume_poll().Wait(
      volume.id, fmt::format("all views of EC2 to show volume {} as it is wanted", CalledAs(volume)), end,
      [&](const Ec2Volume* seen) -> std::optional<absl::Status> {
        if (seen == nullptr || Missing(*seen, wanted) == VolumeChange()) return std::nullopt;
        other = *seen;
        return absl::OkStatus();
      });
  const bool stays = absl::IsDeadlineExceeded(waited) && !context.deadline.Passed(clock_);
  if (!waited.ok() && !stays) return waited;
  return other;
}

/// A refusal says until when, where EC2's own words do not. A modification that is under way to what is
/// wanted is joined: it may be of a call of ours whose answer was lost, or whose time was over.
absl::StatusOr<Ec2Modification> EbsDriver::BeginChange(const Self& self, const Ec2Volume& volume,
                                                       const VolumeChange& missing,
                                                       const CallContext& context) {
  absl::StatusOr<Ec2Modification> begun =
      self.cloud->client().ModifyVolume(volume.id, missing, context.deadline);
  if (begun.ok()) return begun;
  const absl::Status& refused = begun.status();
  if (IsLimit(refused) || IsUnderWay(refused)) {
    Selection one;
    one.ids = {volume.id};
    const absl::StatusOr<std::vector<Ec2Modification>> found =
        self.cloud->client().DescribeModifications(one, context.deadline);
    if (found.ok() && !found->empty()) {
      const Ec2Modification& last = found->front();
      if (IsUnderWay(refused) && LeadsTo(last, missing)) return last;
      return IsUnderWay(refused) ? NotYet(volume, last, refused) : LimitReached(volume, last, refused);
    }
  }
  return Annotate(refused, fmt::format("volume {} cannot be modified", CalledAs(volume)));
}

absl::Status EbsDriver::AwaitModified(const Self& self, const Ec2Volume& volume, const Ec2Modification& begun,
                                      const CallContext& context) {
  return self.cloud->modification_poll().Wait(
      volume.id, fmt::format("the modification of volume {}", CalledAs(volume)), context.deadline,
      [&](const Ec2Modification* seen) -> std::optional<absl::Status> {
        // A view that is behind shows the modification before this one.
        if (seen == nullptr || seen->state == "modifying" || seen->started < begun.started)
          return std::nullopt;
        if (seen->state != "failed") return absl::OkStatus();  // the size can be used while it is optimizing
        return Error(absl::StatusCode::kFailedPrecondition, "EC2 could not modify volume {}: {}",
                     CalledAs(volume), seen->message);
      });
}

absl::Status EbsDriver::ClearTag(const CallContext& context, const std::string& id, const char* tag,
                                 const char* doing) {
  ASSIGN_OR_RETURN(const Self self, Begin(context));
  ASSIGN_OR_RETURN(const KeyedLock::Hold hold, LockId(context, id, doing));
  ASSIGN_OR_RETURN(Ec2Volume volume, Look(self, id, context.deadline));
  if (!volume.tags.contains(tag) && !MadeJustNow(id)) return absl::OkStatus();
  RETURN_IF_ERROR(Annotate(self.cloud->client().DeleteTags(id, {tag}, context.deadline),
                           fmt::format("volume {}: the tag {} cannot be cleared", CalledAs(volume), tag)));
  // The next look, perhaps at a replica that is behind, must not bring the mark back.
  RETURN_IF_ERROR(self.cloud->volume_poll().Wait(
      id, fmt::format("volume {} to lose its tag {}", CalledAs(volume), tag), context.deadline,
      [&](const Ec2Volume* seen) -> std::optional<absl::Status> {
        if (seen == nullptr || seen->tags.contains(tag)) return std::nullopt;
        volume = *seen;
        return absl::OkStatus();
      }));
  self.cloud->Note(volume);
  return absl::OkStatus();
}

absl::Status EbsDriver::ClearUuidMark(const CallContext& context, const std::string& id) {
  return ClearTag(context, id, kNewUuidTag, "clear the UUID mark of");
}

absl::StatusOr<Volume> EbsDriver::Adopt(const CallContext& context, const std::string& id) {
  ASSIGN_OR_RETURN(const Self self, Begin(context));
  ASSIGN_OR_RETURN(const KeyedLock::Hold hold, LockId(context, id, "adopt"));
  ASSIGN_OR_RETURN(Ec2Volume volume, LookAtAny(self, id, context.deadline));
  const auto set = volume.tags.find(kSetTag);
  if (set != volume.tags.end() && set->second != scheme_.set() && !options_.set.empty()) {
    return Error(
        absl::StatusCode::kFailedPrecondition,
        "volume {} belongs to the set \"{}\" and this service to \"{}\"; change its tag rexraySet first",
        CalledAs(volume), set->second, scheme_.set());
  }
  Ec2Tags mark = {{kCreatedByTag, "rexray"}};
  if (set == volume.tags.end()) mark[kSetTag] = scheme_.set();
  if (volume.tags.contains(kCreatedByTag) && set != volume.tags.end()) return Shown(self, volume);
  RETURN_IF_ERROR(Annotate(self.cloud->client().CreateTags(id, mark, context.deadline),
                           fmt::format("volume {} cannot be adopted", CalledAs(volume))));
  RETURN_IF_ERROR(self.cloud->volume_poll().Wait(
      id, fmt::format("volume {} to show its new tags", CalledAs(volume)), context.deadline,
      [&](const Ec2Volume* seen) -> std::optional<absl::Status> {
        if (seen == nullptr || !seen->tags.contains(kCreatedByTag)) return std::nullopt;
        volume = *seen;
        return absl::OkStatus();
      }));
  self.cloud->Note(volume);
  return Shown(self, volume);
}

absl::Status EbsDriver::ClearBlankMark(const CallContext& context, const std::string& id) {
  return ClearTag(context, id, kBlankTag, "clear the blank mark of");
}

}  // namespace rexray::drivers::ebs
