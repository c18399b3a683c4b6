"""Plugins that dvdcli finds by other ways than NAME.sock: https:// in .json files, managed plugins by name, and those
of a rootless Docker."""

import http.server
import json
import os
import pathlib
import shutil
import socketserver
import subprocess
import threading

import pytest

from support.daemon import why_no_mount_namespace
from support.scripted_plugin import ScriptedPlugin, World, server_tls

MOUNT = ("mount", "--volumedriver=fake", "--volumename=v")
ID_A, ID_B = "a" * 63 + "1", "b" * 63 + "2"


@pytest.fixture
def world(tmp_path):
    if why := why_no_mount_namespace():
        pytest.skip(f"SKIPPED: {why}")
    return World(tmp_path, pathlib.Path(os.environ["REXRAY_BIN"]) / "dvdcli")


class Authority:
    def __init__(self, home):
        if shutil.which("openssl") is None:
            pytest.skip("SKIPPED: no openssl program to make certificates with")
        self.home = home
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                     "-subj", "/CN=test authority", "-keyout", "ca.key", "-out", "ca.pem")

    def openssl(self, *words):
        subprocess.run(["openssl", *words], cwd=self.home, check=True, capture_output=True, stdin=subprocess.DEVNULL)

    def issue(self, name, alternatives):
        (self.home / "san").write_text(f"subjectAltName={alternatives}\n")
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                     "-keyout", f"{name}.key", "-out", f"{name}.csr")
        self.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                     "-days", "2", "-extfile", "san", "-out", f"{name}.pem")
        return self.home / f"{name}.pem", self.home / f"{name}.key"

    @property
    def ca(self):
        return self.home / "ca.pem"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    made = Authority(tmp_path_factory.mktemp("certificates"))
    made.issue("server", "DNS:plugin.example,IP:127.0.0.1")
    made.issue("elsewhere", "DNS:elsewhere.example")
    made.issue("client", "DNS:client.example")
    return made


def write_json(world, port, host="127.0.0.1", **tls):
    document = {"Name": "fake", "Addr": f"https://{host}:{port}", "TLSConfig": {k: str(v) if not isinstance(v, bool) else v
                                                                                 for k, v in tls.items()}}
    (world.specs / "fake.json").write_text(json.dumps(document))


def tls_plugin(authority, name="server", client_ca=None):
    return ScriptedPlugin(tls=server_tls(authority.home / f"{name}.pem", authority.home / f"{name}.key", client_ca)).has("v")


@pytest.mark.parametrize("host", ["127.0.0.1", "plugin.example"])
def test_29_tls_with_a_ca_file(world, authority, host):
    with tls_plugin(authority) as plugin:
        write_json(world, plugin.port, host, CAFile=authority.ca)
        done = world.run(*MOUNT)
        assert (done.code, done.out) == (0, "/mnt/v\n"), done
        assert plugin.call_names == ["Activate", "Get", "Mount"]


def test_29_tls_without_a_ca_file_verifies_nothing_as_docker_does(world, authority):
    with tls_plugin(authority, "elsewhere") as plugin:
        write_json(world, plugin.port, InsecureSkipVerify=False)
        assert world.run(*MOUNT).out == "/mnt/v\n"


def test_29_tls_of_a_stranger_is_refused(world, authority):
    with tls_plugin(authority, "elsewhere") as plugin:
        write_json(world, plugin.port, CAFile=authority.ca)
        done = world.run(*MOUNT)
        assert (done.code, done.out) == (1, "")
        assert "the server's certificate is not accepted: " in done.err and "mismatch" in done.err
        write_json(world, plugin.port, CAFile=authority.ca, InsecureSkipVerify=True)
        assert world.run(*MOUNT).out == "/mnt/v\n"


def test_29_tls_of_another_authority_is_refused(world, authority, tmp_path):
    (tmp_path / "other").mkdir()
    other = Authority(tmp_path / "other")
    with tls_plugin(authority) as plugin:
        write_json(world, plugin.port, CAFile=other.ca)
        done = world.run(*MOUNT)
        assert (done.code, done.out) == (1, "") and "certificate is not accepted" in done.err
        assert plugin.calls == []


def test_29_mutual_tls(world, authority):
    with tls_plugin(authority, client_ca=authority.ca) as plugin:
        write_json(world, plugin.port, CAFile=authority.ca)
        done = world.run(*MOUNT)
        assert (done.code, done.out) == (1, "") and "certificate" in done.err
        write_json(world, plugin.port, CAFile=authority.ca, CertFile=authority.home / "client.pem",
                   KeyFile=authority.home / "client.key")
        assert world.run(*MOUNT).out == "/mnt/v\n"


