"""What the docker/volume isolator of Mesos does to dvdcli: argv in its order, /dev/null as stdin, pipes, no shell, many
at once, and SIGKILL at any moment. Then what came out, and what the plugin holds."""

import fcntl
import os
import pathlib
import signal
import subprocess
import threading

import pytest

from support.daemon import why_no_mount_namespace
from support.scripted_plugin import HANG, ScriptedPlugin, World

MOUNT = ("mount", "--volumedriver=fake", "--volumename=v")
UNMOUNT = ("unmount", "--volumedriver=fake", "--volumename=v")


@pytest.fixture
def world(tmp_path):
    if why := why_no_mount_namespace():
        pytest.skip(f"SKIPPED: {why}")
    return World(tmp_path, pathlib.Path(os.environ["REXRAY_BIN"]) / "dvdcli")


@pytest.fixture
def fake(world):
    with ScriptedPlugin(unix=world.plugins / "fake.sock") as plugin:
        yield plugin.keeps_state()


def is_static(program):
    headers = subprocess.run(["readelf", "-ldW", str(program)], capture_output=True, text=True, check=True).stdout
    return "INTERP" not in headers and "NEEDED" not in headers


def test_a_volume_from_mount_to_unmount(world, fake):
    """N mounts, one for each container that uses the volume; one unmount, by the last."""
    for _ in range(3):
        done = world.run(*MOUNT, "--volumeopts=size=5")
        assert (done.code, done.out) == (0, "/mnt/v\n")
    assert fake.mounted == {"v": {"dvdcli:v"}}
    assert world.run(*UNMOUNT).code == 0
    assert fake.mounted == {}
    # Clean-up of a container whose mount never happened.
    assert world.run(*UNMOUNT).code == 0
    assert world.run("unmount", "--volumedriver=fake", "--volumename=never").code == 0


def test_64_kib_of_error_text_arrive_whole_on_one_line(world, fake):
    text = "x" * 70000 + "\n" + "y" * 1000
    fake.answer("VolumeDriver.Mount", {"Err": text}, 500)
    done = world.run(*MOUNT)
    assert (done.code, done.out) == (1, "")
    assert done.messages == [("error", "VolumeDriver.Mount: " + text)]


def test_64_kib_of_error_text_to_a_slow_reader(world, fake):
    """The pipe is full before the reader begins; nothing is lost, also when the pipe does not block."""
    fake.answer("VolumeDriver.Mount", {"Err": "x" * 200000}, 500)
    read, write = os.pipe()
    fcntl.fcntl(write, fcntl.F_SETFL, os.O_NONBLOCK)
    child = world.start(*MOUNT, stderr=write)
    os.close(write)
    fake.wait_for("VolumeDriver.Mount")
    with os.fdopen(read, "rb") as reader:
        assert reader.read().count(b"x") == 200000
    assert child.wait(30) == 1
    child.stdout.close()


@pytest.mark.parametrize("call", ["Plugin.Activate", "VolumeDriver.Get", "VolumeDriver.Create", "VolumeDriver.Mount"])
def test_sigkill_in_the_middle_and_again(world, fake, call):
    kept = fake._script[call]
    fake.answer(call, HANG)
    child = world.start(*MOUNT)
    fake.wait_for(call)
    child.kill()
    assert child.wait(30) == -signal.SIGKILL
    assert child.stdout.read() == b""
    child.stdout.close(), child.stderr.close()
    fake.answer(call, *kept)
    done = world.run(*MOUNT)
    assert (done.code, done.out) == (0, "/mnt/v\n")
    assert fake.mounted == {"v": {"dvdcli:v"}} and list(fake.volumes) == ["v"]
    # Nothing of either process is left in the directories.
    assert sorted(p.name for p in world.plugins.iterdir()) == ["fake.sock"]


