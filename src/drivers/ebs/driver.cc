#include "drivers/ebs/driver.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/status.h"
#include "drivers/ebs/curl_transport.h"
#include "drivers/ebs/ec2_error.h"
#include "volume/volume_name.h"

namespace rexray::drivers::ebs {
DriverCapabilities EbsCapabilities() {
  DriverCapabilities capabilities;
  capabilities.network = true;
  capabilities.grow = capabilities.grow_online = true;
  capabilities.snapshots = capabilities.clone = capabilities.modify = true;
  capabilities.cut = SnapshotCut::kAtomic;
  return capabilities;
}

bool IsVolumeId(const std::string& id) {
  return id.rfind("vol-", 0) == 0 && id.size() <= 64;
}

bool IsGoing(const Ec2Volume& volume) {
  return volume.state == "deleting" || volume.state == "deleted";
}

std::string HoldersOf(const Ec2Volume& volume) {
  std::string text;
  for (const Ec2Attachment& attachment : volume.attachments) {
    if (attachment.state == "detached") continue;
    text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", attachment.instance, attachment.state);
  }
  return text;
}

const Ec2Attachment* AttachmentTo(const Ec2Volume& volume, const std::string& instance) {
  for (const Ec2Attachment& attachment : volume.attachments) {
    if (attachment.instance == instance && attachment.state != "detached") return &attachment;
  }
  return nullptr;
}

std::string CalledAs(const Ec2Volume& volume) {
  const auto name = volume.tags.find(kNameTag);
  if (name == volume.tags.end() || name->second.empty()) return volume.id;
  return fmt::format("\"{}\" ({})", Printable(name->second), volume.id);
}

EbsDriver::EbsDriver(EbsOptions options, const host::Host& host, std::shared_ptr<HttpTransport> transport,
                     const EnvironmentLookup& environment, std::shared_ptr<Cloud> cloud)
    : options_(std::move(options)),
      host_(host),
      clock_(host.clock != nullptr ? *host.clock : SystemClock::Get()),
      capabilities_(EbsCapabilities()),
      environment_(environment),
      scheme_(options_),
      transport_(std::move(transport)),
      imds_(clock_, *transport_, environment, options_.metadata_endpoint),
      credentials_(std::make_shared<CredentialChain>(
          clock_,
          std::vector<CredentialSource>{
              ConfiguredCredentials(options_.access_key, options_.secret_key, options_.session_token),
              EnvironmentCredentials(environment), SharedFileCredentials(environment, options_.profile),
              ContainerCredentials(environment, *transport_), InstanceCredentials(imds_)})),
      locks_(clock_),
      finder_(options_.device_root),
      names_(clock_, options_.bad_name_for),
      watch_(options_.device_root, [this] {
        std::shared_ptr<Cloud> known;
        {
          MutexLock lock(mutex_);
          if (self_) known = self_->cloud;
        }
        if (known != nullptr) known->volume_poll().Nudge();
      }) {
  if (cloud == nullptr) return;
  MutexLock lock(mutex_);
  self_ = Self{std::move(cloud), {options_.instance, options_.region, options_.zone, "", ""}};
  (void)self_->cloud->ListOf(ListSelection(*self_));
}

std::shared_ptr<Cloud> EbsDriver::NewCloud(const std::string& region) {
  Cloud::Options options;
  options.caller.region = region;
  options.caller.endpoint = options_.endpoint.empty() ? DefaultEndpoint(region) : options_.endpoint;
  options.caller.retries = options_.retries;
  options.caller.seed = options_.seed;
  options.pace = options_.pace;
  options.list_ages = options_.list_ages;
  return std::make_shared<Cloud>(clock_, transport_, credentials_, std::move(options));
}

absl::StatusOr<InstanceIdentity> EbsDriver::FindIdentity(Deadline deadline) {
  InstanceIdentity identity{options_.instance, options_.region, options_.zone, "", ""};
  const bool complete = !identity.instance.empty() && !identity.region.empty() && !identity.zone.empty();
  if (complete) return identity;
  absl::StatusOr<InstanceIdentity> found = imds_.Identity(deadline);
  if (!found.ok()) return Annotate(found.status(), "who this instance is cannot be found out");
  if (!identity.region.empty()) found->region = identity.region;
  if (!identity.zone.empty()) found->zone = identity.zone;
  if (!identity.instance.empty()) found->instance = identity.instance;
  return found;
}

absl::StatusOr<EbsDriver::Self> EbsDriver::Begin(const CallContext& context) {
  {
    MutexLock lock(mutex_);
    if (self_) return *self_;
  }
  if (context.deadline.Passed(clock_)) {
    return Error(absl::StatusCode::kDeadlineExceeded, "the call's time was over before it began");
  }
  ASSIGN_OR_RETURN(const InstanceIdentity identity, FindIdentity(context.deadline));
  MutexLock lock(mutex_);
  if (!self_) {
    self_ = Self{NewCloud(identity.region), identity};
    (void)self_->cloud->ListOf(ListSelection(*self_));  // what is changed from now on is noted
  }
  return *self_;
}

absl::StatusOr<Node> EbsDriver::ThisNode(const CallContext& context) {
  ASSIGN_OR_RETURN(const Self self, Begin(context));
  Node node;
  node.id = self.identity.instance;
  node.zone = self.identity.zone;
  node.region = self.identity.region;
  if (!self.identity.type.empty()) {
    const absl::StatusOr<Ec2InstanceType> type =
        self.cloud->InstanceType(self.identity.type, context.deadline);
    if (type.ok()) node.attach_limit = type->attach_limit;
  }
  return node;
}

void EbsDriver::NoteMade(const std::string& id) {
  MutexLock lock(mutex_);
  const TimePoint now = clock_.Now();
  std::erase_if(made_, [&](const auto& entry) { return now - entry.second > options_.consistency; });
  made_[id] = now;
}

bool EbsDriver::MadeJustNow(const std::string& id) {
  MutexLock lock(mutex_);
  const auto found = made_.find(id);
  return found != made_.end() && clock_.Now() - found->second <= options_.consistency;
}

absl::StatusOr<Ec2Volume> EbsDriver::Look(const Self& self, const std::string& id, Deadline deadline) {
  ASSIGN_OR_RETURN(Ec2Volume volume, LookAtAny(self, id, deadline));
  if (scheme_.IsVisible(volume.tags)) return volume;
  return Error(absl::StatusCode::kNotFound,
               "volume {} does not belong to this service (ebs.rexrayTag, ebs.tag)", CalledAs(volume));
}

absl::StatusOr<Ec2Volume> EbsDriver::LookAtAny(const Self& self, const std::string& id, Deadline deadline) {
  const auto none = [&] {
    return Error(absl::StatusCode::kNotFound, "there is no volume {}", Printable(id));
  };
  if (!IsVolumeId(id) || IsKnownGone(id)) return none();
  ASSIGN_OR_RETURN(auto found, self.cloud->volumes().Get({id}, deadline));
  if (!found.contains(id) && MadeJustNow(id)) {
    // Our own, which this replica has not heard of yet.
    ASSIGN_OR_RETURN(const std::optional<Ec2Volume> seen, AwaitKnown(self, id, deadline));
    if (seen) found.emplace(id, *seen);
  }
  const auto volume = found.find(id);
  if (volume == found.end() || IsGoing(volume->second)) return none();
  return volume->second;
}

/// Asks for as long as EC2's views may differ; nullopt: none of them knows it.
absl::StatusOr<std::optional<Ec2Volume>> EbsDriver::AwaitKnown(const Self& self, const std::string& id,
                                                               Deadline deadline) {
  std::optional<Ec2Volume> known;
  const Deadline end = Deadline::After(clock_, options_.consistency).Earlier(deadline);
  const absl::Status waited = self.cloud->volume_poll().Wait(
      id, "EC2 to know volume " + id, end, [&](const Ec2Volume* seen) -> std::optional<absl::Status> {
        if (seen == nullptr) return std::nullopt;
        known = *seen;
        return absl::OkStatus();
      });
  if (known) return known;
  if (!absl::IsDeadlineExceeded(waited) || deadline.Passed(clock_)) return waited;
  return std::nullopt;
}

absl::StatusOr<std::vector<Ec2Volume>> EbsDriver::LookByName(const Self& self,
                                                             const std::vector<std::string>& names,
                                                             Deadline deadline) {
  std::vector<std::string> full_names;
  for (const std::string& name : names) {
    if (ValidateVolumeName(name).ok()) full_names.push_back(scheme_.FullName(name));
  }
  if (full_names.empty()) return std::vector<Ec2Volume>();
  ASSIGN_OR_RETURN(const auto found, self.cloud->volumes_by_name().Get(full_names, deadline));
  std::vector<Ec2Volume> volumes;
  for (const auto& [name, namesakes] : found) {
    for (const Ec2Volume& volume : namesakes) {
      // A replica that is behind still shows what we removed.
      if (IsGoing(volume) || IsKnownGone(volume.id) || !scheme_.IsVisible(volume.tags)) continue;
      volumes.push_back(volume);
    }
  }
  return volumes;
}

Volume EbsDriver::Shown(const Self& self, const Ec2Volume& ec2) const {
  Volume volume = scheme_.ToVolume(ec2);
  for (Attachment& attachment : volume.attachments) {
    if (attachment.node != self.identity.instance || attachment.state != AttachmentState::kAttaching)
      continue;
    // The device is here before EC2 says so.
    const auto device = finder_.FindNvme(ec2.id);
    if (device.ok() && device->has_value()) attachment.state = AttachmentState::kAttached;
  }
  return volume;
}

Selection EbsDriver::SetSelection() const {
  Selection selection;
  if (!options_.set.empty()) selection.filters.push_back({std::string("tag:") + kSetTag, {options_.set}});
  return selection;
}

Selection EbsDriver::ListSelection(const Self& self) const {
  Selection selection = SetSelection();
  if (!self.identity.zone.empty()) selection.filters.push_back({"availability-zone", {self.identity.zone}});
  return selection;
}

Aged<std::vector<Volume>> EbsDriver::Sorted(const Self& self, const Aged<std::vector<Ec2Volume>>& listed,
                                            const std::function<bool(const Ec2Volume&)>& keep) const {
  Aged<std::vector<Volume>> answer{{}, listed.as_of};
  answer.value.reserve(listed.value.size());
  for (const Ec2Volume& ec2 : listed.value) {
    if (scheme_.IsVisible(ec2.tags) && keep(ec2)) answer.value.push_back(Shown(self, ec2));
  }
  std::sort(answer.value.begin(), answer.value.end(), [](const Volume& a, const Volume& b) {
    return std::tie(a.name, a.key.id) < std::tie(b.name, b.key.id);
  });
  return answer;
}

absl::StatusOr<Aged<std::vector<Volume>>> EbsDriver::List(const CallContext& context) {
  ASSIGN_OR_RETURN(const Self self, Begin(context));
  ASSIGN_OR_RETURN(const Aged<std::vector<Ec2Volume>> listed,
                   self.cloud->ListOf(ListSelection(self)).Get(context.deadline));
  Aged<std::vector<Volume>> answer = Sorted(self, listed, [&](const Ec2Volume& ec2) {
    // Own changes are noted in every list, whatever its zone.
    return !IsGoing(ec2) && (self.identity.zone.empty() || ec2.zone == self.identity.zone);
  });
  std::erase_if(answer.value, [](const Volume& volume) { return volume.name.empty(); });
  return answer;
}

absl::StatusOr<Aged<std::vector<Volume>>> EbsDriver::ListEverything(const CallContext& context) {
  ASSIGN_OR_RETURN(const Self self, Begin(context));
  ASSIGN_OR_RETURN(const Aged<std::vector<Ec2Volume>> listed,
                   self.cloud->ListOf(SetSelection()).Get(context.deadline));
  return Sorted(self, listed, [](const Ec2Volume&) { return true; });
}

absl::StatusOr<std::vector<Volume>> EbsDriver::FindByName(const CallContext& context,
                                                          const std::vector<std::string>& names) {
  ASSIGN_OR_RETURN(const Self self, Begin(context));
  ASSIGN_OR_RETURN(const std::vector<Ec2Volume> found, LookByName(self, names, context.deadline));
  std::vector<Volume> volumes;
  for (const Ec2Volume& volume : found) volumes.push_back(Shown(self, volume));
  return volumes;
}

absl::StatusOr<Volume> EbsDriver::Get(const CallContext& context, const std::string& id) {
  ASSIGN_OR_RETURN(const Self self, Begin(context));
  ASSIGN_OR_RETURN(const Ec2Volume volume, Look(self, id, context.deadline));
  return Shown(self, volume);
}

absl::StatusOr<KeyedLock::Hold> EbsDriver::LockId(const CallContext& context, const std::string& id,
                                                  const char* doing) {
  return locks_.Acquire("id:" + id, context.deadline, fmt::format("{} volume {}", doing, Printable(id)));
}

std::unique_ptr<StorageDriver> MakeEbsDriver(const EbsOptions& options, const host::Host& host,
                                             std::shared_ptr<HttpTransport> transport,
                                             const EnvironmentLookup& environment,
                                             std::shared_ptr<Cloud> cloud) {
  return std::make_unique<EbsDriver>(options, host, std::move(transport), environment, std::move(cloud));
}

absl::StatusOr<std::unique_ptr<StorageDriver>> OpenEbsDriver(const EbsOptions& options,
                                                             const host::Host& host) {
  Clock& clock = host.clock != nullptr ? *host.clock : SystemClock::Get();
  ASSIGN_OR_RETURN(std::unique_ptr<HttpTransport> transport,
                   MakeCurlTransport(clock, {.user_agent = "rexray", .ca_bundle = options.ca_bundle}));
  return MakeEbsDriver(options, host, std::move(transport), ProcessEnvironment(), nullptr);
}

}  // namespace rexray::drivers::ebs
