// VolumeEngine::Usage and Warnings: where the space went.

#include "base/size.h"
#include "base/status.h"
#include "engine/engine_impl.h"
#include "engine/pool_watch.h"

namespace rexray::engine {
namespace {

/// Less than a hundredth is as good as nothing: reserves and metadata take it.
bool Exhausted(uint64_t available, uint64_t size) {
  return size != 0 && available < size / 100;
}

/// Why a write to the volume fails with "no space" or an I/O error, most urgent first.
std::string ProblemOf(const std::string& name, const VolumeUsage& usage, int warning_percent) {
  const auto& fs = usage.file_system;
  if (usage.pool && Exhausted(usage.pool->available, usage.pool->size)) {
    const std::string inside = fs ? fmt::format(" (volume \"{}\" itself has {} of {} free)", name,
                                                FormatSize(fs->available), FormatSize(fs->size))
                                  : "";
    return fmt::format(
        "the pool is full: {}{}; what writes gets \"no space left\" or I/O errors until volumes or snapshots "
        "are "
        "removed or that file system is made larger",
        DescribeSpace(*usage.pool), inside);
  }
  if (fs && Exhausted(fs->available, fs->size)) {
    return fmt::format(
        "the volume is full: {} of {} are free in its file system{}; remove files, or \"rexray volume grow "
        "{} "
        "--size …\"",
        FormatSize(fs->available), FormatSize(fs->size), usage.pool ? ", while the pool has room" : "", name);
  }
  if (fs && fs->files != 0 && fs->files_available == 0) {
    return fmt::format(
        "the volume has no inodes left: all {} files of its file system are used, though {} are free; remove "
        "files, or grow it",
        fs->files, FormatSize(fs->available));
  }
  if (usage.pool && FilledPercent(*usage.pool) >= warning_percent) {
    return fmt::format("the pool is nearly full: {}", DescribeSpace(*usage.pool));
  }
  return "";
}

}  // namespace

void EngineImpl::Usage(const VolumeRef& ref, Deadline deadline, Done<VolumeUsage> done) {
  Resolve(ref, deadline, [this, deadline, done = std::move(done)](absl::StatusOr<Target> target) {
    if (!target.ok()) return done(target.status());
    // A turn of its own: a file system that hangs delays nobody but those who ask about it.
    const VolumeKey turn{target->key.service, "usage " + target->key.id};
    SubmitFor<VolumeUsage>(
        turn, target->name, "usage", "usage", deadline, done,
        [this, target = *target]() -> absl::StatusOr<VolumeUsage> {
          VolumeUsage usage;
          usage.view = ViewOf(target);
          const StagePtr stage = core_.table.Find(target.key);
          if (stage != nullptr && stage->Staged()) {
            ASSIGN_OR_RETURN(usage.file_system, core_.host.file_systems->UsageOf(stage->stage_path));
          }
          ASSIGN_OR_RETURN(usage.pool, target.service->driver().PoolOf(core_.WorkContext()));
          usage.problem = ProblemOf(target.name, usage, core_.options.pool_warning_percent);
          return usage;
        });
  });
}

std::vector<std::string> EngineImpl::Warnings() const {
  return pools_.Warnings();
}

}  // namespace rexray::engine