def test_sigkill_after_the_plugin_has_done_its_work(world, fake):
    done_work, go_on = threading.Event(), threading.Event()
    work = fake._script["VolumeDriver.Mount"][0]

    def mount(body):
        answer = work(body)
        done_work.set()
        go_on.wait(30)
        return answer

    fake.answer("VolumeDriver.Mount", mount)
    child = world.start(*MOUNT)
    assert done_work.wait(30)
    child.kill()
    child.communicate()
    go_on.set()
    assert world.run(*MOUNT).out == "/mnt/v\n"
    assert world.run(*UNMOUNT).code == 0
    assert fake.mounted == {}


def test_20_in_parallel_one_volume_each(world, fake):
    children = {n: world.start("mount", "--volumedriver=fake", f"--volumename=v{n}") for n in range(20)}
    for n, child in children.items():
        out, err = child.communicate(timeout=60)
        assert (child.returncode, out) == (0, f"/mnt/v{n}\n".encode()), err
    assert len(fake.volumes) == 20
    assert fake.mounted == {f"v{n}": {f"dvdcli:v{n}"} for n in range(20)}


def test_20_in_parallel_all_of_the_same_new_volume(world, fake):
    """All see that it is missing before any creates it: one wins, none fails."""
    everyone = threading.Barrier(20)
    create = fake._script["VolumeDriver.Create"][0]

    def together(body):
        everyone.wait(60)
        return create(body)

    fake.answer("VolumeDriver.Create", together)
    children = [world.start(*MOUNT) for _ in range(20)]
    for child in children:
        out, err = child.communicate(timeout=60)
        assert (child.returncode, out) == (0, b"/mnt/v\n"), err
    assert fake.mounted == {"v": {"dvdcli:v"}}


def test_a_slow_plugin_is_waited_for(world, fake):
    go_on = threading.Event()
    mount = fake._script["VolumeDriver.Mount"][0]
    fake.answer("VolumeDriver.Mount", lambda body: go_on.wait(60) and mount(body))
    child = world.start(*MOUNT)
    fake.wait_for("VolumeDriver.Mount")
    assert child.poll() is None
    go_on.set()
    out, _ = child.communicate(timeout=30)
    assert (child.returncode, out) == (0, b"/mnt/v\n")


def test_a_slow_plugin_whose_time_is_up_still_gives_a_message(world, fake):
    """Mesos kills after 120 s; the message has to be out before. Here the limit is 2 s."""
    fake.answer("VolumeDriver.Mount", HANG)
    done = world.run(*MOUNT, "--timeout=2s")
    assert (done.code, done.out) == (1, "")
    (level, text), = done.messages
    assert level == "error" and "VolumeDriver.Mount: plugin fake did not answer within 2" in text


def test_unmount_prints_nothing_to_the_pipe_that_mesos_does_not_read(world, fake):
    read, write = os.pipe()
    fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)
    os.set_blocking(write, False)
    os.write(write, b"x" * 4096)  # full: one byte more would block
    os.set_blocking(write, True)
    world.run(*MOUNT)
    child = world.start(*UNMOUNT, stdout=write)
    assert child.wait(30) == 0
    os.close(read), os.close(write), child.stderr.close()


