"""Our managed plugin in a real dockerd: data survives containers, disable and enable."""

import json
import os
import pathlib
import shutil
import socket
import subprocess

import pytest

from dockerd import IMAGE
from support.daemon import eventually

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
NAME = "rexray-managed:test"


@pytest.fixture(scope="module")
def managed(engine, tmp_path_factory):
    out = tmp_path_factory.mktemp("plugin") / "out"
    subprocess.run([str(ROOT / "packaging/docker-plugin/build.py"), "--bin", os.environ["REXRAY_BIN"], "--out", str(out)],
                   check=True, stdin=subprocess.DEVNULL)
    engine.docker("plugin", "create", NAME, str(out))
    engine.docker("plugin", "enable", NAME)
    yield NAME
    for container in engine.docker("ps", "-aq").stdout.split():
        engine.docker("rm", "-f", container, check=False)
    for volume in engine.docker("volume", "ls", "-q").stdout.split():
        engine.docker("volume", "rm", volume, check=False)
    engine.docker("plugin", "disable", "-f", NAME, check=False)
    engine.docker("plugin", "rm", "-f", NAME, check=False)


def test_data_survives_containers_and_disable_enable(engine, managed, real_mounts):
    engine.docker("volume", "create", "-d", managed, "-o", "size=1", "kept")
    engine.run("--rm", "-v", "kept:/data", IMAGE, "/bin/sh", "-c", "echo 42 > /data/row && sync")
    assert engine.run("--rm", "-v", "kept:/data", IMAGE, "/bin/cat", "/data/row").stdout.strip() == "42"
    engine.docker("plugin", "disable", "-f", managed)  # dockerd counts a volume that exists as a use
    engine.docker("plugin", "enable", managed)
    assert engine.run("--rm", "-v", "kept:/data", IMAGE, "/bin/cat", "/data/row").stdout.strip() == "42"


def test_a_running_container_outlives_a_forced_disable(engine, managed, real_mounts):
    engine.docker("volume", "create", "-d", managed, "-o", "size=1", "running")
    engine.run("-d", "--name", "database", "-v", "running:/data", IMAGE, "/bin/sleep", "1000")
    engine.docker("exec", "database", "/bin/sh", "-c", "echo before > /data/file && sync")
    engine.docker("plugin", "disable", "-f", managed)
    engine.docker("exec", "database", "/bin/sh", "-c", "echo during >> /data/file && sync")
    engine.docker("plugin", "enable", managed)
    engine.docker("exec", "database", "/bin/sh", "-c", "echo after >> /data/file && sync")
    assert engine.docker("exec", "database", "/bin/cat", "/data/file").stdout.split() == ["before", "during", "after"]
    engine.docker("rm", "-f", "database")
    read = engine.run("--rm", "-v", "running:/data", IMAGE, "/bin/cat", "/data/file").stdout
    assert read.split() == ["before", "during", "after"]


def test_settings_reach_the_daemon(engine, managed, real_mounts):
    engine.docker("plugin", "disable", "-f", managed)
    engine.docker("plugin", "set", managed, "DOCKER_SIZE=3", "DOCKER_FSTYPE=xfs")
    engine.docker("plugin", "enable", managed)
    engine.docker("volume", "create", "-d", managed, "sized")
    status = json.loads(engine.docker("volume", "inspect", "sized").stdout)[0]["Status"]
    assert (status["size"], status["fsType"]) == (3 * 2**30, "xfs")
    engine.docker("plugin", "disable", "-f", managed)
    engine.docker("plugin", "set", managed, "DOCKER_SIZE=16", "DOCKER_FSTYPE=")
    engine.docker("plugin", "enable", managed)


def test_rexrays_own_names_of_settings(engine, managed, real_mounts):
    """What a user of rexray/ebs has in a script: docker plugin set … REXRAY_FSTYPE=xfs REXRAY_PREEMPT=true."""
    engine.docker("plugin", "disable", "-f", managed)
    engine.docker("plugin", "set", managed, "REXRAY_FSTYPE=xfs", "REXRAY_PREEMPT=true", "EBS_REGION=eu-west-1",
                  "EBS_ACCESSKEY=AKIA", "LINUX_VOLUME_FILEMODE=0755", "DOCKER_TAGS=team=db")
    engine.docker("plugin", "enable", managed)
    try:
        engine.docker("volume", "create", "-d", managed, "-o", "size=1", "by-old-names")
        status = json.loads(engine.docker("volume", "inspect", "by-old-names").stdout)[0]["Status"]
        assert status["fsType"] == "xfs"
    finally:
        engine.docker("plugin", "disable", "-f", managed)
        engine.docker("plugin", "set", managed, "REXRAY_FSTYPE=", "REXRAY_PREEMPT=", "EBS_REGION=",
                      "EBS_ACCESSKEY=", "LINUX_VOLUME_FILEMODE=0700", "DOCKER_TAGS=")
        engine.docker("plugin", "enable", managed)


