"""Starting, stopping, being the only one, and what happens when the ground is bad."""

import concurrent.futures
import os
import pathlib
import shutil
import signal
import socket
import stat
import subprocess

import pytest

from support.daemon import (Daemon, PluginError, counted_id, eventually, http_request, in_own_namespace,
                            why_no_mount_namespace)


def start_in_own_namespace(daemon, covered, by):
    """`by` stands at `covered` for this daemon alone."""
    words = f"{in_own_namespace(covered, by)} && exec {daemon.programs}/rexray start -f"
    with open(daemon.log_path, "a") as log:
        daemon.process = subprocess.Popen(["unshare", "--mount", "--propagation", "unchanged", "sh", "-c", words],
                                          env=daemon.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    daemon.wait_ready()


def test_sockets_have_their_modes_and_go_with_the_daemon(daemon):
    mode = os.stat(daemon.docker_socket).st_mode
    assert stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o660
    mode = os.stat(daemon.admin_socket).st_mode
    assert stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o600
    assert daemon.stop() == 0
    assert not daemon.docker_socket.exists()
    assert not daemon.admin_socket.exists()


def test_a_second_daemon_is_refused_naming_the_first(daemon):
    second = subprocess.run([str(daemon.programs / "rexray"), "start", "-f"], env=daemon.environment,
                            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
    assert second.returncode != 0
    assert str(daemon.process.pid) in second.stderr + second.stdout
    assert daemon.plugin.list() == [], "the first one is untouched"
    assert daemon.docker_socket.exists()


def test_a_second_daemon_on_the_same_plugin_socket_is_refused(daemon, tmp_path):
    other = Daemon(tmp_path / "other")
    other.docker_socket = daemon.docker_socket
    (other.home / "etc/rexray/config.yml").write_text(other.default_config())
    done = subprocess.run([str(other.programs / "rexray"), "start", "-f"], env=other.environment,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
    assert done.returncode != 0
    assert str(daemon.process.pid) in done.stderr
    assert daemon.plugin.list() == []


def test_a_stale_socket_is_replaced(idle_daemon):
    stale = socket.socket(socket.AF_UNIX)
    stale.bind(str(idle_daemon.docker_socket))
    stale.close()  # nobody listens, the file is there
    idle_daemon.start()
    assert idle_daemon.plugin.list() == []


def test_a_socket_whose_owner_does_not_answer_is_replaced(idle_daemon):
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(idle_daemon.docker_socket))
        silent.listen(8)
        idle_daemon.start()
        assert idle_daemon.plugin.list() == []


def test_a_file_in_place_of_the_socket_is_left_alone(idle_daemon):
    idle_daemon.docker_socket.write_text("precious")
    done = subprocess.run([str(idle_daemon.programs / "rexray"), "start", "-f"], env=idle_daemon.environment,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
    assert done.returncode != 0
    assert str(idle_daemon.docker_socket) in done.stderr
    assert idle_daemon.docker_socket.read_text() == "precious"


def test_background_start_status_stop(idle_daemon):
    assert idle_daemon.cli("status").stdout == "REX-Ray is stopped\n"
    assert idle_daemon.cli("status", "-f", "json", check=False).returncode == 1
    started = idle_daemon.cli("start")
    try:
        assert idle_daemon.plugin.list() == [], "start returns when the sockets answer"
        pid = int((idle_daemon.home / "run/rexray/rexray.pid").read_text().split()[0])
        assert str(pid) in idle_daemon.cli("status").stdout
        again = idle_daemon.cli("start", check=False)
        assert str(pid) in again.stdout + again.stderr
        idle_daemon.cli("stop")
        assert not os.path.exists(f"/proc/{pid}") or "Z" in pathlib.Path(f"/proc/{pid}/stat").read_text()
        assert not idle_daemon.docker_socket.exists()
    finally:
        idle_daemon.cli("stop", check=False)
    assert started.returncode == 0


def test_a_pid_file_of_another_process_stops_nothing(idle_daemon):
    """After a crash the pid may be somebody else's."""
    run = idle_daemon.home / "run/rexray"
    run.mkdir(parents=True)
    (run / "rexray.pid").write_text(f"{os.getpid()} 1\n")
    done = idle_daemon.cli("stop", check=False)
    assert os.getpid(), "this very process was not signalled"
    assert done.returncode in (0, 1)
    idle_daemon.start()
    assert idle_daemon.plugin.list() == []


def test_sigterm_is_an_orderly_end(daemon):
    daemon.plugin.create("held", size="1")
    path = daemon.plugin.mount("held", counted_id(1))
    daemon.signal(signal.SIGTERM)
    assert daemon.wait() == 0
    assert os.path.ismount(os.path.dirname(path)), "mounts stay"
    daemon.start()
    daemon.plugin.unmount("held", counted_id(1))
    assert daemon.mounts() == []


def test_sigterm_finishes_the_mount_that_is_under_way(idle_daemon, tmp_path):
    """mkfs waits for the test: a FIFO stands before the real one, in a mount namespace of the daemon's own."""
    if why := why_no_mount_namespace():
        pytest.skip(f"SKIPPED: {why}")
    if not (found := shutil.which("mkfs.ext4", path="/usr/sbin:/sbin")):
        pytest.skip("SKIPPED: no mkfs.ext4")
    shutil.copy(os.path.realpath(found), tmp_path / "mkfs.ext4")
    began, gate = tmp_path / "began", tmp_path / "gate"
    os.mkfifo(gate)
    waits = tmp_path / "waits"
    waits.write_text(f'#!/bin/sh\necho mkfs > {began}\nread go < {gate}\nexec {tmp_path}/mkfs.ext4 "$@"\n')
    waits.chmod(0o755)
    idle_daemon.share_volumes()
    start_in_own_namespace(idle_daemon, os.path.realpath(found), waits)
    idle_daemon.plugin.create("v", size="1")
    with concurrent.futures.ThreadPoolExecutor() as callers:
        mounting = callers.submit(idle_daemon.plugin.mount, "v", counted_id(1))
        eventually(began.exists, "mkfs runs")
        idle_daemon.signal(signal.SIGTERM)
        eventually(lambda: not idle_daemon.admin_socket.exists(), "nothing new is taken")
        assert idle_daemon.process.poll() is None
        gate.write_text("go\n")
        path = mounting.result(timeout=60)
    assert idle_daemon.wait() == 0
    assert os.path.ismount(os.path.dirname(path))
    idle_daemon.start()
    assert idle_daemon.plugin.get("v")["Mountpoint"] == path
    idle_daemon.plugin.unmount("v", counted_id(1))


def test_ready_is_said_when_the_sockets_answer(idle_daemon, tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(30)
        idle_daemon.spawn({"NOTIFY_SOCKET": str(tmp_path / "notify")})
        while b"READY=1" not in manager.recv(4096):
            pass
        assert idle_daemon.plugin.list() == []
        assert idle_daemon.admin("GET", "status")["services"][0]["state"] == "ready"
        idle_daemon.signal(signal.SIGTERM)
        assert b"STOPPING=1" in manager.recv(4096)
        assert idle_daemon.wait() == 0


def test_sighup_does_not_kill(daemon):
    daemon.signal(signal.SIGHUP)
    assert daemon.plugin.list() == []
    assert daemon.process.poll() is None


def test_sighup_takes_defaults_and_names_what_needs_a_restart(daemon):
    daemon.plugin.create("held", size="1")
    path = daemon.plugin.mount("held", counted_id(1))
    config = daemon.home / "etc/rexray/config.yml"
    config.write_text(daemon.default_config() + "docker: {size: 3, tags: [team=db]}\nlinux: {volume: {rootPath: /other}}\n")
    daemon.signal(signal.SIGHUP)
    eventually(lambda: "need a restart" in daemon.log, "the reload is done")
    line, = [line for line in daemon.log.splitlines() if "need a restart" in line]
    assert "linux.volume.rootPath" in line and "docker" not in line
    daemon.plugin.create("next")
    assert daemon.plugin.get("next")["Status"]["size"] == 3 * 2**30
    assert daemon.plugin.mount("held", counted_id(2)) == path, "what is mounted is where it was"
    config.write_text("rexray: [")
    daemon.signal(signal.SIGHUP)
    eventually(lambda: "nothing changes" in daemon.log, "the mistake is told")
    assert daemon.plugin.get("next")["Status"]["size"] == 3 * 2**30
    for seed in (1, 2):
        daemon.plugin.unmount("held", counted_id(seed))


def test_no_daemon_says_how_to_start_one(idle_daemon):
    done = idle_daemon.cli("volume", "ls", check=False)
    assert done.returncode == 1
    assert "rexray start" in done.stderr
    assert done.stdout == ""


def test_usage_errors_exit_with_2(daemon):
    for words in (["volume", "explode"], ["--no-such-flag"], ["volume", "create"], ["volume", "mount"]):
        done = daemon.cli(*words, check=False)
        assert done.returncode == 2, f"{words}: {done}"
        assert done.stderr


@pytest.mark.parametrize("yaml,words", [
    ("rexray:\n  logLevel: [1\n", ["config.yml:3:1", "rexray.logLevel"]),
    ("docker:\n  size: abc\n", ["config.yml", "docker.size", "abc"]),
    ("linux:\n  volume:\n    fileMode: rwx\n", ["filemode", "rwx"]),
    ("rexray:\n  storageDrivers: nosuchdriver\n  modules:\n    default-docker:\n      host: unix://HOME/docker.sock\n",
     ["nosuchdriver", "local"]),
])
def test_a_bad_configuration_is_explained(idle_daemon, yaml, words):
    (idle_daemon.home / "etc/rexray/config.yml").write_text(yaml.replace("HOME", str(idle_daemon.home)))
    try:
        idle_daemon.start(timeout=10)
    except AssertionError:
        text = idle_daemon.log
        idle_daemon.process = None
    else:
        # A driver that does not exist takes down its own service alone, which answers with the reason.
        status, text = http_request(idle_daemon.docker_socket, "POST", "/VolumeDriver.List", "{}")
        assert status == 500
    for word in words:
        assert word.lower() in text.lower()


def test_a_read_only_data_directory(idle_daemon, tmp_path):
    """A read-only file system below the data directory: one line that says what to do."""
    data = idle_daemon.home / "var/lib/rexray/local"
    data.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "none", str(data)], check=True)
    try:
        try:
            idle_daemon.start(timeout=10)
            with pytest.raises(PluginError) as refused:
                idle_daemon.plugin.create("x", size="1")
            text = str(refused.value)
        except AssertionError:
            text = idle_daemon.log
            idle_daemon.process = None
        assert "read-only" in text.lower()
        assert str(data) in text
    finally:
        if idle_daemon.process is not None:
            idle_daemon.stop()
        subprocess.run(["umount", str(data)], check=True)


def test_a_full_data_directory(idle_daemon):
    """No byte left in the data directory: Create says so and changes nothing; with space back, all is well."""
    data = idle_daemon.home / "var/lib/rexray/local"
    data.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", str(data)], check=True)
    try:
        idle_daemon.start()
        ballast = os.open(data / "ballast", os.O_WRONLY | os.O_CREAT)
        try:
            while True:
                os.write(ballast, b"x" * 4096)
        except OSError:
            pass
        finally:
            os.close(ballast)
        with pytest.raises(PluginError) as refused:
            idle_daemon.plugin.create("x", size="1")
        assert "space" in str(refused.value).lower()
        (data / "ballast").unlink()
        idle_daemon.plugin.create("x", size="1")
        assert [v["Name"] for v in idle_daemon.plugin.list()] == ["x"]
        idle_daemon.plugin.remove("x")
    finally:
        idle_daemon.close()


def test_a_missing_mkfs_names_the_package(idle_daemon):
    """Seen from a mount namespace in which the tool is not there."""
    if why := why_no_mount_namespace():
        pytest.skip(f"SKIPPED: {why}")
    tools = [p for p in ("/usr/sbin/mkfs.ext4", "/sbin/mkfs.ext4") if os.path.exists(p)]
    if not tools:
        pytest.skip("SKIPPED: no mkfs.ext4 to hide")
    real = os.path.realpath(tools[0])
    idle_daemon.share_volumes()
    start_in_own_namespace(idle_daemon, real, "/dev/null")
    idle_daemon.plugin.create("x", size="1")
    with pytest.raises(PluginError) as refused:
        idle_daemon.plugin.mount("x", counted_id(1))
    assert "mkfs.ext4" in str(refused.value)
    assert idle_daemon.loops() == [], "nothing is left attached"
