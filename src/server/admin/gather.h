#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

#include "base/deadline.h"
#include "base/mutex.h"
#include "base/status.h"
#include "engine/volume_engine.h"

namespace rexray::server::admin {

/// One service's answer.
template <typename T>
using ServiceAnswer = std::pair<std::string, absl::StatusOr<T>>;

/// Asks several services at once; `done` gets all answers, in the order of `services`, when the last one is
/// there. `ask` passes the deadline on, so that each answers. Never blocks.
template <typename T>
void AskServices(const std::vector<std::string>& services,
                 const std::function<void(const std::string& service, engine::Done<T> done)>& ask,
                 std::function<void(std::vector<ServiceAnswer<T>>)> done) {
  struct Gathering {
    Mutex mutex;
    size_t left ABSL_GUARDED_BY(mutex) = 0;
    std::vector<ServiceAnswer<T>> answers ABSL_GUARDED_BY(mutex);
    std::function<void(std::vector<ServiceAnswer<T>>)> done;

    void Put(size_t at, absl::StatusOr<T> answer) {
      std::vector<ServiceAnswer<T>> all;
      {
        MutexLock lock(mutex);
        answers[at].second = std::move(answer);
        if (--left > 0) return;
        all = std::move(answers);
      }
      done(std::move(all));
    }
  };
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
    ask(services[at], [gathering, at](absl::StatusOr<T> answer) { gathering->Put(at, std::move(answer)); });
  }
}

using ServiceVolumes = ServiceAnswer<std::vector<engine::VolumeView>>;

void ListServices(engine::VolumeEngine& engine, const std::vector<std::string>& services,
                  const std::function<Deadline(const std::string& service)>& until,
                  std::function<void(std::vector<ServiceVolumes>)> done);

}  // namespace rexray::server::admin
