"""A disk that stops answering: whoever needs it waits in the kernel, nobody else waits, and nothing has to be restarted.

One volume's image lies on a file system of its own, which the test freezes: what writes to the volume's device then
waits in uninterruptible sleep, as on a dying disk, until it is thawed."""

import json
import os
import shutil
import subprocess
import time

import pytest

from support.daemon import counted_id, eventually, http_request


class SlowDisk:
    """A volume whose image can be frozen."""

    def __init__(self, daemon, name):
        self.daemon, self.name, self.frozen = daemon, name, False
        self.disk = daemon.home / "slow.img"
        self.mount_point = daemon.home / "slow"
        volume = json.loads(daemon.cli("volume", "inspect", name, "-f", "json").stdout)
        self.id = (volume[0] if isinstance(volume, list) else volume)["id"]
        self.image = daemon.home / f"var/lib/rexray/local/images/{self.id}.img"

    def run(self, *argv):
        subprocess.run(argv, check=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)

    def move_there(self):
        self.run("truncate", "-s", "256M", self.disk)
        self.run("mkfs.ext4", "-q", self.disk)
        self.mount_point.mkdir()
        self.run("mount", "-o", "loop", self.disk, self.mount_point)
        self.run("cp", "-a", "--sparse=always", self.image, self.mount_point / "volume.img")
        self.run("mount", "--bind", self.mount_point / "volume.img", self.image)

    def freeze(self):
        self.run("fsfreeze", "--freeze", self.mount_point)
        self.frozen = True

    def thaw(self):
        if self.frozen:
            self.run("fsfreeze", "--unfreeze", self.mount_point)
            self.frozen = False

    def close(self):
        self.thaw()
        self.daemon.close()
        for target in (self.image, self.mount_point):
            subprocess.run(["umount", "-l", target], stdin=subprocess.DEVNULL, capture_output=True)


@pytest.fixture
def slow_disk(daemon):
    if shutil.which("fsfreeze") is None:
        pytest.skip("SKIPPED: no fsfreeze (util-linux)")
    daemon.cli("volume", "create", "stuck", "--size", "64MiB")
    disk = SlowDisk(daemon, "stuck")
    try:
        disk.move_there()
        yield disk
    finally:
        disk.close()


def waiting_for(daemon, name):
    status, text = http_request(daemon.admin_socket, "GET", f"/v1/volume?name={name}", "")
    assert status == 200, text
    return json.loads(text)["volume"]["waitingFor"]


def write_through_the_cache(path):
    """Left dirty: the unmount has to write it."""
    with open(f"{path}/row", "w") as file:
        file.write("42" * 4096)


def give_up_unmounting(daemon):
    begun = time.monotonic()
    done = daemon.cli("--timeout", "2s", "volume", "unmount", "stuck", check=False)
    assert done.returncode == 1, done.stdout
    assert "stuck" in done.stderr and "unmount" in done.stderr, done.stderr
    assert time.monotonic() - begun < 30, "the caller gets its answer at the deadline"


def others_work(daemon, mount_id):
    path = daemon.plugin.mount("fine", counted_id(mount_id))
    assert os.path.isdir(path)
    daemon.plugin.unmount("fine", counted_id(mount_id))
    assert {volume["Name"] for volume in daemon.plugin.list()} == {"stuck", "fine"}


def no_device_of(daemon, disk):
    return not [file for _, file in daemon.loops() if file.endswith(("volume.img", f"{disk.id}.img"))]


def test_an_unmount_that_hangs_keeps_nobody_else_and_ends_with_the_disk(daemon, slow_disk):
    daemon.plugin.create("fine", size="64MiB")
    write_through_the_cache(daemon.cli("volume", "mount", "stuck").stdout.strip())
    slow_disk.freeze()
    give_up_unmounting(daemon)
    assert "unmount" in waiting_for(daemon, "stuck")
    assert "unmount" in daemon.cli("volume", "inspect", "stuck", "-f", "table").stdout, "a person sees it too"
    others_work(daemon, 1)
    slow_disk.thaw()
    eventually(lambda: no_device_of(daemon, slow_disk), "the unmount ends when the disk answers")
    eventually(lambda: waiting_for(daemon, "stuck") == "", "and nothing is waited for any more")
    path = daemon.cli("volume", "mount", "stuck").stdout.strip()
    with open(f"{path}/row") as file:
        assert file.read() == "42" * 4096
    daemon.cli("volume", "unmount", "stuck")


def test_a_daemon_is_killed_while_a_call_hangs_and_the_next_one_serves_at_once(daemon, slow_disk):
    daemon.plugin.create("fine", size="64MiB")
    write_through_the_cache(daemon.cli("volume", "mount", "stuck").stdout.strip())
    slow_disk.freeze()
    give_up_unmounting(daemon)
    begun = time.monotonic()
    daemon.kill()
    assert time.monotonic() - begun < 10, "no thread of it waits in the kernel"
    daemon.start()  # the pid file's lock and the sockets are free
    others_work(daemon, 2)
    # What the former daemon's helper is in the middle of may yet take effect: nobody touches that volume before.
    assert "former daemon" in waiting_for(daemon, "stuck")
    assert [event["name"] for event in daemon.events("waits-for-former-daemon")] == ["stuck"]
    refused = daemon.cli("--timeout", "2s", "volume", "mount", "stuck", check=False)
    assert refused.returncode == 1 and "helper process of the former daemon" in refused.stderr, refused.stderr
    # Nor does a third one, which has never seen that helper's daemon.
    daemon.kill()
    daemon.start()
    others_work(daemon, 3)
    assert "former daemon" in waiting_for(daemon, "stuck")
    slow_disk.thaw()
    eventually(lambda: waiting_for(daemon, "stuck") == "", "it is taken up when that helper has ended")
    eventually(lambda: no_device_of(daemon, slow_disk), "what was left half-way is finished")
    path = daemon.cli("volume", "mount", "stuck").stdout.strip()
    with open(f"{path}/row") as file:
        assert file.read() == "42" * 4096
    daemon.cli("volume", "unmount", "stuck")
    assert [file.name for file in (daemon.home / "run/rexray").glob("helpers.lock*")] == ["helpers.lock"]
