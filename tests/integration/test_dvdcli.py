"""dvdcli against a scripted plugin: the behaviour of dvdcli 0.2, vector by vector, as whole processes.

Numbers are those of the list of behaviour vectors that dvdcli 0.2 was described by. "DEVIATION:" says in one line where
we differ from it on purpose (docs/dvdcli.md has them together).
"""

import json
import os
import pathlib
import time

import pytest

from support.daemon import why_no_mount_namespace
from support.scripted_plugin import BREAK, HANG, ScriptedPlugin, World

MOUNT = ("mount", "--volumedriver=fake", "--volumename=v")
UNMOUNT = ("unmount", "--volumedriver=fake", "--volumename=v")
A, GET = ("Plugin.Activate", None), ("VolumeDriver.Get", {"Name": "v"})
# The consumer is our addition: it makes N mounts and one unmount of Mesos balance.
HELD = {"Name": "v", "ID": "dvdcli:v"}


def create(**options):
    return "VolumeDriver.Create", {"Name": "v", "Opts": options}


@pytest.fixture
def world(tmp_path):
    if why := why_no_mount_namespace():
        pytest.skip(f"SKIPPED: {why}")
    return World(tmp_path, pathlib.Path(os.environ["REXRAY_BIN"]) / "dvdcli")


@pytest.fixture
def fake(world):
    with ScriptedPlugin(unix=world.plugins / "fake.sock") as plugin:
        yield plugin


def assert_usage_error(done, *words):
    assert (done.code, done.out) == (2, "")
    assert done.err.count("\n") == 1 and done.err.startswith("Error: "), done
    for word in words:
        assert word in done.err


def test_01_no_command_prints_the_usage_on_stderr(world):
    done = world.run()
    assert (done.code, done.out) == (0, "")
    assert "Usage:" in done.err and "unmount" in done.err


def test_01_flags_without_a_command_are_an_error(world):
    # DEVIATION: the original exits 0, which a script with an empty variable would take for success.
    assert_usage_error(world.run("--volumedriver=fake"), "a command is missing")


@pytest.mark.parametrize("words", [("--help",), ("-h",), ("help",), ("help", "mount"), ("mount", "--help")])
def test_02_help_is_on_stdout(world, words):
    done = world.run(*words)
    assert (done.code, done.err) == (0, "")
    assert "Usage:\n  dvdcli" in done.out
    assert ("--explicitcreate" in done.out)


def test_03_version(world):
    done = world.run("version")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert [line.split(": ")[0] for line in lines] == ["Binary", "SemVer", "OsArch", "Branch", "Commit", "Formed"]
    assert lines[0] == f"Binary: {world.copy}"
    assert lines[2] == f"OsArch: Linux-{os.uname().machine}"


@pytest.mark.parametrize("command", ["create", "get", "mount", "path", "remove", "unmount"])
def test_04_missing_driver(world, command):
    # DEVIATION: level=error, not info: it is what ends the command.
    done = world.run(command)
    assert (done.code, done.out) == (1, "")
    assert 'level=error msg="Missing volume driver name" volumeDriver= \n' in done.err


def test_05_plugin_not_found_after_15_seconds_of_retries(world):
    begun = time.monotonic()
    done = world.run("mount", "--volumedriver=nope", "--volumename=v")
    assert 14.5 < time.monotonic() - begun < 30
    assert (done.code, done.out) == (1, "")
    assert done.messages[:4] == [("warning", f"Unable to locate plugin: nope, retrying in {n}s") for n in (1, 2, 4, 8)]
    # DEVIATION: level=error, and the message names the places that were searched.
    (level, text), = done.messages[4:]
    assert level == "error" and text.startswith("Error looking up volume plugin nope: plugin not found (looked ")
    for place in ("/run/docker/plugins", "/etc/docker/plugins", "/usr/lib/docker/plugins", "/var/lib/docker"):
        assert place in text


def test_05_a_plugin_that_comes_late_is_found(world):
    child = world.start("mount", "--volumedriver=fake", "--volumename=v")
    assert b"retrying in 1s" in child.stderr.readline()
    with ScriptedPlugin(unix=world.plugins / "fake.sock").has("v"):
        out, _ = child.communicate(timeout=30)
    assert (child.returncode, out) == (0, b"/mnt/v\n")


