"""What a person does with podman and our volumes: containers.conf names the socket, the rest is podman's own."""

import json
import os
import pathlib
import shutil
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from podman import IMAGE, Podman, why_not  # noqa: E402
from support.daemon import counted_id, eventually, in_own_namespace  # noqa: E402


@pytest.fixture
def podman(idle_daemon, tmp_path_factory):
    """With podman's own time-out, 5 s for each call."""
    why = why_not()
    if why:
        pytest.skip(f"SKIPPED: {why}")
    made = Podman(tmp_path_factory.mktemp("podman"), {"rexray": idle_daemon.docker_socket})
    yield made
    made.close()


@pytest.fixture
def containers(podman):
    why = podman.why_no_container()
    if why:
        pytest.skip(f"SKIPPED: {why}")
    return podman


def test_create_ls_inspect_rm(podman, idle_daemon):
    plugin = idle_daemon.start().plugin
    podman.podman("volume", "create", "--driver", "rexray", "-o", "size=1", "pgdata")
    assert plugin.get("pgdata")["Status"]["size"] == 2**30
    assert podman.volumes() == ["pgdata"]
    inspected = json.loads(podman.podman("volume", "inspect", "pgdata").stdout)[0]
    assert (inspected["Driver"], inspected["Options"]) == ("rexray", {"size": "1"})
    assert inspected["Status"]["size"] == 2**30
    podman.podman("volume", "rm", "pgdata")
    assert podman.volumes() == []
    assert plugin.list() == []


def test_a_refused_create_is_an_error_and_leaves_no_phantom(podman, idle_daemon):
    idle_daemon.start()
    refused = podman.podman("volume", "create", "--driver", "rexray", "-o", "size=nonsense", "bad", check=False)
    assert refused.returncode != 0
    assert "nonsense" in refused.stderr, "our message gets through"
    assert podman.volumes() == []


def test_mount_write_unmount_mount_read(podman, idle_daemon):
    plugin = idle_daemon.start().plugin
    podman.podman("volume", "create", "--driver", "rexray", "-o", "size=1", "kept")
    podman.podman("volume", "mount", "kept")  # podman 4.3 prints nothing for a plugin's volume
    path = plugin.path("kept")
    assert os.path.ismount(os.path.dirname(path))
    pathlib.Path(path, "row").write_text("42")
    podman.podman("volume", "unmount", "kept")
    assert idle_daemon.mounts() == []
    assert idle_daemon.loops() == []
    podman.podman("volume", "mount", "kept")
    assert plugin.path("kept") == path
    assert pathlib.Path(path, "row").read_text() == "42"
    podman.podman("volume", "unmount", "kept")


def test_rm_of_a_mounted_volume_is_refused(podman, idle_daemon):
    plugin = idle_daemon.start().plugin
    podman.podman("volume", "create", "--driver", "rexray", "-o", "size=1", "held")
    plugin.mount("held", counted_id("somebody else"))
    refused = podman.podman("volume", "rm", "held", check=False)
    assert refused.returncode != 0
    assert "in use" in refused.stderr
    plugin.unmount("held", counted_id("somebody else"))
    assert [volume["Name"] for volume in plugin.list()] == ["held"]


def test_reload_takes_in_what_others_made_and_drops_what_they_removed(podman, idle_daemon):
    plugin = idle_daemon.start().plugin
    podman.podman("volume", "create", "--driver", "rexray", "-o", "size=1", "gone")
    plugin.remove("gone")
    plugin.create("elsewhere", size="1")
    podman.podman("volume", "reload")
    assert podman.volumes() == ["elsewhere"]


