"""The kernel gives a file system up at once, with nothing flushed, as when its disk's power goes."""

import errno
import fcntl
import os
import struct

import pytest

SHUTDOWN = 0x8004587D  # FS_IOC_SHUTDOWN, _IOR('X', 125, __u32): include/uapi/linux/fs.h
NOLOGFLUSH = 2


def shut_down(mount_point):
    descriptor = os.open(mount_point, os.O_RDONLY)
    try:
        fcntl.ioctl(descriptor, SHUTDOWN, struct.pack("I", NOLOGFLUSH))
    finally:
        os.close(descriptor)


def skip_if_not_allowed(error):
    if error.errno in (errno.EPERM, errno.ENOTTY, errno.EOPNOTSUPP):
        pytest.skip(f"SKIPPED: this root may not shut a file system down: {error}")