def test_06_mount_of_an_existing_volume(world, fake):
    fake.has("v")
    done = world.run(*MOUNT)
    assert (done.code, done.out) == (0, "/mnt/v\n")
    assert done.messages == [("info", "/mnt/v")]
    assert fake.calls == [A, GET, ("VolumeDriver.Mount", HELD)]


@pytest.mark.parametrize("status", [200, 404, 500])
def test_07_mount_creates_what_is_missing(world, fake, status):
    fake.lacks().mounts_at("/mnt/v").answer("VolumeDriver.Get", {"Err": "not found"}, status)
    done = world.run(*MOUNT)
    assert (done.code, done.out) == (0, "/mnt/v\n")
    assert fake.calls == [A, GET, create(), ("VolumeDriver.Mount", HELD)]


def test_07_mount_creates_when_get_answers_without_a_volume(world, fake):
    fake.lacks().mounts_at("/mnt/v").answer("VolumeDriver.Get", {"Err": ""})
    assert world.run(*MOUNT).code == 0
    assert create() in fake.calls


@pytest.mark.parametrize("options, sent", [
    (["--volumeopts=size=5", "--volumeopts=iops=100"], {"size": "5", "iops": "100"}),  # 8
    (["--volumeopts=size=5,iops=100"], {"size": "5", "iops": "100"}),  # 9
    (["--volumeopts", "size=5,iops=100"], {"size": "5", "iops": "100"}),
    (["--volumeopts=size=5", "--volumeopts=size=6"], {"size": "6"}),
    (["--volumeopts=a="], {"a": ""}),
    # DEVIATION: 14. The original sends {"k": "a"}.
    (["--volumeopts=k=a=b"], {"k": "a=b"}),
    # DEVIATION: the original panics; a part without "=" belongs to the value before it.
    (["--volumeopts=zones=a,b,size=5"], {"zones": "a,b", "size": "5"}),
    (["--volumeopts=note=a,"], {"note": "a,"}),
    (["--volumeopts=a= x\ty\"\\\x7fé☃\n"], {"a": " x\ty\"\\\x7fé☃\n"}),
])
def test_08_09_14_options(world, fake, options, sent):
    fake.lacks().mounts_at("/mnt/v")
    assert world.run(*MOUNT, *options).code == 0
    assert create(**sent) in fake.calls


@pytest.mark.parametrize("flag", ["--explicitcreate", "--explicitcreate=true", "--explicitCreate=true",
                                  "--explicitCreate"])
def test_10_12_explicit_create_does_not_create(world, fake, flag):
    # DEVIATION: 12. The original knows no --explicitCreate and exits 0.
    fake.lacks("no such volume").mounts_at("/mnt/v")
    done = world.run(*MOUNT, flag)
    assert (done.code, done.out) == (1, "")
    assert done.messages == [("error", "VolumeDriver.Get: no such volume")]
    assert fake.calls == [A, GET]


@pytest.mark.parametrize("flag", ["--explicitcreate=true", "--explicitCreate=true", "--explicitcreate=T"])
def test_11_12_explicit_create_of_an_existing_volume_mounts(world, fake, flag):
    fake.has("v")
    assert world.run(*MOUNT, flag).out == "/mnt/v\n"
    assert fake.call_names == ["Activate", "Get", "Mount"]


@pytest.mark.parametrize("value", ["novalue", "", ",a=b"])
def test_13_an_option_without_equals_is_an_error(world, fake, value):
    # DEVIATION: the original panics (exit 2, a Go trace).
    assert_usage_error(world.run(*MOUNT, f"--volumeopts={value}"), 'has no "="')
    assert fake.calls == []


@pytest.mark.parametrize("words", [
    ("--volumedriver=fake", "--volumename=v", "mount"),  # 15
    ("mount", "--volumedriver", "fake", "--volumename", "v"),  # 16
    ("--volumedriver", "fake", "mount", "--volumename", "v"),
])
def test_15_16_order_and_space(world, fake, words):
    fake.has("v")
    assert world.run(*words).out == "/mnt/v\n"


def test_17_unmount_is_silent(world, fake):
    fake.has("v")
    done = world.run(*UNMOUNT)
    assert (done.code, done.out, done.err) == (0, "", "")
    assert fake.calls == [A, GET, ("VolumeDriver.Unmount", HELD)]


