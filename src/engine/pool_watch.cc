#include "engine/pool_watch.h"

#include <memory>

#include "base/size.h"
#include "base/status.h"

namespace rexray::engine {
namespace {

/// A pool that is filled to the warning's part and a little less in turns does not warn each time.
constexpr int kRelief = 2;

}  // namespace

std::string DescribeSpace(const Pool& pool) {
  return fmt::format("{} of {} are free in {}", FormatSize(pool.available), FormatSize(pool.size), pool.name);
}

int FilledPercent(const Pool& pool) {
  if (pool.size == 0) return 0;
  const auto available = static_cast<double>(std::min(pool.available, pool.size));
  return static_cast<int>(100.0 - available * 100.0 / static_cast<double>(pool.size));
}

void PoolWatch::Start(Core& core) {
  for (auto& [name, service] : core.services) LookSoon(core, *service);
  for (auto& [name, service] : core.services) Again(core, *service);
}

void PoolWatch::Again(Core& core, ServiceState& service) {
  core.Later(core.options.pool_interval, [this, &core, &service] {
    LookSoon(core, service);
    Again(core, service);
  });
}

void PoolWatch::LookSoon(Core& core, ServiceState& service) {
  auto operation = std::make_shared<Operation>();
  operation->key = {service.config.name, "pool"};  // a turn of its own: statvfs may hang
  operation->name = "pool";
  operation->kind = "look at the pool";
  operation->join = "look";
  operation->body = [this, &core, &service](Operation&) { Look(core, service); };
  core.queue.Submit(std::move(operation), nullptr);
}

void PoolWatch::Look(Core& core, ServiceState& service) {
  const absl::StatusOr<std::optional<Pool>> pool = service.driver().PoolOf(core.WorkContext());
  if (!pool.ok() || !*pool) return;
  const int filled = FilledPercent(**pool);
  const int limit = core.options.pool_warning_percent;
  const std::string& name = service.config.name;
  const std::string text = fmt::format(
      "the pool of service \"{}\" is filled to {} %: {}, and {} are promised to volumes and snapshots; "
      "writing "
      "to volumes fails when it is full: remove some, or make that file system larger",
      name, filled, DescribeSpace(**pool), FormatSize((*pool)->promised));
  bool warned = false;
  bool relieved = false;
  {
    MutexLock lock(mutex_);
    const auto known = warnings_.find(name);
    if (filled >= limit) {
      warned = known == warnings_.end();
      warnings_[name] = text;
    } else if (known != warnings_.end()) {
      relieved = filled < limit - kRelief;
      if (relieved) warnings_.erase(known);
    }
  }
  if (warned) core.AddEvent(LogLevel::kWarn, "pool-filling", {name, ""}, "", text);
  if (relieved) {
    core.AddEvent(LogLevel::kInfo, "pool-relieved", {name, ""}, "",
                  fmt::format("the pool of service \"{}\" has room again: {}", name, DescribeSpace(**pool)));
  }
}

std::vector<std::string> PoolWatch::Warnings() const {
  MutexLock lock(mutex_);
  std::vector<std::string> texts;
  for (const auto& [service, text] : warnings_) texts.push_back(text);
  return texts;
}

}  // namespace rexray::engine
