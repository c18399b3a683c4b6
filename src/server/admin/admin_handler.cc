#include <algorithm>
#include <array>
#include <memory>
#include <string_view>
#include <utility>

#include "base/code_table.h"
#include "base/status.h"
#include "base/thread.h"
#include "server/admin/admin_answer.h"
#include "server/admin/admin_api.h"
#include "server/admin/call.h"
#include "server/admin/diagnoses_answer.h"
#include "server/admin/gather.h"
#include "server/admin/status_answer.h"
#include "volume/mount_options.h"
#include "volume/volume_name.h"

namespace rexray::server::admin {
namespace {

using engine::VolumeRef;
using engine::VolumeView;
using ExchangePtr = std::shared_ptr<http::Exchange>;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr uint64_t kLongestTimeout = 86400;
constexpr size_t kLongestConsumer = 256;

engine::DoneStatus AnsweringEmpty(ExchangePtr exchange) {
  return [exchange = std::move(exchange)](const absl::Status& status) {
    exchange->Respond(status.ok() ? EmptyAnswer() : ErrorAnswer(status));
  };
}

absl::Status CheckConsumer(const std::string& id) {
  const bool printable =
      std::all_of(id.begin(), id.end(), [](unsigned char c) { return c >= 0x20 && c != 0x7F; });
  if (!id.empty() && id.size() <= kLongestConsumer && printable) return absl::OkStatus();
  return Error(kInvalid, "\"{}\" is no consumer: 1 to {} bytes without control characters", Printable(id),
               kLongestConsumer);
}

/// A request whose query has been read; every route says what else it takes.
struct Call {
  ExchangePtr exchange;
  Fields query;
  Fields body;
  Deadline deadline;
};

class Api : public std::enable_shared_from_this<Api> {
 public:
  Api(Parts parts, Options options) : parts_(parts), options_(std::move(options)) {}

  void Handle(const ExchangePtr& exchange) {
    if (absl::Status status = Route(exchange); !status.ok()) exchange->Respond(ErrorAnswer(status));
  }

 private:
  using Serve = absl::Status (Api::*)(Call&);
  struct Endpoint {
    std::string_view method;
    std::string_view path;
    Serve serve;
  };
  static const std::array<Endpoint, 23> kEndpoints;

  /// An error is answered by the caller; OK means that the answer was given, or will be.
  absl::Status Route(const ExchangePtr& exchange) {
    const http::Request& request = exchange->request();
    ASSIGN_OR_RETURN(const Target target, ParseTarget(request.target));
    bool known = false;
    for (const Endpoint& endpoint : kEndpoints) {
      if (target.path != endpoint.path) continue;
      known = true;
      if (request.method != endpoint.method) continue;
      Fields query = Fields::OfQuery(target.query);
      ASSIGN_OR_RETURN(const Deadline deadline, DeadlineOf(query));
      ASSIGN_OR_RETURN(Fields body, Fields::OfBody(request.body));
      Call call{exchange, std::move(query), std::move(body), deadline};
      return (this->*endpoint.serve)(call);
    }
    if (!known) return Error(absl::StatusCode::kNotFound, "no such path: \"{}\"", Printable(target.path));
    return Error(absl::StatusCode::kUnimplemented, "{} takes no {}", target.path, Printable(request.method));
  }

  absl::StatusOr<Deadline> DeadlineOf(Fields& query) const {
    const std::optional<uint64_t> seconds = query.Whole("timeout");
    if (seconds && (*seconds == 0 || *seconds > kLongestTimeout)) {
      return Error(kInvalid, "timeout={} must be between 1 and {} seconds", *seconds, kLongestTimeout);
    }
    const Duration wait =
        seconds ? Duration(std::chrono::seconds(static_cast<int64_t>(*seconds))) : options_.default_timeout;
    return Deadline::After(*parts_.clock, wait);
  }