@pytest.mark.parametrize("get", [({"Err": "not found"}, 500), (BREAK, 200), (b"what?", 200)])
def test_18_unmount_goes_on_after_a_get_error(world, fake, get):
    # DEVIATION: the original stops at Get; Mesos unmounts volumes it never mounted, and a failure there is for ever.
    fake.has("v").answer("VolumeDriver.Get", *get)
    done = world.run(*UNMOUNT)
    assert (done.code, done.out) == (0, "")
    assert fake.calls == [A, GET, ("VolumeDriver.Unmount", HELD)]


def test_18_the_answer_to_unmount_decides(world, fake):
    fake.has("v").answer("VolumeDriver.Unmount", {"Err": "busy"}, 500)
    done = world.run(*UNMOUNT)
    assert (done.code, done.out) == (1, "")
    assert done.messages[-1] == ("error", "VolumeDriver.Unmount: busy")
    assert "volumeDriver=fake volumeName=v \n" in done.err


def test_19_unmount_takes_no_options(world, fake):
    # DEVIATION: the original exits 0.
    assert_usage_error(world.run(*UNMOUNT, "--volumeopts=a=b"), "unknown flag: --volumeopts")
    assert fake.calls == []


def test_20_path(world, fake):
    fake.has("v", "/m")
    done = world.run("path", "--volumedriver=fake", "--volumename=v")
    assert (done.code, done.out) == (0, "/m\n")
    assert fake.call_names == ["Activate", "Get"]


@pytest.mark.parametrize("answer, out", [({"Mountpoint": "/n"}, "/n\n"), ({"Mountpoint": ""}, ""), ({"Err": "no"}, "")])
def test_20_path_asks_path_when_get_has_none(world, fake, answer, out):
    fake.has("v").answer("VolumeDriver.Path", answer)
    done = world.run("path", "--volumedriver=fake", "--volumename=v")
    assert (done.code, done.out) == (0, out)
    assert fake.call_names == ["Activate", "Get", "Path"]


def test_20_path_of_a_missing_volume(world, fake):
    fake.lacks()
    assert world.run("path", "--volumedriver=fake", "--volumename=v").code == 1


def test_21_get_prints_the_name_as_the_plugin_spells_it(world, fake):
    fake.answer("VolumeDriver.Get", {"Volume": {"Name": "V-1", "Mountpoint": ""}})
    done = world.run("get", "--volumedriver=fake", "--volumename=v")
    assert (done.code, done.out, done.err) == (0, "V-1\n", "")
    fake.lacks()
    assert world.run("get", "--volumedriver=fake", "--volumename=v").code == 1


def test_21_get_as_json(world, fake):
    volume = {"Name": "v", "Mountpoint": "/m", "CreatedAt": "2026-01-02T03:04:05Z", "Status": {"size": 16}}
    fake.answer("VolumeDriver.Get", {"Volume": volume})
    done = world.run("get", "--json", "--volumedriver=fake", "--volumename=v")
    assert json.loads(done.out) == {**volume, "Driver": "fake"}


@pytest.mark.parametrize("volumes, out", [([{"Name": "b"}, {"Name": "a"}], "b\na\n"), ([], ""), (None, "")])
def test_22_list(world, fake, volumes, out):
    fake.answer("VolumeDriver.List", {"Volumes": volumes})
    done = world.run("list", "--volumedriver=fake")
    assert (done.code, done.out, done.err) == (0, out, "")
    assert fake.calls == [A, ("VolumeDriver.List", {})]


def test_22_list_of_every_plugin(world, fake):
    # DEVIATION: the original wants a driver.
    fake.answer("VolumeDriver.List", {"Volumes": [{"Name": "x"}, {"Name": "y"}]})
    with ScriptedPlugin() as tcp, ScriptedPlugin(unix=world.plugins / "net.sock", implements=["NetworkDriver"]), \
            ScriptedPlugin(unix=world.plugins / "deep" / "deep.sock") as deep:
        (world.specs / "tcp.spec").write_text(f"tcp://127.0.0.1:{tcp.port}")
        (world.specs / "fake.spec").write_text("unix:///nowhere")  # the socket comes first
        tcp.answer("VolumeDriver.List", {"Volumes": [{"Name": "t", "Mountpoint": "/t"}]})
        deep.answer("VolumeDriver.List", {"Volumes": []})
        done = world.run("list")
        assert (done.code, done.out, done.err) == (0, "fake\tx\nfake\ty\ntcp\tt\n", "")
        done = world.run("list", "--json")
        assert json.loads(done.out.splitlines()[-1]) == {"Driver": "tcp", "Name": "t", "Mountpoint": "/t"}
        # One that is down hides nobody else's volumes, but the list is not whole.
        tcp.close()
        done = world.run("list")
        assert (done.code, done.out) == (1, "fake\tx\nfake\ty\n")
        assert "volumeDriver=tcp" in done.err and "connection refused" in done.err


