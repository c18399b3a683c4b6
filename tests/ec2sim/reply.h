#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace rexray::ec2sim {

/// What goes back to a caller, or does not.
struct Reply {
  enum class Ending {
    kWhole,
    kRefuse,    ///< the connection is reset before a byte of an answer
    kHang,      ///< nothing, for as long as the caller waits
    kCutShort,  ///< half of the body, then the connection closes
  };
  int status = 200;
  std::string content_type = "text/xml;charset=UTF-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  Ending ending = Ending::kWhole;
  Duration delay{};  ///< before the answer; by the injected clock
};

}  // namespace rexray::ec2sim
