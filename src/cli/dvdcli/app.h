#pragma once

// dvdcli from its arguments to its exit code, with everything it touches handed in.

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

#include "base/clock.h"
#include "dvdi/places.h"
#include "dvdi/transports.h"

namespace rexray::dvdcli {

class Console {
 public:
  virtual ~Console() = default;
  virtual void Out(std::string_view text) = 0;
  virtual void Err(std::string_view text) = 0;  ///< whole lines
  /// Whether a person reads the messages as they come.
  virtual bool ErrIsTerminal() const = 0;
  /// Whether all of Out arrived.
  virtual absl::Status Finish() = 0;
};

struct Version {
  std::string binary;  ///< absolute path of this program
  std::string version;
  std::string branch;
  std::string commit;
  std::string formed;  ///< RFC 1123
};

struct App {
  Console& console;
  dvdi::Transports& transports;
  Clock& clock;
  dvdi::PluginPlaces places;
  Version version;
};

/// `words`: without the program's name. 0; 1: failed; 2: the command line is wrong. Standard output has
/// results only.
int Run(const App& app, const std::vector<std::string>& words);

}  // namespace rexray::dvdcli