def test_23_create_prints_nothing_on_stdout(world, fake):
    fake.lacks()
    done = world.run("create", "--volumedriver=fake", "--volumename=v", "--volumeopts=size=1")
    assert (done.code, done.out, done.messages) == (0, "", [("info", "v")])
    assert fake.calls == [A, create(size="1")]
    fake.answer("VolumeDriver.Create", {"Err": "exists"})
    assert world.run("create", "--volumedriver=fake", "--volumename=v").code == 1


def test_24_remove(world, fake):
    fake.has("v").answer("VolumeDriver.Remove", {"Err": ""})
    done = world.run("remove", "--volumedriver=fake", "--volumename=v")
    assert (done.code, done.out, done.err) == (0, "", "")
    assert fake.calls == [A, GET, ("VolumeDriver.Remove", {"Name": "v"})]
    fake.lacks()
    assert world.run("remove", "--volumedriver=fake", "--volumename=v").code == 1
    assert fake.call_names[-1] == "Get"


@pytest.mark.parametrize("answer, status, text", [
    # DEVIATION: the original says "boom" alone for a 200; the call's name is in every message here.
    ({"Err": "boom"}, 200, "VolumeDriver.Mount: boom"),
    ({"Err": "boom"}, 500, "VolumeDriver.Mount: boom"),
    ({"err": "boom"}, 500, "VolumeDriver.Mount: boom"),
    ({"Err": 'two "lines"\nof\ttext\\'}, 500, 'VolumeDriver.Mount: two "lines"\nof\\ttext\\'),
    (b"404 page not found\n", 404, "VolumeDriver.Mount: 404 page not found"),
    (b"", 500, "VolumeDriver.Mount: HTTP status 500 without a text"),
    (b"<" * 5000, 502, "VolumeDriver.Mount: " + "<" * 1000 + "… (5000 bytes, HTTP status 502)"),
])
def test_25_errors_of_the_plugin(world, fake, answer, status, text):
    fake.has("v").answer("VolumeDriver.Mount", answer, status)
    done = world.run(*MOUNT)
    assert (done.code, done.out) == (1, "")
    assert done.err.count("\n") == 1
    assert done.messages == [("error", text)]


def test_26_not_a_volume_plugin(world):
    with ScriptedPlugin(unix=world.plugins / "fake.sock", implements=["NetworkDriver"]):
        done = world.run(*MOUNT)
    assert done.code == 1
    assert done.messages == [
        ("error", "Error looking up volume plugin fake: Plugin does not implement the requested driver")]


def test_27_a_socket_that_nobody_listens_at(world, fake):
    fake.close()
    import socket
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(world.plugins / "fake.sock"))
    dead.close()
    begun = time.monotonic()
    done = world.run(*MOUNT)
    assert 14.5 < time.monotonic() - begun < 30
    assert (done.code, done.out) == (1, "")
    assert done.messages[:4] == [
        ("warning", f"Unable to connect to plugin: /run/docker/plugins/fake.sock:/Plugin.Activate, retrying in {n}s")
        for n in (1, 2, 4, 8)]
    assert "connection refused" in done.messages[4][1]


def test_27_a_broken_connection_is_tried_again(world, fake):
    fake.has("v")
    answers = iter([BREAK, {"Mountpoint": "/mnt/v"}])
    fake.answer("VolumeDriver.Mount", lambda body: next(answers))
    done = world.run(*MOUNT)
    assert (done.code, done.out) == (0, "/mnt/v\n")
    assert fake.call_names == ["Activate", "Get", "Mount", "Mount"]
    assert done.messages[0] == (
        "warning", "Unable to connect to plugin: /run/docker/plugins/fake.sock:/VolumeDriver.Mount, retrying in 1s")


