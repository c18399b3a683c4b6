#include "cli/rexray/admin_client.h"

#include <algorithm>
#include <utility>

#include "cli/rexray/admin_json.h"
#include "cli/rexray/terminal_text.h"

#include "base/code_table.h"
#include "base/json.h"
#include "base/status.h"

namespace rexray::cli {

namespace {

using Json = nlohmann::json;

constexpr std::chrono::seconds kDaemonsOwnTimeout{110};
/// Longer than the daemon waits, so that its answer (what it was waiting for) arrives and not our own
/// time-out.
constexpr std::chrono::seconds kGrace{5};

std::string PercentEncode(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const unsigned char byte = static_cast<unsigned char>(c);
    const bool plain = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                       (byte >= 'a' && byte <= 'z') || byte == '-' || byte == '.' || byte == '_' ||
                       byte == '~';
    if (plain) {
      out += c;
    } else {
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

void AddQuery(std::string* query, const char* key, std::string_view value) {
  if (value.empty()) return;
  *query += query->empty() ? "?" : "&";
  *query += std::string(key) + "=" + PercentEncode(value);
}

std::string QueryOf(const VolumeAddress& volume) {
  std::string query;
  AddQuery(&query, "service", volume.service);
  if (volume.id.empty()) {
    AddQuery(&query, "name", volume.name);
  } else {
    AddQuery(&query, "id", volume.id);
  }
  return query;
}

absl::Status ErrorOf(const http::ClientResponse& response, const Json& body) {
  const Json error = body.is_object() ? body.value("error", Json()) : Json();
  if (!error.is_object() || !error.contains("message") || !error["message"].is_string()) {
    return Error(absl::StatusCode::kUnknown,
                 "what answers at the admin address is not a rexray daemon (HTTP {})", response.status);
  }
  const std::string name =
      error.contains("code") && error["code"].is_string() ? error["code"].get<std::string>() : "";
  return absl::Status(CodeFromName(name).value_or(absl::StatusCode::kUnknown),
                      error["message"].get<std::string>());
}

}  // namespace

AdminClient::AdminClient(http::Transport& transport, Clock& clock, http::Address address,
                         std::optional<std::chrono::seconds> timeout)
    : transport_(transport), clock_(clock), address_(std::move(address)), timeout_(timeout) {}

absl::Status AdminClient::Unreachable(const absl::Status& status) const {
  const std::string where = address_.kind == http::Address::Kind::kUnix ? address_.path : address_.ToString();
  switch (status.code()) {
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kUnavailable:
      return Error(
          absl::StatusCode::kUnavailable,
          "no daemon answers at {} ({}); start it with \"rexray start\" (or \"systemctl start rexray\")",
          where,
          status.code() == absl::StatusCode::kNotFound ? "there is no such socket" : MessageOf(status));
    case absl::StatusCode::kPermissionDenied:
      return Error(absl::StatusCode::kPermissionDenied,
                   "you may not talk to the daemon at {}: its socket is for its own user and root; try sudo",
                   where);
    case absl::StatusCode::kDeadlineExceeded:
      return Error(absl::StatusCode::kDeadlineExceeded,
                   "the daemon at {} did not answer in time; \"rexray status\" and its log may say why",
                   where);
    default:
      return status;
  }
}

absl::StatusOr<Json> AdminClient::Call(const char* method, const std::string& path, const std::string& query,
                                       const Json* body) {
  http::Request request;
  request.method = method;
  std::string full = query;
  if (timeout_) AddQuery(&full, "timeout", std::to_string(timeout_->count()));
  request.target = path + full;
  if (body != nullptr) {
    request.headers.emplace_back("content-type", "application/json");
    request.body = DumpJson(*body);
  }
  const Deadline deadline = Deadline::After(clock_, timeout_.value_or(kDaemonsOwnTimeout) + kGrace);
  const absl::StatusOr<http::ClientResponse> response = transport_.Send(address_, request, deadline);
  if (!response.ok()) return Unreachable(response.status());
  absl::StatusOr<Json> parsed = ParseJson(response->body, {.max_bytes = 64 * 1024 * 1024, .max_depth = 32});
  if (response->status / 100 != 2) return ErrorOf(*response, parsed.ok() ? *parsed : Json());
  if (!parsed.ok()) return Annotate(parsed.status(), "the daemon's answer");
  if (!parsed->is_object()) return ErrorOf(*response, Json());
  return parsed;
}

absl::StatusOr<DaemonStatus> AdminClient::Status() {
  ASSIGN_OR_RETURN(const Json answer, Call("GET", "/v1/status", "", nullptr));
  return DaemonStatusFromJson(answer);
}

absl::StatusOr<NodeList> AdminClient::Nodes() {
  ASSIGN_OR_RETURN(const Json answer, Call("GET", "/v1/nodes", "", nullptr));
  return NodeListFromJson(answer);
}

absl::StatusOr<VolumeList> AdminClient::List(const std::string& service) {
  std::string query;
  AddQuery(&query, "service", service);
  ASSIGN_OR_RETURN(const Json answer, Call("GET", "/v1/volumes", query, nullptr));
  return VolumeListFromJson(answer);
}

absl::StatusOr<VolumeInfo> AdminClient::Get(const VolumeAddress& volume) {
  ASSIGN_OR_RETURN(const Json answer, Call("GET", "/v1/volume", QueryOf(volume), nullptr));
  return VolumeFromJson(answer.value("volume", Json()));
}

absl::StatusOr<CreateAnswer> AdminClient::Create(const std::string& service, const std::string& name,
                                                 const CreateOptions& options) {
  std::string query;
  AddQuery(&query, "service", service);
  const Json body = CreateToJson(name, options);
  ASSIGN_OR_RETURN(const Json answer, Call("POST", "/v1/volumes", query, &body));
  const Json existed = answer.value("existed", Json());
  return CreateAnswer{VolumeFromJson(answer.value("volume", Json())),
                      existed.is_boolean() && existed.get<bool>()};
}

absl::Status AdminClient::Remove(const VolumeAddress& volume) {
  return Call("DELETE", "/v1/volume", QueryOf(volume), nullptr).status();
}

absl::StatusOr<VolumeInfo> AdminClient::Attach(const VolumeAddress& volume, bool force) {
  const Json body = {{"force", force}};
  ASSIGN_OR_RETURN(const Json answer, Call("POST", "/v1/volume/attach", QueryOf(volume), &body));
  return VolumeFromJson(answer.value("volume", Json()));
}

absl::Status AdminClient::Detach(const VolumeAddress& volume, bool force) {
  const Json body = {{"force", force}};
  return Call("POST", "/v1/volume/detach", QueryOf(volume), &body).status();
}

absl::StatusOr<std::string> AdminClient::Mount(const VolumeAddress& volume, const MountRequest& request) {
  Json body = Json::object();
  if (!request.consumer.empty()) body["consumer"] = request.consumer;
  if (!request.fs_type.empty()) body["fsType"] = request.fs_type;
  if (!request.mount_options.empty()) body["mountOptions"] = request.mount_options;
  if (request.read_only) body["readOnly"] = true;
  if (request.preempt == "when-dead") {
    body["preempt"] = request.preempt;
  } else if (!request.preempt.empty()) {
    body["preempt"] = request.preempt == "true";
  }
  ASSIGN_OR_RETURN(const Json answer, Call("POST", "/v1/volume/mount", QueryOf(volume), &body));
  const Json path = answer.value("path", Json());
  return path.is_string() ? path.get<std::string>() : "";
}

absl::Status AdminClient::Unmount(const VolumeAddress& volume, const std::string& consumer, bool now) {
  Json body = Json::object();
  if (!consumer.empty()) body["consumer"] = consumer;
  if (now) body["now"] = true;
  return Call("POST", "/v1/volume/unmount", QueryOf(volume), &body).status();
}

absl::StatusOr<std::string> AdminClient::Path(const VolumeAddress& volume) {
  ASSIGN_OR_RETURN(const Json answer, Call("GET", "/v1/volume/path", QueryOf(volume), nullptr));
  const Json path = answer.value("path", Json());
  return path.is_string() ? path.get<std::string>() : "";
}

absl::StatusOr<ConsumerList> AdminClient::Consumers(const VolumeAddress& volume) {
  ASSIGN_OR_RETURN(const Json answer, Call("GET", "/v1/volume/consumers", QueryOf(volume), nullptr));
  return ConsumersFromJson(answer);
}

absl::Status AdminClient::Release(const VolumeAddress& volume, const std::string& consumer) {
  const Json body = {{"consumer", consumer}};
  return Call("POST", "/v1/volume/release", QueryOf(volume), &body).status();
}

absl::StatusOr<VolumeInfo> AdminClient::Grow(const VolumeAddress& volume, uint64_t size) {
  const Json body = {{"size", size}};
  ASSIGN_OR_RETURN(const Json answer, Call("POST", "/v1/volume/grow", QueryOf(volume), &body));
  return VolumeFromJson(answer.value("volume", Json()));
}

absl::StatusOr<VolumeInfo> AdminClient::Modify(const VolumeAddress& volume, const ModifyRequest& request) {
  Json body = Json::object();
  if (request.size) body["size"] = *request.size;
  if (!request.type.empty()) body["type"] = request.type;
  if (request.iops) body["iops"] = *request.iops;
  if (request.throughput) body["throughput"] = *request.throughput;
  ASSIGN_OR_RETURN(const Json answer, Call("POST", "/v1/volume/modify", QueryOf(volume), &body));
  return VolumeFromJson(answer.value("volume", Json()));
}

absl::StatusOr<VolumeInfo> AdminClient::Adopt(const VolumeAddress& volume) {
  const Json body = Json::object();
  ASSIGN_OR_RETURN(const Json answer, Call("POST", "/v1/volume/adopt", QueryOf(volume), &body));
  return VolumeFromJson(answer.value("volume", Json()));
}

absl::StatusOr<VolumeInfo> AdminClient::Usage(const VolumeAddress& volume) {
  // A file system that hangs keeps nobody from what is known besides.
  constexpr std::chrono::seconds kPatience{5};
  const auto given = std::exchange(timeout_, std::min(timeout_.value_or(kPatience), kPatience));
  const absl::StatusOr<Json> result = Call("GET", "/v1/volume/usage", QueryOf(volume), nullptr);
  timeout_ = given;
  ASSIGN_OR_RETURN(const Json answer, result);
  VolumeInfo info = VolumeFromJson(answer.value("volume", Json()));
  info.usage = UsageFromJson(answer);
  return info;
}

absl::StatusOr<SnapshotListing> AdminClient::Snapshots(const std::string& service) {
  std::string query;
  AddQuery(&query, "service", service);
  ASSIGN_OR_RETURN(const Json answer, Call("GET", "/v1/snapshots", query, nullptr));
  return SnapshotListingFromJson(answer);
}

absl::StatusOr<SnapshotInfo> AdminClient::CreateSnapshot(const VolumeAddress& volume,
                                                         const SnapshotRequest& request) {
  Json body = Json::object();
  if (!request.name.empty()) body["name"] = request.name;
  if (!request.description.empty()) body["description"] = request.description;
  if (!request.tags.empty()) body["tags"] = request.tags;
  if (request.freeze) body["freeze"] = true;
  ASSIGN_OR_RETURN(const Json answer, Call("POST", "/v1/snapshots", QueryOf(volume), &body));
  return SnapshotFromJson(answer.value("snapshot", Json()));
}

absl::Status AdminClient::RemoveSnapshot(const std::string& service, const std::string& id) {
  std::string query;
  AddQuery(&query, "service", service);
  AddQuery(&query, "id", id);
  return Call("DELETE", "/v1/snapshot", query, nullptr).status();
}

absl::StatusOr<std::vector<EventInfo>> AdminClient::Events(uint64_t after) {
  std::string query;
  if (after > 0) AddQuery(&query, "after", std::to_string(after));
  ASSIGN_OR_RETURN(const Json answer, Call("GET", "/v1/events", query, nullptr));
  return EventsFromJson(answer);
}

}  // namespace rexray::cli
