#pragma once

// The commands that speak to plugins.

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/dvdcli/app.h"
#include "cli/dvdcli/arguments.h"
#include "cli/dvdcli/reporter.h"

#include "base/deadline.h"
#include "dvdi/discovery.h"
#include "dvdi/volume_plugin.h"

namespace rexray::dvdcli {

/// One run of one command. The requests, in order, are the original's (mesos.md 1.4); what differs on purpose
/// is in docs/dvdcli.md.
class Commands {
 public:
  Commands(const App& app, const Arguments& arguments, Reporter& reporter);

  /// Reports what goes wrong; gives the exit code.
  int Run();

 private:
  struct Connected {
    std::unique_ptr<http::Transport> transport;
    std::unique_ptr<dvdi::VolumePlugin> plugin;
  };

  int Create();
  int Remove();
  int Mount();
  int Unmount();
  int Path();
  int Get();
  int List();
  int ListAll();

  absl::StatusOr<dvdi::Plugin> FindPatiently();
  absl::StatusOr<Connected> Connect(dvdi::Plugin found, dvdi::VolumePlugin::Options options) const;
  dvdi::VolumePlugin::Options OptionsWith(Duration per_call, bool retry) const;
  absl::Status ListOne(const std::string& name, std::string& out);
  absl::Status CreateUnlessThere();
  int Fail(const absl::Status& status);

  const App& app_;
  const Arguments& arguments_;
  Reporter& reporter_;
  const Deadline deadline_;
  const bool patient_;
  dvdi::PluginPlaces places_;
  Connected connected_;
  dvdi::VolumePlugin* plugin_ = nullptr;  ///< of connected_; set before a command runs
};

}  // namespace rexray::dvdcli
