"""Many at once: consumers, volumes, clients. REXRAY_LONG_TESTS=1 keeps the clients at it for 60 s, else it is 10 s."""

import concurrent.futures
import hashlib
import json
import os
import random
import threading
import time

from support.daemon import UnixConnection, counted_id

LONG = bool(os.environ.get("REXRAY_LONG_TESTS"))
MIB = 2**20


class Client:
    """The plugin protocol over one keep-alive connection, as dockerd holds it."""

    def __init__(self, socket_path):
        self.connection = UnixConnection(socket_path, timeout=120)

    def call(self, endpoint, **fields):
        self.connection.request("POST", endpoint, body=json.dumps(fields))
        answer = self.connection.getresponse()
        text = answer.read()
        assert answer.status == 200, f"{endpoint} {fields}: {answer.status} {text[:500]}"
        return json.loads(text)

    def close(self):
        self.connection.close()


def resident_kib(process):
    with open(f"/proc/{process.pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))


def open_descriptors(process):
    return len(os.listdir(f"/proc/{process.pid}/fd"))


def content_of(number):
    """Bytes that no other volume has."""
    return random.Random(number).randbytes(MIB + number)


def in_parallel(workers, count, body):
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        for done in [pool.submit(body, number) for number in range(count)]:
            done.result()


def test_fifty_consumers_on_fifty_volumes(daemon):
    count = 50
    everyone = threading.Barrier(count)

    def write(number):
        name, plugin = f"load-{number}", daemon.plugin
        everyone.wait(120)
        plugin.create(name, size="32MiB")
        path = plugin.mount(name, counted_id(number))
        assert os.path.ismount(os.path.dirname(path))
        with open(f"{path}/content", "wb") as file:
            file.write(content_of(number))
            os.fsync(file.fileno())

    def unmount(number):
        everyone.wait(120)
        daemon.plugin.unmount(f"load-{number}", counted_id(number))

    def read_back(number):
        name, plugin = f"load-{number}", daemon.plugin
        everyone.wait(120)
        path = plugin.mount(name, counted_id(1000 + number))
        with open(f"{path}/content", "rb") as file:
            found = file.read()
        assert hashlib.sha256(found).digest() == hashlib.sha256(content_of(number)).digest(), name
        plugin.unmount(name, counted_id(1000 + number))
        plugin.remove(name)

    in_parallel(count, count, write)
    assert len(daemon.mounts()) == count
    in_parallel(count, count, unmount)
    assert daemon.mounts() == []
    in_parallel(count, count, read_back)
    assert daemon.mounts() == []
    assert daemon.loops() == []
    assert daemon.plugin.list() == []


def fill(daemon, count, connections=8):
    def create(worker):
        client = Client(daemon.docker_socket)
        for number in range(worker, count, connections):
            client.call("/VolumeDriver.Create", Name=f"v{number:05}", Opts={"size": "1"})
        client.close()

    in_parallel(connections, connections, create)


def test_ten_thousand_volumes(daemon):
    count = 10_000
    fill(daemon, count)
    names = [f"v{number:05}" for number in range(count)]
    assert [volume["Name"] for volume in daemon.plugin.list()] == names
    daemon.restart()
    assert [volume["Name"] for volume in daemon.plugin.list()] == names

    # It stays right, and usable, while it changes.
    client = Client(daemon.docker_socket)
    for name in names[::count // 10]:
        client.call("/VolumeDriver.Remove", Name=name)
    left = [name for number, name in enumerate(names) if number % (count // 10)]
    assert [volume["Name"] for volume in client.call("/VolumeDriver.List")["Volumes"]] == left
    path = client.call("/VolumeDriver.Mount", Name=left[-1], ID=counted_id(1))["Mountpoint"]
    with open(f"{path}/file", "w") as file:
        file.write("one of many")
    client.call("/VolumeDriver.Unmount", Name=left[-1], ID=counted_id(1))
    started = time.monotonic()
    client.call("/VolumeDriver.Get", Name=left[0])
    assert time.monotonic() - started < 5
    client.close()


def sanitized(daemon):
    return b"__asan_init" in (daemon.programs / "rexrayd").read_bytes()


def test_two_hundred_clients(daemon):
    clients, seconds, names = 200, 60 if LONG else 10, [f"v{number:05}" for number in range(20)]
    fill(daemon, len(names))
    plugin = daemon.plugin
    mounted = plugin.mount(names[0], counted_id("held"))
    counts = [0] * clients
    everyone = threading.Barrier(clients)

    def work(worker, end_at):
        random_ = random.Random(worker)
        client = Client(daemon.docker_socket)
        everyone.wait(60)
        while time.monotonic() < end_at:
            kind = random_.randrange(10)
            if kind == 0:
                listed = client.call("/VolumeDriver.List")["Volumes"]
                assert {volume["Name"] for volume in listed} >= set(names)
            elif kind == 1:  # one more consumer of what is mounted
                mount_id = counted_id(f"{worker}-{counts[worker]}")
                assert client.call("/VolumeDriver.Mount", Name=names[0], ID=mount_id)["Mountpoint"] == mounted
                client.call("/VolumeDriver.Unmount", Name=names[0], ID=mount_id)
            elif kind == 2:  # a volume that comes and goes
                name = f"own-{worker}"
                client.call("/VolumeDriver.Create", Name=name, Opts={"size": "1"})
                client.call("/VolumeDriver.Remove", Name=name)
            elif kind < 6:
                name = random_.choice(names)
                assert client.call("/VolumeDriver.Get", Name=name)["Volume"]["Name"] == name
            else:
                assert client.call("/VolumeDriver.Path", Name=names[0])["Mountpoint"] == mounted
            counts[worker] += 1
        client.close()

    def run(duration):
        end_at = time.monotonic() + duration
        in_parallel(clients, clients, lambda worker: work(worker, end_at))

    run(seconds / 2)  # connections, threads and caches have their size now
    warm, descriptors = resident_kib(daemon.process), open_descriptors(daemon.process)
    before = sum(counts)
    run(seconds)
    grown = resident_kib(daemon.process) - warm
    assert sum(counts) - before > clients, "every client got something done"
    if not sanitized(daemon):  # such a program keeps what was freed; orchestrators/test_release_load.py has the release one
        assert grown < 8 * 1024, f"memory grew by {grown} KiB over {sum(counts) - before} rounds, from {warm}"
    assert open_descriptors(daemon.process) <= descriptors + clients
    assert sorted(volume["Name"] for volume in plugin.list()) == names
    plugin.unmount(names[0], counted_id("held"))
    assert daemon.mounts() == []
    assert daemon.loops() == []
