#pragma once

// One path's state: what a plan reads, what it wants instead, and what an undo puts back. Written in one step
// that either happened or did not.
//
// A file is written to a temporary name and renamed into place, with its mode and owner, after it is on the
// disk. The temporary file stands one directory *above* the file: directories such as /etc/mesos-slave, where
// Mesos's start script takes every file for a flag, must not be given half-written ones. Only where that is
// another file system (or is not writable) it stands beside the file, under a name that ends in ".dpkg-dist",
// which that script leaves out.

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

#include "setup/tree.h"

namespace rexray::setup {

struct Node {
  enum class Kind { kAbsent, kFile, kLink, kDirectory };
  Kind kind = Kind::kAbsent;
  std::string content;  ///< a file's bytes, a link's target
  mode_t mode = 0;      ///< permission bits; of files and directories
  uid_t uid = 0;
  gid_t gid = 0;

  bool operator==(const Node&) const = default;
};

/// `path` without links on the way (Tree::Locate or LocateLink). FailedPrecondition for a socket, a device,
/// or a file of more than 4 MiB.
absl::StatusOr<Node> ReadNode(const Tree& tree, const std::string& path);

/// Makes `path` be `node`. A directory is never emptied: one that is to become absent and holds something is
/// FailedPrecondition, and so is a directory in a file's place and the other way round. What is replaced
/// hands on its access control lists and labels. Fault points "setup.write.temporary" (before the rename) and
/// "setup.write.done".
absl::Status WriteNode(const Tree& tree, const std::string& path, const Node& node);

/// Removes what a WriteNode of `path` that was cut off left behind.
absl::Status RemoveLeftovers(const Tree& tree, const std::string& path);

/// fsync of a directory, so that the names in it survive a loss of power.
absl::Status SyncDirectory(const std::string& on_disk);

/// 64-bit FNV-1a: notices that somebody edited a file; no protection against anybody.
uint64_t Fingerprint(std::string_view bytes);

}  // namespace rexray::setup
