"""Reads of 10 volumes and a Mount of a staged one, beside an echo of the same bytes."""

import json
import subprocess

from bench.measure import output, plugin_bench
from support.daemon import counted_id

CALLS = 20000
VOLUMES = 10
KINDS = [
    ("Get", "/VolumeDriver.Get", '{"Name":"bench0"}', 2.0),
    ("Path", "/VolumeDriver.Path", '{"Name":"bench0"}', 2.0),
    ("List of 10 volumes", "/VolumeDriver.List", "{}", 2.0),
    ("Mount of a staged volume", "/VolumeDriver.Mount", json.dumps({"Name": "bench0", "ID": counted_id(1)}), 3.0),
]


class Floor:
    """A bare epoll echo of the very bytes that a plugin answered."""

    def __init__(self, bins, home, name, answer):
        self.socket = home / f"floor-{name}.sock"
        file = home / f"floor-{name}.http"
        file.write_bytes(answer.encode())
        self.process = subprocess.Popen([str(bins / "http_echo"), str(self.socket), str(file)], stdin=subprocess.DEVNULL)
        while not self.socket.exists() and self.process.poll() is None:
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def prepare(plugin, **opts):
    for number in range(VOLUMES):
        plugin.create(f"bench{number}", **opts)
    plugin.mount("bench0", "cli:bench")


def clean_up(plugin):
    plugin.unmount("bench0", "cli:bench")
    for number in range(VOLUMES):
        plugin.remove(f"bench{number}")


def beside_the_echo(bins, home, socket, name, endpoint, body, calls):
    answer = output(bins / "plugin_bench", "answer", socket, endpoint, body)
    with Floor(bins, home, name, answer) as floor:
        return plugin_bench(bins, "latency", socket, floor.socket, endpoint, body, calls)


def rows(bins, home, socket):
    made = []
    for label, endpoint, body, limit in KINDS:
        calls = CALLS // 4 if "Mount" in label else CALLS
        measured = beside_the_echo(bins, home, socket, label.split()[0], endpoint, body, calls)
        made.append({"what": f"{label} (p50)", "unit": "µs", "ours": measured["ours"]["p50"],
                     "floor": measured["floor"]["p50"], "limit": limit, "detail": measured})
    return made
