#pragma once

// `rexray marathon check`: what Marathon will say about an app with external volumes, what it will not say
// although the task then fails, and what the agent will receive. Nothing is asked of a Marathon.
//
// Two generations of Marathon matter: 1.0 and 1.1 (DC/OS 1.7, the walkthrough: volumes become DVDI_VOLUME_*
// variables for the isolator module) and 1.2 to 1.11 (DC/OS 1.8 and later: DOCKER_VOLUME and CSI_VOLUME
// sources for Mesos's own isolators). Rules, texts and paths are those of v1.1.1 and of the last 1.11:
// state/Volume.scala, core/externalvolume/impl/providers/DVDIProvider.scala and CSIProvider.scala,
// api/v2/validation/AppValidation.scala. Only what concerns volumes is checked; Marathon checks more (ports,
// health checks, resources).

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace rexray::setup::marathon {

/// A set: k1_1 | kNewest.
using Versions = unsigned;
constexpr Versions k1_1 = 1;
constexpr Versions kNewest = 2;
constexpr Versions kBoth = k1_1 | kNewest;

/// "" = both; "1.1", "1.1.1", "v1.0.0"; "1.11", "1.4.3", "newest". InvalidArgument says what there is.
absl::StatusOr<Versions> ParseVersion(std::string_view text);

/// "Marathon 1.1", "Marathon 1.11", "Marathon 1.1 and 1.11".
std::string NameOf(Versions versions);

enum class Severity {
  kRefused,  ///< Marathon refuses the app; path and text are its own
  kFails,    ///< Marathon accepts it, and its task fails
  kNotice,   ///< worth knowing
};

struct Finding {
  Severity severity = Severity::kNotice;
  Versions versions = kBoth;
  std::string path;  ///< as Marathon writes it: "/container/volumes(0)/external/name"
  std::string text;
  std::string fix;  ///< what to do; "" where the text says it
};

/// What one generation hands to the agent, as lines: NAME=value, docker arguments, or a JSON object.
struct Received {
  Versions version = kNewest;
  std::string how;  ///< a sentence without its end: "the task gets these variables"
  std::vector<std::string> lines;
};

struct AppReport {
  std::string id;      ///< absolute: "/group/app"
  std::string where;   ///< in the file: "apps[2]"; "" = the whole file
  size_t volumes = 0;  ///< external ones
  std::vector<Finding> findings;
  std::vector<Received> received;  ///< of the generations that accept it
};

struct Report {
  std::vector<AppReport> apps;
  Versions versions = kBoth;
  bool Refused() const;  ///< something is kRefused or kFails
};

/// `text`: an app, an array of apps, a group (with groups in it), or an answer of Marathon's API ({"app": …},
/// {"apps": […]}); pods are recognised. `name` is for messages. InvalidArgument with line and column for what
/// is not JSON, or says what the file is instead.
absl::StatusOr<Report> Check(std::string_view text, std::string_view name, Versions versions);

/// For a terminal's reader; plain text of the file itself, not yet safe for a terminal. `verbose` false
/// leaves out apps without external volumes and without findings.
std::string ToText(const Report& report);
/// One JSON object.
std::string ToJson(const Report& report);

}  // namespace rexray::setup::marathon
