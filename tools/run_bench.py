#!/usr/bin/env python3
"""./dev bench: our time beside the floor, measured in one run, as ratios. Fails nothing: a noisy machine is said to be one.

Writes bench/results/<date>.json and prints one table. What each floor is: docs/performance.md.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from bench_dvdcli import dvdcli_rows  # noqa: E402
from support.daemon import Daemon, counted_id  # noqa: E402

CALLS = 20000
ROUNDS = 12


class Floor:
    """A bare epoll echo of the very bytes that our daemon answered."""

    def __init__(self, bins, home, name, answer):
        self.socket = home / f"floor-{name}.sock"
        file = home / f"floor-{name}.http"
        file.write_bytes(answer.encode())
        self.process = subprocess.Popen([str(bins / "http_echo"), str(self.socket), str(file)], stdin=subprocess.DEVNULL)
        while not self.socket.exists() and self.process.poll() is None:
            pass

    def close(self):
        self.process.terminate()
        self.process.wait()


def output(*argv):
    done = subprocess.run([str(a) for a in argv], stdin=subprocess.DEVNULL, capture_output=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, argv))}: {done.stderr.decode().strip()}")
    return done.stdout.decode()  # not text=True: HTTP's line ends must stay what they are


def plugin_rows(bins, home, daemon):
    """Reads of 10 volumes, and Mount of one that is staged already."""
    for number in range(10):
        daemon.plugin.create(f"bench{number}", size="1")
    daemon.plugin.mount("bench0", "cli:bench")
    rows = []
    for label, endpoint, body, limit in [
        ("Get", "/VolumeDriver.Get", '{"Name":"bench0"}', 2.0),
        ("Path", "/VolumeDriver.Path", '{"Name":"bench0"}', 2.0),
        ("List of 10 volumes", "/VolumeDriver.List", "{}", 2.0),
        ("Mount of a staged volume", "/VolumeDriver.Mount", json.dumps({"Name": "bench0", "ID": counted_id(1)}), 3.0),
    ]:
        answer = output(bins / "plugin_bench", "answer", daemon.docker_socket, endpoint, body)
        floor = Floor(bins, home, label.split()[0], answer)
        try:
            measured = json.loads(output(bins / "plugin_bench", "latency", daemon.docker_socket, floor.socket, endpoint,
                                         body, CALLS if "Mount" not in label else CALLS // 4))
        finally:
            floor.close()
        rows.append({"what": f"{label} (p50)", "unit": "µs", "ours": measured["ours"]["p50"],
                     "floor": measured["floor"]["p50"], "limit": limit, "detail": measured})
    return rows


def kernel_rows(bins, home, daemon):
    """The life of a local volume beside the same kernel work, round by round in turn."""
    if os.geteuid() != 0:
        return [{"what": "Mount, Unmount", "skipped": "not root"}]
    floor_dir = home / "floor"
    floor_dir.mkdir()
    ours = {"first": [], "unmount": [], "later": []}
    floor = {"first": [], "unmount": [], "later": []}
    for number in range(ROUNDS + 1):
        cycle = json.loads(output(bins / "plugin_bench", "cycle", daemon.docker_socket, f"cycle{number}", "16"))
        straight = json.loads(output(bins / "kernel_floor", floor_dir, 1))
        if number == 0:
            continue  # warm-up
        for what in ours:
            ours[what].append(cycle[what])
            floor[what].append(straight[what])
    labels = {"first": "first Mount (16 GiB ext4)", "unmount": "Unmount", "later": "later Mount"}
    return [{"what": labels[what], "unit": "µs", "ours": statistics.median(ours[what]),
             "floor": statistics.median(floor[what]), "limit": 1.3,
             "detail": {"ours": ours[what], "floor": floor[what]}} for what in ours]


def resident_kib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def spread(row):
    detail = row.get("detail", {})
    floor = detail.get("floor")
    if isinstance(floor, list) and len(floor) > 3:
        ordered = sorted(floor)
        return ordered[-2] / ordered[1]
    if isinstance(floor, dict):
        return floor["p90"] / floor["p50"]
    return 1.0


def table(rows):
    print(f"\n{'what':<34} {'ours':>12} {'floor':>12} {'ratio':>7} {'target':>8}  ")
    noisy = False
    for row in rows:
        if "skipped" in row:
            print(f"{row['what']:<34} SKIPPED: {row['skipped']}")
            continue
        if "floor" in row:
            ratio = row["ours"] / row["floor"]
            row["ratio"] = round(ratio, 2)
            row["met"] = ratio <= row["limit"]
            print(f"{row['what']:<34} {row['ours']:>9.1f} {row['unit']:<2} {row['floor']:>9.1f} {row['unit']:<2} "
                  f"{ratio:>6.2f}x {row['limit']:>7.1f}x  {'met' if row['met'] else 'NOT MET'}")
            noisy = noisy or spread(row) > 2
        else:
            row["met"] = row["ours"] <= row["limit"]
            print(f"{row['what']:<34} {row['ours']:>9.1f} {row['unit']:<3} {'':>11} {'':>7} {row['limit']:>5.0f} "
                  f"{row['unit']}  {'met' if row['met'] else 'NOT MET'}")
    if noisy:
        print("\nThis machine was noisy: the floor itself varied by more than 2 x. Quote no number of this run.")


def main():
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    options = parser.parse_args()
    bins = options.bin.resolve()
    home = pathlib.Path(tempfile.mkdtemp(prefix="rexray-bench-"))
    daemon = Daemon(home, bins)
    config = (home / "etc/rexray/config.yml")
    config.write_text(config.read_text().replace("debug", "warn"))
    try:
        daemon.start()
        idle = resident_kib(daemon.process.pid)
        rows = plugin_rows(bins, home, daemon)
        rows += dvdcli_rows(bins, daemon, rows) + kernel_rows(bins, home, daemon)
        rows.append({"what": "daemon, idle RSS", "unit": "MiB", "ours": idle / 1024, "limit": 15})
    finally:
        daemon.close()
        shutil.rmtree(home, ignore_errors=True)
    table(rows)
    results = ROOT / "bench" / "results"
    results.mkdir(exist_ok=True)
    now = datetime.datetime.now(datetime.timezone.utc)
    file = results / f"{now:%Y-%m-%dT%H%M%SZ}.json"
    machine = {"kernel": platform.release(), "cpus": os.cpu_count(), "machine": platform.machine()}
    file.write_text(json.dumps({"at": now.isoformat(), "machine": machine, "rows": rows}, indent=1) + "\n")
    print(f"\n{file.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
