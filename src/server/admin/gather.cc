#include "server/admin/gather.h"

#include <memory>

#include "base/mutex.h"
#include "base/status.h"

namespace rexray::server::admin {
namespace {

struct Gathering {
  Mutex mutex;
  size_t left ABSL_GUARDED_BY(mutex) = 0;
  std::vector<ServiceVolumes> answers ABSL_GUARDED_BY(mutex);
  std::function<void(std::vector<ServiceVolumes>)> done;

  void Put(size_t at, absl::StatusOr<std::vector<engine::VolumeView>> answer) {
    std::vector<ServiceVolumes> all;
    {
      MutexLock lock(mutex);
      answers[at].second = std::move(answer);
      if (--left > 0) return;
      all = std::move(answers);
    }
    done(std::move(all));
  }
};

}  // namespace

void ListServices(engine::VolumeEngine& engine, const std::vector<std::string>& services, Deadline deadline,
                  std::function<void(std::vector<ServiceVolumes>)> done) {
  if (services.empty()) return done({});
  auto gathering = std::make_shared<Gathering>();
  gathering->done = std::move(done);
  {
    MutexLock lock(gathering->mutex);
    gathering->left = services.size();
    for (const std::string& service : services) {
      gathering->answers.emplace_back(service, Error(absl::StatusCode::kUnknown, "not answered"));
    }
  }
  for (size_t at = 0; at < services.size(); ++at) {
    engine.List(services[at], deadline,
                [gathering, at](absl::StatusOr<std::vector<engine::VolumeView>> answer) {
                  gathering->Put(at, std::move(answer));
                });
  }
}

}  // namespace rexray::server::admin
