"""Tells whether a file system was unmounted, without holding it: an inotify watch pins nothing, and hears IN_UNMOUNT."""

import ctypes
import os
import struct

IN_UNMOUNT = 0x2000
IN_DELETE_SELF = 0x400
EVENT = struct.Struct("iIII")
libc = ctypes.CDLL(None, use_errno=True)


class UnmountWatch:
    def __init__(self):
        self.fd = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self.fd < 0:
            raise OSError(ctypes.get_errno(), "inotify_init1")
        self.watches = {}

    def add(self, path):
        watch = libc.inotify_add_watch(self.fd, os.fsencode(path), IN_UNMOUNT | IN_DELETE_SELF)
        if watch < 0:
            error = ctypes.get_errno()
            raise OSError(error, os.strerror(error), path)
        self.watches[watch] = path

    def remove(self, path):
        for watch, watched in list(self.watches.items()):
            if watched == path:
                del self.watches[watch]
                libc.inotify_rm_watch(self.fd, watch)

    def unmounted(self):
        """Paths that are watched and whose file system was unmounted since."""
        found = []
        while True:
            try:
                data = os.read(self.fd, 65536)
            except BlockingIOError:
                return found
            while data:
                watch, mask, _, length = EVENT.unpack_from(data)
                data = data[EVENT.size + length:]
                if mask & IN_UNMOUNT and watch in self.watches:
                    found.append(self.watches.pop(watch))

    def close(self):
        os.close(self.fd)
