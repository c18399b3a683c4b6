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
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from bench import commands, counts, docker_run, life, peer, reads, scale  # noqa: E402
from bench.measure import quiet_daemon, resident_mib  # noqa: E402


def spread(row):
    """How much the floor itself varied."""
    floor = row.get("detail", {}).get("floor")
    if isinstance(floor, list) and len(floor) > 3:
        ordered = sorted(floor)
        return ordered[-2] / ordered[1]
    if isinstance(floor, dict):
        return floor["p90"] / floor["p50"]
    return 1.0


def judge(row):
    if "skipped" in row or "limit" not in row:
        return
    if "floor" in row:
        row["ratio"] = round(row["ours"] / row["floor"], 2)
    row["met"] = row.get("ratio", row["ours"]) <= row["limit"]


def line(row, peer_name):
    if "skipped" in row:
        return f"{row['what']:<38} SKIPPED: {row['skipped']}"
    text = f"{row['what']:<38} {row['ours']:>10.1f} {row['unit']:<3}"
    text += f" {row['floor']:>10.1f} {row['unit']:<3} {row['ratio']:>6.2f}x" if "floor" in row else f" {'':>22}"
    if "limit" in row:
        limit = f"{row['limit']:.1f}x" if "floor" in row else f"{row['limit']:.0f} {row['unit']}"
        text += f" {limit:>8}  {'met' if row['met'] else 'NOT MET':<7}"
    if peer_name and "peer" in row:
        text += f" {row['peer']:>10.1f} {row['unit']}"
    return text


def table(rows, peer_name):
    print(f"\n{'what':<38} {'ours':>10}     {'floor':>10}       ratio   target           {peer_name or ''}")
    for row in rows:
        judge(row)
        print(line(row, peer_name))
    if any(spread(row) > 2 for row in rows):
        print("\nThis machine was noisy: the floor itself varied by more than 2 x. Quote no number of this run.")


def say(text):
    print(f"== {text}", file=sys.stderr, flush=True)


def measure(options, home):
    bins = options.bin.resolve()
    (home / "main").mkdir()
    daemon = quiet_daemon(home / "main", bins)
    try:
        daemon.start()
        idle = resident_mib(daemon.process.pid)
        say("reads")
        reads.prepare(daemon.plugin, size="1")
        rows = reads.rows(bins, home, daemon.docker_socket)
        say("commands")
        rows += commands.rows(bins, daemon, rows)
        if not options.quick:
            say("instructions")
            counted = counts.rows(home, bins, daemon)
        say("the life of a volume")
        lives = life.rows(bins, home, daemon)
    finally:
        daemon.close()
    rows += lives + [{"what": "daemon, idle RSS", "unit": "MiB", "ours": idle, "limit": 15}]
    rows += scale.starts(home, bins)
    if not options.quick:
        say("docker run")
        rows += docker_run.rows(home, bins, lives)
        for part in (scale.list_of_many, scale.thousand_mounted, scale.under_load):
            say(part.__name__.replace("_", " "))
            rows += part(home, bins)
        rows += counted
    if options.compare_socket:
        say(options.compare_name)
        peer.add_column(rows, bins, home, options.compare_socket, options.compare_opt)
    return rows


def main():
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true", help="a minute: without docker, scale and instruction counts")
    parser.add_argument("--compare-socket", metavar="PATH", help="another Docker volume plugin's socket: a column of its own")
    parser.add_argument("--compare-name", metavar="NAME", default="the other", help="what that column is called")
    parser.add_argument("--compare-opt", metavar="KEY=VALUE", action="append", default=[],
                        help="an option for its volumes; may be repeated")
    options = parser.parse_args()
    if options.compare_socket and not pathlib.Path(options.compare_socket).is_socket():
        parser.error(f"--compare-socket {options.compare_socket} is no socket")
    home = pathlib.Path(tempfile.mkdtemp(prefix="rexray-bench-"))
    try:
        rows = measure(options, home)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    table(rows, options.compare_name if options.compare_socket else None)
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
