#pragma once

// The calls of the host that a helper process makes for the daemon (helper_pool.h says why), each by its
// number and its method. A call's arguments are the method's; its answer is a Status and, when that is OK,
// the value.

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "host/block_devices.h"
#include "host/file_systems.h"
#include "host/helper/wire.h"
#include "host/mounter.h"

namespace rexray::host {

enum class Call : uint8_t {
  kAttachLoop,
  kFindLoop,
  kListLoops,
  kSetAutoclear,
  kDetachLoop,
  kRefreshLoopSize,
  kProbe,
  kSizeOf,
  kCheckUnused,
  kMount,
  kUnmount,
  kUnmountLazily,
  kHoldersOf,
  kMake,
  kCheck,
  kGrow,
  kNewUuid,
  kFreeze,
  kThaw,
  kUsageOf,
  kEnd,  ///< not a call: how many there are
};

inline auto Fields(FileIdentity& v) {
  return std::tie(v.device, v.inode);
}
inline auto Fields(LoopDevice& v) {
  return std::tie(v.path, v.number, v.backing, v.autoclear, v.direct_io, v.read_only);
}
inline auto Fields(ProbeResult& v) {
  return std::tie(v.empty, v.fs_type, v.uuid, v.label, v.partition_table, v.ambivalent, v.fs_size,
                  v.description);
}
inline auto Fields(MountRequest& v) {
  return std::tie(v.source, v.target, v.fs_type, v.options, v.read_only);
}
inline auto Fields(MountHolder& v) {
  return std::tie(v.pid, v.command, v.how);
}
inline auto Fields(MakeOptions& v) {
  return std::tie(v.fs_type, v.extra, v.deadline);
}
inline auto Fields(FileSystemUsage& v) {
  return std::tie(v.size, v.available, v.files, v.files_available);
}

// What methods return, as an answer. A plain value cannot fail.
inline void PutResult(Packer& out, const absl::Status& status) {
  out.Put(static_cast<int>(status.code()));
  out.Put(std::string(status.message().data(), status.message().size()));
}
template <typename T>
void PutResult(Packer& out, const absl::StatusOr<T>& result) {
  PutResult(out, result.status());
  if (result.ok()) out.Put(*result);
}
template <typename T>
void PutResult(Packer& out, const T& value) {
  PutResult(out, absl::OkStatus());
  out.Put(value);
}

}  // namespace rexray::host
