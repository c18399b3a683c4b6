"""Directories as volumes: without root, and as root, by whole programs."""

import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest

from support.daemon import Daemon, PluginError, counted_id, eventually

NOBODY = 65534


class DaemonOf(Daemon):
    """A daemon that runs as another user."""

    def __init__(self, home, user, **options):
        super().__init__(home, **options)
        self.user = user
        self.environment["HOME"] = str(self.home)
        for path in [self.home, *self.home.rglob("*")]:
            os.chown(path, user, user)

    def start(self, timeout=30, extra_environment=None):
        assert self.process is None
        with open(self.log_path, "a") as log:
            self.process = subprocess.Popen([str(self.programs / "rexray"), "start", "-f"],
                                            env={**self.environment, **(extra_environment or {})}, cwd="/",
                                            user=self.user, group=self.user, extra_groups=[],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.wait_ready(timeout)
        return self

    def cli(self, *words, check=True, **options):
        return super().cli(*words, check=check, user=self.user, group=self.user, extra_groups=[], cwd="/", **options)


def config(daemon, extra=""):
    return daemon.default_config().replace("rexray:\n", "rexray:\n  storageDrivers: vfs\n", 1) + extra


def programs_below(home):
    """Copies that any user may run: a build directory may be closed to others."""
    copies = home / "bin"
    copies.mkdir()
    for name in ("rexray", "rexrayd"):
        shutil.copy(pathlib.Path(os.environ["REXRAY_BIN"]) / name, copies / name)
    return copies


@pytest.fixture
def unprivileged():
    if os.geteuid() != 0:
        user = os.geteuid()
    else:
        user = NOBODY
    home = pathlib.Path(tempfile.mkdtemp(prefix="rxv-"))
    home.chmod(0o755)
    made = DaemonOf(home, user, programs=programs_below(home))
    (home / "etc/rexray/config.yml").write_text(config(made))
    yield made
    made.close()
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def as_root(idle_daemon):
    (idle_daemon.home / "etc/rexray/config.yml").write_text(config(idle_daemon))
    return idle_daemon


@pytest.fixture(params=["without root", "as root"])
def vfs(request):
    return request.getfixturevalue("unprivileged" if request.param == "without root" else "as_root")


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


def test_data_is_there_for_the_next_consumer(vfs):
    plugin = vfs.start().plugin
    plugin.create("pgdata")
    path = plugin.mount("pgdata", counted_id(1))
    write(f"{path}/row", "42")
    plugin.unmount("pgdata", counted_id(1))
    assert vfs.mounts() == []
    assert plugin.path("pgdata") == ""
    assert plugin.mount("pgdata", counted_id(2)) == path
    assert pathlib.Path(path, "row").read_text() == "42"
    plugin.unmount("pgdata", counted_id(2))
    plugin.remove("pgdata")
    assert plugin.list() == []
    assert not os.path.exists(path)


def test_without_root_the_directory_itself_is_handed_out(unprivileged):
    plugin = unprivileged.start().plugin
    plugin.create("v")
    path = plugin.mount("v", counted_id(1))
    assert path == f"{unprivileged.home}/var/lib/rexray/vfs/volumes/v/files/data"
    assert os.stat(path).st_uid == unprivileged.user
    plugin.unmount("v", counted_id(1))


def test_as_root_it_is_a_mount_like_any_other(as_root):
    plugin = as_root.start().plugin
    plugin.create("v")
    path = plugin.mount("v", counted_id(1))
    assert path == f"{as_root.home}/var/lib/rexray/volumes/v/data"
    assert as_root.mounts() == [f"{as_root.home}/var/lib/rexray/volumes/v"]
    plugin.unmount("v", counted_id(1))


def test_a_size_is_accepted_not_promised(vfs):
    plugin = vfs.start().plugin
    plugin.create("sized", size="1")
    plugin.create("sized", size="1")  # again, as compose does
    assert not plugin.get("sized").get("Status", {}).get("size")
    assert "no size limit" in vfs.log
    listed = vfs.cli("volume", "ls").stdout
    assert "sized" in listed and "1GiB" not in listed


def test_in_use_is_not_removed(vfs):
    plugin = vfs.start().plugin
    plugin.create("v")
    path = plugin.mount("v", counted_id(1))
    write(f"{path}/row", "42")
    with pytest.raises(PluginError, match="in use"):
        plugin.remove("v")
    assert pathlib.Path(path, "row").read_text() == "42"
    plugin.unmount("v", counted_id(1))


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_restart_keeps_volumes_and_consumers(vfs, how):
    plugin = vfs.start().plugin
    plugin.create("kept")
    plugin.create("idle")
    path = plugin.mount("kept", counted_id(1))
    write(f"{path}/row", "42")
    getattr(vfs, how)()
    vfs.start()
    assert [volume["Name"] for volume in plugin.list()] == ["idle", "kept"]
    assert plugin.path("kept") == path
    assert pathlib.Path(path, "row").read_text() == "42"
    with pytest.raises(PluginError, match="in use"):
        plugin.remove("kept")
    plugin.unmount("kept", counted_id(1))
    assert vfs.mounts() == []
    plugin.remove("kept")


def test_removing_follows_no_link_out(vfs, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("x")
    plugin = vfs.start().plugin
    plugin.create("v")
    path = plugin.mount("v", counted_id(1))
    os.symlink(outside, f"{path}/link")
    os.symlink("/", f"{path}/slash")
    os.makedirs(f"{path}/deep/er")
    for made in ("deep", "deep/er"):
        shutil.chown(f"{path}/{made}", os.stat(path).st_uid)  # as if the daemon's user had made them
    plugin.unmount("v", counted_id(1))
    plugin.remove("v")
    volumes = vfs.home / "var/lib/rexray/vfs/volumes"
    eventually(lambda: list(volumes.iterdir()) == [], "all of it goes")
    assert (outside / "precious").read_text() == "x"


def test_vfs_root_moves_it(vfs, tmp_path):
    root = vfs.home / "elsewhere"
    (vfs.home / "etc/rexray/config.yml").write_text(config(vfs, f"vfs:\n  root: {root}\n"))
    vfs.start().plugin.create("v")
    assert (root / "volumes/v/files").is_dir()
