"""From a running REX-Ray 0.3.3 or 0.11, without stopping a container: what it has mounted under /var/lib/rexray/volumes is taken up.

Its daemon leaves the device, the mount at volumes/NAME and the directory NAME/data that containers have; it counts users in memory,
so whoever comes after it knows none of them. Here a loop device over an image stands for its disk.
"""

import contextlib
import pathlib
import subprocess

import pytest

from support.daemon import counted_id, eventually, why_no_mount_namespace
from support.invariants import consumers_of, images_of, settle, volumes_root

NEW = counted_id("of a container that starts after the take-over")


class OldDaemon:
    """What the old one did, and what it leaves when it ends."""

    def __init__(self, daemon):
        self.daemon = daemon

    def mounts(self, name):
        daemon = self.daemon
        daemon.plugin.create(name, size="64MiB")
        path = daemon.plugin.mount(name, NEW)
        pathlib.Path(path, "row").write_text("42")
        daemon.plugin.unmount(name, NEW)
        image = images_of(daemon) / f"{daemon.plugin.get(name)['Status']['id']}.img"
        device = run("losetup", "--find", "--show", str(image))
        self.stage = volumes_root(daemon) / name
        self.stage.mkdir(parents=True, exist_ok=True)
        run("mount", device, str(self.stage))
        return self.stage / "data"

    def ends(self):
        self.daemon.stop()
        for file in (self.daemon.home / "run/rexray").glob("journal-*"):
            file.unlink()


def run(*words):
    return subprocess.run(words, check=True, stdin=subprocess.DEVNULL, capture_output=True, text=True).stdout.strip()


@contextlib.contextmanager
def container(path, inside):
    """A process with a mount namespace of its own that has the directory there, as runc gives it to a container."""
    if why := why_no_mount_namespace():
        pytest.skip(f"SKIPPED: {why}")
    inside.mkdir(exist_ok=True)
    process = subprocess.Popen(["unshare", "--mount", "--propagation", "private", "sh", "-c",
                                'mount --bind "$1" "$2" && umount "$3" && echo ready && read line', "sh", str(path),
                                str(inside), str(path.parent)],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.stdin.close()
        process.wait()
        process.stdout.close()


def test_it_is_taken_up_and_nobody_of_the_new_ones_ends_it(daemon, tmp_path):
    old = OldDaemon(daemon)
    path = old.mounts("pgdata")
    with container(path, tmp_path / "inside") as running:
        old.ends()
        daemon.start()
        eventually(lambda: consumers_of(daemon, "pgdata") == {"adopted": 1}, "it is taken up")
        assert daemon.plugin.path("pgdata") == str(path)
        assert (path / "row").read_text() == "42"
        assert [event["name"] for event in daemon.events("adopted")] == ["pgdata"]
        settle(daemon)

        # A new container shares it, and its own Unmount is its own.
        assert daemon.plugin.mount("pgdata", NEW) == str(path)
        daemon.plugin.unmount("pgdata", NEW)
        assert consumers_of(daemon, "pgdata") == {"adopted": 1}

        # The old container's id is unknown here: it is answered, and takes nothing away while the kernel shows that somebody has it.
        daemon.plugin.unmount("pgdata", counted_id("of an old container"))
        assert consumers_of(daemon, "pgdata") == {"adopted": 1}
        daemon.kill()
        daemon.start()
        assert consumers_of(daemon, "pgdata") == {"adopted": 1}, "and a restart keeps it"
        daemon.plugin.unmount("pgdata", counted_id("of an old container"))
        assert (path / "row").read_text() == "42"
        assert running.poll() is None
    # That container has ended, and nobody else has it: its Unmount was the last.
    daemon.plugin.unmount("pgdata", counted_id("of an old container"))
    settle(daemon)
    assert [event["name"] for event in daemon.events("adopted-ended")] == ["pgdata"]
    assert daemon.mounts() == [] and daemon.loops() == []
    path = pathlib.Path(daemon.plugin.mount("pgdata", NEW))
    assert (path / "row").read_text() == "42"
    daemon.plugin.unmount("pgdata", NEW)


def test_neither_a_release_nor_an_unknown_unmount_ends_it_under_an_open_file(daemon):
    old = OldDaemon(daemon)
    path = old.mounts("logs")
    old.ends()
    daemon.start()
    eventually(lambda: consumers_of(daemon, "logs") == {"adopted": 1}, "it is taken up")
    with open(path / "row"):
        daemon.plugin.unmount("logs", counted_id("of an old container"))
        assert consumers_of(daemon, "logs") == {"adopted": 1}
        done = daemon.cli("volume", "release", "logs", "--consumer", "adopted", check=False)
        assert done.returncode == 1 and "logs" in done.stderr, done.stderr
        assert consumers_of(daemon, "logs") == {"adopted": 1}
        assert daemon.plugin.path("logs") == str(path)
    daemon.cli("volume", "release", "logs", "--consumer", "adopted")
    settle(daemon)
    assert daemon.mounts() == [] and daemon.loops() == []
