"""A volume on simulated EC2 follows its task from instance to instance, and what was told durable is there: also when
the old instance is torn off in the middle of a write. Real ext4 and xfs on real block devices (tests/ec2sim)."""

import hashlib
import os
import pathlib
import subprocess
import sys

import pytest

from support.daemon import counted_id, eventually
from support.ec2 import Ec2

# A database in small: each record is appended and fsync'ed before it is told; every eighth is a file of its own in a
# directory that is fsync'ed, too. It ends with the first error.
WRITER = r"""
import hashlib, os, sys
directory, size = sys.argv[1], int(sys.argv[2])
log = os.open(directory + "/log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
parent = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
os.fsync(parent)
n = 0
while True:
    record = (hashlib.sha256(str(n).encode()).hexdigest() * (size // 64)).encode()
    try:
        os.write(log, record)
        os.fsync(log)
        if n % 8 == 0:
            file = os.open(f"{directory}/file-{n}", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            os.write(file, record)
            os.fsync(file)
            os.close(file)
            os.fsync(parent)
    except OSError as error:
        print("error", error.errno, flush=True)
        break
    print("durable", n, flush=True)
    n += 1
"""
RECORD = 4096


@pytest.fixture
def ec2(real_mounts, tmp_path):
    region = Ec2(tmp_path)
    yield region
    region.close()


@pytest.fixture
def nodes(ec2):
    made = []

    def make(name, config="", **instance):
        node = ec2.node(name, config, **instance)
        made.append(node)
        return node

    yield make
    for node in made:
        node.close()


def preempting(how):
    return f"    mount:\n      preempt: {how}\n"


class Writer:
    def __init__(self, path):
        self.process = subprocess.Popen([sys.executable, "-c", WRITER, path, str(RECORD)], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, text=True)
        self.durable = -1

    def write_until(self, n):
        while self.durable < n:
            self._read(self.process.stdout.readline())

    def drain(self):
        """All that it was told, to its end."""
        for line in self.process.stdout:
            self._read(line)
        assert self.process.wait(30) == 0
        return self.durable

    def _read(self, line):
        word, number = line.split()
        if word == "durable":
            self.durable = int(number)
        else:
            assert word == "error", line

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


@pytest.fixture
def writer_on():
    made = []

    def start(path):
        made.append(Writer(path))
        return made[-1]

    yield start
    for writer in made:
        writer.close()


def record(n):
    return (hashlib.sha256(str(n).encode()).hexdigest() * (RECORD // 64)).encode()


def assert_durable(path, last):
    log = pathlib.Path(path, "log").read_bytes()
    assert len(log) >= (last + 1) * RECORD, f"{len(log) // RECORD} records of {last + 1} that were told durable"
    for n in range(last + 1):
        assert log[n * RECORD:(n + 1) * RECORD] == record(n), f"record {n}"
        if n % 8 == 0:
            assert pathlib.Path(path, f"file-{n}").read_bytes() == record(n), f"file-{n}"


def refused_mount(node):
    """A mount waits for its holder as long as its caller does: this one is soon out of patience. What it was told."""
    done = node.cli("--timeout", "3s", "volume", "mount", "pgdata", check=False)
    assert done.returncode == 1, done.stdout
    return done.stderr


def test_written_on_one_instance_read_on_the_next(ec2, nodes):
    a, b = nodes("a").start(), nodes("b").start()
    a.plugin.create("pgdata", size="1")
    path = a.plugin.mount("pgdata", counted_id(1))
    with open(f"{path}/row", "w") as file:
        file.write("42")
    volume = ec2.volumes()["pgdata"]
    assert volume["type"] == "gp3"
    assert [x["instance"] for x in volume["attachments"]] == [a.instance]

    a.plugin.unmount("pgdata", counted_id(1))
    eventually(lambda: ec2.volumes()["pgdata"]["state"] == "available", "detached from the first")
    assert not (a.home / "guest/dev/nvme1n1").exists()

    there = b.plugin.mount("pgdata", counted_id(2))
    assert pathlib.Path(there, "row").read_text() == "42"
    b.plugin.unmount("pgdata", counted_id(2))
    eventually(lambda: ec2.volumes()["pgdata"]["state"] == "available", "detached from the second")
    b.plugin.remove("pgdata")
    eventually(lambda: "pgdata" not in ec2.volumes(), "removed")
    assert ec2.loops() == []


def test_a_volume_that_another_instance_holds_is_refused_and_untouched(ec2, nodes, writer_on):
    a, b = nodes("a").start(), nodes("b", preempting("when-dead")).start()
    a.plugin.create("pgdata", size="1")
    path = a.plugin.mount("pgdata", counted_id(1))
    writer = writer_on(path)
    writer.write_until(5)
    assert a.instance in refused_mount(b)  # the one that runs is named
    before = writer.durable
    writer.write_until(before + 5)  # and went on
    assert [x["instance"] for x in ec2.volumes()["pgdata"]["attachments"]] == [a.instance]


@pytest.mark.parametrize("how", ["when-dead", "true"])
@pytest.mark.parametrize("fs", ["ext4", "xfs"])
def test_cut_off_while_writing_nothing_durable_is_lost(ec2, nodes, writer_on, how, fs):
    a, b = nodes("a").start(), nodes("b", preempting(how)).start()
    a.plugin.create("pgdata", size="1", fsType=fs)
    path = a.plugin.mount("pgdata", counted_id(1))
    writer = writer_on(path)
    writer.write_until(40)

    ec2.instance(a.instance, "cut")
    last = writer.drain()  # it was told some more before the cut, and then an error
    assert last >= 40
    if how == "when-dead":
        assert a.instance in refused_mount(b)  # EC2 still says that it runs
        ec2.instance(a.instance, "stop")
        ec2.await_instance(a.instance, "stopped")

    there = b.plugin.mount("pgdata", counted_id(2))
    assert_durable(there, last)
    assert [x["instance"] for x in ec2.volumes()["pgdata"]["attachments"]] == [b.instance]
    with open(f"{there}/of-b", "w") as file:
        file.write("x")
    # What is left on the old instance is dead: nothing becomes durable there, and nothing of it arrives.
    with pytest.raises(OSError):
        with open(f"{path}/late", "w") as file:
            file.write("x")
            file.flush()
            os.fsync(file.fileno())
    assert not os.path.exists(f"{there}/late")
    b.plugin.unmount("pgdata", counted_id(2))
    eventually(lambda: ec2.volumes()["pgdata"]["state"] == "available", "detached")


def test_taken_from_a_living_instance_its_file_system_is_dead_first(ec2, nodes, writer_on):
    a, b = nodes("a").start(), nodes("b", preempting("true")).start()
    a.plugin.create("pgdata", size="1")
    writer = writer_on(a.plugin.mount("pgdata", counted_id(1)))
    writer.write_until(20)
    there = b.plugin.mount("pgdata", counted_id(2))
    assert_durable(there, writer.drain())
    assert [x["instance"] for x in ec2.volumes()["pgdata"]["attachments"]] == [b.instance]
