"""Whole commands, over `true` and the time of their one call."""

import ctypes
import json
import os
import statistics

from bench.measure import whole_process

ROUNDS = 200
CLONE_NEWNS, MS_REC, MS_PRIVATE = 0x20000, 0x4000, 0x40000


def enter_world_with(socket):
    """A mount namespace of our own in which the daemon's socket lies where dvdcli looks."""
    libc = ctypes.CDLL(None, use_errno=True)
    for result in (libc.unshare(CLONE_NEWNS), libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None),
                   libc.mount(b"none", b"/run", b"tmpfs", 0, None)):
        if result != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    os.makedirs("/run/docker/plugins")
    os.symlink(socket, "/run/docker/plugins/bench.sock")


def _medians(commands, before=lambda: None):
    """In a child, since nobody leaves a mount namespace: rounds in turn, so that noise meets all alike."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            before()
            taken = {name: [] for name in commands}
            for _ in range(ROUNDS):
                for name, argv in commands.items():
                    taken[name].append(whole_process(*argv))
            os.write(writer, json.dumps({name: statistics.median(times) for name, times in taken.items()}).encode())
        except (OSError, RuntimeError) as error:
            os.write(writer, json.dumps({"error": str(error)}).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        text = answer.read()
    os.waitpid(child, 0)
    return json.loads(text)


def _row(what, measured, own, limit):
    return {"what": f"{what}, over true + its call", "unit": "ms", "limit": limit, "detail": {"process": measured},
            "ours": (measured[what.split()[-1]] - measured["true"] - own) / 1000}


def rows(bins, daemon, reads):
    """`reads`: the measured calls, for what the daemon itself takes."""
    own = {row["what"].split()[0]: row["ours"] for row in reads}
    os.environ["REXRAY_HOME"] = str(daemon.home)
    listed = _medians({"true": ["/bin/true"], "ls": [str(bins / "rexray"), "volume", "ls"]})
    made = [{"what": "rexray volume ls", "skipped": listed["error"]} if "error" in listed else
            _row("rexray volume ls", listed, own["List"], 8)]
    if os.geteuid() != 0:
        return made + [{"what": "dvdcli", "skipped": "not root"}]
    flags = ["--volumedriver=bench", "--volumename=bench0"]
    dvdcli = str(bins / "dvdcli")
    measured = _medians({"true": ["/bin/true"], "path": [dvdcli, "path", *flags], "mount": [dvdcli, "mount", *flags]},
                        lambda: enter_world_with(str(daemon.docker_socket)))
    if "error" in measured:
        return made + [{"what": "dvdcli", "skipped": measured["error"]}]
    return made + [_row("dvdcli path", measured, own["Path"], 3), _row("dvdcli mount", measured, own["Mount"], 3)]
