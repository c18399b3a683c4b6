#include "drivers/ebs/batcher.h"

#include <atomic>
#include <set>
#include <thread>

#include "gmock/gmock.h"

#include "base/testing/virtual_time.h"
#include "drivers/ebs/poller.h"
#include "drivers/ebs/volume_list.h"

namespace rexray::drivers::ebs {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

/// What was asked, call by call; answers question -> "!question" unless it is unknown.
struct Service {
  Mutex mutex;
  std::vector<std::vector<std::string>> calls;
  std::set<std::string> unknown;
  absl::Status failure;

  absl::StatusOr<std::map<std::string, std::string>> Answer(const std::vector<std::string>& questions) {
    MutexLock lock(mutex);
    calls.push_back(questions);
    if (!failure.ok()) return failure;
    std::map<std::string, std::string> answers;
    for (const std::string& question : questions) {
      if (!unknown.contains(question)) answers[question] = "!" + question;
    }
    return answers;
  }
};

class BatcherTest : public ::testing::Test {
 protected:
  SimulatedClock clock_;
  Service service_;
  Batcher<std::string> batcher_{
      clock_, "a question", {.most = 3}, [this](const std::vector<std::string>& questions, Deadline) {
        return service_.Answer(questions);
      }};
};

TEST_F(BatcherTest, CallersWithinAWindowShareACall) {
  service_.unknown = {"b"};
  std::vector<std::function<void()>> callers;
  std::atomic<int> found{0};
  for (const char* id : {"a", "b", "a", "a"}) {
    callers.emplace_back([&, id] {
      auto answers = batcher_.Get({id}, Deadline::Never());
      ASSERT_TRUE(answers.ok());
      found += static_cast<int>(answers->size());
    });
  }
  const TimePoint begun = clock_.Now();
  RunInVirtualTime(clock_, milliseconds(1), callers);
  EXPECT_EQ(found, 3) << "b is unknown, and fails nobody";
  EXPECT_THAT(service_.calls, ElementsAre(ElementsAre("a", "b"))) << "equal questions share a slot";
  EXPECT_LE(clock_.Now() - begun, milliseconds(20)) << "the window when idle";
}

TEST_F(BatcherTest, AFullBatchDoesNotWaitForTheWindow) {
  auto answers = batcher_.Get({"a", "b", "c"}, Deadline::Never());
  ASSERT_TRUE(answers.ok());
  EXPECT_THAT(*answers, SizeIs(3));
  EXPECT_THAT(service_.calls, ElementsAre(ElementsAre("a", "b", "c")));
}

TEST_F(BatcherTest, ManyQuestionsAreManyCalls) {
  std::thread asker([&] { EXPECT_THAT(*batcher_.Get({"a", "b", "c", "d"}, Deadline::Never()), SizeIs(4)); });
  clock_.WaitForWaiters(1);
  clock_.Advance(milliseconds(10));
  asker.join();
  EXPECT_THAT(service_.calls, ElementsAre(SizeIs(3), SizeIs(1)));
}

TEST_F(BatcherTest, AFailureReachesAllOfTheCall) {
  service_.failure = absl::PermissionDeniedError("no");
  EXPECT_TRUE(absl::IsPermissionDenied(batcher_.Get({"a", "b", "c"}, Deadline::Never()).status()));
}

TEST_F(BatcherTest, WhatOneCallersDeadlineCutsShortAnotherTakesOver) {
  std::atomic<int> calls{0};
  Batcher<std::string> batcher(clock_, "a question", {.most = 3},
                               [&](const std::vector<std::string>& questions,
                                   Deadline deadline) -> absl::StatusOr<std::map<std::string, std::string>> {
                                 if (++calls > 1) return service_.Answer(questions);
                                 Mutex mutex;
                                 CondVar never;
                                 MutexLock lock(mutex);
                                 while (!deadline.Passed(clock_))
                                   clock_.WaitUntil(never, mutex, deadline.at());
                                 return absl::DeadlineExceededError("hung until the first caller's deadline");
                               });
  std::atomic<bool> first_asked{false};
  RunInVirtualTime(clock_, milliseconds(5),
                   {[&] {
                      const auto impatient = batcher.Get({"a"}, Deadline::After(clock_, milliseconds(50)));
                      EXPECT_TRUE(absl::IsDeadlineExceeded(impatient.status()));
                    },
                    [&] {
                      Mutex mutex;
                      CondVar never;
                      {
                        MutexLock lock(mutex);
                        while (!first_asked) clock_.WaitUntil(never, mutex, clock_.Now() + milliseconds(5));
                      }
                      EXPECT_TRUE(batcher.Get({"a"}, Deadline::After(clock_, seconds(60))).ok());
                    }},
                   [&] { first_asked = first_asked || calls > 0; });
  EXPECT_EQ(calls, 2);
}

class PollerTest : public ::testing::Test {
 protected:
  PollerTest()
      : poller_(clock_, {.first = seconds(1), .most = seconds(4), .growth = 2},
                [this](const std::vector<std::string>& ids, Deadline) { return service_.Answer(ids); }) {}
  size_t Calls() {
    MutexLock lock(service_.mutex);
    return service_.calls.size();
  }
  /// `threads` wait for time: the waiters, and the poller's own.
  void AdvanceUntilCalls(size_t calls, int threads) {
    while (Calls() < calls) {
      clock_.WaitForWaiters(threads);
      clock_.Advance(milliseconds(100));
    }
  }

