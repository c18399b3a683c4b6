#pragma once

// What the engine promises a caller, and nothing of how it does it: which calls must succeed, which must
// fail, and what is true after each. A call that failed has changed nothing; the exceptions are changes of
// the backend whose answer was lost, and those the test reads from the backend.

#include <algorithm>
#include <cstdint>
#include <map>
#include <ostream>
#include <set>
#include <string>

namespace rexray::engine {

struct Action {
  enum class Kind { kCreate, kRemove, kMount, kUnmount, kRelease, kAttach, kDetach, kGrow, kRestart };
  Kind kind = Kind::kMount;
  std::string volume;
  std::string consumer;
  bool counted = false;
  uint64_t size = 0;
  std::string fault;         ///< the call that fails once; "" = none
  bool of_cloud = false;     ///< whose call that is
  bool lost_answer = false;  ///< it does its work, and only the answer is lost
};

inline void showValue(const Action& action, std::ostream& out) {
  constexpr const char* kNames[] = {"create", "remove", "mount", "unmount", "release",
                                    "attach", "detach", "grow",  "restart"};
  out << kNames[static_cast<int>(action.kind)] << " " << action.volume << " " << action.consumer
      << (action.counted ? " (counted)" : "") << " " << action.size;
  if (!action.fault.empty())
    out << ", " << action.fault << (action.lost_answer ? " loses its answer" : " fails");
}

class EngineModel {
 public:
  struct Volume {
    uint64_t size = 0;
    bool kept = false;                     ///< an operator attached it
    std::map<std::string, int> consumers;  ///< how often each holds it
    bool Held() const { return !consumers.empty(); }
    friend bool operator==(const Volume&, const Volume&) = default;
  };
  std::map<std::string, Volume> volumes;

  /// Without a fault in the way.
  bool MustSucceed(const Action& action) const {
    const auto found = volumes.find(action.volume);
    const bool exists = found != volumes.end();
    switch (action.kind) {
      case Action::Kind::kCreate:
        return !exists || action.size <= found->second.size;
      case Action::Kind::kRemove:
        return exists && !found->second.Held() && !found->second.kept;
      case Action::Kind::kMount:
      case Action::Kind::kAttach:
        return exists;
      case Action::Kind::kUnmount:
      case Action::Kind::kRestart:
        return true;
      case Action::Kind::kRelease:
        return exists && found->second.consumers.contains(action.consumer);
      case Action::Kind::kDetach:
        return exists && !found->second.Held();
      case Action::Kind::kGrow:
        return exists && action.size >= found->second.size;
    }
    return false;
  }

  /// It has succeeded.
  void Apply(const Action& action) {
    switch (action.kind) {
      case Action::Kind::kCreate:
        volumes.try_emplace(action.volume, Volume{action.size, false, {}});
        return;
      case Action::Kind::kRemove:
        volumes.erase(action.volume);
        return;
      case Action::Kind::kMount: {
        int& count = volumes[action.volume].consumers[action.consumer];
        count = action.counted ? count + 1 : 1;
        return;
      }
      case Action::Kind::kUnmount:
        return End(action, /*whole=*/!action.counted);
      case Action::Kind::kRelease:
        return End(action, /*whole=*/true);
      case Action::Kind::kAttach:
        volumes[action.volume].kept = true;
        return;
      case Action::Kind::kDetach:
        volumes[action.volume].kept = false;
        return;
      case Action::Kind::kGrow:
        volumes[action.volume].size = std::max(volumes[action.volume].size, action.size);
        return;
      case Action::Kind::kRestart:
        return;
    }
  }

  /// An error, and yet the backend may have done it: the truth decides.
  static bool MayHaveHappened(const Action& action) {
    return action.kind == Action::Kind::kCreate || action.kind == Action::Kind::kRemove ||
           action.kind == Action::Kind::kGrow || action.kind == Action::Kind::kAttach ||
           action.kind == Action::Kind::kDetach;
  }

  std::set<std::string> removals_in_doubt;  ///< volumes of which a Remove lost its answer

 private:
  void End(const Action& action, bool whole) {
    const auto found = volumes.find(action.volume);
    if (found == volumes.end()) return;
    const auto consumer = found->second.consumers.find(action.consumer);
    if (consumer == found->second.consumers.end()) return;
    if (whole || --consumer->second == 0) found->second.consumers.erase(consumer);
  }
};

}  // namespace rexray::engine
