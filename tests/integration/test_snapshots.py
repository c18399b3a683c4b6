"""Snapshots and copies by whole programs: data directories on ext4, xfs and btrfs; volumes of ext4, xfs and btrfs; a
copy and its source mounted at once; a daemon that is killed while a file system is frozen."""

import hashlib
import json
import os
import pathlib
import signal
import subprocess
import threading

import pytest

from support.daemon import PluginError, counted_id, eventually

DATA = "var/lib/rexray/local"


def checksum(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def write_durably(path, data):
    with open(path, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


@pytest.fixture
def daemon_on(idle_daemon, tmp_path):
    """A daemon whose data directory is a file system of its own."""
    started = []

    def start(fs_type):
        image = tmp_path / "pool.img"
        with open(image, "wb") as file:
            file.truncate(1 << 30)
        subprocess.run([f"mkfs.{fs_type}", "-q", str(image)], check=True, capture_output=True)
        data = idle_daemon.home / DATA
        data.mkdir(parents=True)
        subprocess.run(["mount", "-o", "loop", str(image), str(data)], check=True)
        started.append(data)
        return idle_daemon.start()

    yield start
    idle_daemon.close()
    for data in started:
        subprocess.run(["umount", str(data)], capture_output=True)


def snapshots(daemon):
    return json.loads(daemon.cli("snapshot", "ls", "-f", "json").stdout)


def fill(daemon, name, fs_type):
    """A mounted volume with 20 MiB in it; its path and their checksum."""
    daemon.cli("volume", "create", name, "--size", "400MiB", "--fs-type", fs_type)
    path = daemon.plugin.mount(name, counted_id(name))
    write_durably(f"{path}/data", os.urandom(20 << 20))
    return path, checksum(f"{path}/data")


def check_copy(daemon, name, source_path, wanted):
    """Mounted beside its source, with its data, and independent of it."""
    path = daemon.plugin.mount(name, counted_id(name))
    assert checksum(f"{path}/data") == wanted
    own = f"own-{name}"
    write_durably(f"{path}/{own}", b"of the copy")
    assert not os.path.exists(f"{source_path}/{own}")
    write_durably(f"{source_path}/{own}", b"of the source")
    daemon.plugin.unmount(name, counted_id(name))
    path = daemon.plugin.mount(name, counted_id(name))
    assert pathlib.Path(path, own).read_bytes() == b"of the copy"
    assert pathlib.Path(source_path, own).read_bytes() == b"of the source"
    assert checksum(f"{path}/data") == wanted
    return path


def uuid_at(path):
    target = subprocess.run(["findmnt", "-n", "-o", "UUID", "-T", path], check=True, capture_output=True, text=True)
    return target.stdout.strip()


@pytest.mark.parametrize("pool", ["btrfs", "xfs"])
@pytest.mark.parametrize("fs_type", ["ext4", "xfs", "btrfs"])
def test_a_mounted_volume_is_cut_in_a_moment(daemon_on, pool, fs_type):
    daemon = daemon_on(pool)
    path, wanted = fill(daemon, "db", fs_type)
    daemon.cli("snapshot", "create", "db", "--name", "before")
    write_durably(f"{path}/data", b"spoiled")
    assert [it["name"] for it in snapshots(daemon)] == ["before"]
    daemon.cli("volume", "create", "restored", "--snapshotid", "before")
    copy = check_copy(daemon, "restored", path, wanted)
    assert uuid_at(copy) != uuid_at(path)
    daemon.cli("snapshot", "rm", "before")
    assert checksum(f"{copy}/data") == wanted, "a volume lives on without its snapshot"
    for name in ("db", "restored"):
        daemon.plugin.unmount(name, counted_id(name))


@pytest.mark.parametrize("fs_type", ["ext4", "xfs", "btrfs"])
def test_without_reflink_a_mounted_volume_is_copied_when_asked(daemon_on, fs_type):
    daemon = daemon_on("ext4")
    path, wanted = fill(daemon, "db", fs_type)
    refused = daemon.cli("snapshot", "create", "db", check=False)
    assert refused.returncode == 1
    assert "unmount it first, or use --freeze" in refused.stderr
    with pytest.raises(PluginError, match="--freeze"):
        daemon.plugin.create("clone", volumeName="db")
    assert snapshots(daemon) == []
    daemon.cli("snapshot", "create", "db", "--name", "frozen", "--freeze")
    daemon.plugin.create("clone", volumeName="db", freeze="true")  # the Docker options
    daemon.plugin.create("restored", snapshotName="frozen")
    check_copy(daemon, "clone", path, wanted)
    check_copy(daemon, "restored", path, wanted)
    daemon.plugin.unmount("db", counted_id("db"))
    daemon.cli("snapshot", "create", "--volumeid", "db", "--snapshotname", "cold")
    daemon.cli("volume", "rm", "db")
    assert sorted(it["name"] for it in snapshots(daemon)) == ["cold", "frozen"], "snapshots outlive their volume"
    for name in ("clone", "restored"):
        daemon.plugin.unmount(name, counted_id(name))


def guards():
    found = []
    for comm in pathlib.Path("/proc").glob("[0-9]*/comm"):
        try:
            if comm.read_text().strip() == "freeze-guard":
                found.append(int(comm.parent.name))
        except OSError:
            continue
    return found


def writes(path, timeout=20):
    """Whether a write there ends."""
    done = threading.Event()

    def write():
        write_durably(path, b"x")
        done.set()

    threading.Thread(target=write, daemon=True).start()
    return done.wait(timeout)


@pytest.mark.parametrize("guard_too", [False, True], ids=["daemon", "daemon_and_guard"])
def test_a_kill_leaves_nothing_frozen(idle_daemon, guard_too):
    daemon = idle_daemon
    before = set(guards())
    daemon.start(extra_environment={"REXRAY_FAULTS": "engine.snapshot.before_thaw=hang"})
    path, wanted = fill(daemon, "db", "ext4")
    asking = subprocess.Popen([str(daemon.programs / "rexray"), "snapshot", "create", "db", "--name", "s", "--freeze"],
                              env=daemon.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    guard = eventually(lambda: set(guards()) - before, "the file system is frozen").pop()
    eventually(lambda: list((daemon.home / DATA / "images").glob("ls-*.img")), "the copy is made")
    if guard_too:
        os.kill(guard, signal.SIGKILL)  # as when all of a cgroup is killed
    daemon.kill()
    asking.wait()
    if not guard_too:
        assert writes(f"{path}/after"), "the guard thaws without any daemon"
    daemon.start()
    assert writes(f"{path}/again"), "a file system stayed frozen"
    if guard_too:
        assert "thawed" in daemon.cli("events").stdout
    assert checksum(f"{path}/data") == wanted
    eventually(lambda: not set(guards()) - before, "no guard is left")
    daemon.plugin.unmount("db", counted_id("db"))


def test_a_full_pool_is_told_from_a_full_volume(daemon_on):
    daemon = daemon_on("ext4")
    daemon.cli("volume", "create", "thin", "--size", "4GiB")
    path = daemon.plugin.mount("thin", counted_id(1))
    pool = os.statvfs(daemon.home / DATA)
    with open(daemon.home / DATA / "filler", "wb") as file:  # what others put beside the volumes
        os.posix_fallocate(file.fileno(), 0, (pool.f_bavail - 2000) * pool.f_frsize)
    told = json.loads(daemon.cli("volume", "get", "thin", "-f", "json").stdout)[0]
    assert "the pool is full" in told["fields"]["spaceProblem"]
    assert "the pool is full" in daemon.cli("volume", "inspect", "thin").stdout
    os.unlink(daemon.home / DATA / "filler")
    told = json.loads(daemon.cli("volume", "get", "thin", "-f", "json").stdout)[0]
    assert "spaceProblem" not in told["fields"]

    daemon.cli("volume", "create", "small", "--size", "64MiB")
    small = daemon.plugin.mount("small", counted_id(2))
    with pytest.raises(OSError):
        with open(f"{small}/too-big", "wb") as file:
            while True:
                file.write(bytes(1 << 20))
                file.flush()
    told = daemon.cli("volume", "inspect", "small").stdout
    assert "the volume is full" in told and "the pool has room" in told
    listed = daemon.cli("volume", "ls").stdout
    assert "Allocated" in listed.splitlines()[0]
    for name, number in (("thin", 1), ("small", 2)):
        daemon.plugin.unmount(name, counted_id(number))
