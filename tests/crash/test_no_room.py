"""No space in the run directory, none in the data directory, no file descriptors, no loop devices: clear errors, nothing lost, and all is well
again when there is room. A file system that the kernel gave up is said to need a remount."""

import contextlib
import ctypes
import errno
import os
import pathlib
import resource
import struct
import subprocess

import pytest

from support.daemon import Daemon, PluginError, counted_id
from support.invariants import consumers_of, settle
from shutdown import shut_down, skip_if_not_allowed

A, B = counted_id("a"), counted_id("b")


@contextlib.contextmanager
def tmpfs(directory, size):
    directory.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(directory)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(directory)], capture_output=True)


@contextlib.contextmanager
def full(directory):
    """Not a byte left in that file system, until the end of the block."""
    ballast = pathlib.Path(directory, "ballast")
    with open(ballast, "wb", buffering=0) as file:
        for size in (65536, 512, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(b"x" * size)
    try:
        yield
    finally:
        ballast.unlink()


@pytest.fixture
def node(real_mounts, tmp_path):
    made = Daemon(tmp_path / "node")
    yield made
    made.close()


def write_durably(path, text):
    with open(path, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def refused(call, *arguments):
    with pytest.raises(PluginError) as why:
        call(*arguments)
    return str(why.value)


def test_no_space_in_the_run_directory(node):
    with tmpfs(node.home / "run", "2m"):
        node.start()
        plugin = node.plugin
        plugin.create("held", size="64MiB")
        plugin.create("free", size="64MiB")
        write_durably(f"{plugin.mount('held', A)}/row", "42")
        with full(node.home / "run"):
            # The journal's file has room for some rows more; then it must grow.
            for number in range(1000):
                try:
                    plugin.mount("held", B)
                    plugin.unmount("held", B)
                except PluginError:
                    break
            why = refused(plugin.mount, "free", B)
            assert "free" in why and "journal" in why and "full" in why, why
            assert plugin.get("free")["Status"]["state"] == "detached"
            why = refused(plugin.unmount, "held", A)
            assert "held" in why and "journal" in why, why
            assert pathlib.Path(plugin.path("held"), "row").read_text() == "42", "an error means that it did not happen"
            assert A in consumers_of(node, "held")
        if B in consumers_of(node, "held"):
            plugin.unmount("held", B)
        settle(node)
        plugin.mount("free", B)
        plugin.unmount("free", B)
        plugin.unmount("held", A)
        settle(node)
        assert node.mounts() == [str(node.home / "run")] and node.loops() == []
        node.kill()
        with full(node.home / "run"):
            node.start()  # its journal is there: it serves what needs no new row
            assert len(plugin.list()) == 2
            why = refused(plugin.mount, "held", A)
            assert "journal" in why and "full" in why, why
        node.kill()
        for file in (node.home / "run/rexray").glob("journal-*"):
            file.unlink()
        with full(node.home / "run"):
            done = node.cli("start", "-f", check=False)
            assert done.returncode == 1, "without a journal nothing may be promised"
            assert str(node.home / "run") in done.stderr and "full" in done.stderr, done.stderr
        node.start()
        path = plugin.mount("held", A)
        assert pathlib.Path(path, "row").read_text() == "42"
        plugin.unmount("held", A)
        node.stop()


def test_no_space_in_the_data_directory(node, tmp_path):
    disk, data = tmp_path / "disk.img", node.home / "var/lib/rexray/local"
    data.mkdir(parents=True)
    with open(disk, "wb") as file:
        file.truncate(32 * 2**20)
    subprocess.run(["mkfs.ext4", "-q", str(disk)], check=True)
    subprocess.run(["mount", "-o", "loop", str(disk), str(data)], check=True)
    try:
        node.start()
        plugin = node.plugin
        plugin.create("before", size="64MiB")
        plugin.create("victim", size="64MiB")
        write_durably(f"{plugin.mount('victim', A)}/row", "x" * 2**20)
        plugin.unmount("victim", A)
        with full(data):
            refusals = 0
            made = []
            for number in range(40):  # the catalogue's file has room for some rows more
                try:
                    plugin.create(f"more-{number}", size="64MiB")
                    made.append(f"more-{number}")
                except PluginError as error:
                    why = str(error)
                    refusals += 1
            assert refusals, "a full disk takes everything"
            assert "more-" in why and "full" in why, why
            names = {volume["Name"] for volume in plugin.list()}
            assert names == {"before", "victim", *made}, "what was refused is not there, what was acknowledged is"
            plugin.remove("victim")  # the way out
            settle(node)
        plugin.create("after", size="64MiB")
        node.kill()
        node.start()
        settle(node)
        assert {volume["Name"] for volume in plugin.list()} == {"before", "after", *made}
        plugin.mount("before", A)
        plugin.unmount("before", A)
        settle(node)
        node.stop()
    finally:
        node.close()
        subprocess.run(["umount", "-l", str(data)], capture_output=True)


def test_no_file_descriptors(node):
    node.start()
    plugin = node.plugin
    plugin.create("held", size="64MiB")
    plugin.create("free", size="64MiB")
    write_durably(f"{plugin.mount('held', A)}/row", "42")
    pid = node.process.pid
    limits = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    failures = 0
    for spare in range(2, 12):  # from hardly enough for the call itself to nearly enough for the mount
        opened = len(os.listdir(f"/proc/{pid}/fd"))
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (opened + spare, limits[1]))
        try:
            plugin.mount("free", B)
        except (PluginError, OSError) as error:  # a connection that cannot be accepted is closed
            failures += 1
            last = str(error)
        finally:
            resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)
        assert pathlib.Path(plugin.path("held"), "row").read_text() == "42"
        while plugin.path("free"):
            plugin.unmount("free", B)
        settle(node)
    assert failures, "the limit was never in the way"
    assert consumers_of(node, "held") == {A: 1}
    plugin.mount("free", B)
    plugin.unmount("free", B)
    plugin.unmount("held", A)
    settle(node)
    print(f"{failures} refused, the last: {last}")


