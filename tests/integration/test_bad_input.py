"""Bad input gets a clear error and changes nothing."""

import json

import pytest

from support.daemon import PluginError, http_request

BAD_NAMES = ["", ".", "..", "../x", "a/b", "/etc", "a\x00b", "-x", "_x", ".x", "a b", "a\nb", "é", "x" * 129, "a\\b", "a:b"]

BAD_BODIES = [
    ("empty", ""),
    ("not json", "name=x"),
    ("cut off", '{"Name":"x"'),
    ("an array", '["x"]'),
    ("a number for a name", '{"Name":1}'),
    ("null for a name", '{"Name":null}'),
    ("no name", "{}"),
    ("options that are a list", '{"Name":"x","Opts":["size=1"]}'),
    ("an option that is a number", '{"Name":"x","Opts":{"size":1}}'),
    ("deeply nested", '{"Name":"x","Opts":' + "[" * 100000 + "]" * 100000 + "}"),
    ("deeply nested objects", '{"a":' * 50000 + "1" + "}" * 50000),
    ("too large", '{"Name":"' + "x" * (4 << 20) + '"}'),
    ("invalid utf-8 would be an error of the encoder", '{"Name":"\\ud800"}'),
]


def state(daemon):
    images = sorted(p.name for p in (daemon.home / "var/lib/rexray/local/images").glob("*"))
    return daemon.plugin.list(), images, daemon.mounts(), daemon.loops()


@pytest.mark.parametrize("name", BAD_NAMES, ids=repr)
@pytest.mark.parametrize("endpoint", ["Create", "Mount"])
def test_bad_names(daemon, endpoint, name):
    before = state(daemon)
    status, text = daemon.plugin.raw(f"/VolumeDriver.{endpoint}", json.dumps({"Name": name, "ID": "x"}))
    assert status == 500
    assert json.loads(text)["Err"]
    assert state(daemon) == before


@pytest.mark.parametrize("what,body", BAD_BODIES, ids=[what for what, _ in BAD_BODIES])
def test_bad_bodies(daemon, what, body):
    before = state(daemon)
    for endpoint in ("Create", "Mount", "Unmount", "Remove", "Path", "Get"):
        status, text = daemon.plugin.raw(f"/VolumeDriver.{endpoint}", body)
        assert status in (413, 500), f"{endpoint}: {status} {text[:200]}"
        assert json.loads(text)["Err"], endpoint
    assert state(daemon) == before


@pytest.mark.parametrize("options,words", [
    ({"size": "abc"}, ["size", "abc"]),
    ({"size": "0"}, ["size"]),
    ({"size": "-5"}, ["-5"]),
    ({"size": "1e30"}, ["1e30"]),
    ({"size": ""}, ["size"]),
    ({"sise": "1"}, ["sise", "size"]),
    ({"fsType": "ntfs"}, ["ntfs", "ext4"]),
    ({"fsType": "ext4;reboot"}, ["ext4"]),
    ({"iops": "many"}, ["iops", "many"]),
    ({"overwriteFs": "perhaps"}, ["perhaps"]),
    ({"mountOptions": "bind"}, ["bind"]),
    ({"size": "1", "SIZE": "2"}, ["size"]),
], ids=str)
def test_bad_options(daemon, options, words):
    before = state(daemon)
    with pytest.raises(PluginError) as refused:
        daemon.plugin.create("x", **options)
    for word in words:
        assert word.lower() in str(refused.value).lower()
    assert state(daemon) == before


def test_unknown_volumes(daemon):
    for endpoint in ("Get", "Remove", "Mount", "Path"):
        with pytest.raises(PluginError) as refused:
            daemon.plugin.call(f"/VolumeDriver.{endpoint}", Name="nobody", ID="x")
        assert "nobody" in str(refused.value)
    daemon.plugin.unmount("nobody", "x")  # what is not mounted is unmounted: Mesos does this after a reboot
    assert state(daemon)[0] == []


def test_unknown_endpoints_and_garbage(daemon):
    status, text = daemon.plugin.raw("/VolumeDriver.Explode", "{}")
    assert status in (404, 500) and json.loads(text)["Err"]
    import socket
    for garbage in (b"\x00\xff\x16\x03\x01", b"GET\r\n\r\n", b"POST / HTTP/9.9\r\n\r\n", b"A" * 100000):
        with socket.socket(socket.AF_UNIX) as raw:
            raw.settimeout(10)
            raw.connect(str(daemon.docker_socket))
            try:
                raw.sendall(garbage)
                raw.shutdown(socket.SHUT_WR)
                while raw.recv(65536):
                    pass
            except (BrokenPipeError, ConnectionResetError):
                pass  # refused without reading the rest: as good
    assert daemon.plugin.list() == []


def test_creating_again(daemon):
    plugin = daemon.plugin
    plugin.create("twice", size="2")
    plugin.create("twice")
    plugin.create("twice", size="2")
    plugin.create("twice", size="1")  # no more than what is there
    with pytest.raises(PluginError) as refused:
        plugin.create("twice", size="3")
    assert "3GiB" in str(refused.value) and "2GiB" in str(refused.value)
    with pytest.raises(PluginError) as refused:
        plugin.create("twice", fsType="xfs")
    assert "xfs" in str(refused.value) and "ext4" in str(refused.value)
    assert len(plugin.list()) == 1


def test_headers_of_real_clients(daemon):
    """dockerd 20.10 sends an empty Host and no Content-Type; podman another Host and no body for List."""
    for headers in ({"Host": ""}, {"Host": "plugin"}, {"Host": "plugin.moby.localhost"}):
        status, text = http_request(daemon.docker_socket, "POST", "/VolumeDriver.List", None, headers)
        assert status == 200 and json.loads(text)["Volumes"] == []
    status, text = http_request(daemon.docker_socket, "POST", "/Plugin.Activate", None)
    assert json.loads(text)["Implements"] == ["VolumeDriver"]
    status, text = http_request(daemon.docker_socket, "POST", "/VolumeDriver.Capabilities", "{}")
    assert json.loads(text)["Capabilities"]["Scope"] == "local"