  static absl::Status Finish(const Call& call) {
    RETURN_IF_ERROR(call.query.Finish());
    return call.body.Finish();
  }

  std::string ServiceOf(Call& call) const {
    std::string name = call.query.Text("service").value_or("");
    return name.empty() ? parts_.config->settings().default_service : name;
  }

  /// For a question to all services: one that is not ready yet does not keep back the others' answers.
  Deadline DeadlineFor(const std::string& service, Deadline asked) const {
    const absl::StatusOr<Readiness> readiness = parts_.engine->ReadinessOf(service);
    if (readiness.ok() && readiness->ready()) return asked;
    return asked.Earlier(Deadline::After(*parts_.clock, options_.status_timeout));
  }

  absl::StatusOr<VolumeRef> RefOf(Call& call) const {
    VolumeRef ref;
    ref.service = ServiceOf(call);
    ref.name = call.query.Text("name").value_or("");
    ref.id = call.query.Text("id").value_or("");
    if (ref.name.empty() && ref.id.empty()) return Error(kInvalid, "which volume? give name= or id=");
    return ref;
  }

  absl::StatusOr<Consumer> ConsumerOf(Call& call) const {
    const std::optional<std::string> given = call.body.Text("consumer");
    if (given) RETURN_IF_ERROR(CheckConsumer(*given));
    std::string id = given.value_or(std::to_string(static_cast<int64_t>(call.exchange->PeerUid())));
    if (!id.starts_with("cli:")) id = "cli:" + id;
    return Consumer{Consumer::Api::kCli, std::move(id), false};
  }

  /// For calls whose answer is the volume.
  engine::Done<VolumeView> AnsweringVolume(const Call& call) const {
    return [exchange = call.exchange, clock = parts_.clock](const absl::StatusOr<VolumeView>& view) {
      exchange->Respond(view.ok() ? VolumeAnswer(*view, clock->Now()) : ErrorAnswer(view.status()));
    };
  }

  absl::Status Status(Call& call) {
    RETURN_IF_ERROR(Finish(call));
    const Deadline deadline = Deadline::After(*parts_.clock, options_.status_timeout);
    ListServices(
        *parts_.engine, parts_.engine->Services(), [deadline](const std::string&) { return deadline; },
        [self = shared_from_this(), exchange = call.exchange](const std::vector<ServiceVolumes>& volumes) {
          exchange->Respond(StatusAnswer(self->parts_, self->options_, volumes));
        });
    return absl::OkStatus();
  }

  absl::Status Diagnoses(Call& call) {
    RETURN_IF_ERROR(Finish(call));
    return diagnosing_.Start(
        [&drivers = options_.drivers, deadline = call.deadline, exchange = call.exchange] {
          exchange->Respond(DiagnosesAnswer(drivers, deadline));
        });
  }

  absl::Status Config(Call& call) {
    RETURN_IF_ERROR(Finish(call));
    call.exchange->Respond(ConfigAnswer(*parts_.config));
    return absl::OkStatus();
  }

  absl::Status Events(Call& call) {
    const uint64_t after = call.query.Whole("after").value_or(0);
    RETURN_IF_ERROR(Finish(call));
    call.exchange->Respond(EventsAnswer(parts_.events->Since(after), after));
    return absl::OkStatus();
  }

  absl::Status Nodes(Call& call) {
    RETURN_IF_ERROR(Finish(call));
    AskServices<Node>(
        parts_.engine->Services(),
        [this, deadline = call.deadline](const std::string& service, engine::Done<Node> answer) {
          parts_.engine->ThisNode(service, DeadlineFor(service, deadline), std::move(answer));
        },
        [self = shared_from_this(), exchange = call.exchange](const std::vector<ServiceAnswer<Node>>& nodes) {
          exchange->Respond(NodesAnswer(self->options_.services, nodes));
        });
    return absl::OkStatus();
  }

