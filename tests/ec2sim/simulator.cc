#include "ec2sim/simulator.h"

#include <ctime>

#include "base/status.h"
#include "ec2sim/actions.h"
#include "ec2sim/control.h"
#include "ec2sim/ec2_error.h"
#include "ec2sim/xml.h"

namespace rexray::ec2sim {
namespace {

constexpr std::string_view kMetadataPrefix = "/_imds/";

// "Fri, 27 Nov 2026 18:06:33 GMT" (RFC 9110).
std::string HttpDate(WallTime time) {
  const time_t seconds = std::chrono::system_clock::to_time_t(time);
  tm parts{};
  gmtime_r(&seconds, &parts);
  char text[64];
  const size_t length = strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text, length};
}

Reply ReplyOf(const std::string& action, const absl::StatusOr<std::string>& result,
              const std::string& request_id) {
  Reply reply;
  if (result.ok()) {
    reply.body = ResponseDocument(action, request_id, *result);
  } else {
    const std::string code = Ec2CodeOf(result.status());
    reply.status = HttpStatusOf(code);
    reply.body = ErrorDocument(code, MessageOf(result.status()), request_id);
  }
  reply.headers.emplace_back("x-amzn-RequestId", request_id);
  return reply;
}

}  // namespace

Simulator::Simulator(Options options, Clock& clock)
    : clock_(clock),
      world_(std::move(options), clock),
      principals_(world_.options.seed),
      metadata_(world_, principals_),
      throttle_(world_.options.throttle_scale) {}

void Simulator::Begin() {
  world_.Settle();
}

void Simulator::End() {
  world_.Publish();
  changed_.NotifyAll();
}

template <typename Change>
auto Simulator::Changing(Change change) {
  MutexLock lock(mutex_);
  Begin();
  auto result = change();
  End();
  return result;
}

Reply Simulator::Handle(const http::Request& request) {
  const std::string path = request.target.substr(0, request.target.find('?'));
  if (path.substr(0, 6) == "/_sim/") return AnswerControl(*this, request);
  MutexLock lock(mutex_);
  Begin();
  const bool metadata = path.substr(0, kMetadataPrefix.size()) == kMetadataPrefix;
  Reply reply = metadata ? HandleMetadata(request) : HandleApi(request);
  reply.headers.emplace_back("Date", HttpDate(SignatureTime()));
  End();
  return reply;
}

Reply Simulator::HandleMetadata(const http::Request& request) {
  const std::string rest = request.target.substr(kMetadataPrefix.size());
  const size_t slash = rest.find('/');
  const std::string instance = rest.substr(0, slash);
  const std::string path = slash == std::string::npos ? "/" : rest.substr(slash);
  ++counts_["IMDS"].calls;
  const auto fault = faults_.Meet("IMDS", world_.Random());
  if (fault && !IsCarriedOut(*fault)) return Spoil(*fault, {}, "");
  Reply reply = metadata_.Answer(instance, request, path);
  return fault ? Spoil(*fault, std::move(reply), "") : reply;
}

WallTime Simulator::SignatureTime() const {
  return SystemClock::Get().WallNow() +
         std::chrono::duration_cast<WallTime::duration>(world_.options.clock_ahead);
}

// An instance without a network: nothing that it sends arrives.
bool Simulator::CallerIsCut(const http::Request& request) {
  const auto claim = ReadClaim(request);
  if (!claim.ok()) return false;
  const std::string instance = principals_.InstanceOf(claim->access_key);
  const auto found = world_.instances().find(instance);
  return found != world_.instances().end() && found->second.cut;
}

Reply Simulator::HandleApi(const http::Request& request) {
  const std::string request_id = fmt::format("{:08x}-0000-4000-8000-{:012x}", world_.Random() & 0xffffffff,
                                             world_.Random() & 0xffffffffffff);
  Reply hang;
  hang.ending = Reply::Ending::kHang;
  if (CallerIsCut(request)) return hang;
  const auto call = ParseApiRequest(request.body);
  if (!call.ok()) return ReplyOf("", call.status(), request_id);
  const std::string& action = call->action();
  const auto fault = faults_.Meet(action, world_.Random());
  CallCount& count = counts_[action];
  ++count.calls;
  if (fault && !IsCarriedOut(*fault)) {
    ++(fault->kind == Fault::Kind::kThrottle ? count.throttled : count.errors);
    return Spoil(*fault, {}, request_id);
  }
  const auto result = Perform(request, *call);
  if (!result.ok()) ++(Ec2CodeOf(result.status()) == "RequestLimitExceeded" ? count.throttled : count.errors);
  Reply reply = ReplyOf(action, result, request_id);
  return fault ? Spoil(*fault, std::move(reply), request_id) : reply;
}

