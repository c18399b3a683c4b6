"""The promise of the product: data outlives the consumer, the mount, and the daemon. Real kernel, real ext4."""

import hashlib
import os
import pathlib
import subprocess

import pytest

from support.daemon import PluginError, counted_id, eventually


def write_durably(path, text):
    with open(path, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def test_data_is_there_for_the_next_consumer(daemon):
    plugin = daemon.plugin
    plugin.create("pgdata", size="1")
    path = plugin.mount("pgdata", counted_id(1))
    write_durably(f"{path}/row", "42")
    plugin.unmount("pgdata", counted_id(1))
    assert daemon.mounts() == []
    assert daemon.loops() == []
    assert not os.path.exists(f"{path}/row")

    again = plugin.mount("pgdata", counted_id(2))
    assert again == path
    assert pathlib.Path(again, "row").read_text() == "42"
    plugin.unmount("pgdata", counted_id(2))
    plugin.remove("pgdata")
    assert plugin.list() == []


def test_it_is_a_real_file_system_of_the_asked_size(daemon):
    plugin = daemon.plugin
    plugin.create("sized", size="300MiB")
    path = plugin.mount("sized", counted_id(1))
    stats = os.statvfs(path)
    total = stats.f_blocks * stats.f_frsize
    assert 250 * 2**20 < total <= 300 * 2**20
    with pytest.raises(OSError):
        with open(f"{path}/too-big", "wb") as file:
            os.posix_fallocate(file.fileno(), 0, 400 * 2**20)
    plugin.unmount("sized", counted_id(1))


def test_the_image_is_sparse(daemon):
    daemon.plugin.create("sparse", size="64GiB")
    path = daemon.plugin.mount("sparse", counted_id(1))
    assert os.statvfs(path).f_blocks > 0
    images = list((daemon.home / "var/lib/rexray/local/images").glob("*.img"))
    assert len(images) == 1
    assert images[0].stat().st_size == 64 * 2**30
    assert images[0].stat().st_blocks * 512 < 2**30
    daemon.plugin.unmount("sparse", counted_id(1))


def test_a_restart_keeps_mounts_and_consumers(daemon):
    plugin = daemon.plugin
    plugin.create("kept", size="1")
    path = plugin.mount("kept", counted_id("a"))
    plugin.mount("kept", counted_id("b"))
    write_durably(f"{path}/file", "still here")
    assert daemon.stop() == 0
    assert daemon.mounts() != [], "a stop leaves mounts alone"
    assert not daemon.docker_socket.exists(), "the socket goes with the daemon"

    daemon.start()
    assert plugin.path("kept") == path
    plugin.unmount("kept", counted_id("a"))
    assert pathlib.Path(path, "file").read_text() == "still here", "b still holds it"
    plugin.unmount("kept", counted_id("b"))
    assert daemon.mounts() == []
    assert daemon.loops() == []


def test_a_kill_keeps_mounts_and_consumers(daemon):
    plugin = daemon.plugin
    plugin.create("kept", size="1")
    path = plugin.mount("kept", counted_id("a"))
    write_durably(f"{path}/file", "still here")
    daemon.kill()
    daemon.start()
    assert plugin.get("kept")["Status"]["state"] == "in use"
    assert plugin.path("kept") == path
    assert pathlib.Path(path, "file").read_text() == "still here"
    plugin.unmount("kept", counted_id("a"))
    assert daemon.mounts() == []
    assert daemon.loops() == []


def test_a_reboot_is_not_mistaken_for_a_restart(daemon):
    """The mounts are gone and so is the boot's journal: the volume is simply detached."""
    plugin = daemon.plugin
    plugin.create("booted", size="1")
    path = plugin.mount("booted", counted_id(1))
    write_durably(f"{path}/file", "x")
    daemon.stop()
    for target in daemon.mounts():
        subprocess.run(["umount", target], check=True)
    for journal in (daemon.home / "run/rexray").glob("journal-*"):
        journal.rename(journal.parent / journal.name.replace("journal-", "journal-00000000"))
    daemon.start()
    assert plugin.path("booted") == ""
    path = plugin.mount("booted", counted_id(2))
    assert pathlib.Path(path, "file").read_text() == "x"
    plugin.unmount("booted", counted_id(2))


def test_one_checksum_through_many_cycles(daemon):
    plugin = daemon.plugin
    plugin.create("cycled", size="1")
    wanted = hashlib.sha256()
    for round_number in range(8):
        path = plugin.mount("cycled", counted_id(round_number))
        piece = os.urandom(1 << 20)
        wanted.update(piece)
        with open(f"{path}/log", "ab") as file:
            file.write(piece)
            os.fsync(file.fileno())
        plugin.unmount("cycled", counted_id(round_number))
    path = plugin.mount("cycled", counted_id("last"))
    assert hashlib.sha256(pathlib.Path(path, "log").read_bytes()).hexdigest() == wanted.hexdigest()
    plugin.unmount("cycled", counted_id("last"))


def may_resize_ext4():
    """The kernel wants CAP_SYS_RESOURCE (24 in capabilities(7)) for growing ext4 online; some sandboxes withhold it."""
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapEff:"):
            return bool(int(line.split()[1], 16) >> 24 & 1)
    return False


@pytest.mark.parametrize("fs_type", ["ext4", "xfs", "btrfs"])
def test_grows_while_it_is_written(daemon, fs_type):
    if fs_type == "ext4" and not may_resize_ext4():
        pytest.skip("SKIPPED: this root has no CAP_SYS_RESOURCE, which the kernel wants for growing ext4 online")
    plugin = daemon.plugin
    plugin.create("growing", size="400MiB", fsType=fs_type)
    path = plugin.mount("growing", counted_id(1))
    write_durably(f"{path}/before", "before")
    small = os.statvfs(path).f_blocks
    with open(f"{path}/open", "w") as held:
        held.write("held open across the growth")
        daemon.cli("volume", "grow", "growing", "--size", "1GiB")
        held.flush()
        os.fsync(held.fileno())
    assert os.statvfs(path).f_blocks > 2 * small
    assert pathlib.Path(path, "before").read_text() == "before"
    plugin.unmount("growing", counted_id(1))
    path = plugin.mount("growing", counted_id(2))
    assert pathlib.Path(path, "open").read_text() == "held open across the growth"
    assert os.statvfs(path).f_blocks > 2 * small
    plugin.unmount("growing", counted_id(2))


def test_grown_while_unmounted_the_file_system_follows_at_the_next_mount(daemon):
    plugin = daemon.plugin
    plugin.create("later", size="300MiB", fsType="xfs")
    path = plugin.mount("later", counted_id(1))
    write_durably(f"{path}/before", "before")
    small = os.statvfs(path).f_blocks
    plugin.unmount("later", counted_id(1))
    daemon.cli("volume", "grow", "later", "--size", "1GiB")
    path = plugin.mount("later", counted_id(2))
    assert os.statvfs(path).f_blocks > 2 * small
    assert pathlib.Path(path, "before").read_text() == "before"
    plugin.unmount("later", counted_id(2))


def test_shrinking_is_refused_and_changes_nothing(daemon):
    daemon.plugin.create("shrunk", size="1")
    done = daemon.cli("volume", "grow", "shrunk", "--size", "500MiB", check=False)
    assert done.returncode == 2
    assert "shrunk" in done.stderr
    assert daemon.plugin.get("shrunk")["Status"]["size"] == 2**30


def test_two_consumers_share_and_the_last_one_ends_it(daemon):
    plugin = daemon.plugin
    plugin.create("shared", size="1")
    first = plugin.mount("shared", counted_id(1))
    second = plugin.mount("shared", counted_id(2))
    assert first == second
    plugin.unmount("shared", counted_id(1))
    assert plugin.path("shared") == first
    plugin.unmount("shared", counted_id(2))
    assert plugin.path("shared") == ""
    assert daemon.mounts() == []


def test_docker_cp_mounts_the_same_id_twice(daemon):
    plugin = daemon.plugin
    plugin.create("copied", size="1")
    path = plugin.mount("copied", counted_id(1))
    plugin.mount("copied", counted_id(1))
    plugin.unmount("copied", counted_id(1))
    assert plugin.path("copied") == path, "the container still runs"
    plugin.unmount("copied", counted_id(1))
    assert plugin.path("copied") == ""


def test_dvdcli_mounts_n_times_and_unmounts_once(daemon):
    plugin = daemon.plugin
    plugin.create("mesos", size="1")
    for _ in range(3):
        plugin.mount("mesos", "dvdcli:mesos")
    plugin.unmount("mesos", "dvdcli:mesos")
    assert plugin.path("mesos") == ""


def test_removal_in_use_fails_and_says_by_whom(daemon):
    plugin = daemon.plugin
    plugin.create("busy", size="1")
    plugin.mount("busy", counted_id(1))
    with pytest.raises(PluginError) as refused:
        plugin.remove("busy")
    assert "busy" in str(refused.value) and counted_id(1)[:12] in str(refused.value)
    plugin.unmount("busy", counted_id(1))
    plugin.remove("busy")


def test_a_busy_unmount_names_the_process_and_can_be_repeated(daemon):
    plugin = daemon.plugin
    plugin.create("held", size="1")
    path = plugin.mount("held", counted_id(1))
    with open(f"{path}/open", "w"):
        with pytest.raises(PluginError) as refused:
            plugin.unmount("held", counted_id(1))
        assert str(os.getpid()) in str(refused.value)
    eventually(lambda: plugin_unmounts(plugin, "held", counted_id(1)), "the repeated unmount succeeds")
    assert daemon.mounts() == []
    assert daemon.loops() == []


def plugin_unmounts(plugin, name, mount_id):
    try:
        plugin.unmount(name, mount_id)
        return plugin.path(name) == ""
    except PluginError:
        return False
