#pragma once

#include <gmock/gmock.h>

#include "host/block_devices.h"
#include "host/file_systems.h"
#include "host/mounter.h"

namespace rexray::host {

class MockBlockDevices : public BlockDevices {
 public:
  MOCK_METHOD(absl::StatusOr<LoopDevice>, AttachLoop, (const std::string&, bool, Deadline), (override));
  MOCK_METHOD(absl::StatusOr<std::optional<LoopDevice>>, FindLoop, (const FileIdentity&), (override));
  MOCK_METHOD(absl::StatusOr<std::vector<LoopDevice>>, ListLoops, (), (override));
  MOCK_METHOD(absl::Status, SetAutoclear, (const std::string&, bool), (override));
  MOCK_METHOD(absl::Status, DetachLoop, (const std::string&, const FileIdentity&, Deadline), (override));
  MOCK_METHOD(absl::Status, RefreshLoopSize, (const std::string&), (override));
  MOCK_METHOD(absl::StatusOr<ProbeResult>, Probe, (const std::string&), (override));
  MOCK_METHOD(absl::StatusOr<uint64_t>, SizeOf, (const std::string&), (override));
  MOCK_METHOD(absl::StatusOr<dev_t>, NumberOf, (const std::string&), (override));
  MOCK_METHOD(absl::Status, CheckUnused, (const std::string&), (override));
};

class MockMounter : public Mounter {
 public:
  MOCK_METHOD(absl::Status, Mount, (const MountRequest&), (override));
  MOCK_METHOD(absl::Status, Unmount, (const std::string&), (override));
  MOCK_METHOD(absl::Status, UnmountLazily, (const std::string&), (override));
  MOCK_METHOD(absl::StatusOr<std::vector<MountEntry>>, List, (), (override));
  MOCK_METHOD(std::vector<MountHolder>, HoldersOf, (const std::string&, size_t), (override));
};

class MockFileSystems : public FileSystems {
 public:
  MOCK_METHOD(absl::Status, Make, (const std::string&, const MakeOptions&), (override));
  MOCK_METHOD(absl::Status, Check, (const std::string&, const std::string&, Deadline), (override));
  MOCK_METHOD(absl::Status, Grow, (const std::string&, const std::string&, const std::string&, Deadline),
              (override));
  MOCK_METHOD(absl::Status, NewUuid, (const std::string&, const std::string&, Deadline), (override));
  MOCK_METHOD(absl::StatusOr<int64_t>, Freeze, (const std::string&, int64_t, Deadline, Deadline), (override));
  MOCK_METHOD(absl::Status, Thaw, (const std::string&, int64_t), (override));
  MOCK_METHOD(absl::StatusOr<FileSystemUsage>, UsageOf, (const std::string&), (override));
  MOCK_METHOD(std::vector<std::string>, DefaultMountOptions, (const std::string&), (const, override));
};

}  // namespace rexray::host
