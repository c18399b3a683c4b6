#include "volume/storage_driver.h"

#include "base/status.h"

namespace rexray {
namespace {

absl::Status NoSnapshots(const StorageDriver& driver) {
  return Error(absl::StatusCode::kUnimplemented, "the {} driver has no snapshots", driver.Name());
}

}  // namespace

const char* ToString(Readiness::Phase phase) {
  switch (phase) {
    case Readiness::Phase::kStarting:
      return "starting";
    case Readiness::Phase::kDown:
      return "down";
    default:
      return "ready";
  }
}

absl::StatusOr<std::vector<Snapshot>> StorageDriver::ListSnapshots(const CallContext&) {
  return NoSnapshots(*this);
}

absl::StatusOr<Snapshot> StorageDriver::CreateSnapshot(const CallContext&, const std::string&,
                                                       const SnapshotSpec&) {
  return NoSnapshots(*this);
}

absl::Status StorageDriver::RemoveSnapshot(const CallContext&, const std::string&) {
  return NoSnapshots(*this);
}

absl::Status StorageDriver::ClearUuidMark(const CallContext&, const std::string& id) {
  return Error(absl::StatusCode::kUnimplemented, "volume {}: the {} driver makes no copies", id, Name());
}

absl::StatusOr<Volume> StorageDriver::Modify(const CallContext&, const std::string& id, const ModifySpec&) {
  return Error(absl::StatusCode::kUnimplemented,
               "volume {}: the {} driver cannot change a volume's type or performance", id, Name());
}

absl::StatusOr<Volume> StorageDriver::Adopt(const CallContext& context, const std::string& id) {
  return Get(context, id);
}

}  // namespace rexray
