"""What several kinds of rows need."""

import json
import os
import pathlib
import statistics
import subprocess
import time

from support.daemon import Daemon


def output(*argv, timeout=600):
    done = subprocess.run([str(a) for a in argv], stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, argv[:3]))} …: {(done.stderr or done.stdout).decode().strip()[-500:]}")
    return done.stdout.decode()  # not text=True: HTTP's line ends must stay what they are


def plugin_bench(bins, *argv, timeout=600):
    return json.loads(output(bins / "plugin_bench", *argv, timeout=timeout))


def whole_process(*argv):
    """Microseconds from spawn to exit; the output goes nowhere."""
    null = [(os.POSIX_SPAWN_OPEN, fd, "/dev/null", os.O_RDWR, 0) for fd in (0, 1, 2)]
    begun = time.perf_counter_ns()
    pid = os.posix_spawn(argv[0], argv, dict(os.environ), file_actions=null)
    _, status = os.waitpid(pid, 0)
    taken = (time.perf_counter_ns() - begun) / 1000
    if status != 0:
        raise RuntimeError(f"{' '.join(argv)}: wait status {status}")
    return taken


def resident_mib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def quiet_daemon(home, bins):
    """A daemon that logs warnings only, not started."""
    daemon = Daemon(home, bins)
    config = daemon.home / "etc/rexray/config.yml"
    config.write_text(config.read_text().replace("debug", "warn"))
    return daemon


def ratio_row(what, unit, ours, floor, limit, **detail):
    """From the rounds of both."""
    return {"what": what, "unit": unit, "ours": statistics.median(ours), "floor": statistics.median(floor), "limit": limit,
            "detail": {"ours": ours, "floor": floor, **detail}}