  absl::Status List(Call& call) {
    const bool one = call.query.Text("service").has_value();
    std::vector<std::string> services;
    if (one) {
      services.push_back(ServiceOf(call));
    } else {
      services = parts_.engine->Services();
    }
    RETURN_IF_ERROR(Finish(call));
    ListServices(
        *parts_.engine, services,
        [this, one, asked = call.deadline](const std::string& service) {
          return one ? asked : DeadlineFor(service, asked);
        },
        [self = shared_from_this(), one,
         exchange = call.exchange](const std::vector<ServiceVolumes>& answers) {
          exchange->Respond(self->ListAnswer(answers, one));
        });
    return absl::OkStatus();
  }

  http::Response ListAnswer(const std::vector<ServiceVolumes>& answers, bool one) const {
    if (one && !answers.front().second.ok()) return ErrorAnswer(answers.front().second.status());
    std::vector<std::pair<std::string, absl::Status>> errors;
    const TimePoint now = parts_.clock->Now();
    JsonWriter json;
    json.BeginObject().Key("volumes").BeginArray();
    for (const auto& [service, volumes] : answers) {
      if (!volumes.ok()) {
        errors.emplace_back(service, volumes.status());
        continue;
      }
      for (const VolumeView& view : *volumes) WriteVolume(view, now, json);
    }
    json.EndArray().Key("errors").BeginArray();
    for (const auto& [service, status] : errors) WriteServiceError(service, status, json);
    json.EndArray().EndObject();
    return Answer(json);
  }

  absl::Status Create(Call& call) {
    const std::string service = ServiceOf(call);
    CreateSpec spec;
    spec.name = call.body.Text("name").value_or("");
    spec.size = call.body.Whole("size");
    spec.fs_type = call.body.Text("fsType");
    spec.type = call.body.Text("type");
    spec.iops = call.body.Whole("iops");
    spec.throughput = call.body.Whole("throughput");
    spec.zone = call.body.Text("zone");
    spec.encrypted = call.body.Bool("encrypted");
    spec.kms_key = call.body.Text("kmsKey");
    spec.source_snapshot = call.body.Text("sourceSnapshot");
    spec.source_volume = call.body.Text("sourceVolume");
    spec.freeze_source = call.body.Bool("freezeSource").value_or(false);
    spec.thick = call.body.Bool("thick").value_or(false);
    spec.overwrite_fs = call.body.Bool("overwriteFs").value_or(false);
    spec.mkfs_options = call.body.Texts("mkfsOptions");
    spec.mount_options = call.body.Texts("mountOptions");
    spec.tags = call.body.TextMap("tags");
    RETURN_IF_ERROR(Finish(call));
    RETURN_IF_ERROR(ValidateVolumeName(spec.name));
    RETURN_IF_ERROR(ValidateFsType(spec.fs_type.value_or("")));
    ASSIGN_OR_RETURN(spec.mount_options, CheckedMountOptions(spec.mount_options));
    parts_.engine->CreateVolume(
        service, spec, call.deadline,
        [exchange = call.exchange, clock = parts_.clock](const absl::StatusOr<engine::CreateResult>& result) {
          exchange->Respond(result.ok() ? CreateAnswer(*result, clock->Now()) : ErrorAnswer(result.status()));
        });
    return absl::OkStatus();
  }

  /// The same rules as for Docker's, which come as one text.
  static absl::StatusOr<std::vector<std::string>> CheckedMountOptions(
      const std::vector<std::string>& options) {
    std::vector<std::string> checked;
    for (const std::string& option : options) {
      ASSIGN_OR_RETURN(const std::vector<std::string> parsed, ParseMountOptions(option));
      checked.insert(checked.end(), parsed.begin(), parsed.end());
    }
    return checked;
  }

  absl::Status Get(Call& call) {
    ASSIGN_OR_RETURN(const VolumeRef ref, RefOf(call));
    RETURN_IF_ERROR(Finish(call));
    parts_.engine->Get(ref, call.deadline, AnsweringVolume(call));
    return absl::OkStatus();
  }

