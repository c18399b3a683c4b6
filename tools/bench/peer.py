"""The same calls of another Docker volume plugin, in the same run."""

from bench import reads
from bench.life import LABELS, ROUNDS
from bench.measure import plugin_bench
from support.daemon import Plugin

import statistics


def add_column(rows, bins, home, socket, options):
    """Sets row["peer"] where the peer did the same."""
    plugin = Plugin(socket)
    create = dict(option.split("=", 1) for option in options)
    reads.prepare(plugin, **create)
    try:
        theirs = {row["what"]: row["ours"] for row in reads.rows(bins, home, socket)}
    finally:
        reads.clean_up(plugin)
    taken = {what: [] for what in LABELS}
    for number in range(ROUNDS + 1):
        cycle = plugin_bench(bins, "cycle", socket, f"cycle{number}", *options)
        if number > 0:
            for what in LABELS:
                taken[what].append(cycle[what])
    theirs.update({label: statistics.median(taken[what]) for what, label in LABELS.items()})
    for row in rows:
        if row["what"] in theirs:
            row["peer"] = theirs[row["what"]]
