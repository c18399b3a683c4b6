"""The power goes while clients work: the data directory's own ext4 is shut down, with nothing flushed (FS_IOC_SHUTDOWN).

Then the node boots: no mounts, no journal of this boot, and the file system as its journal's replay makes it. What was
acknowledged must be there: volumes, their sizes, removals, and what fsync has acknowledged in them. In every second boot
the catalogue is lost too, and comes back from the images' xattrs. 200 times with --long.
"""

import fcntl
import os
import random
import subprocess
import threading

import pytest

from support.daemon import Daemon, counted_id
from support.invariants import settle, volumes_root
from shutdown import shut_down, skip_if_not_allowed
from torture import NO_ANSWER, Torture, require

CUTS = 200 if os.environ.get("REXRAY_LONG_TESTS") else 4


def run(*words):
    subprocess.run(words, check=True, stdin=subprocess.DEVNULL, capture_output=True)


class Disk:
    """A data directory on an ext4 of its own, whose power can be cut."""

    def __init__(self, image, directory):
        self.image, self.directory = image, directory
        directory.mkdir(parents=True)
        with open(image, "wb") as file:
            file.truncate(2**30)
        run("mkfs.ext4", "-q", str(image))
        self.mount()

    def mount(self):
        run("mount", "-o", "loop", str(self.image), str(self.directory))

    def cut(self):
        shut_down(self.directory)

    def unmount(self):
        run("umount", str(self.directory))


@pytest.fixture
def disk(real_mounts, tmp_path):
    made = Disk(tmp_path / "disk.img", tmp_path / "node/var/lib/rexray/local")
    try:
        made.cut()
    except OSError as error:
        made.unmount()
        skip_if_not_allowed(error)
        raise
    made.unmount()
    made.mount()
    yield made
    subprocess.run(["umount", "-l", str(made.directory)], stdin=subprocess.DEVNULL, capture_output=True)


@pytest.fixture
def node(disk, tmp_path):
    made = Daemon(tmp_path / "node")
    made.start()
    yield made
    made.close()


class PowerCuts(Torture):
    def __init__(self, node, disk, seed):
        super().__init__(node, seed, clients=4, volumes=3)
        self.disk = disk

    def work(self, client, over):
        while not over.is_set():
            try:
                super().work(client, over)
                return
            except NO_ANSWER:  # a volume's file: its disk is gone
                if not client.power_is_cut:
                    raise

    def round(self, lose_catalogue):
        over = threading.Event()
        threads = [threading.Thread(target=self.work, args=(client, over)) for client in self.clients]
        for thread in threads:
            thread.start()
        over.wait(self.random.uniform(0.05, 0.6))  # not a pause: the moment is what is tried
        for client in self.clients:
            client.power_is_cut = True
        self.disk.cut()
        self.daemon.kill()
        over.set()
        for thread in threads:
            thread.join()
        if self.errors:
            raise self.errors[0]
        self.boot(lose_catalogue)

    def boot(self, lose_catalogue):
        # Without power no helper process of the daemon goes on either.
        with open(self.daemon.home / "run/rexray/helpers.lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
        for target in self.daemon.mounts():
            if target.startswith(str(volumes_root(self.daemon))):
                run("umount", target)
        for device, _ in self.daemon.loops():
            run("losetup", "-d", device)
        self.disk.unmount()
        self.disk.mount()
        for file in (self.daemon.home / "run/rexray").glob("journal-*"):
            file.unlink()
        if lose_catalogue:
            for file in self.disk.directory.glob("catalogue.db*"):
                file.unlink()
        for client in self.clients:
            client.power_is_cut = False
        self.daemon.start()
        settle(self.daemon)
        self.learn()

    def learn(self):
        listed = {volume["Name"] for volume in self.daemon.plugin.list()}
        require(set(self.shared) <= listed, f"lost: {set(self.shared) - listed}")
        require(listed <= {*self.shared, *(client.own for client in self.clients)}, f"invented: {listed}")
        for client in self.clients:
            client.learn_after_boot(listed)
        for name in sorted(listed):
            path = self.daemon.plugin.mount(name, counted_id("reader"))
            for client in self.clients:
                if name in client.volumes:
                    client.reread(name, path)
            self.daemon.plugin.unmount(name, counted_id("reader"))


def test_what_was_acknowledged_outlives_the_power(node, disk):
    seed = os.environ.get("REXRAY_TORTURE_SEED") or str(random.SystemRandom().randrange(2**32))
    cuts = PowerCuts(node, disk, seed)
    try:
        for number in range(CUTS):
            cuts.round(lose_catalogue=number % 2 == 1)
        cuts.end()
    except BaseException as error:
        raise AssertionError(f"after {number} cuts; REXRAY_TORTURE_SEED={seed}: {error}\n{node.log[-8000:]}") from error
    calls = sum(client.calls for client in cuts.clients)
    print(f"seed {seed}: {CUTS} cuts, {calls} calls, {cuts.refusals} refused")
    assert calls > 4 * CUTS, f"only {calls} calls: this has tried nothing"
