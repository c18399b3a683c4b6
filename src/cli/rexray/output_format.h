#pragma once

// Which of the formats a command prints. `-f` wins, then REXRAY_FORMAT; then, without a terminal, YAML for
// `volume get` and for any command that was given a 0.3.3-only spelling (its scripts parse it); else a table.

#include <string>

#include "absl/status/statusor.h"
#include "cli/rexray/invocation.h"
#include "nlohmann/json_fwd.hpp"

namespace rexray::cli {

enum class Format {
  kTable,     ///< for people
  kOldTable,  ///< REX-Ray 0.11's, to the letter: `-f tmpl` without a template
  kJson,      ///< on one line
  kPrettyJson,
  kYaml,
  kTemplate,
};

struct OutputFormat {
  Format format = Format::kTable;
  std::string text;  ///< of kTemplate
  bool tabs = true;
  bool quiet = false;
};

/// InvalidArgument for a word that is no format.
absl::StatusOr<OutputFormat> ChooseFormat(const Invocation& invocation, const std::string& rexray_format,
                                          bool terminal);

/// `value` as JSON, pretty JSON or YAML. ASCII only in JSON, so that no control character survives.
std::string Encode(const nlohmann::ordered_json& value, Format format);

/// A list through a template: once for each element, a line each; once for all when the template starts from
/// `.D`. Names are Go's: "id" is ID, "availabilityZone" AvailabilityZone.
absl::StatusOr<std::string> ApplyTemplate(const OutputFormat& output, const nlohmann::ordered_json& list);

}  // namespace rexray::cli
