#pragma once

// REX-Ray's flags for configuration keys: aws.region is --awsRegion, docker.size is --dockerSize. They are
// taken off the command line before its own grammar is looked at: there are hundreds.

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace rexray::cli {

/// Moves every flag that sets a configuration key from `words` to `settings` (canonical key -> text, as it
/// was written). Flags that the grammar has itself (--logLevel, --preempt) stay. InvalidArgument for one
/// without its value.
absl::Status TakeSettingFlags(std::vector<std::string>* words, std::map<std::string, std::string>* settings);

}  // namespace rexray::cli
