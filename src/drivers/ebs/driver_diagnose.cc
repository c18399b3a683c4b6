// What `rexray doctor` asks. Read-only: the actions that change something are dry runs.

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/status.h"
#include "drivers/ebs/driver.h"
#include "drivers/ebs/ec2_error.h"

namespace rexray::drivers::ebs {
namespace {

using Verdict = Diagnosis::Verdict;

constexpr Duration kMostSkew = std::chrono::minutes(1);  // signatures are refused at five
constexpr Duration kEachCheck = std::chrono::seconds(20);

Diagnosis Say(Verdict verdict, std::string check, std::string evidence, std::string fix = "") {
  Diagnosis diagnosis;
  diagnosis.verdict = verdict;
  diagnosis.check = std::move(check);
  diagnosis.evidence = std::move(evidence);
  diagnosis.fix = std::move(fix);
  return diagnosis;
}

Diagnosis Failed(const std::string& check, const absl::Status& status, std::string fix) {
  const bool passing = absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
  return Say(passing ? Verdict::kUnknown : Verdict::kBroken, check, std::string(MessageOf(status)),
             std::move(fix));
}

/// One call of each action that the driver needs. Ids that do not exist: EC2 looks at the permission first,
/// mostly.
std::vector<Query> ActionsToTry(const std::string& zone, const std::string& instance) {
  constexpr char kVolume[] = "vol-00000000000000000";
  constexpr char kSnapshot[] = "snap-00000000000000000";
  const Ec2Tags tags = {{kSetTag, kDefaultSet}};
  std::vector<Query> all;
  for (const char* action :
       {"DescribeVolumes", "DescribeSnapshots", "DescribeInstances", "DescribeVolumesModifications"}) {
    all.push_back(Query(action).AddNumber("MaxResults", 5));
  }
  all.push_back(Query("DescribeInstanceTypes").AddNumber("MaxResults", 5));
  all.push_back(Query("CreateVolume")
                    .Add("AvailabilityZone", zone)
                    .AddNumber("Size", 1)
                    .Add("VolumeType", "gp3")
                    .AddTagSpecification("volume", tags));
  all.push_back(Query("DeleteVolume").Add("VolumeId", kVolume));
  const auto attach = [&](const char* action) {
    return Query(action).Add("VolumeId", kVolume).Add("InstanceId", instance);
  };
  all.push_back(attach("AttachVolume").Add("Device", "/dev/xvdba"));
  all.push_back(attach("DetachVolume"));
  all.push_back(Query("ModifyVolume").Add("VolumeId", kVolume).AddNumber("Size", 2));
  all.push_back(Query("CreateSnapshot").Add("VolumeId", kVolume).AddTagSpecification("snapshot", tags));
  all.push_back(Query("DeleteSnapshot").Add("SnapshotId", kSnapshot));
  all.push_back(Query("CreateTags").AddList("ResourceId", {kVolume}).AddTags(tags));
  all.push_back(Query("DeleteTags").AddList("ResourceId", {kVolume}).Add("Tag.1.Key", kBlankTag));
  return all;
}

Diagnosis CheckImds(Imds& imds, bool needed, Deadline deadline) {
  const std::string check = "instance metadata";
  const absl::StatusOr<InstanceIdentity> identity = imds.Identity(deadline);
  if (!identity.ok()) {
    const std::string fix =
        "allow http://169.254.169.254; in a container set the hop limit to 2: aws ec2 "
        "modify-instance-metadata-options --instance-id ID --http-put-response-hop-limit 2";
    if (needed) return Say(Verdict::kBroken, check, std::string(MessageOf(identity.status())), fix);
    return Say(Verdict::kOk, check,
               "not reachable, and not needed: instance, region and zone are configured");
  }
  const std::string evidence = fmt::format("{} in {} ({}), IMDSv{}", identity->instance, identity->zone,
                                           identity->type, imds.version());
  if (imds.version() == 2) return Say(Verdict::kOk, check, evidence);
  return Say(Verdict::kWarning, check, evidence + ": no token came",
             "switch IMDSv2 on, with a hop limit of 2 for containers");
}

Diagnosis CheckClock(const Ec2Caller& caller) {
  const std::string check = "clock";
  const std::optional<Duration> skew = caller.ClockSkew();
  if (!skew) {
    return Say(Verdict::kUnknown, check, "EC2 did not say what time it has", "check with: timedatectl");
  }
  const double seconds = std::chrono::duration<double>(*skew).count();
  const std::string evidence = fmt::format("{:.0f} s from EC2's", std::abs(seconds));
  if (std::chrono::abs(*skew) < kMostSkew) return Say(Verdict::kOk, check, evidence);
  return Say(Verdict::kBroken, check, evidence + ": EC2 refuses signatures at 300 s",
             "run chrony or systemd-timesyncd (AWS's server is 169.254.169.123)");
}

Diagnosis CheckThrottling(const std::map<std::string, ActionLimiter::Report>& reports, TimePoint now) {
  std::string text;
  for (const auto& [action, report] : reports) {
    if (report.throttled == 0) continue;
    const auto ago = std::chrono::duration_cast<std::chrono::seconds>(now - report.last_throttled).count();
    text += fmt::format("{}{} ({} of {} refused, the last {} s ago; now {:.1f}/s)", text.empty() ? "" : ", ",
                        action, report.throttled, report.requests, ago, report.rate);
  }
  if (text.empty()) return Say(Verdict::kOk, "throttling", "EC2 has refused no request for its rate");
  return Say(Verdict::kWarning, "throttling", text,
             "see what else calls EC2 in this account and region, or ask AWS for higher limits");
}

}  // namespace

std::vector<Diagnosis> EbsDriver::Diagnose(const CallContext& context) {
  const auto soon = [&] { return Deadline::After(clock_, kEachCheck).Earlier(context.deadline); };
  std::vector<Diagnosis> all;
  const bool configured = !options_.instance.empty() && !options_.region.empty() && !options_.zone.empty();
  all.push_back(CheckImds(imds_, !configured, soon()));
  const absl::StatusOr<Credentials> credentials = credentials_->Get(soon());
  if (!credentials.ok()) {
    all.push_back(Failed("credentials", credentials.status(),
                         "give the instance a role with the policy that `rexray setup aws-policy` prints"));
    return all;
  }
  all.push_back(Say(Verdict::kOk, "credentials", "from " + credentials->source));
  const absl::StatusOr<Self> self = Begin(context);
  if (!self.ok()) {
    all.push_back(Failed("region and zone", self.status(), "configure ebs.region, ebs.instanceID and keys"));
    return all;
  }
  all.push_back(Say(Verdict::kOk, "region and zone",
                    fmt::format("{}, {}; {}", self->identity.region, self->identity.zone,
                                self->cloud->caller().options().endpoint)));
  all.push_back(CheckPermissions(*self, context));
  all.push_back(CheckClock(self->cloud->caller()));
  const absl::StatusOr<std::string> slots = DescribeSlots(*self, soon());
  all.push_back(
      slots.ok() ? Say(Verdict::kOk, "attach slots", *slots)
                 : Failed("attach slots", slots.status(), "unmount a volume, or use a larger instance type"));
  all.push_back(CheckThrottling(self->cloud->caller().limiter().Reports(), clock_.Now()));
  return all;
}

Diagnosis EbsDriver::CheckPermissions(const Self& self, const CallContext& context) {
  const std::string check = "IAM permissions";
  std::string missing;
  std::string unknown;
  int allowed = 0;
  for (const Query& query : ActionsToTry(self.identity.zone, self.identity.instance)) {
    const absl::Status status =
        self.cloud->client().DryRun(query, Deadline::After(clock_, kEachCheck).Earlier(context.deadline));
    std::string* list = nullptr;
    if (absl::IsPermissionDenied(status)) list = &missing;
    // An id that does not exist was looked up: the permission had been looked at before.
    const bool passed =
        status.ok() || absl::IsNotFound(status) || Ec2CodeOf(status) == "InvalidParameterValue";
    if (list == nullptr && !passed) list = &unknown;
    if (list == nullptr) {
      ++allowed;
    } else {
      *list += (list->empty() ? "ec2:" : ", ec2:") + query.action();
    }
  }
  if (!missing.empty()) {
    return Say(Verdict::kBroken, check, "missing: " + missing,
               "attach the policy that `rexray setup aws-policy` prints to the role of this instance");
  }
  if (!unknown.empty()) {
    return Say(Verdict::kUnknown, check,
               fmt::format("{} actions are allowed; no answer about {}", allowed, unknown),
               "look at the other checks, and run rexray doctor again");
  }
  return Say(Verdict::kOk, check, fmt::format("all {} actions are allowed", allowed));
}

}  // namespace rexray::drivers::ebs
