// Create and Remove.

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/logging.h"
#include "base/size.h"
#include "base/status.h"
#include "drivers/ebs/client_token.h"
#include "drivers/ebs/driver.h"
#include "drivers/ebs/ec2_error.h"
#include "volume/volume_name.h"

namespace rexray::drivers::ebs {
namespace {

/// Names that were used and freed so often within a token's life do not happen.
constexpr int kMostGenerations = 50;
constexpr uint64_t kMostGib = 65'536;
/// EC2's clock and ours may differ by so much (after what its answers say of its clock).
constexpr Duration kClockSkew = std::chrono::seconds(5);
/// So many volumes in a row that nobody ever saw alive were not removed by somebody: EC2 cannot make them.
constexpr int kMostDoubtful = 3;

absl::Status Taken(const Ec2Volume& volume) {
  return Error(absl::StatusCode::kAlreadyExists, "volume {} exists already, in {}", CalledAs(volume),
               volume.zone);
}

bool IsDead(const Ec2Volume& volume) {
  return IsGoing(volume) || volume.state == "error";
}

absl::Status CheckSize(const CreateSpec& spec) {
  if (!spec.size) return absl::OkStatus();
  if (*spec.size < kGiB || *spec.size > kMostGib * kGiB) {
    return Error(absl::StatusCode::kInvalidArgument,
                 "volume \"{}\": {} is no size of an EBS volume (1GiB to {})", spec.name,
                 FormatSize(*spec.size), FormatSize(kMostGib * kGiB));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<NewVolume> EbsDriver::Plan(const Self& self, const CreateSpec& spec) const {
  RETURN_IF_ERROR(ValidateVolumeName(spec.name));
  RETURN_IF_ERROR(CheckSize(spec));
  NewVolume plan;
  plan.zone = spec.zone.value_or(self.identity.zone);
  if (plan.zone.empty()) {
    return Error(absl::StatusCode::kInvalidArgument,
                 "volume \"{}\": no zone is known; give one, or configure ebs.availabilityZone", spec.name);
  }
  plan.size_gib = (spec.size.value_or(0) + kGiB - 1) / kGiB;
  plan.type = spec.type.value_or("");
  plan.iops = spec.iops;
  plan.throughput = spec.throughput;
  if (plan.type.empty() && !spec.source_volume && !spec.source_snapshot) plan.type = options_.type;
  if (!plan.throughput && plan.type == "gp3") plan.throughput = options_.throughput;
  const std::string key = spec.kms_key.value_or(options_.kms_key);
  const bool encrypted = spec.encrypted.value_or(options_.encrypted || !key.empty());
  if (!encrypted && spec.kms_key) {
    return Error(absl::StatusCode::kInvalidArgument, "volume \"{}\": a KMS key needs encrypted=true",
                 spec.name);
  }
  if (encrypted) {
    plan.encrypted = true;
    plan.kms_key = key;
  }
  ASSIGN_OR_RETURN(plan.tags, scheme_.NewTags(spec, self.identity.instance, plan.zone));
  return plan;
}

absl::StatusOr<Volume> EbsDriver::Create(const CallContext& context, const CreateSpec& spec) {
  ASSIGN_OR_RETURN(const Self self, Begin(context));
  ASSIGN_OR_RETURN(NewVolume plan, Plan(self, spec));
  const bool copy = spec.source_snapshot || spec.source_volume;
  if (plan.size_gib == 0 && !copy) {
    return Error(absl::StatusCode::kInvalidArgument, "volume \"{}\": a new volume needs a size", spec.name);
  }
  ASSIGN_OR_RETURN(const KeyedLock::Hold hold, locks_.Acquire("name:" + spec.name, context.deadline,
                                                              "create volume \"" + spec.name + "\""));
  ASSIGN_OR_RETURN(const std::vector<Ec2Volume> namesakes, LookByName(self, {spec.name}, context.deadline));
  if (!namesakes.empty()) return Taken(namesakes.front());
  if (!copy) plan.tags[kBlankTag] = "true";
  absl::StatusOr<Ec2Volume> made =
      spec.source_snapshot ? CreateFromSnapshot(self, spec, std::move(plan), context)
      : spec.source_volume ? CreateFromVolume(self, spec, std::move(plan), context)
                           : CreateOnce(self, spec.name, std::move(plan), context);
  if (!made.ok()) return made.status();
  self.cloud->Note(*made);
  return Shown(self, *made);
}

absl::StatusOr<Ec2Volume> EbsDriver::CreateOnce(const Self& self, const std::string& name, NewVolume plan,
                                                const CallContext& context) {
  std::string generation;
  const WallTime begun = clock_.WallNow() + self.cloud->caller().ClockSkew().value_or(Duration::zero());
  int doubtful = 0;
  for (int i = 0; i < kMostGenerations; ++i) {
    plan.client_token = ClientTokenOf(scheme_.set(), scheme_.FullName(name), generation);
    absl::StatusOr<Ec2Volume> answered = self.cloud->client().CreateVolume(plan, context.deadline);
    if (Ec2CodeOf(answered.status()) == "IdempotentParameterMismatch") {
      // Somebody made, or makes, the name otherwise: a volume that is there wins. EC2 may not show it at
      // once.
      ASSIGN_OR_RETURN(const std::vector<Ec2Volume> namesakes, LookByName(self, {name}, context.deadline));
      if (!namesakes.empty()) return Taken(namesakes.front());
      generation += "!";
      continue;
    }
    if (!answered.ok()) {
      // A limit is no answer to the token: the volume may be there from an earlier try.
      if (absl::IsResourceExhausted(answered.status())) {
        ASSIGN_OR_RETURN(const std::vector<Ec2Volume> namesakes, LookByName(self, {name}, context.deadline));
        if (!namesakes.empty()) return Taken(namesakes.front());
      }
      return Annotate(answered.status(), fmt::format("volume \"{}\" cannot be created", name));
    }
    generation = answered->id;
    if (IsKnownGone(answered->id)) continue;
    const bool fresh = !answered->created || *answered->created + kClockSkew >= begun;
    ASSIGN_OR_RETURN(const Made made, AwaitMade(self, name, *answered, fresh, context));
    if (made.alive) {
      RETURN_IF_ERROR(YieldToOlder(self, name, *made.alive, context));
      return *made.alive;
    }
    NoteGone(answered->id);
    if (!fresh || (!made.was_alive && ++doubtful < kMostDoubtful)) continue;
    // One in `error` would stay for ever. Nothing else is removed here: another node may have been answered
    // with it.
    const auto left = self.cloud->volumes().Get({answered->id}, context.deadline);
    if (left.ok() && left->contains(answered->id) && left->at(answered->id).state == "error") {
      (void)self.cloud->client().DeleteVolume(answered->id, context.deadline);
    }
    return Error(absl::StatusCode::kFailedPrecondition,
                 "volume \"{}\": EC2 accepted it as {} and then could not make it{}", name, answered->id,
                 plan.kms_key.empty()
                     ? ""
                     : fmt::format("; is the KMS key {} enabled, and may this role use it?", plan.kms_key));
  }
  return Error(absl::StatusCode::kInternal,
               "volume \"{}\": EC2 answers every client token with a volume that is gone", name);
}

/// Waits until the volume that a token was answered with can be used, or is no more.
absl::StatusOr<EbsDriver::Made> EbsDriver::AwaitMade(const Self& self, const std::string& name,
                                                     const Ec2Volume& answered, bool fresh,
                                                     const CallContext& context) {
  if (fresh) NoteMade(answered.id);
  Made made;
  std::optional<Ec2Volume> seen;
  // A replica that is behind does not know the volume, even after another one did: only a volume that is
  // missing all the time is gone.
  const Duration patience =
      fresh ? options_.consistency : std::min<Duration>(options_.consistency, kClockSkew);
  std::optional<TimePoint> missing_since;
  RETURN_IF_ERROR(self.cloud->volume_poll().Wait(
      answered.id, fmt::format("volume \"{}\" ({}) to become available", name, answered.id), context.deadline,
      [&](const Ec2Volume* volume) -> std::optional<absl::Status> {
        if (volume == nullptr) {
          if (!missing_since) missing_since = clock_.Now();
          if (clock_.Now() - *missing_since < patience) return std::nullopt;
        } else {
          missing_since.reset();
        }
        if (volume == nullptr || IsDead(*volume)) {
          made.was_alive = seen.has_value() || (volume != nullptr && volume->state == "error");
          return absl::OkStatus();
        }
        seen = *volume;
        if (volume->state == "creating") return std::nullopt;
        made.alive = *volume;
        return absl::OkStatus();
      }));
  return made;
}

bool EbsDriver::IsKnownGone(const std::string& id) {
  MutexLock lock(mutex_);
  return gone_.contains(id);
}

void EbsDriver::NoteGone(const std::string& id) {
  constexpr size_t kMost = 10'000;  // a token's life of a day
  MutexLock lock(mutex_);
  if (gone_.size() >= kMost) gone_.clear();
  gone_.insert(id);
}

/// Not one that was removed a moment ago and that some replica still shows: it is there for as long as a view
/// can be old.
bool EbsDriver::StaysAlive(const Self& self, const Ec2Volume& volume, const CallContext& context) {
  const Deadline end = Deadline::After(clock_, options_.consistency).Earlier(context.deadline);
  const absl::Status gone =
      self.cloud->volume_poll().Wait(volume.id, fmt::format("volume {} to stay", CalledAs(volume)), end,
                                     [](const Ec2Volume* seen) -> std::optional<absl::Status> {
                                       if (seen == nullptr || IsDead(*seen)) return absl::OkStatus();
                                       return std::nullopt;
                                     });
  return absl::IsDeadlineExceeded(gone) && !context.deadline.Passed(clock_);
}

/// Two hosts that asked for one name in different ways may both have made it: the older one stays. Ours is
/// new, and nobody else can have written to it yet.
absl::Status EbsDriver::YieldToOlder(const Self& self, const std::string& name, const Ec2Volume& made,
                                     const CallContext& context) {
  const absl::StatusOr<std::vector<Ec2Volume>> namesakes = LookByName(self, {name}, context.deadline);
  if (!namesakes.ok()) return absl::OkStatus();
  for (const Ec2Volume& other : *namesakes) {
    if (other.id == made.id || IsDead(other)) continue;
    const bool older = std::tie(other.created, other.id) < std::tie(made.created, made.id);
    if (!older || !made.attachments.empty() || IsKnownGone(other.id)) continue;
    if (!StaysAlive(self, other, context)) continue;
    LogWarn("another node made the volume at the same time: ours goes",
            {{"volume", name}, {"ours", made.id}, {"theirs", other.id}});
    RETURN_IF_ERROR(self.cloud->client().DeleteVolume(made.id, context.deadline));
    self.cloud->NoteRemoved(made.id);
    return Taken(other);
  }
  return absl::OkStatus();
}

/// nullopt: it is gone. That one view does not know a volume is no proof: another node may have made it a
/// moment ago.
absl::StatusOr<std::optional<Ec2Volume>> EbsDriver::LookToRemove(const Self& self, const std::string& id,
                                                                 const CallContext& context) {
  absl::StatusOr<Ec2Volume> volume = LookAtAny(self, id, context.deadline);
  if (absl::IsNotFound(volume.status())) {
    if (!IsVolumeId(id) || IsKnownGone(id)) return std::nullopt;
    ASSIGN_OR_RETURN(const std::optional<Ec2Volume> known, AwaitKnown(self, id, context.deadline));
    if (!known || IsGoing(*known)) {
      NoteGone(id);
      return std::nullopt;
    }
    volume = *known;
  }
  if (!volume.ok()) return volume.status();
  if (scheme_.IsVisible(volume->tags)) return *volume;
  return Error(absl::StatusCode::kFailedPrecondition,
               "volume {} does not belong to this service (ebs.rexrayTag, ebs.tag) and is not removed",
               CalledAs(*volume));
}

absl::Status EbsDriver::Remove(const CallContext& context, const std::string& id) {
  ASSIGN_OR_RETURN(const Self self, Begin(context));
  ASSIGN_OR_RETURN(const KeyedLock::Hold hold, LockId(context, id, "remove"));
  const Deadline leaving = Deadline::After(clock_, options_.consistency).Earlier(context.deadline);
  while (true) {
    ASSIGN_OR_RETURN(const std::optional<Ec2Volume> volume, LookToRemove(self, id, context));
    if (!volume) return absl::OkStatus();
    if (const std::string holders = HoldersOf(*volume); !holders.empty()) {
      if (AwaitLeaving(self, *volume, leaving)) continue;
      return Error(absl::StatusCode::kFailedPrecondition,
                   "volume {} is attached to {}; unmount and detach it first", CalledAs(*volume), holders);
    }
    const absl::Status removed = self.cloud->client().DeleteVolume(id, context.deadline);
    if (removed.ok() || absl::IsNotFound(removed)) {
      self.cloud->NoteRemoved(id);
      NoteGone(id);
      return absl::OkStatus();
    }
    const std::string code = Ec2CodeOf(removed);
    const bool view_is_old = code == "VolumeInUse" || code == "IncorrectState";
    if (!view_is_old) return Annotate(removed, fmt::format("volume {} cannot be removed", CalledAs(*volume)));
    // Still being created or detached, or attached by another node a moment ago.
    const absl::Status waited = self.cloud->volume_poll().Wait(
        id, fmt::format("volume {} to be free ({})", CalledAs(*volume), MessageOf(removed)),
        Deadline::After(clock_, options_.consistency).Earlier(context.deadline),
        [](const Ec2Volume* seen) -> std::optional<absl::Status> {
          if (seen == nullptr || seen->state == "available" || !seen->attachments.empty())
            return absl::OkStatus();
          return std::nullopt;
        });
    if (context.deadline.Passed(clock_)) return waited.ok() ? removed : waited;
  }
}

}  // namespace rexray::drivers::ebs
