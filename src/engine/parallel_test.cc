// Many callers, many volumes, faults in between: for ThreadSanitizer, and for the invariants that must hold
// at the end.

#include <random>
#include <thread>

#include "engine/testing/engine_fixture.h"

namespace rexray::engine {
namespace {

class ParallelTest : public EngineFixture {};

TEST_F(ParallelTest, RandomCallsEndInAConsistentState) {
  constexpr int kVolumes = 6;
  constexpr int kThreads = 8;
  constexpr int kCalls = 60;
  std::vector<std::string> names;
  std::vector<std::string> ids;
  for (int i = 0; i < kVolumes; ++i) {
    names.push_back("v" + std::to_string(i));
    ids.push_back(Create(names.back()));
  }
  // Each thread is a container runtime of its own: its mounts that were answered and not yet unmounted, by
  // volume.
  std::vector<std::map<std::string, int>> held(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937 random(static_cast<unsigned>(t) + 1);
      Consumer consumer{Consumer::Api::kDocker, "runtime-" + std::to_string(t), true};
      for (int i = 0; i < kCalls; ++i) {
        const std::string& name = names[random() % names.size()];
        switch (random() % 8) {
          case 0:
            EXPECT_TRUE(Get(name).ok());
            break;
          case 1:
            EXPECT_EQ(List()->size(), names.size());
            break;
          case 2:
            if (t == 0) host().calls().FailNext("Mount", absl::InternalError("broken"));
            break;
          case 3:
            if (t == 1) cloud().calls().FailNext("Detach", absl::UnavailableError("away"));
            break;
          case 4:
          case 5:
            if (held[static_cast<size_t>(t)][name] > 0 && Unmount(name, consumer).ok()) {
              --held[static_cast<size_t>(t)][name];
            }
            break;
          default:
            if (Mount(name, consumer).ok()) ++held[static_cast<size_t>(t)][name];
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  host().calls().Clear();
  cloud().calls().Clear();
  for (size_t i = 0; i < names.size(); ++i) {
    Settle(names[i]);
    int want = 0;
    int have = 0;
    for (auto& mine : held) want += mine[names[i]];
    for (const ConsumerRecord& record : View(names[i]).consumers) have += record.count;
    EXPECT_EQ(have, want) << "no consumer is lost or invented";
    EXPECT_EQ(host().MountAt(StagePath(names[i])).has_value(), want > 0);
    if (want > 0) {
      EXPECT_TRUE(AttachedHere(ids[i]));
    }
  }
  const std::vector<ConsumerRow> rows = *journal_->Consumers();
  int rows_count = 0;
  for (const ConsumerRow& row : rows) rows_count += row.count;
  int want = 0;
  for (auto& mine : held) {
    for (const auto& [name, count] : mine) want += count;
  }
  EXPECT_EQ(rows_count, want) << "the journal says the same";
}

TEST_F(ParallelTest, MountsOfDifferentVolumesRunAtOnce) {
  constexpr int kVolumes = 30;  // below the fake node's attach limit
  for (int i = 0; i < kVolumes; ++i) Create("v" + std::to_string(i));
  host().calls().Hang("Mount");
  std::vector<Pending<Path>> answers;
  for (int i = 0; i < kVolumes; ++i) answers.push_back(StartMount("v" + std::to_string(i), CliConsumer()));
  host().calls().WaitUntilHanging("Mount", kVolumes);
  EXPECT_EQ(List()->size(), static_cast<size_t>(kVolumes));
  host().calls().Release("Mount");
  for (Pending<Path>& answer : answers) EXPECT_TRUE(answer.Wait().ok());
}

TEST_F(ParallelTest, AnEngineCanEndWhileCallsArrive) {
  for (int round = 0; round < 10; ++round) {
    Create("v" + std::to_string(round));
    std::vector<Pending<Path>> answers;
    for (int i = 0; i < 10; ++i) {
      answers.push_back(StartMount("v" + std::to_string(round), DockerConsumer(static_cast<char>('0' + i))));
    }
    Stop();
    for (Pending<Path>& answer : answers) (void)answer.Wait();
  }
}

}  // namespace
}  // namespace rexray::engine
