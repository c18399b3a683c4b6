#pragma once

// Who uses a file system or a block device, read from /proc and /sys. All of it is best effort: without root,
// or with /proc mounted hidepid, other users' processes cannot be seen. Nothing here touches the disk: files
// of processes are asked for their device number only, without making a network file system talk to its
// server.

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"

#include "host/mounter.h"

namespace rexray::host {

/// Whether it is a mount of that block device. btrfs shows a number of its own in mountinfo, and the device
/// only by name.
bool IsMountOf(const MountEntry& entry, dev_t block_device);

/// Processes that have their root, current directory, program, an open file or a mapping on one of the file
/// systems with these device numbers (btrfs has more than one). One entry for each process.
std::vector<MountHolder> ProcessesOn(const std::vector<dev_t>& devices, size_t limit);

/// Processes that have the block device itself open.
std::vector<MountHolder> ProcessesThatOpened(dev_t block_device, size_t limit);

/// One entry for each other mount namespace that has a mount for which `wanted` holds, with a process that
/// lives in it.
std::vector<MountHolder> OtherNamespacesWith(const std::function<bool(const MountEntry&)>& wanted,
                                             size_t limit);

/// Swap files on, or swap partitions that are, one of the devices.
std::vector<MountHolder> SwapOn(const std::vector<dev_t>& devices);

/// Loop devices over files below `target`.
std::vector<MountHolder> LoopsOver(const std::string& target);

/// `process 12 (postgres): open file "/x/a"; process 3 (sh): current directory "/x"`; "" for none.
std::string Describe(const std::vector<MountHolder>& holders);

/// FailedPrecondition: "/dev/loop3 is in use: mounted at /x; …", as far as that can be seen.
absl::Status BusyDevice(const std::string& device, dev_t number);

/// Processes that have the device at `path` open, in words.
std::string DescribeOpeners(const std::string& path);

}  // namespace rexray::host
