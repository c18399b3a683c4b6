#include "volume/storage_driver.h"

#include "base/status.h"

namespace rexray {
namespace {

absl::Status NoSnapshots(const StorageDriver& driver) {
  return Error(absl::StatusCode::kUnimplemented, "the {} driver has no snapshots", driver.Name());
}

}  // namespace

absl::StatusOr<std::vector<Snapshot>> StorageDriver::ListSnapshots(const CallContext&) {
  return NoSnapshots(*this);
}

absl::StatusOr<Snapshot> StorageDriver::CreateSnapshot(const CallContext&, const std::string&,
                                                       const std::string&) {
  return NoSnapshots(*this);
}

absl::Status StorageDriver::RemoveSnapshot(const CallContext&, const std::string&) {
  return NoSnapshots(*this);
}

}  // namespace rexray
