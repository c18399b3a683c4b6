#pragma once

namespace rexray::cli {

/// What was built, from what, when. Texts of this program's own.
struct BuildInfo {
  const char* version;  ///< "0.1.0"
  const char* branch;   ///< "main", or "-" outside of a checkout
  const char* commit;   ///< 40 hex digits, or "-"
  const char* formed;   ///< the commit's time, RFC 1123: a build of the same source says the same
};

BuildInfo GetBuildInfo();

}  // namespace rexray::cli
