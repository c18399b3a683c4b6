#pragma once

// Allow-lists for everything that a task can write into its environment. Nothing here is ever given to a
// shell; the lists keep what plugins may do with a name (paths, scripts of their own) out of a task's reach.
//
// Pure functions; errors are InvalidArgument and say which rule was broken.

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace rexray::mesos {

/// 1–255 bytes of letters, digits, blank and `_ - . : = , / @ + ~ #`, beginning with a letter or digit, not
/// ending with a blank, and without an empty, "." or ".." part between slashes ("name=x,size=5,shared=true"
/// is a name that Portworx takes; "pool/image" one of Ceph).
absl::Status ValidateVolumeName(std::string_view name);

/// 1–255 bytes; parts between slashes of [A-Za-z0-9][A-Za-z0-9_.:@-]* ("rexray/ebs:latest"). The name becomes
/// part of a socket's path: `../../tmp/evil` must not.
absl::Status ValidateDriverName(std::string_view name);

/// 1–128 bytes of letters, digits and `_ - . : /`.
absl::Status ValidateOptionKey(std::string_view key);

/// At most 4096 bytes of printable ASCII without `` ` $ ; | & < > \ ' " ``.
absl::Status ValidateOptionValue(std::string_view value);

/// The path in its normal form: printable ASCII, no ".." part, at most 4000 bytes. A path that names the
/// sandbox itself or "/" is refused.
absl::StatusOr<std::string> NormalContainerPath(std::string_view path);

/// What a plugin answers to Mount: absolute, normal, and not a system directory (a hostile plugin must not
/// have /etc bound into a container).
absl::Status ValidateMountPoint(std::string_view path);

/// "/a/b" is inside "/a" and inside "/a/b", not inside "/a/bc". Both in normal form.
bool IsInside(std::string_view path, std::string_view folder);

/// `text` between double quotes, for a message: what is not printable ASCII becomes \xNN, and what is longer
/// than 128 bytes is cut.
std::string Quoted(std::string_view text);

}  // namespace rexray::mesos
