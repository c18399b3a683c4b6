#include "server/admin/gather.h"

namespace rexray::server::admin {

void ListServices(engine::VolumeEngine& engine, const std::vector<std::string>& services, Deadline deadline,
                  std::function<void(std::vector<ServiceVolumes>)> done) {
  AskServices<std::vector<engine::VolumeView>>(
      services,
      [&engine, deadline](const std::string& service, engine::Done<std::vector<engine::VolumeView>> answer) {
        engine.List(service, deadline, std::move(answer));
      },
      std::move(done));
}

}  // namespace rexray::server::admin