def test_dvdcli_drives_it_by_its_name(engine, managed, real_mounts):
    """Its socket lies under the plugin's id; dvdcli finds it by name, and answers with a path of this host."""
    dvdcli = pathlib.Path(os.environ["REXRAY_BIN"]) / "dvdcli"
    engine.docker("volume", "create", "-d", managed, "-o", "size=1", "named")

    def run(command, *words):
        return subprocess.run([str(dvdcli), command, f"--volumedriver={managed}", *words, f"--docker-root={engine.home}/data"],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)

    mounted = run("mount", "--volumename=named")
    assert mounted.returncode == 0, mounted.stderr
    path = pathlib.Path(mounted.stdout.strip())
    assert path.is_dir(), f"{path} is a path of this host"
    (path / "file").write_text("by dvdcli")
    assert run("unmount", "--volumename=named").returncode == 0
    eventually(lambda: not (path / "file").exists(), "unmounted")
    assert engine.run("--rm", "-v", "named:/data", IMAGE, "/bin/cat", "/data/file").stdout == "by dvdcli"


class Registry:
    """Where `docker plugin upgrade` gets the new version from."""

    def __init__(self, program, home):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        config = home / "registry.yml"
        config.write_text(f"version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {home}/registry}}}}\n"
                          f"http: {{addr: '127.0.0.1:{self.port}'}}\n")
        self.log = open(home / "registry.log", "w")
        self.process = subprocess.Popen([program, "serve", str(config)], stdin=subprocess.DEVNULL, stdout=self.log,
                                        stderr=self.log)

    def answers(self):
        assert self.process.poll() is None, "the registry ended"
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def close(self):
        self.process.terminate()
        self.process.wait(20)
        self.log.close()


@pytest.fixture
def registry(tmp_path):
    program = shutil.which("docker-registry")
    if program is None:
        pytest.skip("SKIPPED: docker-registry is not installed (Debian: docker-registry)")
    made = Registry(program, tmp_path)
    try:
        eventually(made.answers, "the registry answers")
        yield made
    finally:
        made.close()


def test_data_survives_an_upgrade(engine, registry, tmp_path, real_mounts):
    """`docker plugin upgrade`, with a container that keeps running meanwhile."""
    names = [f"localhost:{registry.port}/rexray/managed:{version}" for version in (1, 2)]
    for name in names:
        out = tmp_path / name[-1]
        subprocess.run([str(ROOT / "packaging/docker-plugin/build.py"), "--bin", os.environ["REXRAY_BIN"], "--out", str(out)],
                       check=True, stdin=subprocess.DEVNULL)
        config = json.loads((out / "config.json").read_text())
        config["description"] = f"version {name[-1]}"
        (out / "config.json").write_text(json.dumps(config))
        engine.docker("plugin", "create", name, str(out))
        engine.docker("plugin", "push", name)
        engine.docker("plugin", "rm", name)
    plugin = names[0]
    engine.docker("plugin", "install", "--grant-all-permissions", plugin)
    try:
        engine.docker("volume", "create", "-d", plugin, "-o", "size=1", "over-versions")
        engine.run("-d", "--name", "keeper", "-v", "over-versions:/data", IMAGE, "/bin/sleep", "1000")
        engine.docker("exec", "keeper", "/bin/sh", "-c", "echo before > /data/file && sync")
        engine.docker("plugin", "disable", "-f", plugin)
        engine.docker("plugin", "upgrade", "--grant-all-permissions", "--skip-remote-check", plugin, names[1])
        engine.docker("plugin", "enable", plugin)
        shown = json.loads(engine.docker("plugin", "inspect", plugin).stdout)[0]
        assert shown["Config"]["Description"] == "version 2"
        engine.docker("exec", "keeper", "/bin/sh", "-c", "echo after >> /data/file && sync")
        engine.docker("rm", "-f", "keeper")
        read = engine.run("--rm", "-v", "over-versions:/data", IMAGE, "/bin/cat", "/data/file").stdout
        assert read.split() == ["before", "after"]
        engine.docker("volume", "rm", "over-versions")
    finally:
        engine.docker("rm", "-f", "keeper", check=False)
        engine.docker("plugin", "disable", "-f", plugin, check=False)
        engine.docker("plugin", "rm", "-f", plugin, check=False)