  absl::Status Remove(Call& call) {
    ASSIGN_OR_RETURN(const VolumeRef ref, RefOf(call));
    const bool only_ours = call.query.Bool("onlyOurs").value_or(false);
    RETURN_IF_ERROR(Finish(call));
    parts_.engine->Remove(ref, {.only_ours = only_ours}, call.deadline, AnsweringEmpty(call.exchange));
    return absl::OkStatus();
  }

  absl::Status Path(Call& call) {
    ASSIGN_OR_RETURN(const VolumeRef ref, RefOf(call));
    RETURN_IF_ERROR(Finish(call));
    parts_.engine->Path(ref, call.deadline,
                        [exchange = call.exchange](const absl::StatusOr<std::string>& path) {
                          exchange->Respond(path.ok() ? PathAnswer(*path) : ErrorAnswer(path.status()));
                        });
    return absl::OkStatus();
  }

  absl::Status Consumers(Call& call) {
    ASSIGN_OR_RETURN(const VolumeRef ref, RefOf(call));
    RETURN_IF_ERROR(Finish(call));
    parts_.engine->Consumers(
        ref, call.deadline, [exchange = call.exchange](const absl::StatusOr<engine::ConsumerReport>& report) {
          exchange->Respond(report.ok() ? ConsumersAnswer(*report) : ErrorAnswer(report.status()));
        });
    return absl::OkStatus();
  }

  absl::Status Attach(Call& call) {
    ASSIGN_OR_RETURN(const VolumeRef ref, RefOf(call));
    const bool force = call.body.Bool("force").value_or(false);
    RETURN_IF_ERROR(Finish(call));
    parts_.engine->Attach(ref, force, call.deadline, AnsweringVolume(call));
    return absl::OkStatus();
  }

  absl::Status Detach(Call& call) {
    ASSIGN_OR_RETURN(const VolumeRef ref, RefOf(call));
    const bool force = call.body.Bool("force").value_or(false);
    RETURN_IF_ERROR(Finish(call));
    parts_.engine->Detach(ref, force, call.deadline, AnsweringEmpty(call.exchange));
    return absl::OkStatus();
  }

  absl::Status Mount(Call& call) {
    ASSIGN_OR_RETURN(const VolumeRef ref, RefOf(call));
    ASSIGN_OR_RETURN(const Consumer consumer, ConsumerOf(call));
    MountSpec spec;
    spec.fs_type = call.body.Text("fsType");
    spec.mount_options = call.body.Texts("mountOptions");
    spec.read_only = call.body.Bool("readOnly").value_or(false);
    const std::optional<std::string> preempt = call.body.Word("preempt");
    RETURN_IF_ERROR(Finish(call));
    if (preempt) {
      spec.preempt = ParsePreempt(*preempt);
      if (!spec.preempt) return Error(kInvalid, "the field \"preempt\" must be true, false or \"when-dead\"");
    }
    RETURN_IF_ERROR(ValidateFsType(spec.fs_type.value_or("")));
    ASSIGN_OR_RETURN(spec.mount_options, CheckedMountOptions(spec.mount_options));
    // Respond says whether the caller was still there: one that hung up holds nothing.
    parts_.engine->Mount(
        ref, consumer, spec, call.deadline,
        [exchange = call.exchange](const absl::StatusOr<std::string>& path) {
          return exchange->Respond(path.ok() ? PathAnswer(*path) : ErrorAnswer(path.status()));
        });
    return absl::OkStatus();
  }

  absl::Status Unmount(Call& call) {
    ASSIGN_OR_RETURN(const VolumeRef ref, RefOf(call));
    ASSIGN_OR_RETURN(const Consumer consumer, ConsumerOf(call));
    const bool now = call.body.Bool("now").value_or(false);
    RETURN_IF_ERROR(Finish(call));
    parts_.engine->Unmount(ref, consumer, now, call.deadline, AnsweringEmpty(call.exchange));
    return absl::OkStatus();
  }

