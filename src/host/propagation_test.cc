#include "host/propagation.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/status.h"
#include "host/linux_host.h"

namespace rexray::host {
namespace {

using testing::HasSubstr;

MountEntry At(const std::string& target, int peer_group, int master_group = 0) {
  MountEntry entry;
  entry.target = target;
  entry.peer_group = peer_group;
  entry.master_group = master_group;
  return entry;
}

std::string Words(const absl::Status& status) {
  return std::string(MessageOf(status));
}

TEST(Propagation, SharedWithTheHostReachesIt) {
  const std::vector<MountEntry> ours{At("/", 0), At("/var", 5)};
  const std::vector<MountEntry> hosts{At("/", 1), At("/var", 5)};
  EXPECT_TRUE(CheckPropagation(ours, &hosts, "/var/lib/rexray").ok());
  EXPECT_TRUE(CheckPropagation(ours, nullptr, "/var").ok());
}

TEST(Propagation, TheMountThatHoldsTheDirectoryCounts) {
  const std::vector<MountEntry> ours{At("/", 5), At("/var/lib", 0), At("/var/library", 5)};
  const absl::Status status = CheckPropagation(ours, nullptr, "/var/lib/rexray");
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(Words(status), HasSubstr("/var/lib is private"));
  EXPECT_TRUE(CheckPropagation(ours, nullptr, "/var/library").ok());
  EXPECT_TRUE(CheckPropagation(ours, nullptr, "/var/libx").ok());
}

TEST(Propagation, TheLastOfTwoMountsAtOnePlaceCounts) {
  EXPECT_FALSE(CheckPropagation({At("/", 5), At("/", 0)}, nullptr, "/x").ok());
}

TEST(Propagation, ASlaveOnlyReceives) {
  const absl::Status status = CheckPropagation({At("/", 0, 5)}, nullptr, "/x");
  EXPECT_THAT(Words(status), HasSubstr("/ is a slave"));
}

TEST(Propagation, SharedAmongOthersIsNotEnough) {
  const std::vector<MountEntry> hosts{At("/", 1)};
  const absl::Status status = CheckPropagation({At("/", 9)}, &hosts, "/x");
  EXPECT_THAT(Words(status), HasSubstr("not with the host"));
}

}  // namespace
}  // namespace rexray::host
