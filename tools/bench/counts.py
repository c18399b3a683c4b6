"""Instructions, by callgrind: they do not jitter, whatever else the machine does. No target: what counts is how they change."""

import json
import os
import re
import shutil
import signal
import subprocess

from bench.commands import enter_world_with
from bench.measure import quiet_daemon
from support.daemon import UnixConnection, counted_id

FEW, MANY = 100, 600


def _total(file):
    """Of all of a program's threads."""
    return sum(int(line.split()[1]) for line in file.read_text().splitlines() if re.match(r"(totals|summary): ", line))


def _valgrind(file, *argv):
    return ["valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={file}", *map(str, argv)]


def _daemon_run(home, bins, endpoint, body, calls):
    daemon = quiet_daemon(home, bins)
    out = home / "callgrind.out"
    try:
        with open(daemon.log_path, "a") as log:
            daemon.process = subprocess.Popen(_valgrind(out, bins / "rexrayd"), env=daemon.environment,
                                              stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        daemon.wait_ready(120)
        daemon.plugin.create("counted", size="1")
        daemon.plugin.mount("counted", "cli:bench")
        connection = UnixConnection(daemon.docker_socket)
        for _ in range(calls):
            connection.request("POST", endpoint, body=body)
            connection.getresponse().read()
        connection.close()
        daemon.signal(signal.SIGTERM)
        daemon.wait(120)
        return _total(out)
    finally:
        daemon.close()


def rows(home, bins, daemon):
    if shutil.which("valgrind") is None:
        return [{"what": "instructions (callgrind)", "skipped": "valgrind is not installed"}]
    made = []
    for label, endpoint, body in [
        ("Get", "/VolumeDriver.Get", '{"Name":"counted"}'),
        ("Mount (staged)", "/VolumeDriver.Mount", json.dumps({"Name": "counted", "ID": counted_id(1)})),
    ]:
        few, many = (_daemon_run(home / f"counts-{label.split()[0]}-{n}", bins, endpoint, body, n) for n in (FEW, MANY))
        made.append({"what": f"instructions of {label}", "unit": "k", "ours": (many - few) / (MANY - FEW) / 1000})
    return made + [_dvdcli(home, bins, daemon)]


def _dvdcli(home, bins, daemon):
    what = "instructions of dvdcli path"
    if os.geteuid() != 0:
        return {"what": what, "skipped": "not root"}
    out = home / "callgrind.dvdcli"
    done = subprocess.run(_valgrind(out, bins / "dvdcli", "path", "--volumedriver=bench", "--volumename=bench0"),
                          preexec_fn=lambda: enter_world_with(str(daemon.docker_socket)), stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        return {"what": what, "skipped": done.stderr.strip()[-200:]}
    return {"what": what, "unit": "k", "ours": _total(out) / 1000}
