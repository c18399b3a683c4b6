#pragma once

// An engine that does what a test says, for the protocols above it.

#include <gmock/gmock.h>

#include "engine/volume_engine.h"

namespace rexray::engine {

class MockEngine : public VolumeEngine {
 public:
  MOCK_METHOD(absl::Status, Recover, (), (override));
  MOCK_METHOD(void, EndReads, (), (override));
  MOCK_METHOD(bool, Shutdown, (Deadline), (override));
  MOCK_METHOD(absl::Status, Adjust, (const std::string&, const AdjustableSettings&), (override));
  MOCK_METHOD(std::vector<std::string>, Services, (), (const, override));
  MOCK_METHOD(absl::StatusOr<Readiness>, ReadinessOf, (const std::string&), (const, override));
  MOCK_METHOD(absl::StatusOr<DriverCapabilities>, CapabilitiesOf, (const std::string&), (const, override));
  MOCK_METHOD(void, ThisNode, (const std::string&, Deadline, Done<Node>), (override));
  MOCK_METHOD(void, Get, (const VolumeRef&, Deadline, Done<VolumeView>), (override));
  MOCK_METHOD(void, List, (const std::string&, Deadline, Done<std::vector<VolumeView>>), (override));
  MOCK_METHOD(void, Consumers, (const VolumeRef&, Deadline, Done<ConsumerReport>), (override));
  MOCK_METHOD(void, Path, (const VolumeRef&, Deadline, Done<std::string>), (override));
  MOCK_METHOD(void, CreateVolume, (const std::string&, const CreateSpec&, Deadline, Done<CreateResult>),
              (override));
  MOCK_METHOD(void, Remove, (const VolumeRef&, const RemoveOptions&, Deadline, DoneStatus), (override));
  MOCK_METHOD(void, Mount, (const VolumeRef&, const Consumer&, const MountSpec&, Deadline, MountDone),
              (override));
  MOCK_METHOD(void, Unmount, (const VolumeRef&, const Consumer&, bool, Deadline, DoneStatus), (override));
  MOCK_METHOD(void, ReleaseConsumer, (const VolumeRef&, const std::string&, Deadline, DoneStatus),
              (override));
  MOCK_METHOD(void, Attach, (const VolumeRef&, bool, Deadline, Done<VolumeView>), (override));
  MOCK_METHOD(void, Detach, (const VolumeRef&, bool, Deadline, DoneStatus), (override));
  MOCK_METHOD(void, Grow, (const VolumeRef&, uint64_t, Deadline, Done<VolumeView>), (override));
  MOCK_METHOD(void, Usage, (const VolumeRef&, Deadline, Done<VolumeUsage>), (override));
  MOCK_METHOD(std::vector<std::string>, Warnings, (), (const, override));
  MOCK_METHOD(void, ListSnapshots, (const std::string&, Deadline, Done<std::vector<Snapshot>>), (override));
  MOCK_METHOD(void, Modify, (const VolumeRef&, const ModifySpec&, Deadline, Done<VolumeView>), (override));
  MOCK_METHOD(void, Adopt, (const VolumeRef&, Deadline, Done<VolumeView>), (override));
  MOCK_METHOD(void, CreateSnapshot, (const VolumeRef&, const SnapshotSpec&, bool, Deadline, Done<Snapshot>),
              (override));
  MOCK_METHOD(void, RemoveSnapshot,
              (const std::string&, const std::string&, const RemoveOptions&, Deadline, DoneStatus),
              (override));
};

}  // namespace rexray::engine
