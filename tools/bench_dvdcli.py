"""The rows of dvdcli in ./dev bench: its whole process over `true` and the plugin's own time."""

import ctypes
import json
import os
import statistics
import time

ROUNDS = 200
CLONE_NEWNS, MS_REC, MS_PRIVATE = 0x20000, 0x4000, 0x40000


def _enter_world_with(socket):
    """A mount namespace of our own in which the daemon's socket lies where dvdcli looks."""
    libc = ctypes.CDLL(None, use_errno=True)
    for result in (libc.unshare(CLONE_NEWNS), libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None),
                   libc.mount(b"none", b"/run", b"tmpfs", 0, None)):
        if result != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    os.makedirs("/run/docker/plugins")
    os.symlink(socket, "/run/docker/plugins/bench.sock")


def _whole_process(*argv):
    """Microseconds from spawn to exit; the output goes nowhere."""
    null = [(os.POSIX_SPAWN_OPEN, fd, "/dev/null", os.O_RDWR, 0) for fd in (0, 1, 2)]
    begun = time.perf_counter_ns()
    pid = os.posix_spawn(argv[0], argv, {}, file_actions=null)
    _, status = os.waitpid(pid, 0)
    taken = (time.perf_counter_ns() - begun) / 1000
    if status != 0:
        raise RuntimeError(f"{' '.join(argv)}: wait status {status}")
    return taken


def _measure(program, socket):
    """In a child, since nobody leaves a mount namespace: rounds in turn, so that noise meets all alike."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            _enter_world_with(socket)
            flags = ["--volumedriver=bench", "--volumename=bench0"]
            taken = {"true": [], "path": [], "mount": []}
            for _ in range(ROUNDS):
                taken["true"].append(_whole_process("/bin/true"))
                taken["path"].append(_whole_process(program, "path", *flags))
                taken["mount"].append(_whole_process(program, "mount", *flags))
            os.write(writer, json.dumps({what: statistics.median(times) for what, times in taken.items()}).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        text = answer.read()
    os.waitpid(child, 0)
    return json.loads(text) if text else None


def dvdcli_rows(bins, daemon, plugin_rows):
    """`plugin_rows`: the measured calls, for what the plugin itself takes."""
    if os.geteuid() != 0:
        return [{"what": "dvdcli", "skipped": "not root"}]
    own = {row["what"].split()[0]: row["ours"] for row in plugin_rows}
    measured = _measure(str(bins / "dvdcli"), str(daemon.docker_socket))
    if measured is None:
        return [{"what": "dvdcli", "skipped": "it failed; run it by hand against the daemon"}]
    return [{"what": f"dvdcli {what}, over true + its call", "unit": "ms", "limit": 3, "detail": {"process": measured},
             "ours": (measured[what] - measured["true"] - own[call]) / 1000}
            for what, call in (("path", "Path"), ("mount", "Mount"))]