absl::StatusOr<std::string> Simulator::Perform(const http::Request& request, const ApiRequest& call) {
  const Options& options = world_.options;
  std::optional<Principal> caller;
  if (options.check_signatures) {
    ASSIGN_OR_RETURN(
        caller, principals_.Authenticate(request, world_.now(), SignatureTime(), options.signature_skew));
  }
  const Action action = FindAction(call.action());
  if (action == nullptr) {
    return Ec2Error("InvalidAction", "The action {} is not valid for this web service.", call.action());
  }
  if (!throttle_.Take(call, world_.now())) return Ec2Error("RequestLimitExceeded", "Request limit exceeded.");
  if (caller && !principals_.Allows(*caller, call.action())) {
    return Ec2Error(
        "UnauthorizedOperation",
        "You are not authorized to perform this operation. Encoded authorization failure message: "
        "aGVyZSBpcyB3aHk");
  }
  if (call.dry_run() && !IsMutating(call.action())) return DryRunOperation();
  return action(world_, call);
}

absl::StatusOr<std::string> Simulator::Call(const ApiRequest& request) {
  return Changing([&]() ABSL_NO_THREAD_SAFETY_ANALYSIS -> absl::StatusOr<std::string> {
    const Action action = FindAction(request.action());
    if (action == nullptr) return Ec2Error("InvalidAction", "The action {} is not valid.", request.action());
    return action(world_, request);
  });
}

absl::StatusOr<std::string> Simulator::AddInstance(InstanceSpec spec) {
  return Changing([&]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return LaunchInstance(world_, std::move(spec)); });
}

absl::Status Simulator::Stop(const std::string& instance) {
  return Changing([&]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return StopInstance(world_, instance); });
}

absl::Status Simulator::Start(const std::string& instance) {
  return Changing([&]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return StartInstance(world_, instance); });
}

absl::Status Simulator::Terminate(const std::string& instance) {
  return Changing([&]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return TerminateInstance(world_, instance); });
}

void Simulator::TerminateAll() {
  for (const auto& [id, instance] : Instances()) Terminate(id).IgnoreError();
}

absl::Status Simulator::CutOff(const std::string& instance) {
  return Changing([&]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return CutOffInstance(world_, instance); });
}

absl::Status Simulator::Reconnect(const std::string& instance) {
  return Changing([&]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return ReconnectInstance(world_, instance); });
}

absl::Status Simulator::SetDeviceNames(const std::string& id, std::set<std::string> bad,
                                       std::set<std::string> mapped) {
  MutexLock lock(mutex_);
  Instance* instance = world_.EditInstance(id);
  if (instance == nullptr) {
    return Ec2Error("InvalidInstanceID.NotFound", "The instance ID '{}' does not exist", id);
  }
  instance->bad_devices = std::move(bad);
  instance->mapped_devices = std::move(mapped);
  return absl::OkStatus();
}

void Simulator::AddFault(Fault fault) {
  MutexLock lock(mutex_);
  faults_.Add(std::move(fault));
}

void Simulator::ClearFaults() {
  MutexLock lock(mutex_);
  faults_.Clear();
}

void Simulator::AddPrincipal(Principal principal) {
  MutexLock lock(mutex_);
  principals_.Add(std::move(principal));
}

void Simulator::Deny(const std::string& policy, std::set<std::string> actions) {
  MutexLock lock(mutex_);
  principals_.Deny(policy, std::move(actions));
}

void Simulator::ExpireRoleKeys(const std::string& instance) {
  MutexLock lock(mutex_);
  world_.Settle();
  principals_.ExpireRoleKeys(instance, world_.now());
}

void Simulator::ChangeOptions(const std::function<void(Options&)>& change) {
  MutexLock lock(mutex_);
  Begin();
  change(world_.options);
  throttle_.set_scale(world_.options.throttle_scale);
  End();
}

std::map<std::string, CallCount> Simulator::Counts() {
  MutexLock lock(mutex_);
  return counts_;
}

void Simulator::ResetCounts() {
  MutexLock lock(mutex_);
  counts_.clear();
}

std::map<std::string, Volume> Simulator::Volumes() {
  MutexLock lock(mutex_);
  Begin();
  return world_.volumes();
}

std::map<std::string, Snapshot> Simulator::Snapshots() {
  MutexLock lock(mutex_);
  Begin();
  return world_.snapshots();
}

std::map<std::string, Instance> Simulator::Instances() {
  MutexLock lock(mutex_);
  Begin();
  return world_.instances();
}

absl::Status Simulator::Advance(Duration by) {
  if (!advance_) return Error(absl::StatusCode::kFailedPrecondition, "this clock cannot be moved");
  advance_(by);
  Settle();
  return absl::OkStatus();
}

void Simulator::Settle() {
  MutexLock lock(mutex_);
  Begin();
  End();
}

void Simulator::RunTimers() {
  MutexLock lock(mutex_);
  while (!ending_) {
    world_.Settle();
    clock_.WaitUntil(changed_, mutex_, world_.NextDue());
  }
}

void Simulator::EndTimers() {
  MutexLock lock(mutex_);
  ending_ = true;
  changed_.NotifyAll();
}

}  // namespace rexray::ec2sim
