#include "mesos/sequences.h"

#include <atomic>
#include <memory>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "mesos/testing/core_fixture.h"

namespace rexray::mesos {
namespace {

TEST(SequencesTest, OneKeyInOrder) {
  std::vector<int> order;
  {
    Sequences sequences(8);
    for (int i = 0; i < 100; ++i) sequences.Add("k", [&order, i] { order.push_back(i); });
  }
  ASSERT_EQ(order.size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(order[static_cast<size_t>(i)], i);
}

TEST(SequencesTest, KeysDoNotWaitForEachOther) {
  Awaited<bool> go;
  Awaited<bool> other_ran;
  Sequences sequences(2);
  sequences.Add("stuck", [&go] { go.Get(); });
  sequences.Add("other", [&other_ran] { other_ran.Set(true); });
  EXPECT_TRUE(other_ran.Get());
  go.Set(true);
}

TEST(SequencesTest, MoreKeysThanThreads) {
  std::atomic<int> ran{0};
  {
    Sequences sequences(3);
    for (int i = 0; i < 200; ++i) {
      sequences.Add(std::to_string(i), [&sequences, &ran, i] {
        ++ran;
        sequences.Add("again " + std::to_string(i), [&ran] { ++ran; });
      });
    }
  }
  EXPECT_EQ(ran, 400);
}

TEST(SequencesTest, WhatWorkHoldsGoesBeforeTheNextBegins) {
  auto held = std::make_shared<int>(1);
  const std::weak_ptr<int> watched = held;
  bool gone = false;
  {
    Sequences sequences(1);
    sequences.Add("k", [held = std::move(held)] { EXPECT_EQ(*held, 1); });
    sequences.Add("k", [&gone, watched] { gone = watched.expired(); });
  }
  EXPECT_TRUE(gone);
}

}  // namespace
}  // namespace rexray::mesos
