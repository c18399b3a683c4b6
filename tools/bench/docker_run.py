"""`docker run` with our volume beside the same with docker's own `local` driver (a directory), in turn."""

import pathlib
import statistics
import sys
import time

from bench.measure import quiet_daemon
from support.daemon import eventually

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "tests" / "orchestrators"))
import dockerd  # noqa: E402

ROUNDS = 20
WHAT = "docker run, ours minus local's"


def rows(home, bins, life):
    """`life`: the rows of life.py, whose floors are what docker makes us do twice."""
    if why := dockerd.why_not():
        return [{"what": WHAT, "skipped": why}]
    floors = {row["what"].split()[0]: row["floor"] for row in life if "floor" in row}
    if not floors:
        return [{"what": WHAT, "skipped": "no kernel floor was measured"}]
    name = f"rexray-bench-{home.name}"
    daemon = quiet_daemon(home / "docker", bins)
    daemon.docker_socket = pathlib.Path("/run/docker/plugins") / f"{name}.sock"
    (daemon.home / "etc/rexray/config.yml").write_text(daemon.default_config().replace("debug", "warn"))
    engine = dockerd.Dockerd(home / "dockerd")
    try:
        daemon.start()
        engine.start()
        engine.import_image()
        engine.docker("volume", "create", "-d", name, "-o", "size=16", "ours")
        engine.docker("volume", "create", "theirs")
        taken = {"ours": [], "theirs": []}
        for number in range(ROUNDS + 1):
            for volume, times in taken.items():
                eventually(lambda: daemon.mounts() == [], "nothing is mounted between two containers")
                begun = time.perf_counter_ns()
                engine.run("--rm", "-v", f"{volume}:/data", dockerd.IMAGE, "/bin/touch", "/data/x")
                if number > 0:  # the first is a warm-up, and ours a mkfs
                    times.append((time.perf_counter_ns() - begun) / 1000)
        engine.docker("volume", "rm", "ours", "theirs")
        difference = statistics.median(taken["ours"]) - statistics.median(taken["theirs"])
        return [{"what": WHAT, "unit": "µs", "ours": difference, "floor": 2 * floors["later"] + 2 * floors["Unmount"],
                 "limit": 1.3, "detail": taken}]
    finally:
        engine.close()
        daemon.close()