  absl::Status Release(Call& call) {
    ASSIGN_OR_RETURN(const VolumeRef ref, RefOf(call));
    // As it stands in the journal: dockerd's callers may have sent none at all.
    const std::optional<std::string> consumer = call.body.Text("consumer");
    RETURN_IF_ERROR(Finish(call));
    if (!consumer) return Error(kInvalid, "which consumer? give \"consumer\" as the volume's list shows it");
    parts_.engine->ReleaseConsumer(ref, *consumer, call.deadline, AnsweringEmpty(call.exchange));
    return absl::OkStatus();
  }

  absl::Status Grow(Call& call) {
    ASSIGN_OR_RETURN(const VolumeRef ref, RefOf(call));
    const std::optional<uint64_t> size = call.body.Whole("size");
    RETURN_IF_ERROR(Finish(call));
    if (size.value_or(0) == 0) return Error(kInvalid, "to what size? give \"size\" in bytes");
    parts_.engine->Grow(ref, *size, call.deadline, AnsweringVolume(call));
    return absl::OkStatus();
  }

  absl::Status Modify(Call& call) {
    ASSIGN_OR_RETURN(const VolumeRef ref, RefOf(call));
    ModifySpec spec;
    spec.size = call.body.Whole("size");
    spec.type = call.body.Text("type");
    spec.iops = call.body.Whole("iops");
    spec.throughput = call.body.Whole("throughput");
    RETURN_IF_ERROR(Finish(call));
    parts_.engine->Modify(ref, spec, call.deadline, AnsweringVolume(call));
    return absl::OkStatus();
  }

  absl::Status Adopt(Call& call) {
    ASSIGN_OR_RETURN(const VolumeRef ref, RefOf(call));
    RETURN_IF_ERROR(Finish(call));
    parts_.engine->Adopt(ref, call.deadline, AnsweringVolume(call));
    return absl::OkStatus();
  }

  absl::Status Usage(Call& call) {
    ASSIGN_OR_RETURN(const VolumeRef ref, RefOf(call));
    RETURN_IF_ERROR(Finish(call));
    parts_.engine->Usage(
        ref, call.deadline,
        [exchange = call.exchange, clock = parts_.clock](const absl::StatusOr<engine::VolumeUsage>& usage) {
          exchange->Respond(usage.ok() ? UsageAnswer(*usage, clock->Now()) : ErrorAnswer(usage.status()));
        });
    return absl::OkStatus();
  }

  absl::Status Snapshots(Call& call) {
    const bool one = call.query.Text("service").has_value();
    std::vector<std::string> services;
    if (one) {
      services.push_back(ServiceOf(call));
    } else {
      for (const std::string& name : parts_.engine->Services()) {
        const auto capabilities = parts_.engine->CapabilitiesOf(name);
        if (capabilities.ok() && capabilities->snapshots) services.push_back(name);
      }
    }
    RETURN_IF_ERROR(Finish(call));
    AskServices<std::vector<Snapshot>>(
        services,
        [this, one, asked = call.deadline](const std::string& service,
                                           engine::Done<std::vector<Snapshot>> answer) {
          parts_.engine->ListSnapshots(service, one ? asked : DeadlineFor(service, asked), std::move(answer));
        },
        [one, exchange = call.exchange](const std::vector<ServiceSnapshots>& answers) {
          exchange->Respond(SnapshotsAnswer(answers, one));
        });
    return absl::OkStatus();
  }

