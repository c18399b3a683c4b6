#pragma once

// The machine's files as `rexray setup` and `rexray doctor` see them: below a root directory. The root is
// "/", or with --root DIR a tree that is somebody else's "/": a mounted image, a fixture. Paths are the ones
// that the machine itself would use ("/etc/rexray/config.yml"); symbolic links, absolute ones too, are
// followed inside the root and never lead out of it, and neither does "..".
//
// Reads only; what changes a tree is `tree_change.h`. Errors: NotFound when the path (or a directory on the
// way) does not exist, PermissionDenied, FailedPrecondition for a circle of links; each names the path.
// Thread-safe. The root is not guarded against somebody who swaps directories for links at the same moment:
// it belongs to root.

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace rexray::setup {

enum class FileKind { kRegular, kDirectory, kLink, kSocket, kOther };

struct FileInfo {
  FileKind kind = FileKind::kOther;
  mode_t mode = 0;  ///< permission bits only
  uid_t uid = 0;
  gid_t gid = 0;
  uint64_t size = 0;   ///< bytes
  std::string target;  ///< a link's own text, when the link itself was asked for
};

class Tree {
 public:
  /// `root`: an existing directory. A relative one counts from the current directory.
  explicit Tree(std::string_view root = "/");

  /// The root is this machine's own "/": its processes, sockets and kernel belong to these files.
  bool IsHost() const { return prefix_.empty(); }

  /// "" for "/", else the directory without a slash at its end: prefix + path is what to open.
  const std::string& prefix() const { return prefix_; }

  /// The same file, by a path inside the tree without any link: "/opt/mesosphere/bin/dvdcli" ->
  /// "/opt/mesosphere/packages/dvdcli--1a2b/bin/dvdcli". What does not exist keeps its name below the last
  /// directory that does, so that a file to be made can be located too.
  absl::StatusOr<std::string> Locate(std::string_view path) const;

  /// Like Locate, but a link at the very end stays itself.
  absl::StatusOr<std::string> LocateLink(std::string_view path) const;

  /// prefix() + Locate(): for system calls.
  absl::StatusOr<std::string> OnDisk(std::string_view path) const;

  absl::StatusOr<FileInfo> Stat(std::string_view path) const;      ///< of what a link leads to
  absl::StatusOr<FileInfo> StatLink(std::string_view path) const;  ///< of the link itself
  bool Exists(std::string_view path) const;                        ///< false for a link that leads nowhere

  /// The whole file; ResourceExhausted when it is larger than `limit` bytes, FailedPrecondition when it is no
  /// regular file.
  absl::StatusOr<std::string> Read(std::string_view path, uint64_t limit = 4 * 1024 * 1024) const;

  /// Names in a directory without "." and "..", sorted by byte.
  absl::StatusOr<std::vector<std::string>> List(std::string_view directory) const;

 private:
  absl::StatusOr<std::string> Walk(std::string_view path, bool follow_last) const;

  std::string prefix_;
};

}  // namespace rexray::setup
