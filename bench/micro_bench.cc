// Google Benchmark of the pieces that stand in the way of a request. Times are the machine's; what counts is
// how they change from one commit to the next, and `List` of 10,000 beside the same answer only written.

#include <benchmark/benchmark.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/keyed_lock.h"
#include "engine/journal.h"
#include "host/mounter.h"
#include "server/docker/plugin_answer.h"

namespace rexray {
namespace {

std::vector<engine::VolumeView> Views(size_t count) {
  std::vector<engine::VolumeView> views(count);
  for (size_t i = 0; i < count; ++i) {
    views[i].volume.name = "bench-" + std::to_string(100000 + i);
    views[i].volume.key = {"rexray", "lv-" + std::to_string(i)};
    views[i].volume.size = uint64_t{1} << 30;
  }
  return views;
}

void ListAnswerOf(benchmark::State& state) {
  const auto views = Views(static_cast<size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(server::docker::ListAnswer(views));
}
BENCHMARK(ListAnswerOf)->Arg(10)->Arg(10000)->Unit(benchmark::kMicrosecond);

void GetAnswer(benchmark::State& state) {
  const auto views = Views(1);
  for (auto _ : state) benchmark::DoNotOptimize(server::docker::GetAnswer(views[0]));
}
BENCHMARK(GetAnswer);

void ParseMountsOf(benchmark::State& state) {
  std::string text;
  for (int64_t i = 0; i < state.range(0); ++i) {
    const std::string number = std::to_string(i);
    text += number + " 25 7:" + number + " / /var/lib/rexray/volumes/volume-" + number +
            " rw,relatime shared:" + number + " - ext4 /dev/loop" + number + " rw\n";
  }
  for (auto _ : state) benchmark::DoNotOptimize(host::ParseMountInfo(text));
}
BENCHMARK(ParseMountsOf)->Arg(2000)->Unit(benchmark::kMicrosecond);

void KeyedLockUncontended(benchmark::State& state) {
  KeyedLock locks(SystemClock::Get());
  const std::string key = "lv-0123456789abcdef";
  for (auto _ : state) benchmark::DoNotOptimize(locks.Acquire(key, Deadline::Never(), "measure"));
}
BENCHMARK(KeyedLockUncontended);

/// What each step of an operation costs before its effect.
void JournalIntent(benchmark::State& state) {
  const std::filesystem::path run = std::filesystem::temp_directory_path() / "rexray-micro-bench";
  std::filesystem::create_directories(run);
  auto journal = engine::OpenJournal(run, "bench");
  if (!journal.ok()) return state.SkipWithError("no journal");
  const engine::IntentRow row{{"rexray", "lv-1"}, "pgdata", "mount", "attach", "{}", {}};
  for (auto _ : state) {
    benchmark::DoNotOptimize((*journal)->PutIntent(row));
    benchmark::DoNotOptimize((*journal)->DropIntent(row.key));
  }
  journal->reset();
  std::filesystem::remove_all(run);
}
BENCHMARK(JournalIntent)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace rexray

BENCHMARK_MAIN();
