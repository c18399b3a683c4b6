"""An upgrade under a running container, with a real dockerd: no mount is lost, and no consumer."""

import json
import os
import pathlib
import subprocess

import pytest

from dockerd import IMAGE


class Installed:
    """The package's programs in a tree of their own, with directories of their own."""

    def __init__(self, home, socket_path):
        self.tree = home / "tree"
        self.home = home / "home"
        (self.home / "etc/rexray").mkdir(parents=True)
        (self.home / "etc/rexray/config.yml").write_text(
            f"rexray:\n  modules:\n    default-docker:\n      host: unix://{socket_path}\n")

    def unpack(self, deb):
        subprocess.run(["dpkg-deb", "-x", str(deb), str(self.tree)], check=True, stdin=subprocess.DEVNULL)

    def rexray(self, *words, check=True):
        done = subprocess.run([str(self.tree / "usr/bin/rexray"), *words], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=120, env={**os.environ, "REXRAY_HOME": str(self.home)})
        if check:
            assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done

    def pid(self):
        return int((self.home / "run/rexray/rexray.pid").read_text().split()[0])

    def mounts(self):
        """[(mount id, device, target)] of what is staged."""
        with open("/proc/self/mountinfo") as table:
            rows = [line.split() for line in table]
        return [(row[0], row[2], row[4]) for row in rows if row[4].startswith(f"{self.home}/var/lib/rexray/volumes/")]


@pytest.fixture
def installed(real_mounts, engine, driver, deb, tmp_path):
    socket_path = pathlib.Path("/run/docker/plugins") / f"{driver}.sock"
    made = Installed(tmp_path, socket_path)
    made.unpack(deb)
    made.rexray("start")
    yield made
    for container in engine.docker("ps", "-aq").stdout.split():
        engine.docker("rm", "-f", container, check=False)
    for volume in engine.docker("volume", "ls", "-q", "--filter", f"driver={driver}").stdout.split():
        engine.docker("volume", "rm", volume, check=False)
    made.rexray("stop", check=False)
    socket_path.unlink(missing_ok=True)
    for _, _, target in made.mounts():
        subprocess.run(["umount", "-l", target], stdin=subprocess.DEVNULL, capture_output=True)


def test_an_upgrade_loses_no_mount_and_no_consumer(engine, driver, installed, newer_deb):
    engine.docker("volume", "create", "-d", driver, "-o", "size=1", "upgraded")
    engine.run("-d", "--name", "writer", "-v", "upgraded:/data", IMAGE, "/bin/sleep", "1000")
    engine.docker("exec", "writer", "/bin/sh", "-c", "echo before > /data/file && sync")

    def consumers():
        return json.loads(installed.rexray("volume", "consumers", "upgraded", "-f", "json").stdout)

    mounts, held, pid = installed.mounts(), consumers(), installed.pid()
    assert len(mounts) == 1 and len(held) == 1

    installed.unpack(newer_deb)  # as dpkg does: other files under the same names
    installed.rexray("restart")  # as the package's postinst does

    assert installed.pid() != pid, "the new program runs"
    assert os.readlink(f"/proc/{installed.pid()}/exe") == str(installed.tree / "usr/sbin/rexrayd")
    assert installed.mounts() == mounts, "the very same mount"
    assert consumers() == held
    engine.docker("exec", "writer", "/bin/sh", "-c", "echo after >> /data/file && sync")
    assert engine.docker("exec", "writer", "/bin/cat", "/data/file").stdout.split() == ["before", "after"]
    engine.docker("rm", "-f", "writer")
    assert installed.mounts() == [], "its last consumer was known, and its end ends the mount"
    read = engine.run("--rm", "-v", "upgraded:/data", IMAGE, "/bin/cat", "/data/file")
    assert read.stdout.split() == ["before", "after"]
