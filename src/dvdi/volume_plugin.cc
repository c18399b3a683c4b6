#include "dvdi/volume_plugin.h"

#include "base/json.h"
#include "base/status.h"
#include "dvdi/json_members.h"

namespace rexray::dvdi {
namespace {

using nlohmann::json;

constexpr char kAccept[] = "application/vnd.docker.plugins.v1.2+json";
/// A thousand bytes of somebody's error page are enough.
constexpr size_t kMaxRawText = 1000;
constexpr JsonLimits kAnswerLimits = {.max_bytes = 64 * 1024 * 1024, .max_depth = 64};

absl::Status FromPlugin(const std::string& method, std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
    text.remove_suffix(1);
  return Error(absl::StatusCode::kUnknown, "{}: {}", method, text);
}

/// Its {"Err": …}, else the body as it is: plugins that do not know a call answer "404 page not found".
absl::Status RefusalOf(const std::string& method, const http::ClientResponse& response) {
  const absl::StatusOr<json> document = ParseJson(response.body, kAnswerLimits);
  const std::string text = document.ok() ? StringMember(*document, "Err") : "";
  if (!text.empty()) return FromPlugin(method, text);
  if (response.body.empty()) {
    return FromPlugin(method, fmt::format("HTTP status {} without a text", response.status));
  }
  if (response.body.size() <= kMaxRawText) return FromPlugin(method, response.body);
  return FromPlugin(method,
                    fmt::format("{}… ({} bytes, HTTP status {})", response.body.substr(0, kMaxRawText),
                                response.body.size(), response.status));
}

std::string NameBody(const std::string& name) {
  return DumpJson({{"Name", name}});
}

std::string ConsumerBody(const std::string& name, const std::string& id) {
  return DumpJson({{"Name", name}, {"ID", id}});
}

VolumeInfo InfoOf(const Plugin& plugin, const json& volume) {
  VolumeInfo info{StringMember(volume, "Name"), OnThisHost(plugin, StringMember(volume, "Mountpoint")), ""};
  json shown = volume.is_object() ? volume : json::object();
  if (plugin.managed && !info.mountpoint.empty()) shown["Mountpoint"] = info.mountpoint;
  info.json = DumpJson(shown);
  return info;
}

std::string Seconds(Duration wait) {
  const double seconds = std::chrono::duration<double>(wait).count();
  return fmt::format("{:.{}f} s", seconds, seconds < 10 ? 1 : 0);
}

}  // namespace

struct VolumePlugin::Answer {
  json document;
};

std::string DvdcliConsumer(std::string_view volume) {
  return fmt::format("dvdcli:{}", volume);
}

VolumePlugin::VolumePlugin(Plugin plugin, http::Transport& transport, Clock& clock, Options options)
    : plugin_(std::move(plugin)), transport_(transport), clock_(clock), options_(std::move(options)) {}

absl::StatusOr<http::ClientResponse> VolumePlugin::Exchange(const std::string& method,
                                                            const std::string& body, Deadline deadline) {
  http::Request request;
  request.method = "POST";
  request.target = "/" + method;
  request.headers = {{"accept", kAccept}, {"user-agent", options_.user_agent}};
  request.body = body;
  RetrySchedule schedule(clock_, options_.patience, deadline);
  for (;;) {
    const TimePoint begun = clock_.Now();
    const Deadline call = deadline.Earlier(Deadline::After(clock_, options_.per_call));
    absl::StatusOr<http::ClientResponse> response = transport_.Send(plugin_.endpoint.address, request, call);
    if (response.ok()) return response;
    switch (response.status().code()) {
      case absl::StatusCode::kNotFound:
      case absl::StatusCode::kUnavailable:
        if (schedule.WaitBeforeNext(
                fmt::format("Unable to connect to plugin: {}:/{}", ShortName(plugin_.endpoint), method))) {
          continue;
        }
        return Unreachable(method, response.status());
      case absl::StatusCode::kDeadlineExceeded:
        return Error(
            absl::StatusCode::kDeadlineExceeded,
            "{}: plugin {} did not answer within {} ({}); it may still be at it, and the same command "
            "again is safe",
            method, plugin_.name, Seconds(clock_.Now() - begun), MessageOf(response.status()));
      default:
        return Unreachable(method, response.status());
    }
  }
}

absl::Status VolumePlugin::Unreachable(const std::string& method, const absl::Status& why) const {
  return Annotate(why, fmt::format("{}: plugin {}", method, plugin_.name));
}

absl::StatusOr<VolumePlugin::Answer> VolumePlugin::Call(const std::string& method, const std::string& body,
                                                        Deadline deadline) {
  ASSIGN_OR_RETURN(const http::ClientResponse response, Exchange(method, body, deadline));
  if (response.status != 200) return RefusalOf(method, response);
  absl::StatusOr<json> document = ParseJson(response.body, kAnswerLimits);
  if (!document.ok()) {
    return Error(absl::StatusCode::kInternal, "{}: error reading plugin resp: {}", method,
                 response.body.empty() ? "EOF: the answer is empty" : MessageOf(document.status()));
  }
  if (!document->is_object()) {
    return Error(absl::StatusCode::kInternal, "{}: error reading plugin resp: not a JSON object", method);
  }
  const std::string refusal = StringMember(*document, "Err");
  if (!refusal.empty()) return FromPlugin(method, refusal);
  return Answer{*std::move(document)};
}

absl::Status VolumePlugin::Activate(Deadline deadline) {
  if (plugin_.managed) return absl::OkStatus();
  ASSIGN_OR_RETURN(const Answer answer, Call("Plugin.Activate", "", deadline));
  if (const json* const implements = FindMember(answer.document, "Implements"); implements != nullptr) {
    for (const json& what : *implements) {
      if (what.is_string() && what.get<std::string>() == "VolumeDriver") return absl::OkStatus();
    }
  }
  return Error(absl::StatusCode::kUnimplemented, "Plugin does not implement the requested driver");
}

absl::Status VolumePlugin::Create(const std::string& name, const std::map<std::string, std::string>& options,
                                  Deadline deadline) {
  const json opts = options.empty() ? json::object() : json(options);
  return Call("VolumeDriver.Create", DumpJson({{"Name", name}, {"Opts", opts}}), deadline).status();
}

absl::Status VolumePlugin::Remove(const std::string& name, Deadline deadline) {
  return Call("VolumeDriver.Remove", NameBody(name), deadline).status();
}

absl::StatusOr<std::string> VolumePlugin::Mount(const std::string& name, const std::string& id,
                                                Deadline deadline) {
  ASSIGN_OR_RETURN(const Answer answer, Call("VolumeDriver.Mount", ConsumerBody(name, id), deadline));
  const absl::StatusOr<std::string> path = CheckMountpoint(StringMember(answer.document, "Mountpoint"));
  if (!path.ok()) return Annotate(path.status(), "VolumeDriver.Mount");
  return OnThisHost(plugin_, *path);
}

absl::Status VolumePlugin::Unmount(const std::string& name, const std::string& id, Deadline deadline) {
  return Call("VolumeDriver.Unmount", ConsumerBody(name, id), deadline).status();
}

absl::StatusOr<std::string> VolumePlugin::Path(const std::string& name, Deadline deadline) {
  ASSIGN_OR_RETURN(const Answer answer, Call("VolumeDriver.Path", NameBody(name), deadline));
  return OnThisHost(plugin_, StringMember(answer.document, "Mountpoint"));
}

absl::StatusOr<VolumeInfo> VolumePlugin::Get(const std::string& name, Deadline deadline) {
  ASSIGN_OR_RETURN(const Answer answer, Call("VolumeDriver.Get", NameBody(name), deadline));
  const json* const volume = FindMember(answer.document, "Volume");
  if (volume == nullptr) return FromPlugin("VolumeDriver.Get", "no such volume");
  return InfoOf(plugin_, *volume);
}

absl::StatusOr<std::vector<VolumeInfo>> VolumePlugin::List(Deadline deadline) {
  ASSIGN_OR_RETURN(const Answer answer, Call("VolumeDriver.List", "{}", deadline));
  std::vector<VolumeInfo> volumes;
  if (const json* const list = FindMember(answer.document, "Volumes"); list != nullptr && list->is_array()) {
    for (const json& volume : *list) volumes.push_back(InfoOf(plugin_, volume));
  }
  return volumes;
}

}  // namespace rexray::dvdi