class GatedMkfs:
    """A mkfs.ext4 that waits for the test before it runs the real one. Only the daemon sees it: a bind mount in a mount
    namespace of its own."""

    def __init__(self, daemon):
        self.daemon = daemon
        tools = daemon.home / "tools"
        tools.mkdir()
        daemon.share_volumes()
        self.gate, self.started = tools / "gate", tools / "started"
        os.mkfifo(self.gate)
        covered = os.path.realpath("/usr/sbin/mkfs.ext4")
        real = tools / "mkfs.ext4"
        shutil.copy(covered, real)
        self.script(tools / "gated", f"echo mkfs >> {self.started}; read -r line < {self.gate}; exec {real} \"$@\"")
        self.script(tools / "in-namespace",
                    f"{in_own_namespace(covered, tools / 'gated')} && exec {daemon.programs}/rexray \"$@\"")
        self.script(tools / "rexray", f"exec unshare --mount --propagation unchanged {tools}/in-namespace \"$@\"")
        daemon.programs = tools

    @staticmethod
    def script(path, text):
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    def open(self):
        """Lets one mkfs go on."""
        with open(self.gate, "w") as gate:
            gate.write("go\n")

    def runs(self):
        return self.started.read_text().count("mkfs")

    def inside(self, path):
        return pathlib.Path(f"/proc/{self.daemon.process.pid}/root{path}")

    def mounts(self):
        table = pathlib.Path(f"/proc/{self.daemon.process.pid}/mountinfo").read_text()
        return [line for line in table.splitlines() if f"{self.daemon.home}/var/lib/rexray/volumes/" in line]


def test_a_mount_that_outlasts_podmans_patience_finishes_and_the_repeat_joins_it(podman, idle_daemon):
    """podman gives up after 5 s and sends no Unmount. The work goes on, and its repeat does not begin another."""
    mkfs = GatedMkfs(idle_daemon)
    idle_daemon.start()
    podman.podman("volume", "create", "--driver", "rexray", "-o", "size=1", "slow")
    for _ in range(2):
        given_up = podman.podman("volume", "mount", "slow", check=False)
        assert given_up.returncode != 0
        assert "deadline exceeded" in given_up.stderr, given_up.stderr
        assert mkfs.runs() == 1, "one for both"
    mkfs.open()
    podman.podman("volume", "mount", "slow")
    path = idle_daemon.plugin.path("slow")
    assert path.startswith(str(idle_daemon.home))
    assert mkfs.runs() == 1, "and for the third, which gets what the first began"
    mkfs.inside(path).joinpath("row").write_text("42")
    podman.podman("volume", "unmount", "slow")
    assert mkfs.mounts() == [], "those who hung up hold nothing"
    podman.podman("volume", "mount", "slow")
    assert mkfs.inside(path).joinpath("row").read_text() == "42"
    podman.podman("volume", "unmount", "slow")


def test_a_container_reads_what_the_last_one_wrote(containers, idle_daemon):
    plugin = idle_daemon.start().plugin
    containers.podman("volume", "create", "--driver", "rexray", "-o", "size=1", "pgdata")
    containers.run("--rm", "-v", "pgdata:/data", IMAGE, "/bin/sh", "-c", "echo 42 > /data/row && sync")
    eventually(lambda: idle_daemon.mounts() == [], "nothing is mounted between two containers")
    assert containers.run("--rm", "-v", "pgdata:/data", IMAGE, "/bin/cat", "/data/row").stdout.strip() == "42"
    eventually(lambda: idle_daemon.loops() == [], "nothing is attached after the last one")
    containers.podman("volume", "rm", "pgdata")
    assert plugin.list() == []


def test_two_containers_share_a_volume(containers, idle_daemon):
    idle_daemon.start()
    containers.podman("volume", "create", "--driver", "rexray", "-o", "size=1", "shared")
    for name in ("one", "two"):
        containers.run("-d", "--name", name, "-v", "shared:/data", IMAGE, "/bin/sleep", "1000")
    containers.podman("exec", "one", "/bin/sh", "-c", "echo from-one > /data/file")
    containers.podman("rm", "-f", "-t", "0", "one")
    assert containers.podman("exec", "two", "/bin/cat", "/data/file").stdout.strip() == "from-one"
    containers.podman("rm", "-f", "-t", "0", "two")
    eventually(lambda: idle_daemon.mounts() == [], "the last container takes the mount with it")