  SimulatedClock clock_;
  Service service_;
  Poller<std::string> poller_;
};

TEST_F(PollerTest, ManyWaitsAreOneCallForEachIntervalAndTheIntervalGrows) {
  std::atomic<bool> over{false};
  std::vector<std::thread> waiters;
  for (int i = 0; i < 100; ++i) {
    waiters.emplace_back([&, i] {
      EXPECT_TRUE(poller_
                      .Wait(
                          fmt::format("vol-{}", i % 50), "the test",
                          Deadline::After(clock_, std::chrono::hours(1)),
                          [](const std::string*) -> std::optional<absl::Status> { return std::nullopt; },
                          [&] { return over.load(); })
                      .ok());
    });
  }
  clock_.WaitForWaiters(101);  // and the poller's own thread
  const TimePoint begun = clock_.Now();
  AdvanceUntilCalls(5, 101);
  EXPECT_GE(clock_.Now() - begun, seconds(1 + 2 + 4 + 4 + 3));
  over = true;
  poller_.Nudge();
  for (std::thread& waiter : waiters) waiter.join();
  MutexLock lock(service_.mutex);
  EXPECT_THAT(service_.calls.back(), SizeIs(50));
}

TEST_F(PollerTest, ALocalEventEndsTheWaitAtOnce) {
  std::atomic<bool> here{false};
  std::thread waiter([&] {
    EXPECT_TRUE(poller_
                    .Wait(
                        "vol-1", "the device", Deadline::After(clock_, seconds(60)),
                        [](const std::string*) -> std::optional<absl::Status> { return std::nullopt; },
                        [&] { return here.load(); })
                    .ok());
  });
  clock_.WaitForWaiters(2);
  here = true;
  poller_.Nudge();
  waiter.join();
  EXPECT_EQ(Calls(), 0u);
}

TEST_F(PollerTest, TheLastRealErrorIsInTheMessage) {
  service_.failure = absl::UnavailableError("Request limit exceeded");
  absl::Status status;
  std::thread waiter([&] {
    status = poller_.Wait("vol-1", "vol-1 to attach", Deadline::After(clock_, seconds(5)),
                          [](const std::string*) -> std::optional<absl::Status> { return std::nullopt; });
  });
  AdvanceUntilCalls(1, 2);
  clock_.Advance(seconds(10));
  waiter.join();
  EXPECT_TRUE(absl::IsDeadlineExceeded(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("Request limit exceeded"));
}

TEST_F(PollerTest, ARefusalEndsTheWait) {
  service_.failure = absl::PermissionDeniedError("lacks ec2:DescribeVolumes");
  absl::Status status;
  std::thread waiter([&] {
    status = poller_.Wait("vol-1", "vol-1 to attach", Deadline::Never(),
                          [](const std::string*) -> std::optional<absl::Status> { return std::nullopt; });
  });
  AdvanceUntilCalls(1, 1);
  waiter.join();
  EXPECT_TRUE(absl::IsPermissionDenied(status)) << status;
}

TEST(VolumeListTest, OneWalkForAllAndWritesAreInTheNextAnswer) {
  SimulatedClock clock;
  int walks = 0;
  std::vector<Ec2Volume> page(1);
  page[0].id = "vol-1";
  absl::Status failure;
  VolumeList list(clock, {.fresh = seconds(5)}, [&](Deadline) -> absl::StatusOr<std::vector<Ec2Volume>> {
    ++walks;
    if (!failure.ok()) return failure;
    return page;
  });
  const auto ids = [&] {
    std::vector<std::string> all;
    const auto listed = list.Get(Deadline::Never());
    for (const Ec2Volume& volume : listed->value) all.push_back(volume.id);
    return all;
  };
  EXPECT_THAT(ids(), ElementsAre("vol-1"));
  Ec2Volume made;
  made.id = "vol-2";
  list.Note(made);
  EXPECT_THAT(ids(), ElementsAre("vol-1", "vol-2"));
  EXPECT_EQ(walks, 1);
  clock.Advance(seconds(6));
  list.NoteRemoved("vol-1");
  EXPECT_THAT(ids(), ElementsAre("vol-2")) << "a page of the past does not bring it back";
  EXPECT_EQ(walks, 2);
  clock.Advance(seconds(60));
  EXPECT_THAT(ids(), ElementsAre("vol-1")) << "and at last EC2 is right";
  failure = absl::UnavailableError("throttled");
  clock.Advance(seconds(60));
  EXPECT_THAT(ids(), ElementsAre("vol-1")) << "old, and it says so";
  EXPECT_GE(clock.Now() - list.Get(Deadline::Never())->as_of, seconds(60));
  clock.Advance(std::chrono::minutes(10));
  EXPECT_TRUE(absl::IsUnavailable(list.Get(Deadline::Never()).status()));
}

}  // namespace
}  // namespace rexray::drivers::ebs
