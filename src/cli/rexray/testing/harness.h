#pragma once

// The whole program in a test: words in; text, requests and exit code out.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cli/rexray/app.h"
#include "cli/rexray/testing/scripted_admin.h"

namespace rexray::cli {

class CapturedConsole final : public Console {
 public:
  void Out(std::string_view text) override { out += text; }
  void Err(std::string_view text) override { err += text; }
  bool OutIsTerminal() const override { return terminal; }
  absl::Status Finish() override { return finish; }

  std::string out;
  std::string err;
  bool terminal = false;
  absl::Status finish;
};

class Harness {
 public:
  /// Forgets what was printed before.
  int Run(const std::vector<std::string>& words);

  /// Scripts GET /v1/volumes and, for each volume, GET /v1/volume by name and by id. Names: kVolumes below.
  void ServeVolumes();

  /// Scripts GET /v1/snapshots: kDaily, kPending.
  void ServeSnapshots();

  ScriptedAdmin admin;
  CapturedConsole console;
  std::map<std::string, std::string> environment = {{"REXRAY_HOME", "/nowhere"}};
  std::vector<std::vector<std::string>> programs;  ///< argv of each that was run
  int program_exit_code = 0;
  std::string root = "/nowhere";
};

/// A fixed set of volumes: "pgdata" mounted here with three users, "logs" attached nowhere (500 MiB), "far"
/// encrypted and attached to another node.
extern const char kPgdata[];
extern const char kLogs[];
extern const char kFar[];
/// Snapshots of "pgdata" and of "logs": one completed with all that one can have, one pending with next to
/// nothing.
extern const char kDaily[];
extern const char kPending[];
/// The answer of /v1/nodes: two services.
extern const char kNodes[];
/// A STATUS of a daemon with two services, one of them down.
extern const char kStatus[];

}  // namespace rexray::cli