def test_27_on_a_terminal_nobody_waits(world):
    import pty
    controller, terminal = pty.openpty()
    begun = time.monotonic()
    child = world.start("mount", "--volumedriver=nope", "--volumename=v", stderr=terminal)
    assert child.wait(30) == 1
    assert time.monotonic() - begun < 10
    os.close(terminal)
    text = os.read(controller, 4096)
    os.close(controller)
    child.stdout.close()
    assert b"retrying" not in text and b"plugin not found" in text


@pytest.mark.parametrize("where", ["fake.spec", "fake/fake.spec"])
@pytest.mark.parametrize("url", ["tcp://127.0.0.1:{}", "http://localhost:{}", " http://plugin.example:{}/\n"])
def test_28_spec_files(world, where, url):
    with ScriptedPlugin() as plugin:
        plugin.has("v")
        (world.specs / where).parent.mkdir(exist_ok=True)
        (world.specs / where).write_text(url.format(plugin.port))
        assert world.run(*MOUNT).out == "/mnt/v\n"


@pytest.mark.parametrize("text", ["", "fake", "ftp://x", "unix://relative", "http://nobody.example:1"])
def test_28_a_bad_spec_file_is_named(world, text):
    (world.specs / "fake.spec").write_text(text)
    done = world.run(*MOUNT)
    assert (done.code, done.out) == (1, "")
    assert "/etc/docker/plugins/fake.spec: " in done.messages[0][1]


def test_29_json_file(world):
    # DEVIATION: the original panics. (TLS: test_dvdcli_tls.py)
    with ScriptedPlugin() as plugin:
        plugin.has("v")
        (world.specs / "fake.json").write_text(json.dumps({"Name": "other", "Addr": f"http://127.0.0.1:{plugin.port}"}))
        assert world.run(*MOUNT).out == "/mnt/v\n"


@pytest.mark.parametrize("stuck", ["Plugin.Activate", "VolumeDriver.Get", "VolumeDriver.Mount"])
def test_30_a_plugin_that_hangs(world, fake, stuck):
    # DEVIATION: the original hangs for ever. 110 s is the default; nobody waits that long here.
    fake.has("v").answer(stuck, HANG)
    done = world.run(*MOUNT, "--timeout=1s")
    assert (done.code, done.out) == (1, "")
    assert f"{stuck}: plugin fake did not answer within 1" in done.messages[-1][1]
    assert create() not in fake.calls


def test_30_a_hung_get_does_not_hold_up_the_whole_unmount(world, fake):
    fake.has("v").answer("VolumeDriver.Get", HANG)
    done = world.run(*UNMOUNT, timeout=30)
    assert (done.code, done.out) == (0, "")
    assert fake.call_names == ["Activate", "Get", "Unmount"]


# What the isolator and safety need, beyond the vectors.


@pytest.mark.parametrize("answer", [BREAK, b"", b"[]", b"\x00", b"not json"])
def test_a_get_that_is_no_answer_never_creates(world, fake, answer):
    # DEVIATION: the original creates after any error of Get.
    fake.lacks().mounts_at("/mnt/v").answer("VolumeDriver.Get", answer)
    done = world.run(*MOUNT, "--timeout=3s")
    assert (done.code, done.out) == (1, "")
    assert "Create" not in fake.call_names and "Mount" not in fake.call_names


@pytest.mark.parametrize("path", ["", "relative", "/", "//", "/mnt/../etc", "/mnt/./v", "/mnt//v", "/mnt/a\nb", None])
def test_a_mount_point_must_be_an_absolute_normalised_path(world, fake, path):
    # DEVIATION: the original prints whatever it is told, and somebody bind-mounts it.
    fake.has("v").mounts_at(path)
    done = world.run(*MOUNT)
    assert (done.code, done.out) == (1, "")
    assert "VolumeDriver.Mount: the plugin answered with the mount point" in done.err


def test_a_trailing_slash_is_taken_away(world, fake):
    fake.has("v").mounts_at("/mnt/v/")
    assert world.run(*MOUNT).out == "/mnt/v\n"


@pytest.mark.parametrize("driver", ["../../../tmp/evil", "/tmp/evil", "a/../b", "a//b", "./a", "..", "a\nb", "a/"])
def test_driver_names_that_leave_the_directories_are_refused(world, driver):
    # DEVIATION: the original joins them into a path.
    with ScriptedPlugin(unix=world.home / "evil.sock") as evil:
        done = world.run("mount", f"--volumedriver={driver}", "--volumename=v")
        assert (done.code, done.out) == (2, "")
        assert done.err.count("\n") == 1 and "is refused" in done.err
        assert evil.calls == []


