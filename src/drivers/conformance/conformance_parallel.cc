// Deadlines, and many threads at once.

#include <atomic>
#include <set>
#include <thread>

#include "gmock/gmock.h"

#include "base/status.h"
#include "drivers/conformance/conformance.h"

namespace rexray::drivers::conformance {

using ::testing::IsEmpty;

int LinkParallelTests() {
  return 0;
}

namespace {

void InParallel(int threads, const std::function<void(int)>& body) {
  std::vector<std::thread> all;
  std::atomic<int> ready{0};
  for (int i = 0; i < threads; ++i) {
    all.emplace_back([&, i] {
      ++ready;
      while (ready < threads) std::this_thread::yield();
      body(i);
    });
  }
  for (std::thread& thread : all) thread.join();
}

}  // namespace

TEST_P(Conformance, ADeadlineThatHasPassedDoesNoHarm) {
  const Volume volume = Make("vol");
  const CallContext late{Deadline::At(backend().clock().Now())};
  const auto expect_late = [](const absl::Status& status) {
    EXPECT_TRUE(status.ok() || absl::IsDeadlineExceeded(status)) << status;
    if (!status.ok()) {
      EXPECT_GE(status.message().size(), 10u);
    }
  };
  expect_late(StatusOf(driver().Create(late, Spec("late"))));
  expect_late(StatusOf(driver().Attach(late, volume.key.id, {})));
  if (can().grow) expect_late(StatusOf(driver().Grow(late, volume.key.id, volume.size)));
  expect_late(driver().Detach(late, volume.key.id, "", false));
  // The calls can be repeated, and join what was begun.
  const absl::Status created = StatusOf(driver().Create(context_, Spec("late")));
  EXPECT_TRUE(created.ok() || absl::IsAlreadyExists(created)) << created;
  Bring(volume.key.id);
  EXPECT_OK(driver().Detach(context_, volume.key.id, "", false));
}

TEST_P(Conformance, AHangEndsWithTheDeadlineAndTheRepeatJoins) {
  const Volume volume = Make("vol");
  if (!backend().HangAttach(true)) return;  // this backend cannot be made to hang
  const CallContext soon = Soon(std::chrono::milliseconds(30));
  absl::Status status = StatusOf(driver().Attach(soon, volume.key.id, {}));
  if (status.ok()) status = StatusOf(driver().AwaitLocal(soon, volume.key.id));
  EXPECT_STATUS(kDeadlineExceeded, status);
  backend().HangAttach(false);
  Bring(volume.key.id);
}

TEST_P(Conformance, AHangingVolumeDelaysNoOther) {
  const Volume stuck = Make("stuck");
  const Volume free = Make("free");
  if (!backend().HangAttach(true)) return;  // this backend cannot be made to hang
  std::thread hanging([&] {
    (void)driver().Attach(context_, stuck.key.id, {});
    (void)driver().AwaitLocal(context_, stuck.key.id);
  });
  backend().WaitUntilAttachHangs();
  EXPECT_OK(driver().List(context_));
  EXPECT_OK(driver().Get(context_, stuck.key.id));
  EXPECT_OK(driver().FindByName(context_, {"stuck", "free"}));
  EXPECT_OK(driver().Remove(context_, free.key.id));
  const Volume made = Make("new");
  EXPECT_OK(driver().ClearBlankMark(context_, made.key.id));
  backend().HangAttach(false);
  hanging.join();
}

TEST_P(Conformance, ManyThreadsOnManyVolumes) {
  constexpr int kThreads = 16;
  InParallel(kThreads, [&](int i) {
    const std::string name = "vol" + std::to_string(i);
    for (int round = 0; round < 3; ++round) {
      absl::StatusOr<Volume> volume = driver().Create(context_, Spec(name));
      ASSERT_TRUE(volume.ok()) << volume.status();
      const std::string& id = volume->key.id;
      EXPECT_OK(driver().Attach(context_, id, {}));
      absl::StatusOr<LocalResource> local = driver().AwaitLocal(context_, id);
      EXPECT_OK(local);
      EXPECT_OK(driver().ClearBlankMark(context_, id));
      auto listed = driver().List(context_);
      EXPECT_OK(listed);
      EXPECT_OK(driver().Detach(context_, id, "", false));
      absl::StatusOr<Volume> got = driver().Get(context_, id);
      ASSERT_TRUE(got.ok()) << got.status();
      EXPECT_FALSE(got->blank);
      EXPECT_THAT(got->attachments, IsEmpty());
      EXPECT_OK(driver().Remove(context_, id));
    }
  });
  EXPECT_THAT(ListedIds(), IsEmpty());
}

TEST_P(Conformance, ManyThreadsOneName) {
  constexpr int kThreads = 8;
  std::atomic<int> made{0};
  std::atomic<int> taken{0};
  InParallel(kThreads, [&](int) {
    const absl::Status status = StatusOf(driver().Create(context_, Spec("one")));
    if (status.ok()) ++made;
    if (absl::IsAlreadyExists(status)) ++taken;
  });
  EXPECT_EQ(made, 1);
  EXPECT_EQ(taken, kThreads - 1);
  EXPECT_EQ(ListedIds().size(), 1u);
}

TEST_P(Conformance, ManyThreadsAttachOneVolume) {
  const Volume volume = Make("vol");
  std::vector<LocalResource> seen(8);
  InParallel(8, [&](int i) { seen[static_cast<size_t>(i)] = Bring(volume.key.id); });
  for (const LocalResource& local : seen) {
    EXPECT_EQ(local.path, seen[0].path);
    EXPECT_EQ(local.identity, seen[0].identity);
  }
  InParallel(8, [&](int) { EXPECT_OK(driver().Detach(context_, volume.key.id, "", false)); });
  EXPECT_THAT(driver().Get(context_, volume.key.id)->attachments, IsEmpty());
}

}  // namespace rexray::drivers::conformance
