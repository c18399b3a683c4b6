#pragma once

// What Mesos agents, the original isolator module, dvdcli and Docker say when volumes do not work, and what
// it means. Sources of each text: Mesos src/module/manager.cpp, src/slave/slave.cpp, the containerizer and
// the docker/volume isolator; mesos-module-dvdi's docker_volume_driver_isolator.cpp; dvdcli; ld.so.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rexray::setup::doctor {

struct KnownText {
  std::string_view text;  ///< part of a line; "*" stands for anything
  std::string_view cause;
  std::string_view fix;
  bool ends_agent = false;  ///< the agent ends with it, or does not start
};

const std::vector<KnownText>& KnownTexts();

struct Explained {
  std::string line;
  const KnownText* known = nullptr;
  bool came_up_since = false;  ///< the agent registered, or finished its recovery, after that line
};

/// The last line that is in the table and ends an agent, else the last that is in it at all. Multi-line texts
/// are found by their first line. `log`: any size; only its last 256 KiB count.
std::optional<Explained> ExplainLog(std::string_view log);

}  // namespace rexray::setup::doctor