@pytest.mark.parametrize("files, says", [
    ({"CAFile": "/nonexistent.pem"}, "the CAFile /nonexistent.pem cannot be used"),
    ({"CertFile": "/nonexistent.pem", "KeyFile": "/nonexistent.key"}, "the CertFile /nonexistent.pem cannot be used"),
    ({"CertFile": "/nonexistent.pem"}, "CertFile and KeyFile"),
])
def test_29_files_that_cannot_be_used_are_named(world, authority, files, says):
    with tls_plugin(authority) as plugin:
        write_json(world, plugin.port, **files)
        done = world.run(*MOUNT)
        assert (done.code, done.out) == (1, "") and says in done.err, done


def test_29_a_server_that_speaks_no_tls(world):
    with ScriptedPlugin() as plugin:
        write_json(world, plugin.port)
        done = world.run(*MOUNT, "--timeout=3s")
        assert (done.code, done.out) == (1, "") and "TLS handshake" in done.err, done


def test_29_a_large_answer_over_tls(world, authority):
    with tls_plugin(authority) as plugin:
        plugin.answer("VolumeDriver.List", {"Volumes": [{"Name": f"volume-{n}"} for n in range(20000)]})
        write_json(world, plugin.port, CAFile=authority.ca)
        done = world.run("list", "--volumedriver=fake")
        assert done.code == 0 and done.out.count("\n") == 20000


# Managed plugins


def install(root, plugin_id, name, socket="p.sock", enabled=True, propagated="/mnt/volumes", reference=None,
            types=("docker.volumedriver/1.0",)):
    """config.json as dockerd 20.10 writes it."""
    home = root / "plugins" / plugin_id
    home.mkdir(parents=True)
    (home / "config.json").write_text(json.dumps({
        "plugin": {"Config": {"Interface": {"Socket": socket, "Types": list(types)}, "PropagatedMount": propagated},
                   "Enabled": enabled, "Id": plugin_id, "Name": name,
                   "PluginReference": reference or f"docker.io/{name}", "Settings": {}},
        "Rootfs": "/somewhere/else", "Config": "sha256:0", "Blobsums": [], "SwarmServiceID": ""}))


@pytest.fixture
def managed(world):
    install(world.docker_root, ID_A, "rexray/ebs:latest")
    with ScriptedPlugin(unix=world.plugins / ID_A / "p.sock") as plugin:
        plugin.answer("Plugin.Activate", b"", 404)  # Docker never asks a managed plugin
        yield plugin.has("v").mounts_at("/mnt/volumes/v")


@pytest.mark.parametrize("name", ["rexray/ebs", "rexray/ebs:latest", "docker.io/rexray/ebs", ID_A, ID_A[:12]])
def test_a_managed_plugin_is_found_by_its_name_and_its_paths_are_the_hosts(world, managed, name):
    done = world.run("mount", f"--volumedriver={name}", "--volumename=v")
    # The plugin's /mnt/volumes is this directory outside (PropagatedMount).
    assert (done.code, done.out) == (0, f"/var/lib/docker/plugins/{ID_A}/propagated-mount/v\n"), done
    assert managed.call_names == ["Get", "Mount"]


def test_a_managed_plugin_without_a_propagated_mount(world, managed):
    managed.mounts_at("/data/v")
    done = world.run("mount", "--volumedriver=rexray/ebs", "--volumename=v")
    assert done.out == f"/var/lib/docker/plugins/{ID_A}/rootfs/data/v\n"


def test_several_managed_plugins_of_one_name_are_an_error_with_their_ids(world):
    install(world.docker_root, ID_A, "rexray/ebs:0.11.4")
    install(world.docker_root, ID_B, "rexray/ebs:0.12")
    with ScriptedPlugin(unix=world.plugins / ID_A / "p.sock"), ScriptedPlugin(unix=world.plugins / ID_B / "p.sock") as b:
        done = world.run("mount", "--volumedriver=rexray/ebs", "--volumename=v")
        assert (done.code, done.out) == (1, "")
        assert ID_A in done.err and ID_B in done.err and "more than one" in done.err
        b.has("v").mounts_at("/mnt/volumes/v")
        done = world.run("mount", "--volumedriver=rexray/ebs:0.12", "--volumename=v")
        assert done.out == f"/var/lib/docker/plugins/{ID_B}/propagated-mount/v\n"


def test_latest_goes_first_as_in_docker(world, managed):
    install(world.docker_root, ID_B, "rexray/ebs:0.12")
    assert ID_A in world.run("mount", "--volumedriver=rexray/ebs", "--volumename=v").out