  using ServiceSnapshots = ServiceAnswer<std::vector<Snapshot>>;
  static http::Response SnapshotsAnswer(const std::vector<ServiceSnapshots>& answers, bool one) {
    if (one && !answers.front().second.ok()) return ErrorAnswer(answers.front().second.status());
    JsonWriter json;
    json.BeginObject().Key("snapshots").BeginArray();
    for (const auto& [service, snapshots] : answers) {
      if (!snapshots.ok()) continue;
      for (const Snapshot& snapshot : *snapshots) WriteSnapshot(snapshot, json);
    }
    json.EndArray().Key("errors").BeginArray();
    for (const auto& [service, snapshots] : answers) {
      if (!snapshots.ok()) WriteServiceError(service, snapshots.status(), json);
    }
    json.EndArray().EndObject();
    return Answer(json);
  }

  absl::Status CreateSnapshot(Call& call) {
    ASSIGN_OR_RETURN(const VolumeRef ref, RefOf(call));
    SnapshotSpec spec;
    spec.name = call.body.Text("name").value_or("");
    spec.description = call.body.Text("description").value_or("");
    spec.tags = call.body.TextMap("tags");
    const bool freeze = call.body.Bool("freeze").value_or(false);
    RETURN_IF_ERROR(Finish(call));
    parts_.engine->CreateSnapshot(
        ref, spec, freeze, call.deadline, [exchange = call.exchange](const absl::StatusOr<Snapshot>& made) {
          exchange->Respond(made.ok() ? SnapshotAnswer(*made) : ErrorAnswer(made.status()));
        });
    return absl::OkStatus();
  }

  absl::Status RemoveSnapshot(Call& call) {
    const std::string service = ServiceOf(call);
    const std::string name = call.query.Text("name").value_or("");
    const std::string id = call.query.Text("id").value_or(name);
    const bool only_ours = call.query.Bool("onlyOurs").value_or(false);
    RETURN_IF_ERROR(Finish(call));
    if (id.empty()) return Error(kInvalid, "which snapshot? give name= or id=");
    parts_.engine->RemoveSnapshot(service, id, {.only_ours = only_ours}, call.deadline,
                                  AnsweringEmpty(call.exchange));
    return absl::OkStatus();
  }

  const Parts parts_;
  const Options options_;
  ThreadPerTask diagnosing_{"diagnose", 2};  ///< goes first: its tasks use the drivers
};

const std::array<Api::Endpoint, 23> Api::kEndpoints = {{
    {"GET", "/v1/status", &Api::Status},
    {"GET", "/v1/config", &Api::Config},
    {"GET", "/v1/events", &Api::Events},
    {"GET", "/v1/nodes", &Api::Nodes},
    {"GET", "/v1/diagnoses", &Api::Diagnoses},
    {"GET", "/v1/volumes", &Api::List},
    {"POST", "/v1/volumes", &Api::Create},
    {"GET", "/v1/volume", &Api::Get},
    {"DELETE", "/v1/volume", &Api::Remove},
    {"GET", "/v1/volume/path", &Api::Path},
    {"GET", "/v1/volume/consumers", &Api::Consumers},
    {"POST", "/v1/volume/attach", &Api::Attach},
    {"POST", "/v1/volume/detach", &Api::Detach},
    {"POST", "/v1/volume/mount", &Api::Mount},
    {"POST", "/v1/volume/unmount", &Api::Unmount},
    {"POST", "/v1/volume/release", &Api::Release},
    {"POST", "/v1/volume/grow", &Api::Grow},
    {"POST", "/v1/volume/modify", &Api::Modify},
    {"POST", "/v1/volume/adopt", &Api::Adopt},
    {"GET", "/v1/volume/usage", &Api::Usage},
    {"GET", "/v1/snapshots", &Api::Snapshots},
    {"POST", "/v1/snapshots", &Api::CreateSnapshot},
    {"DELETE", "/v1/snapshot", &Api::RemoveSnapshot},
}};

}  // namespace

http::Handler MakeHandler(Parts parts, Options options) {
  auto api = std::make_shared<Api>(parts, std::move(options));
  return [api](const ExchangePtr& exchange) { api->Handle(exchange); };
}

}  // namespace rexray::server::admin
