#pragma once

// The Docker Volume Plugin API v1 for one service: what dockerd, swarm, podman, dvdcli and Nomad's docker
// driver speak. Requests are translated to engine calls and nothing else; the facts about real clients are in
// docs/docker.md.
//
//   /Plugin.Activate /VolumeDriver.{Create,Remove,Mount,Unmount,Path,Get,List,Capabilities}
//
// Any method is taken (REX-Ray never looked at it). An unknown path is 404; every other error is 500 with
// {"Err": …}.

#include <string>

#include "absl/status/status.h"

#include "base/clock.h"
#include "base/http/server.h"
#include "engine/volume_engine.h"
#include "server/docker/option_table.h"

namespace rexray::server::docker {

struct PluginOptions {
  std::string service;
  UnknownOptions unknown_options = UnknownOptions::kRefuse;
  // How long a caller is kept waiting at most. dockerd gives up Create and Mount after 120 s and the rest
  // after 60 s; dvdcli gives up any call after 105 s.
  Duration create_and_mount = std::chrono::seconds(110);
  Duration others = std::chrono::seconds(50);
  Duration dvdcli =
      std::chrono::seconds(100);  ///< also for Mount and Unmount without an id: old dvdclis send none
};

/// Serves one service. `engine` and `clock` outlive the handler and every exchange that it was given.
/// Thread-safe; never blocks.
http::Handler MakePluginHandler(engine::VolumeEngine& engine, Clock& clock, PluginOptions options);

}  // namespace rexray::server::docker
