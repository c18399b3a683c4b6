"""The daemon itself: its start, its memory, and what a great many volumes, mounts and clients do to it."""

import json
import os
import pathlib
import statistics
import subprocess
import time

from bench.measure import output, plugin_bench, quiet_daemon, resident_mib
from bench.reads import Floor
from support.daemon import counted_id

STARTS = 10
LISTED = 10_000
MOUNTED = 1_000
OPERATIONS = 100_000
CLIENTS, SECONDS = 200, 60


def _start_to_ready(daemon):
    """Milliseconds from spawn until it says that its sockets answer."""
    reader, writer = os.pipe()
    os.set_inheritable(writer, True)
    begun = time.perf_counter_ns()
    with open(daemon.log_path, "a") as log:
        process = subprocess.Popen([str(daemon.programs / "rexrayd"), "--ready-fd", str(writer)], env=daemon.environment,
                                   stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=[writer])
    os.close(writer)
    with os.fdopen(reader) as answer:
        ready = answer.readline()
    taken = (time.perf_counter_ns() - begun) / 1e6
    if not ready.startswith("READY"):
        raise RuntimeError(f"rexrayd did not start: {ready}")
    daemon.process = process
    return taken


def starts(home, bins):
    daemon = quiet_daemon(home / "start", bins)
    taken = []
    try:
        for _ in range(STARTS):
            taken.append(_start_to_ready(daemon))
            daemon.stop()
    finally:
        daemon.close()
    return [{"what": "daemon, start to serving", "unit": "ms", "ours": statistics.median(taken), "limit": 50,
             "detail": {"ours": taken}}]


def _serialising(bins, volumes):
    """Microseconds to write List's answer and nothing else."""
    if not (bins / "micro_bench").exists():
        return None
    text = output(bins / "micro_bench", f"--benchmark_filter=ListAnswerOf/{volumes}$", "--benchmark_format=json")
    return json.loads(text)["benchmarks"][0]["real_time"]


def list_of_many(home, bins):
    what = f"List of {LISTED:,} volumes (p50)"
    floor = _serialising(bins, LISTED)
    if floor is None:
        return [{"what": what, "skipped": "no Google Benchmark here (Debian: libbenchmark-dev)"}]
    daemon = quiet_daemon(home / "many", bins)
    try:
        daemon.start()
        for number in range(LISTED):
            daemon.plugin.create(f"v{number}", size="1")
        echoed = output(bins / "plugin_bench", "answer", daemon.docker_socket, "/VolumeDriver.List", "{}")
        with Floor(bins, home, "many", echoed) as echo:
            measured = plugin_bench(bins, "latency", daemon.docker_socket, echo.socket, "/VolumeDriver.List", "{}", 200)
        return [{"what": what, "unit": "µs", "ours": measured["ours"]["p50"], "floor": floor, "limit": 3.0,
                 "detail": {"beside an echo": measured}},
                {"what": f"daemon, RSS with {LISTED:,} volumes", "unit": "MiB", "ours": resident_mib(daemon.process.pid),
                 "limit": 40}]
    finally:
        daemon.close()


def _flat(bins, daemon):
    """Memory over many operations: the first part warms caches and allocator arenas up."""
    load = ["load", "--socket", daemon.docker_socket, "--clients", "16", "--volumes", "50", "--hold", "--create-opts",
            "size=64MiB", "--seconds", "600"]
    plugin_bench(bins, *load, "--calls", OPERATIONS // 5)
    before = resident_mib(daemon.process.pid)
    plugin_bench(bins, *load, "--calls", OPERATIONS, timeout=900)
    return resident_mib(daemon.process.pid) - before


def under_load(home, bins):
    daemon = quiet_daemon(home / "load", bins)
    try:
        daemon.start()
        grown = _flat(bins, daemon)
        crowd = plugin_bench(bins, "load", "--socket", daemon.docker_socket, "--clients", CLIENTS, "--volumes", 50, "--hold",
                             "--create-opts", "size=64MiB", "--seconds", SECONDS, "--calls", 100_000_000)
        return [{"what": f"memory grown in {OPERATIONS:,} operations", "unit": "MiB", "ours": grown, "limit": 4},
                {"what": f"errors, {CLIENTS} clients for {SECONDS} s", "unit": "", "ours": crowd["errors"], "limit": 0,
                 "detail": crowd}]
    finally:
        daemon.close()


def thousand_mounted(home, bins):
    """RSS with a thousand mounted volumes, and how long a killed daemon takes to serve them again."""
    if os.geteuid() != 0:
        return [{"what": f"{MOUNTED:,} mounted volumes", "skipped": "not root"}]
    daemon = quiet_daemon(home / "mounted", bins)
    try:
        daemon.start()
        for number in range(MOUNTED):
            daemon.plugin.create(f"m{number}", size="64MiB")
            daemon.plugin.mount(f"m{number}", counted_id(number))
        resident = resident_mib(daemon.process.pid)
        daemon.kill()
        taken = _start_to_ready(daemon)
        lost = [n for n in range(MOUNTED) if daemon.plugin.path(f"m{n}") == ""]
        if lost:
            raise RuntimeError(f"{len(lost)} of {MOUNTED} mounts were not taken up")
        for number in range(MOUNTED):
            daemon.plugin.unmount(f"m{number}", counted_id(number))
        return [{"what": f"daemon, RSS with {MOUNTED:,} mounted", "unit": "MiB", "ours": resident, "limit": 40},
                {"what": f"kill -9 to serving {MOUNTED:,} mounts", "unit": "ms", "ours": taken, "limit": 1000}]
    finally:
        daemon.close()
