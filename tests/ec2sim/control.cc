#include "ec2sim/control.h"

#include "absl/strings/str_split.h"

#include "base/json.h"
#include "base/status.h"
#include "ec2sim/simulator.h"
#include "ec2sim/state_json.h"

namespace rexray::ec2sim {
namespace {

using nlohmann::json;
using Answer = absl::StatusOr<json>;

absl::Status Bad(std::string_view why) {
  return Error(absl::StatusCode::kInvalidArgument, "{}", why);
}

template <typename T>
absl::StatusOr<T> Member(const json& body, const char* name, T fallback) {
  if (!body.contains(name)) return fallback;
  try {
    return body.at(name).get<T>();
  } catch (const json::exception&) {
    return Bad(fmt::format("\"{}\" is not of the right type", name));
  }
}

absl::StatusOr<Imds> ParseImds(const std::string& text) {
  if (text == "optional") return Imds::kOptional;
  if (text == "required") return Imds::kRequired;
  if (text == "v1") return Imds::kV1Only;
  if (text == "token-lost") return Imds::kTokenLost;
  if (text == "unreachable") return Imds::kUnreachable;
  return Bad("imds is one of optional, required, v1, token-lost, unreachable");
}

Answer AddInstance(Simulator& simulator, const json& body) {
  InstanceSpec spec;
  ASSIGN_OR_RETURN(spec.instance.id, Member<std::string>(body, "id", ""));
  ASSIGN_OR_RETURN(spec.instance.type, Member<std::string>(body, "type", spec.instance.type));
  ASSIGN_OR_RETURN(spec.instance.zone, Member<std::string>(body, "zone", ""));
  ASSIGN_OR_RETURN(spec.instance.device_root, Member<std::string>(body, "device_root", ""));
  ASSIGN_OR_RETURN(spec.instance.role, Member<std::string>(body, "role", spec.instance.role));
  ASSIGN_OR_RETURN(spec.instance.tags, Member<Tags>(body, "tags", {}));
  ASSIGN_OR_RETURN(const std::string imds, Member<std::string>(body, "imds", "optional"));
  ASSIGN_OR_RETURN(spec.instance.imds, ParseImds(imds));
  ASSIGN_OR_RETURN(spec.root_gib, Member<int64_t>(body, "root_gib", spec.root_gib));
  ASSIGN_OR_RETURN(const std::string id, simulator.AddInstance(std::move(spec)));
  return json{{"id", id}, {"imds", "/_imds/" + id}};
}

Answer ChangeInstance(Simulator& simulator, const std::string& id, const std::string& verb,
                      const json& body) {
  absl::Status done = Bad("stop, start, terminate, cut, reconnect, expire-keys or devices");
  if (verb == "stop") done = simulator.Stop(id);
  if (verb == "start") done = simulator.Start(id);
  if (verb == "terminate") done = simulator.Terminate(id);
  if (verb == "cut") done = simulator.CutOff(id);
  if (verb == "reconnect") done = simulator.Reconnect(id);
  if (verb == "expire-keys") {
    simulator.ExpireRoleKeys(id);
    done = absl::OkStatus();
  }
  if (verb == "devices") {
    using Names = std::set<std::string>;
    ASSIGN_OR_RETURN(Names bad, Member<Names>(body, "bad", {}));
    ASSIGN_OR_RETURN(Names mapped, Member<Names>(body, "mapped", {}));
    done = simulator.SetDeviceNames(id, std::move(bad), std::move(mapped));
  }
  RETURN_IF_ERROR(done);
  return json::object();
}

Answer AddFault(Simulator& simulator, const json& body) {
  Fault fault;
  ASSIGN_OR_RETURN(const std::string kind, Member<std::string>(body, "do", ""));
  const auto parsed = ParseFaultKind(kind);
  if (!parsed) return Bad("do is one of refuse, hang, close, 503, html500, corrupt, delay, throttle, error");
  fault.kind = *parsed;
  ASSIGN_OR_RETURN(fault.action, Member<std::string>(body, "action", fault.action));
  ASSIGN_OR_RETURN(fault.nth, Member<int>(body, "nth", fault.nth));
  ASSIGN_OR_RETURN(fault.times, Member<int>(body, "times", fault.times));
  ASSIGN_OR_RETURN(fault.percent, Member<int>(body, "percent", fault.percent));
  ASSIGN_OR_RETURN(fault.code, Member<std::string>(body, "code", fault.code));
  ASSIGN_OR_RETURN(fault.message, Member<std::string>(body, "message", fault.message));
  ASSIGN_OR_RETURN(const int64_t delay, Member<int64_t>(body, "delay_ms", 0));
  fault.delay = std::chrono::milliseconds(delay);
  if (body.contains("carried_out")) {
    ASSIGN_OR_RETURN(fault.carried_out, Member<bool>(body, "carried_out", false));
  }
  simulator.AddFault(std::move(fault));
  return json::object();
}

Answer AddPrincipal(Simulator& simulator, const json& body) {
  Principal principal;
  ASSIGN_OR_RETURN(principal.access_key, Member<std::string>(body, "access_key", ""));
  ASSIGN_OR_RETURN(principal.secret_key, Member<std::string>(body, "secret_key", ""));
  ASSIGN_OR_RETURN(principal.session_token, Member<std::string>(body, "session_token", ""));
  if (principal.access_key.empty() || principal.secret_key.empty()) {
    return Bad("access_key and secret_key are needed");
  }
  principal.policy = principal.access_key;
  ASSIGN_OR_RETURN(auto denied, Member<std::set<std::string>>(body, "deny", {}));
  simulator.Deny(principal.policy, std::move(denied));
  simulator.AddPrincipal(std::move(principal));
  return json::object();
}

Answer Deny(Simulator& simulator, const json& body) {
  ASSIGN_OR_RETURN(const std::string policy, Member<std::string>(body, "policy", "rexray-node"));
  ASSIGN_OR_RETURN(auto actions, Member<std::set<std::string>>(body, "actions", {}));
  simulator.Deny(policy, std::move(actions));
  return json::object();
}

absl::Status ReadLatency(const json& body, const char* name, Latency& latency) {
  if (!body.contains(name)) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto range, Member<std::vector<int64_t>>(body, name, {}));
  if (range.size() != 2 || range[0] < 0 || range[1] < range[0]) {
    return Bad("a latency is [least, most] in milliseconds");
  }
  latency = {std::chrono::milliseconds(range[0]), std::chrono::milliseconds(range[1])};
  return absl::OkStatus();
}

absl::Status ReadLatencies(const json& body, Options& options) {
  RETURN_IF_ERROR(ReadLatency(body, "create", options.create));
  RETURN_IF_ERROR(ReadLatency(body, "remove", options.remove));
  RETURN_IF_ERROR(ReadLatency(body, "attach", options.attach));
  RETURN_IF_ERROR(ReadLatency(body, "attach_report", options.attach_report));
  RETURN_IF_ERROR(ReadLatency(body, "detach", options.detach));
  RETURN_IF_ERROR(ReadLatency(body, "snapshot", options.snapshot));
  RETURN_IF_ERROR(ReadLatency(body, "modify", options.modify));
  RETURN_IF_ERROR(ReadLatency(body, "optimize", options.optimize));
  return ReadLatency(body, "instance", options.instance);
}

absl::Status ReadOptions(const json& body, Options& options) {
  if (body.contains("latency")) RETURN_IF_ERROR(ReadLatencies(body.at("latency"), options));
  ASSIGN_OR_RETURN(const int64_t volume_lag, Member<int64_t>(body, "volume_view_lag_ms", -1));
  if (volume_lag >= 0) options.volume_view_lag = std::chrono::milliseconds(volume_lag);
  ASSIGN_OR_RETURN(const int64_t instance_lag, Member<int64_t>(body, "instance_view_lag_ms", -1));
  if (instance_lag >= 0) options.instance_view_lag = std::chrono::milliseconds(instance_lag);
  ASSIGN_OR_RETURN(const int64_t ahead, Member<int64_t>(body, "clock_ahead_ms", 0));
  if (ahead != 0) options.clock_ahead = std::chrono::milliseconds(ahead);
  ASSIGN_OR_RETURN(options.flicker, Member<bool>(body, "flicker", options.flicker));
  ASSIGN_OR_RETURN(options.throttle_scale, Member<double>(body, "throttle_scale", options.throttle_scale));
  ASSIGN_OR_RETURN(options.volume_quota, Member<size_t>(body, "volume_quota", options.volume_quota));
  ASSIGN_OR_RETURN(options.modifications_per_day,
                   Member<int>(body, "modifications_per_day", options.modifications_per_day));
  ASSIGN_OR_RETURN(options.bad_kms_vanishes,
                   Member<bool>(body, "bad_kms_vanishes", options.bad_kms_vanishes));
  ASSIGN_OR_RETURN(options.full_instance_hangs,
                   Member<bool>(body, "full_instance_hangs", options.full_instance_hangs));
  return absl::OkStatus();
}

Answer ChangeOptions(Simulator& simulator, const json& body) {
  absl::Status done;
  simulator.ChangeOptions([&](Options& options) {
    Options changed = options;
    done = ReadOptions(body, changed);
    if (done.ok()) options = std::move(changed);  // all or nothing
  });
  RETURN_IF_ERROR(done);
  return json::object();
}

Answer AdvanceClock(Simulator& simulator, const json& body) {
  ASSIGN_OR_RETURN(const int64_t by, Member<int64_t>(body, "advance_ms", 0));
  if (by < 0) return Bad("time goes forward only");
  RETURN_IF_ERROR(simulator.Advance(std::chrono::milliseconds(by)));
  return json::object();
}

Answer Post(Simulator& simulator, const std::vector<std::string>& path, const json& body) {
  const std::string& what = path[0];
  if (what == "instances" && path.size() == 1) return AddInstance(simulator, body);
  if (what == "instances" && path.size() == 3) return ChangeInstance(simulator, path[1], path[2], body);
  if (path.size() == 1) {
    if (what == "faults") return AddFault(simulator, body);
    if (what == "principals") return AddPrincipal(simulator, body);
    if (what == "deny") return Deny(simulator, body);
    if (what == "options") return ChangeOptions(simulator, body);
    if (what == "clock") return AdvanceClock(simulator, body);
  }
  return Bad("there is no such control");
}

Answer Perform(Simulator& simulator, const http::Request& request) {
  const std::vector<std::string> path = absl::StrSplit(request.target.substr(6), '/');
  if (request.method == "POST") {
    ASSIGN_OR_RETURN(const json body, ParseJson(request.body.empty() ? "{}" : request.body));
    if (!body.is_object()) return Bad("the body is a JSON object");
    return Post(simulator, path, body);
  }
  if (path.size() != 1) return Bad("there is no such control");
  if (request.method == "DELETE" && path[0] == "faults") {
    simulator.ClearFaults();
    return json::object();
  }
  if (request.method == "DELETE" && path[0] == "counts") {
    simulator.ResetCounts();
    return json::object();
  }
  if (request.method == "GET" && path[0] == "counts") return CountsJson(simulator);
  if (request.method == "GET" && path[0] == "state") return StateJson(simulator);
  return Bad("there is no such control");
}

}  // namespace

Reply AnswerControl(Simulator& simulator, const http::Request& request) {
  const Answer answer = Perform(simulator, request);
  Reply reply;
  reply.content_type = "application/json";
  if (answer.ok()) {
    reply.body = DumpJson(*answer) + "\n";
  } else {
    reply.status = 400;
    reply.body = DumpJson({{"error", std::string(MessageOf(answer.status()))}}) + "\n";
  }
  return reply;
}

}  // namespace rexray::ec2sim
