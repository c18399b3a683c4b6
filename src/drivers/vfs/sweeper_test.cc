#include "drivers/vfs/sweeper.h"

#include <atomic>
#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace rexray::drivers::vfs {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Sweeper, DeletesAllThatIsAddedAlsoAfterAPause) {
  std::atomic<int> deleted{0};
  Sweeper sweeper([&](const std::string&, const Sweeper::Stop&) {
    ++deleted;
    return absl::OkStatus();
  });
  for (int i = 0; i < 100; ++i) sweeper.Add(std::to_string(i));
  sweeper.WaitIdle();
  EXPECT_EQ(deleted, 100);
  sweeper.Add("one more");
  sweeper.WaitIdle();
  EXPECT_EQ(deleted, 101);
  EXPECT_THAT(sweeper.Failures(), IsEmpty());
}

TEST(Sweeper, AFailureIsToldAndTheOthersGo) {
  std::set<std::string> deleted;
  Sweeper sweeper([&](const std::string& name, const Sweeper::Stop&) -> absl::Status {
    if (name == "stuck") return absl::PermissionDeniedError("immutable");
    deleted.insert(name);
    return absl::OkStatus();
  });
  for (const char* name : {"a", "stuck", "b"}) sweeper.Add(name);
  sweeper.WaitIdle();
  EXPECT_THAT(deleted, ElementsAre("a", "b"));
  EXPECT_THAT(sweeper.Failures(), ElementsAre("immutable"));
}

TEST(Sweeper, TheEndStopsALongDeletion) {
  std::atomic<bool> begun{false};
  bool stopped = false;
  {
    Sweeper sweeper([&](const std::string&, const Sweeper::Stop& stop) -> absl::Status {
      begun = true;
      while (!stop()) std::this_thread::yield();
      stopped = true;
      return absl::CancelledError("stopped");
    });
    sweeper.Add("endless");
    while (!begun) std::this_thread::yield();
  }
  EXPECT_TRUE(stopped);
}

}  // namespace
}  // namespace rexray::drivers::vfs
