// VolumeEngine::Usage and Warnings: where the space went.

#include "base/status.h"
#include "engine/engine_impl.h"

namespace rexray::engine {

void EngineImpl::Usage(const VolumeRef& ref, Deadline deadline, Done<VolumeUsage> done) {
  Resolve(ref, deadline, [this, deadline, done = std::move(done)](absl::StatusOr<Target> target) {
    if (!target.ok()) return done(target.status());
    // A turn of its own: a file system that hangs delays nobody but those who ask about it.
    const VolumeKey turn{target->key.service, "usage " + target->key.id};
    SubmitFor<VolumeUsage>(turn, target->name, "usage", "usage", deadline, done,
                           [this, target = *target]() -> absl::StatusOr<VolumeUsage> {
                             VolumeUsage usage;
                             usage.view = ViewOf(target);
                             ASSIGN_OR_RETURN(usage.pool,
                                              target.service->driver().PoolOf(core_.WorkContext()));
                             return usage;
                           });
  });
}

std::vector<std::string> EngineImpl::Warnings() const {
  return {};
}

}  // namespace rexray::engine
