#pragma once

#include <memory>

#include "host/helper/helper_pool.h"
#include "host/linux_host.h"

namespace rexray::host {

/// A Host whose calls that can hang are made by helper processes (helper_pool.h), and whose others (reading
/// mountinfo, stat of a device node) by `local`. The pool and what `local` points to outlive it. A call waits
/// for as long as its helper does. Thread-safe.
struct HelperHost {
  std::unique_ptr<BlockDevices> devices;
  std::unique_ptr<Mounter> mounter;
  std::unique_ptr<FileSystems> file_systems;
};

HelperHost MakeHelperHost(HelperPool& pool, const Host& local);

}  // namespace rexray::host
