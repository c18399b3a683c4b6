#include "base/thread.h"

#include <pthread.h>

#include <array>
#include <atomic>
#include <future>
#include <memory>
#include <stdexcept>

#include "gtest/gtest.h"

#include "base/deadline.h"
#include "base/logging.h"
#include "base/status.h"
#include "base/testing/simulated_clock.h"

namespace rexray {
namespace {

std::string NameOfThisThread() {
  std::array<char, 16> name{};
  pthread_getname_np(pthread_self(), name.data(), name.size());
  return name.data();
}

/// Opened once; any number of threads wait for it.
class Gate {
 public:
  void Open() { promise_.set_value(); }
  void Wait() const { future_.wait(); }

 private:
  std::promise<void> promise_;
  std::shared_future<void> future_ = promise_.get_future().share();
};

TEST(StartThreadTest, NamesAreCutToWhatTheKernelTakes) {
  std::string name;
  StartThread("a-name-of-more-than-15-bytes", [&name] { name = NameOfThisThread(); }).join();
  EXPECT_EQ(name, "a-name-of-more-");
}

TEST(StartThreadTest, AnExceptionIsLoggedAndEndsTheThreadAlone) {
  testing::internal::CaptureStderr();
  StartThread("thrower", [] { throw std::runtime_error("disk on fire"); }).join();
  StartThread("odd-thrower", [] { throw 7; }).join();
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("thread=thrower error=\"disk on fire\""), std::string::npos) << log;
  EXPECT_NE(log.find("thread=odd-thrower"), std::string::npos) << log;
}

TEST(WorkerPoolTest, RunsInOrderOfArrivalAndTheDestructorRunsWhatIsQueued) {
  std::vector<int> order;
  {
    WorkerPool pool("pool", 1, 100);
    for (int i = 0; i < 50; ++i) {
      ASSERT_TRUE(pool.Submit([&order, i] { order.push_back(i); }).ok());
    }
  }
  ASSERT_EQ(order.size(), 50U);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(order[i], i);
}

TEST(WorkerPoolTest, AFullQueueRefusesAtOnce) {
  Gate started;
  Gate gate;
  std::atomic<int> done = 0;
  {
    WorkerPool pool("pool", 1, 2);
    ASSERT_TRUE(pool.Submit([&] {
                      started.Open();
                      gate.Wait();
                    })
                    .ok());
    started.Wait();
    EXPECT_TRUE(pool.Submit([&done] { ++done; }).ok());
    EXPECT_TRUE(pool.Submit([&done] { ++done; }).ok());
    EXPECT_EQ(pool.Submit([&done] { ++done; }).code(), absl::StatusCode::kResourceExhausted);
    gate.Open();
  }
  EXPECT_EQ(done, 2);
}

TEST(WorkerPoolTest, ThreadsWorkAtTheSameTimeAndBearTheName) {
  Gate first;
  Gate second;
  std::string name;
  {
    WorkerPool pool("reads", 2, 10);
    ASSERT_TRUE(pool.Submit([&] {
                      name = NameOfThisThread();
                      first.Open();
                      second.Wait();
                    })
                    .ok());
    ASSERT_TRUE(pool.Submit([&] {
                      first.Wait();
                      second.Open();
                    })
                    .ok());
  }
  EXPECT_EQ(name, "reads");
}

TEST(WorkerPoolTest, AnExceptionDoesNotEndItsThread) {
  testing::internal::CaptureStderr();
  bool ran = false;
  {
    WorkerPool pool("pool", 1, 10);
    ASSERT_TRUE(pool.Submit([] { throw std::runtime_error("oops"); }).ok());
    ASSERT_TRUE(pool.Submit([&ran] { ran = true; }).ok());
  }
  EXPECT_TRUE(ran);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("error=oops"), std::string::npos);
}

TEST(ThreadPerTaskTest, ABlockedTaskKeepsNoOtherWaiting) {
  Gate gate;
  ThreadPerTask threads("ops", 20);
  std::vector<std::unique_ptr<Gate>> ran;
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(threads.Start([&gate] { gate.Wait(); }).ok());
    ran.push_back(std::make_unique<Gate>());
    ASSERT_TRUE(threads.Start([&done = *ran.back()] { done.Open(); }).ok());
  }
  for (const auto& done : ran) done->Wait();  // all of them, while ten others block
  gate.Open();
}

TEST(ThreadPerTaskTest, TheLimitCountsTasksThatRun) {
  Gate gate;
  SimulatedClock clock;
  ThreadPerTask threads("ops", 2);
  ASSERT_TRUE(threads.Start([&gate] { gate.Wait(); }).ok());
  ASSERT_TRUE(threads.Start([&gate] { gate.Wait(); }).ok());
  EXPECT_EQ(threads.Start([] {}).code(), absl::StatusCode::kResourceExhausted);
  gate.Open();
  ASSERT_TRUE(threads.WaitIdle(clock, Deadline::Never()));
  EXPECT_TRUE(threads.Start([] {}).ok());  // parked threads do not count
}

TEST(ThreadPerTaskTest, WaitIdleEndsWithItsDeadline) {
  Gate gate;
  SimulatedClock clock;
  ThreadPerTask threads("ops", 2);
  EXPECT_TRUE(threads.WaitIdle(clock, Deadline::After(clock, Duration::zero())));
  ASSERT_TRUE(threads.Start([&gate] { gate.Wait(); }).ok());
  std::thread mover = StartThread("mover", [&clock] {
    clock.WaitForWaiters(1);
    clock.Advance(std::chrono::seconds(5));
  });
  EXPECT_FALSE(threads.WaitIdle(clock, Deadline::After(clock, std::chrono::seconds(5))));
  mover.join();
  gate.Open();
  EXPECT_TRUE(threads.WaitIdle(clock, Deadline::Never()));
}

TEST(ThreadPerTaskTest, WhatATaskHoldsIsGoneWhenItCountsAsDone) {
  SimulatedClock clock;
  ThreadPerTask threads("ops", 2);
  auto held = std::make_shared<int>(1);
  const std::weak_ptr<int> watch = held;
  ASSERT_TRUE(threads.Start([held = std::move(held)] {}).ok());
  ASSERT_TRUE(threads.WaitIdle(clock, Deadline::Never()));
  EXPECT_TRUE(watch.expired());
}

TEST(ThreadPerTaskTest, AnExceptionIsLoggedAndTheTaskCountsAsDone) {
  SimulatedClock clock;
  testing::internal::CaptureStderr();
  ThreadPerTask threads("ops", 1);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(threads.Start([] { throw std::runtime_error("oops"); }).ok());
    ASSERT_TRUE(threads.WaitIdle(clock, Deadline::Never()));
  }
  EXPECT_NE(testing::internal::GetCapturedStderr().find("thread=ops error=oops"), std::string::npos);
}

// Threads are started, parked, handed tasks and let go in every order; the destructor comes at once.
TEST(ThreadPerTaskTest, EveryTaskRunsOnceAndTheDestructorWaitsForAll) {
  for (int round = 0; round < 50; ++round) {
    std::atomic<int> ran = 0;
    {
      ThreadPerTask threads("ops", 1000);
      WorkerPool starters("starters", 3, 1000);
      for (int i = 0; i < 60; ++i) {
        ASSERT_TRUE(starters.Submit([&] { EXPECT_TRUE(threads.Start([&ran] { ++ran; }).ok()); }).ok());
      }
    }
    ASSERT_EQ(ran, 60);
  }
}

}  // namespace
}  // namespace rexray