def test_a_disabled_plugin_says_so(world):
    install(world.docker_root, ID_A, "rexray/ebs:latest", enabled=False)
    done = world.run("mount", "--volumedriver=rexray/ebs", "--volumename=v", "--timeout=500ms")
    assert done.code == 1 and "docker plugin enable rexray/ebs:latest" in done.err


def test_the_docker_root_of_daemon_json_and_of_the_flag(world):
    root = world.home / "other-root"
    install(root, ID_A, "rexray/ebs:latest")
    with ScriptedPlugin(unix=world.plugins / ID_A / "p.sock").has("v") as plugin:
        plugin.mounts_at("/mnt/volumes/v")
        expected = f"{root}/plugins/{ID_A}/propagated-mount/v\n"
        words = ("mount", "--volumedriver=rexray/ebs", "--volumename=v")
        assert world.run(*words, f"--docker-root={root}").out == expected
        (world.home / "etc" / "docker" / "daemon.json").write_text(json.dumps({"data-root": str(root) + "/"}))
        assert world.run(*words).out == expected
        assert world.run("list").out == ""
        plugin.answer("VolumeDriver.List", {"Volumes": [{"Name": "v", "Mountpoint": "/mnt/volumes/v"}]})
        assert world.run("list").out == "rexray/ebs:latest\tv\n"
        listed = json.loads(world.run("list", "--json").out)
        assert listed == {"Driver": "rexray/ebs:latest", "Name": "v", "Mountpoint": expected.strip()}


class Engine(socketserver.ThreadingUnixStreamServer):
    """Docker's API, as far as dvdcli asks it."""

    def __init__(self, path, answers):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = json.dumps(answers[self.path]).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        super().__init__(str(path), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


def test_the_engine_is_asked_when_its_root_is_unknown(world):
    (world.home / "run").mkdir(exist_ok=True)
    config = {"Interface": {"Socket": "p.sock", "Types": ["docker.volumedriver/1.0"]}, "PropagatedMount": "/mnt/volumes"}
    engine = Engine(world.home / "run" / "docker.sock", {
        "/plugins": [{"Id": ID_A, "Name": "rexray/ebs:latest", "Enabled": True, "Config": config}],
        "/info": {"DockerRootDir": "/data/docker"}})
    os.symlink("/run", world.home / "var" / "run")
    try:
        with ScriptedPlugin(unix=world.plugins / ID_A / "p.sock").has("v") as plugin:
            plugin.mounts_at("/mnt/volumes/v")
            done = world.run("mount", "--volumedriver=rexray/ebs", "--volumename=v")
            assert done.out == f"/data/docker/plugins/{ID_A}/propagated-mount/v\n", done
    finally:
        engine.shutdown()
        engine.server_close()


# A user who is not root


def test_the_places_of_a_rootless_docker(world):
    home = world.home / "user"
    with ScriptedPlugin(unix=home / "xdg" / "docker" / "plugins" / "sock.sock").has("v") as plugin, \
            ScriptedPlugin() as other:
        (home / ".config" / "docker" / "plugins").mkdir(parents=True)
        (home / ".config" / "docker" / "plugins" / "conf.spec").write_text(f"tcp://127.0.0.1:{other.port}")
        (home / ".local" / "lib" / "docker" / "plugins").mkdir(parents=True)
        (home / ".local" / "lib" / "docker" / "plugins" / "lib.spec").write_text(f"tcp://127.0.0.1:{other.port}")
        other.has("v")
        for directory in [world.home, *world.home.parents]:
            os.chmod(directory, os.stat(directory).st_mode | 0o011)
        os.chmod(plugin.unix, 0o777)
        environment = {"HOME": str(home), "XDG_RUNTIME_DIR": str(home / "xdg")}

        def become_nobody():
            world.enter()
            os.setgid(65534)
            os.setuid(65534)

        for driver in ("sock", "conf", "lib"):
            child = subprocess.run([str(world.copy), "mount", f"--volumedriver={driver}", "--volumename=v", "--timeout=5s"],
                                   preexec_fn=become_nobody, env=environment, cwd="/", stdin=subprocess.DEVNULL,
                                   capture_output=True, text=True, timeout=60)
            assert (child.returncode, child.stdout) == (0, "/mnt/v\n"), child.stderr
        # root looks there for nothing.
        done = world.run("mount", "--volumedriver=sock", "--volumename=v", "--timeout=500ms", env=environment)
        assert done.code == 1 and "plugin not found" in done.err