def test_driver_names_with_a_slash(world):
    with ScriptedPlugin(unix=world.plugins / "rexray" / "ebs.sock") as plugin:
        plugin.has("v")
        assert world.run("mount", "--volumedriver=rexray/ebs", "--volumename=v").out == "/mnt/v\n"


@pytest.mark.parametrize("name", ["name=x,size=5,shared=true", "é☃\U0001f600", " ", "a/b", "../../etc", "--help", "\n\t\x01"])
def test_volume_names_are_any_text(world, fake, name):
    fake.keeps_state().mounts_at("/mnt/it")
    assert world.run("mount", "--volumedriver=fake", "--volumename=" + name).out == "/mnt/it\n"
    assert fake.volumes == {name: {}}


def test_a_name_that_json_cannot_carry_is_refused(world, fake):
    # DEVIATION: the original replaces the bytes, and so names another volume.
    assert_usage_error(world.run("mount", "--volumedriver=fake", b"--volumename=a\xff"), "not UTF-8 at byte 2")
    assert fake.calls == []


@pytest.mark.parametrize("words, error", [
    (("--nope",), "unknown flag: --nope"),
    (("--volumename",), "flag needs an argument: --volumename"),
    (("--explicitcreate=maybe",), 'invalid argument "maybe" for --explicitcreate'),
    (("-volumedriver=fake",), "unknown shorthand flag"),
    (("--=x",), "bad flag syntax"),
    (("--timeout=0",), "--timeout"), (("--timeout=soon",), "--timeout"), (("--timeout=-1s",), "--timeout"),
    (("--log-level=loud",), "--log-level"), (("--json",), "unknown flag: --json"),
    (("--docker-root=relative",), "--docker-root"),
])
def test_usage_errors_exit_2(world, fake, words, error):
    # DEVIATION: the original exits 0 with an empty stdout, which Mesos takes for a volume mounted at "".
    assert_usage_error(world.run(*MOUNT, *words), error)
    assert fake.calls == []


def test_unknown_commands_exit_2(world):
    assert_usage_error(world.run("umount", "--volumedriver=fake"), 'unknown command "umount"', "unmount")
    assert_usage_error(world.run("help", "umount"), "unknown help topic")


def test_a_word_behind_the_command_is_ignored_aloud(world, fake):
    fake.has("v")
    done = world.run(*MOUNT, "other")
    assert done.out == "/mnt/v\n"
    assert done.messages[0] == ("warning", 'ignored: "other"; a volume is named with --volumename')


def test_log_levels(world, fake):
    fake.has("v")
    assert world.run(*MOUNT, "--log-level=warn").err == ""
    assert ("debug", "plugin fake found: /run/docker/plugins/fake.sock") in world.run(*MOUNT, "--log-level=debug").messages
    fake.answer("VolumeDriver.Mount", {"Err": "boom"})
    assert world.run(*MOUNT, "--log-level=panic").messages == [("error", "VolumeDriver.Mount: boom")]


def test_somebody_else_created_it_first(world, fake):
    answers = iter([{"Err": "not found"}, {"Volume": {"Name": "v"}}])
    fake.mounts_at("/mnt/v").answer("VolumeDriver.Get", lambda body: next(answers))
    fake.answer("VolumeDriver.Create", {"Err": "exists"}, 500)
    done = world.run(*MOUNT)
    assert (done.code, done.out) == (0, "/mnt/v\n")
    assert fake.call_names == ["Activate", "Get", "Create", "Get", "Mount"]


def test_a_create_that_fails_is_the_error(world, fake):
    fake.lacks().answer("VolumeDriver.Create", {"Err": "no space"}, 500)
    done = world.run(*MOUNT)
    assert done.messages == [("error", "VolumeDriver.Create: no space")]
    assert "Mount" not in fake.call_names


def test_requests_look_like_dockers(world, fake):
    fake.has("v")
    world.run(*MOUNT)
    for request in fake.requests:
        assert request.method == "POST"
        assert request.headers["accept"] == "application/vnd.docker.plugins.v1.2+json"
        assert request.headers["host"] == "localhost"
        assert request.headers["user-agent"].startswith("dvdcli/")
    assert fake.requests[0].headers["content-length"] == "0"
