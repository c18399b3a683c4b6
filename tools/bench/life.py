"""The life of a local volume beside the same kernel work, round by round in turn."""

import json
import os

from bench.measure import output, plugin_bench, ratio_row

ROUNDS = 12
LABELS = {"first": "first Mount (16 GiB ext4)", "unmount": "Unmount", "later": "later Mount"}


def rows(bins, home, daemon):
    if os.geteuid() != 0:
        return [{"what": "Mount, Unmount", "skipped": "not root"}]
    floor_dir = home / "floor"
    floor_dir.mkdir()
    ours = {what: [] for what in LABELS}
    floor = {what: [] for what in LABELS}
    for number in range(ROUNDS + 1):
        cycle = plugin_bench(bins, "cycle", daemon.docker_socket, f"cycle{number}", "size=16")
        straight = json.loads(output(bins / "kernel_floor", floor_dir, 1))
        if number == 0:
            continue  # warm-up
        for what in LABELS:
            ours[what].append(cycle[what])
            floor[what].append(straight[what])
    return [ratio_row(label, "µs", ours[what], floor[what], 1.3) for what, label in LABELS.items()]
