#!/usr/bin/env python3
"""./dev demo --ec2: a volume that follows its task from instance to instance, on a simulated EC2 in a private directory.

Two daemons, each on an instance of its own, with the walkthrough's configuration (storageDrivers: ec2). A volume is
written on one, read on the other; then the other is cut off in the middle of a write, stopped, and the first takes the
volume over. Block devices, file systems and mounts are real.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

import demo
from demo import DIM, GREEN, PLAIN, Failed, run, step

MESSAGE = "kept by rexray"
# Each line is durable before the next is written; it ends with the first error.
DATABASE = r"""
import os, sys
log = os.open(sys.argv[1] + "/log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
n = 0
while True:
    try:
        os.write(log, b"row %06d\n" % n)
        os.fsync(log)
    except OSError as error:
        print(error.strerror, flush=True)
        break
    n += 1
    print(n, flush=True)
"""


class Region:
    """tests/ec2sim as a program."""

    def __init__(self, bins, home):
        self.process = subprocess.Popen([str(bins / "ec2sim"), "--data", str(home / "ebs"), "--until-eof"],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise Failed("ec2sim did not start")
        self.endpoint = json.loads(line)["endpoint"]

    def control(self, method, path, **body):
        request = urllib.request.Request(f"{self.endpoint}/_sim/{path}", method=method,
                                         data=json.dumps(body).encode() if method == "POST" else None)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def instance_state(self, instance):
        return self.control("GET", "state")["instances"][instance]["state"]

    def close(self):
        if self.process.poll() is None:
            for instance in self.control("GET", "state")["instances"]:
                self.control("POST", f"instances/{instance}/terminate")
            self.process.stdin.close()
            self.process.wait(30)


class Node:
    def __init__(self, bins, home, region, name, instance):
        self.bins, self.name, self.home = bins, name, home / name
        made = region.control("POST", "instances", id=instance, device_root=str(self.home / "guest"))
        self.instance = made["id"]
        etc = self.home / "etc" / "rexray"
        etc.mkdir(parents=True)
        (etc / "config.yml").write_text(f"""\
rexray:
  storageDrivers:
  - ec2
  logLevel: info
  modules:
    default-docker:
      host: unix://{self.home}/docker.sock
  volume:
    unmount:
      linger: 0s
ec2:
  endpoint: {region.endpoint}
  deviceRoot: {self.home}/guest
""")
        self.environment = {name: value for name, value in os.environ.items()
                            if not name.startswith("AWS_") and not name.lower().endswith("_proxy")}
        self.environment.update({"REXRAY_HOME": str(self.home), "AWS_CONFIG_FILE": "/nonexistent",
                                 "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
                                 "AWS_EC2_METADATA_SERVICE_ENDPOINT": region.endpoint + made["imds"]})
        self.log = self.home / "daemon.log"
        self.daemon = None

    def start(self):
        print(f"{DIM}  {self.name} ({self.instance}) $ rexray start -f &{PLAIN}")
        with open(self.log, "w") as output:
            self.daemon = subprocess.Popen([str(self.bins / "rexray"), "start", "-f"], env=self.environment,
                                           stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        demo.wait_for_daemon(self.daemon, self.home / "docker.sock", self.log)

    def cli(self, *words):
        return run([str(self.bins / "rexray"), *words], self.environment,
                   shown=f"{self.name}: rexray " + " ".join(words))

    def cli_fails(self, *words):
        try:
            self.cli(*words)
        except Failed:
            return
        raise Failed(f"{self.name}: rexray {' '.join(words)} was not refused")

    def close(self, cut_off):
        if self.daemon is None:
            return
        if cut_off and self.daemon.poll() is None:
            self.daemon.kill()  # as its instance was: its calls lead nowhere
            self.daemon.wait()
        demo.stop(self.daemon, self.home)


class Database:
    """Writes until its disk is gone."""

    def __init__(self, path):
        self.process = subprocess.Popen([sys.executable, "-c", DATABASE, path], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, text=True)
        self.rows = 0
        self.error = ""

    def write_until(self, rows):
        while self.rows < rows and not self.error:
            self._read(self.process.stdout.readline())
        if self.error:
            raise Failed(f"the database's disk failed: {self.error}")

    def drain(self):
        for line in self.process.stdout:
            self._read(line)

    def _read(self, line):
        if line.strip().isdigit():
            self.rows = int(line)
        else:
            self.error = line.strip() or "it ended"

    def close(self):
        self.process.kill()
        self.process.wait()


def follow(a, b, consumer):
    step("2. A volume of 1 GiB, created and written on the first instance")
    a.cli("volume", "create", "pgdata", "--size", "1")
    path = a.cli("volume", "mount", "pgdata")
    consumer.run(path, f"echo '{MESSAGE}' > story.txt && sync")
    a.cli("volume", "ls")

    step("3. The task moves: unmounted here, mounted there, the data is there")
    a.cli("volume", "unmount", "pgdata")
    path = b.cli("volume", "mount", "pgdata")
    if consumer.run(path, "cat story.txt") != MESSAGE:
        raise Failed("what was written on the first instance is not on the second")
    b.cli("volume", "ls")
    return path


def fail_over(region, a, b, path, consumer):
    step("4. The second instance is cut off from network and disk while a database writes there")
    database = Database(path)
    try:
        database.write_until(200)
        region.control("POST", f"instances/{b.instance}/cut")
        database.drain()
    finally:
        database.close()
    print(f"    {database.rows} rows were told durable, then: {database.error}")

    step("5. EC2 says that it has the volume: the first instance does not take it unasked")
    a.cli_fails("--timeout", "3s", "volume", "mount", "pgdata")

    step("6. It is stopped: the first instance is told to take the volume, and every durable row is there")
    region.control("POST", f"instances/{b.instance}/stop")
    end = time.monotonic() + 30
    while region.instance_state(b.instance) != "stopped":
        if time.monotonic() > end:
            raise Failed(f"{b.instance} did not stop")
        time.sleep(0.02)
    path = a.cli("volume", "mount", "pgdata", "--preempt")
    found = pathlib.Path(path, "log").read_text().count("\n")
    print(f"    {found} rows found")
    if found < database.rows:
        raise Failed(f"{database.rows} rows were told durable, {found} are there")
    consumer.run(path, "cat story.txt")


def story(bins, home):
    region = Region(bins, home)
    nodes = []
    consumer = None
    try:
        step("1. A region of EC2, simulated, and two instances of it with a daemon each")
        for name, instance in (("node-a", "i-00000000000000aaa"), ("node-b", "i-00000000000000bbb")):
            nodes.append(Node(bins, home, region, name, instance))
            nodes[-1].start()
        a, b = nodes
        a.cli("status")
        consumer = demo.ProcessConsumer() if demo.root_is_a_mount_point() else demo.PlainProcess()
        path = follow(a, b, consumer)
        fail_over(region, a, b, path, consumer)

        step("7. Cleaned up; what it took of EC2")
        a.cli("volume", "unmount", "pgdata")
        a.cli("volume", "rm", "pgdata")
        a.cli("volume", "ls")
        counts = region.control("GET", "counts")
        print("    " + ", ".join(f"{action} {count['calls']}" for action, count in sorted(counts.items())))
    except Failed:
        for node in nodes:
            text = node.log.read_text()[-3000:] if node.log.exists() else ""
            print(f"\nthe log of {node.name}:\n{text}", file=sys.stderr)
        raise
    finally:
        for node in nodes:
            node.close(cut_off=node is nodes[-1])
        region.close()


def main():
    parser = argparse.ArgumentParser(prog="./dev demo --ec2", description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="where the programs are")
    options = parser.parse_args()
    if os.geteuid() != 0:
        print("the demo mounts a real file system: run it as root (sudo ./dev demo --ec2)", file=sys.stderr)
        return 1
    begun = time.monotonic()
    home = pathlib.Path(tempfile.mkdtemp(prefix="rexray-demo-"))
    try:
        story(options.bin.resolve(), home)
    except Failed as failure:
        print(f"\nThe demo failed: {failure}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(home, ignore_errors=True)
    print(f"\n{GREEN}The volume followed its task, and survived its instance.{PLAIN} "
          f"({time.monotonic() - begun:.1f} s, nothing left behind)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
