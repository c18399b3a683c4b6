#include "server/admin/gather.h"

namespace rexray::server::admin {

void ListServices(engine::VolumeEngine& engine, const std::vector<std::string>& services,
                  const std::function<Deadline(const std::string& service)>& until,
                  std::function<void(std::vector<ServiceVolumes>)> done) {
  AskServices<std::vector<engine::VolumeView>>(
      services,
      [&engine, &until](const std::string& service, engine::Done<std::vector<engine::VolumeView>> answer) {
        engine.List(service, until(service), std::move(answer));
      },
      std::move(done));
}

}  // namespace rexray::server::admin
