#include "host/helper/serve_helper.h"

#include <sys/file.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <functional>
#include <string>

#include "base/status.h"
#include "base/subprocess.h"
#include "host/helper/calls.h"
#include "host/helper/helper_pool.h"
#include "host/linux_host.h"

namespace rexray::host {
namespace {

using Handler = std::function<void(Unpacker&, Packer&)>;
using Handlers = std::array<Handler, static_cast<size_t>(Call::kEnd)>;

template <typename Object, typename Result, typename... Args>
Handler Serve(Object& object, Result (Object::*method)(Args...)) {
  return [&object, method](Unpacker& in, Packer& out) {
    // Braces: the arguments are taken from left to right.
    std::tuple<std::decay_t<Args>...> arguments{in.Take<std::decay_t<Args>>()...};
    if (!in.Complete()) {
      return PutResult(out, Error(absl::StatusCode::kInternal, "a helper got a call that it cannot read"));
    }
    PutResult(out, std::apply([&](auto&... argument) { return (object.*method)(argument...); }, arguments));
  };
}

Handlers MakeHandlers(BlockDevices& devices, Mounter& mounter, FileSystems& file_systems) {
  Handlers handlers;
  const auto set = [&](Call call, Handler handler) {
    handlers[static_cast<size_t>(call)] = std::move(handler);
  };
  set(Call::kAttachLoop, Serve(devices, &BlockDevices::AttachLoop));
  set(Call::kFindLoop, Serve(devices, &BlockDevices::FindLoop));
  set(Call::kListLoops, Serve(devices, &BlockDevices::ListLoops));
  set(Call::kSetAutoclear, Serve(devices, &BlockDevices::SetAutoclear));
  set(Call::kDetachLoop, Serve(devices, &BlockDevices::DetachLoop));
  set(Call::kRefreshLoopSize, Serve(devices, &BlockDevices::RefreshLoopSize));
  set(Call::kProbe, Serve(devices, &BlockDevices::Probe));
  set(Call::kSizeOf, Serve(devices, &BlockDevices::SizeOf));
  set(Call::kCheckUnused, Serve(devices, &BlockDevices::CheckUnused));
  set(Call::kMount, Serve(mounter, &Mounter::Mount));
  set(Call::kUnmount, Serve(mounter, &Mounter::Unmount));
  set(Call::kUnmountLazily, Serve(mounter, &Mounter::UnmountLazily));
  set(Call::kHoldersOf, Serve(mounter, &Mounter::HoldersOf));
  set(Call::kMake, Serve(file_systems, &FileSystems::Make));
  set(Call::kCheck, Serve(file_systems, &FileSystems::Check));
  set(Call::kGrow, Serve(file_systems, &FileSystems::Grow));
  set(Call::kNewUuid, Serve(file_systems, &FileSystems::NewUuid));
  set(Call::kFreeze, Serve(file_systems, &FileSystems::Freeze));
  set(Call::kThaw, Serve(file_systems, &FileSystems::Thaw));
  set(Call::kUsageOf, Serve(file_systems, &FileSystems::UsageOf));
  return handlers;
}

std::string Answer(const Handlers& handlers, const std::string& request) {
  Unpacker in(request);
  Packer out;
  const Call call = in.Take<Call>();
  if (!in.ok() || call >= Call::kEnd) {
    PutResult(out, Error(absl::StatusCode::kInternal, "a helper got a call that it does not know"));
  } else {
    handlers[static_cast<size_t>(call)](in, out);
  }
  return out.Take();
}

/// Its lock is what a new daemon waits for. Waits itself while that one looks; without a lock (EBADF) it does
/// not.
void LockOut() {
  while (::flock(kHelperLock, LOCK_SH) != 0 && errno == EINTR) {
  }
}

/// A daemon may die between its request and our reading it.
bool IsGone(int socket) {
  char byte = 0;
  return ::recv(socket, &byte, sizeof byte, MSG_PEEK | MSG_DONTWAIT) == 0;
}

}  // namespace

void ServeHelper(int socket) {
  LockOut();
  Clock& clock = SystemClock::Get();
  ProcessRunner runner(clock);
  const auto devices = MakeLinuxBlockDevices(clock);
  const auto mounter = MakeLinuxMounter();
  const auto file_systems = MakeLinuxFileSystems(runner, *devices);
  const Handlers handlers = MakeHandlers(*devices, *mounter, *file_systems);
  std::string request;
  while (ReceiveMessage(socket, request) && !IsGone(socket) &&
         SendMessage(socket, Answer(handlers, request))) {
  }
}

}  // namespace rexray::host
