#pragma once

#include <cstdint>
#include <string_view>

namespace rexray::host {

/// Bytes that the file system on the device open as `fd` spans, read from its superblock; 0 when that is not
/// known: another type, a superblock that cannot be read or that is none. libblkid tells this since 2.39
/// only, and Debian 12 has 2.38.
///
/// Facts: ext4's Documentation/filesystems/ext4/super.rst; xfs_dsb in fs/xfs/libxfs/xfs_format.h;
/// btrfs_super_block in include/uapi/linux/btrfs_tree.h.
uint64_t SuperblockSize(int fd, std::string_view fs_type);

}  // namespace rexray::host
