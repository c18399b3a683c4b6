"""dockerd dies with SIGKILL and comes back, with containers on our volumes: twice, 20 times with --long.

Without live-restore its containers end with it or soon after; it sends no Unmount for them, or sends it late, or twice. Nobody's
volume may go early, and when the containers are removed nothing may be left.
"""

import os
import pathlib
import shutil
import tempfile

import pytest

from dockerd import IMAGE, Dockerd, why_not
from support.daemon import eventually
from support.invariants import settle
from support.watch import UnmountWatch

KILLS = 20 if os.environ.get("REXRAY_LONG_TESTS") else 2


@pytest.fixture
def own_engine():
    """Its own, not the session's: it is killed."""
    if why := why_not():
        pytest.skip(f"SKIPPED: {why}")
    home = pathlib.Path(tempfile.mkdtemp(prefix="rxk-"))
    made = Dockerd(home)
    try:
        made.start()
        made.import_image()
        yield made
    finally:
        made.close()
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def engine(own_engine):
    """What the fixture `rexray` cleans up."""
    return own_engine


def test_dockerd_killed_with_containers_on_volumes(engine, rexray, driver):
    names = ["db", "cache"]
    for name in names:
        engine.docker("volume", "create", "-d", driver, "-o", "size=64MiB", name)
    for kill in range(KILLS):
        for name in names:
            engine.run("-d", "--name", f"on-{name}", "-v", f"{name}:/data", IMAGE, "/bin/sh", "-c",
                       f"echo {kill} >> /data/log && sync && sleep 1000")
        watch = UnmountWatch()
        for name in names:
            path = rexray.plugin.path(name)
            assert path, f"{name} is mounted"
            eventually(lambda: pathlib.Path(path, "log").exists() and
                       len(pathlib.Path(path, "log").read_text().split()) == kill + 1, "the container has written")
            watch.add(path)
        engine.kill()
        assert not watch.unmounted(), "the containers live, and so do their mounts"
        engine.start()
        running = engine.docker("ps", "-q").stdout.split()
        if len(running) == len(names):
            assert not watch.unmounted(), "unmounted under a running container"
        for container in engine.docker("ps", "-aq").stdout.split():
            engine.docker("rm", "-f", container)
        watch.close()
        # Mounts that dockerd has forgotten are the kernel's to tell of; a container started again brings its own.
        for name in names:
            assert engine.run("--rm", "-v", f"{name}:/data", IMAGE, "/bin/cat", "/data/log").stdout.split() == \
                [str(number) for number in range(kill + 1)]
        settle(rexray)
    # dockerd has forgotten its mounts. Nobody else is told to unmount, so a person says it.
    for name in names:
        for held in rexray.plugin.get(name)["Status"]["consumers"]:
            rexray.cli("volume", "release", name, "--consumer", held["id"])
    eventually(lambda: rexray.mounts() == [] and rexray.loops() == [], "nothing is left")
    settle(rexray)
