#include "server/docker/docker_plugin.h"

#include <array>
#include <string_view>
#include <utility>

#include "base/status.h"
#include "server/docker/plugin_answer.h"
#include "server/docker/plugin_request.h"

namespace rexray::server::docker {
namespace {

using engine::VolumeRef;
using http::Exchange;
using ExchangePtr = std::shared_ptr<Exchange>;

std::string_view PathOf(const http::Request& request) {
  const std::string_view target = request.target;
  return target.substr(0, target.find('?'));
}

/// `done` of a call whose answer is made from a value.
template <typename T, typename F>
engine::Done<T> Answering(ExchangePtr exchange, F answer) {
  return [exchange = std::move(exchange), answer](const absl::StatusOr<T>& result) {
    exchange->Respond(result.ok() ? answer(*result) : ErrorAnswer(result.status()));
  };
}

engine::DoneStatus AnsweringEmpty(ExchangePtr exchange) {
  return [exchange = std::move(exchange)](const absl::Status& status) {
    exchange->Respond(status.ok() ? EmptyAnswer() : ErrorAnswer(status));
  };
}

class Plugin {
 public:
  Plugin(engine::VolumeEngine& engine, Clock& clock, PluginOptions options)
      : engine_(engine), clock_(clock), options_(std::move(options)) {}

  void Handle(const ExchangePtr& exchange) {
    const std::string_view path = PathOf(exchange->request());
    for (const Endpoint& endpoint : kEndpoints) {
      if (path == endpoint.path) return (this->*endpoint.serve)(exchange);
    }
    exchange->Respond(NoSuchPath(path));
  }

 private:
  struct Endpoint {
    std::string_view path;
    void (Plugin::*serve)(const ExchangePtr&);
  };
  using OnVolume = void (Plugin::*)(const ExchangePtr&, const PluginRequest&);

  /// The endpoints that are about one volume: a bad request ends here.
  template <OnVolume kServe>
  void Parsed(const ExchangePtr& exchange) {
    const absl::StatusOr<PluginRequest> request = ParsePluginRequest(exchange->request().body);
    if (!request.ok()) {
      exchange->Respond(ErrorAnswer(request.status()));
      return;
    }
    (this->*kServe)(exchange, *request);
  }

  void Activate(const ExchangePtr& exchange) { exchange->Respond(ActivateAnswer()); }

  void Capabilities(const ExchangePtr& exchange) {
    const absl::StatusOr<DriverCapabilities> capabilities = engine_.CapabilitiesOf(options_.service);
    exchange->Respond(capabilities.ok() ? CapabilitiesAnswer(capabilities->network)
                                        : ErrorAnswer(capabilities.status()));
  }

  void List(const ExchangePtr& exchange) {
    engine_.List(options_.service, Within(*exchange, options_.others),
                 Answering<std::vector<engine::VolumeView>>(exchange, ListAnswer));
  }

  void Create(const ExchangePtr& exchange, const PluginRequest& request) {
    CreateSpec spec;
    spec.name = request.name;
    if (absl::Status status = ApplyOptions(request.options, options_.unknown_options, spec); !status.ok()) {
      exchange->Respond(ErrorAnswer(Annotate(status, "volume \"" + spec.name + "\"")));
      return;
    }
    engine_.CreateVolume(
        options_.service, spec, Within(*exchange, options_.create_and_mount),
        Answering<engine::CreateResult>(exchange, [](const engine::CreateResult&) { return EmptyAnswer(); }));
  }

  void Remove(const ExchangePtr& exchange, const PluginRequest& request) {
    engine_.Remove(Ref(request), {.only_ours = true}, Within(*exchange, options_.others),
                   AnsweringEmpty(exchange));
  }

  void Mount(const ExchangePtr& exchange, const PluginRequest& request) {
    const Consumer consumer = engine::ConsumerOfDockerId(request.name, request.id);
    const Duration wait = IsDvdcli(request) ? options_.dvdcli : options_.create_and_mount;
    // A caller that hung up gets no answer and so holds nothing: Respond knows, and the engine acts on it.
    engine_.Mount(
        Ref(request), consumer, MountSpec{}, Within(*exchange, wait),
        [exchange](const absl::StatusOr<std::string>& path) {
          return exchange->Respond(path.ok() ? MountpointAnswer(*path) : ErrorAnswer(path.status()));
        });
  }

  void Unmount(const ExchangePtr& exchange, const PluginRequest& request) {
    const Consumer consumer = engine::ConsumerOfDockerId(request.name, request.id);
    const Duration wait = IsDvdcli(request) ? options_.dvdcli : options_.others;
    engine_.Unmount(Ref(request), consumer, /*now=*/false, Within(*exchange, wait), AnsweringEmpty(exchange));
  }

  void Path(const ExchangePtr& exchange, const PluginRequest& request) {
    engine_.Path(Ref(request), Within(*exchange, options_.others),
                 Answering<std::string>(exchange, MountpointAnswer));
  }

  void Get(const ExchangePtr& exchange, const PluginRequest& request) {
    engine_.Get(Ref(request), Within(*exchange, options_.others),
                Answering<engine::VolumeView>(exchange, GetAnswer));
  }

  VolumeRef Ref(const PluginRequest& request) const { return {options_.service, request.name, ""}; }

  /// Of calls that carry an id: dockerd and podman always send one.
  static bool IsDvdcli(const PluginRequest& request) {
    return request.id.empty() || request.id.starts_with("dvdcli:");
  }

  /// Our dvdcli says who it is, which is all there is to go by in calls that carry no id.
  Deadline Within(const Exchange& exchange, Duration wait) const {
    const std::string* agent = http::FindHeader(exchange.request().headers, "user-agent");
    const bool dvdcli = agent != nullptr && agent->starts_with("dvdcli");
    return Deadline::After(clock_, dvdcli ? options_.dvdcli : wait);
  }

  static const std::array<Endpoint, 9> kEndpoints;

  engine::VolumeEngine& engine_;
  Clock& clock_;
  const PluginOptions options_;
};

const std::array<Plugin::Endpoint, 9> Plugin::kEndpoints = {{
    {"/VolumeDriver.Get", &Plugin::Parsed<&Plugin::Get>},
    {"/VolumeDriver.Path", &Plugin::Parsed<&Plugin::Path>},
    {"/VolumeDriver.List", &Plugin::List},
    {"/VolumeDriver.Mount", &Plugin::Parsed<&Plugin::Mount>},
    {"/VolumeDriver.Unmount", &Plugin::Parsed<&Plugin::Unmount>},
    {"/VolumeDriver.Create", &Plugin::Parsed<&Plugin::Create>},
    {"/VolumeDriver.Remove", &Plugin::Parsed<&Plugin::Remove>},
    {"/VolumeDriver.Capabilities", &Plugin::Capabilities},
    {"/Plugin.Activate", &Plugin::Activate},
}};

}  // namespace

http::Handler MakePluginHandler(engine::VolumeEngine& engine, Clock& clock, PluginOptions options) {
  auto plugin = std::make_shared<Plugin>(engine, clock, std::move(options));
  return [plugin](const ExchangePtr& exchange) { plugin->Handle(exchange); };
}

}  // namespace rexray::server::docker
