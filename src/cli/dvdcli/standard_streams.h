#pragma once

#include "cli/dvdcli/app.h"

namespace rexray::dvdcli {

/// Whoever executes us may have closed descriptors 0, 1 or 2: then a plugin's socket would become "standard
/// output". Puts something in each empty place that can be neither read nor written. First thing in main().
void OccupyStandardDescriptors();

/// Descriptors 1 and 2. A reader that has gone is an error of Finish(), not a signal (main ignores SIGPIPE).
class StandardStreams final : public Console {
 public:
  void Out(std::string_view text) override;
  void Err(std::string_view text) override;
  bool ErrIsTerminal() const override;
  absl::Status Finish() override;

 private:
  int error_ = 0;
};

}  // namespace rexray::dvdcli