def without_loop_devices():
    """In the child, before its program: the kernel answers LOOP_CTL_GET_FREE as one does that has no number left (ENOSPC)."""
    allow, refuse = 0x7FFF0000, 0x00050000 | errno.ENOSPC
    load, equal, end = 0x20, 0x15, 0x06
    ioctl_number = {"x86_64": 16, "aarch64": 29}[os.uname().machine]
    code = [(load, 0, 0, 0), (equal, 0, 3, ioctl_number), (load, 0, 0, 24), (equal, 0, 1, 0x4C82), (end, 0, 0, refuse),
            (end, 0, 0, allow)]
    text = b"".join(struct.pack("HBBI", *one) for one in code)
    buffer = ctypes.create_string_buffer(text)
    program = struct.pack("HxxxxxxP", len(code), ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, program):  # PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP
        raise OSError(ctypes.get_errno(), "no seccomp filter")


def test_no_loop_devices(node):
    node.start()
    plugin = node.plugin
    plugin.create("held", size="64MiB")
    plugin.create("free", size="64MiB")
    write_durably(f"{plugin.mount('held', A)}/row", "42")
    node.kill()
    node.spawn(before=without_loop_devices)
    node.wait_ready()
    assert consumers_of(node, "held") == {A: 1}
    plugin.mount("held", B)  # it has its device
    plugin.unmount("held", B)
    for _ in range(3):
        why = refused(plugin.mount, "free", B)
        assert '"free"' in why and "no free loop device" in why and "losetup -l" in why, why
    assert plugin.get("free")["Status"]["state"] == "detached"
    assert pathlib.Path(plugin.path("held"), "row").read_text() == "42"
    plugin.create("more", size="64MiB")  # what needs no device is served
    settle(node)
    node.kill()
    node.start()
    for name in ("free", "more"):
        plugin.mount(name, B)
        plugin.unmount(name, B)
    plugin.unmount("held", A)
    settle(node)
    assert node.mounts() == [] and node.loops() == []


def test_a_file_system_that_was_given_up_is_said_to_need_a_remount(node):
    node.start()
    plugin = node.plugin
    plugin.create("hurt", size="64MiB")
    path = plugin.mount("hurt", A)
    write_durably(f"{path}/row", "42")
    assert "waitingFor" not in plugin.get("hurt")["Status"]
    try:
        shut_down(path)
    except OSError as error:
        skip_if_not_allowed(error)
        raise
    assert "a remount" in plugin.get("hurt")["Status"]["waitingFor"]
    assert "remount" in node.cli("volume", "inspect", "hurt").stdout
    with pytest.raises(OSError):
        write_durably(f"{path}/row", "lost")
    assert "a remount" in plugin.get("hurt")["Status"]["waitingFor"], "nothing heals it but its users"
    assert consumers_of(node, "hurt") == {A: 1}
    plugin.unmount("hurt", A)
    path = plugin.mount("hurt", A)
    assert "waitingFor" not in plugin.get("hurt")["Status"]
    assert pathlib.Path(path, "row").read_text() == "42"
    plugin.unmount("hurt", A)
    settle(node)