def test_a_reader_that_has_gone(world, fake):
    """The path reached nobody: that is a failure, not a signal; and the same call again gives it."""
    read, write = os.pipe()
    os.close(read)
    child = world.start(*MOUNT, stdout=write)
    os.close(write)
    _, err = child.communicate(timeout=30)
    assert child.returncode == 1
    assert b"the result could not be written" in err
    assert world.run(*MOUNT).out == "/mnt/v\n"


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)])
def test_closed_descriptors_never_become_a_plugins_socket(world, fake, closed):
    def close():
        world.enter()
        for number in closed:
            os.close(number)

    child = subprocess.Popen([str(world.copy), *MOUNT], preexec_fn=close, env={}, cwd="/", stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = child.communicate(timeout=30)
    assert fake.call_names == ["Activate", "Get", "Create", "Mount"]
    assert all(request.body is None or "Name" in request.body for request in fake.requests)
    if 1 in closed:  # the path can be given to nobody
        assert child.returncode == 1
        assert 2 in closed or b"the result could not be written" in err
    else:
        assert (child.returncode, out) == (0, b"/mnt/v\n")


def test_the_environment_means_nothing_to_root(world, fake):
    evil = world.home / "evil"
    with ScriptedPlugin(unix=evil / "docker" / "plugins" / "other.sock") as other:
        environment = {"LD_LIBRARY_PATH": "/opt/mesosphere/lib", "LD_PRELOAD": "/nonexistent.so", "HOME": str(evil),
                       "XDG_RUNTIME_DIR": str(evil), "XDG_CONFIG_HOME": str(evil), "HTTP_PROXY": "http://127.0.0.1:1",
                       "ALL_PROXY": "socks5://127.0.0.1:1", "TZ": "Asia/Tokyo", "LC_ALL": "xx_YY", "PATH": "",
                       "OPENSSL_CONF": "/nonexistent", "DOCKER_HOST": "tcp://127.0.0.1:1"}
        if not is_static(world.program):  # built with sanitizers: the loader would have its say
            del environment["LD_PRELOAD"], environment["LD_LIBRARY_PATH"]
        done = world.run(*MOUNT, env=environment)
        assert (done.code, done.out, done.messages) == (0, "/mnt/v\n", [("info", "/mnt/v")])
        assert world.run("list", env=environment).out == ""
        assert other.calls == []


def test_no_child_and_no_thread_is_left_behind(world, fake):
    """Mesos reads the pipes to their end: a grandchild with a copy of them would hold up the call."""
    fake.answer("VolumeDriver.Mount", HANG)
    child = world.start(*MOUNT)
    fake.wait_for("VolumeDriver.Mount")
    assert len(os.listdir(f"/proc/{child.pid}/task")) == 1
    children = pathlib.Path(f"/proc/{child.pid}/task/{child.pid}/children").read_text()
    child.kill()
    child.communicate()
    assert children == ""


def test_it_is_static_and_resolves_no_names(world):
    program = pathlib.Path(os.environ["REXRAY_BIN"]) / "dvdcli"
    symbols = subprocess.run(["nm", str(program)], capture_output=True, text=True, check=True).stdout
    if "__asan_init" in symbols or "__tsan_init" in symbols:
        pytest.skip("SKIPPED: sanitizers need a dynamic program; the release build makes this check when it links")
    assert is_static(program)
    names = {line.split()[-1] for line in symbols.splitlines()}
    assert not names & {"getaddrinfo", "freeaddrinfo", "getnameinfo", "gethostbyname", "getpwnam", "getpwuid"}
    assert not [name for name in names if name.startswith(("__nss_", "_nss_"))]
    assert not [name for name in names if "spdlog" in name]


def test_the_commands_of_the_manual_work(world):
    import shlex
    page = (pathlib.Path(__file__).parents[2] / "docs" / "dvdcli.md").read_text()
    commands = [shlex.split(line, comments=True) for line in page.split("```sh\n")[1].split("```")[0].splitlines()]
    assert len(commands) >= 6 and all(words[0] == "dvdcli" for words in commands)
    with ScriptedPlugin(unix=world.plugins / "rexray.sock").keeps_state() as plugin:
        plugin.answer("VolumeDriver.List", lambda body: {"Volumes": [{"Name": name} for name in plugin.volumes]})
        out = [(done.code, done.out) for done in (world.run(*words[1:]) for words in commands)]
    assert out[:2] == [(0, "/mnt/pgdata\n")] * 2
    assert out[2][0] == 0 and '"Name":"pgdata"' in out[2][1]
    assert out[3:] == [(0, ""), (0, "rexray\tpgdata\n"), (0, "")]


def test_the_manual_names_every_flag_and_command(world):
    import re
    page = (pathlib.Path(__file__).parents[2] / "docs" / "dvdcli.md").read_text()
    usage = world.run("--help").out
    for word in re.findall(r"^  (\w+) ", usage, re.M) + re.findall(r"--[a-z-]+", usage):
        assert f"`{word}" in page, word
