"""A Docker volume plugin that does what a test tells it, and writes down what it was asked.

    plugin = ScriptedPlugin(unix=world.plugins / "fake.sock")
    plugin.answer("VolumeDriver.Get", {"Volume": {"Name": "v", "Mountpoint": ""}})
    plugin.answer("VolumeDriver.Mount", {"Err": "boom"}, status=500)
    plugin.calls                      -> [("Plugin.Activate", None), ("VolumeDriver.Get", {"Name": "v"}), …]

A script entry is an answer (a dict, or bytes as they are), or a function of the request's body that gives one, or
HANG (never answers while the plugin lives), or BREAK (closes the connection). Waiting is on events, never on time.
"""

import contextlib
import ctypes
import json
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import threading

HANG = object()
BREAK = object()
CLONE_NEWNS, MS_BIND, MS_REC, MS_PRIVATE = 0x20000, 0x1000, 0x4000, 0x40000


class Request:
    def __init__(self, method, target, headers, body):
        self.method, self.target, self.headers, self.raw = method, target, headers, body
        self.name = target.lstrip("/")
        self.body = json.loads(body) if body else None


class ScriptedPlugin:
    def __init__(self, unix=None, tls=None, implements=("VolumeDriver",)):
        """On a unix socket at `unix`, else on 127.0.0.1 (`port`), behind `tls` (an ssl.SSLContext) if given."""
        self.requests = []
        self.volumes = {}
        self.mounted = {}
        self._script = {}
        self._tls = tls
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._closing = threading.Event()
        self._open = set()
        self.unix = pathlib.Path(unix) if unix else None
        if self.unix:
            self.unix.parent.mkdir(parents=True, exist_ok=True)
            self._listener = socket.socket(socket.AF_UNIX)
            # By way of the directory's descriptor: a test's directories are longer than a socket's path may be.
            directory = os.open(self.unix.parent, os.O_PATH)
            self._listener.bind(f"/proc/self/fd/{directory}/{self.unix.name}")
            os.close(directory)
        else:
            self._listener = socket.socket(socket.AF_INET)
            self._listener.bind(("127.0.0.1", 0))
            self.port = self._listener.getsockname()[1]
        self._listener.listen(128)
        self.answer("Plugin.Activate", {"Implements": list(implements)})
        threading.Thread(target=self._accept, daemon=True).start()

    # the script

    def answer(self, call, answer, status=200):
        self._script[call] = (answer, status)
        return self

    def has(self, volume, mountpoint=""):
        """Get finds it, Mount gives /mnt/<volume>: the plainest of plugins."""
        self.answer("VolumeDriver.Get", {"Volume": {"Name": volume, "Mountpoint": mountpoint}})
        return self.mounts_at(f"/mnt/{volume}")

    def lacks(self, error="not found"):
        self.answer("VolumeDriver.Get", {"Err": error})
        self.answer("VolumeDriver.Create", {"Err": ""})
        return self

    def mounts_at(self, path):
        self.answer("VolumeDriver.Mount", {"Mountpoint": path})
        self.answer("VolumeDriver.Unmount", {"Err": ""})
        return self

    def keeps_state(self):
        """A plugin with a memory: volumes, and who holds each."""
        def get(body):
            with self._lock:
                if body["Name"] not in self.volumes:
                    return {"Err": "no such volume"}, 500
                held = self.mounted.get(body["Name"])
                return {"Volume": {"Name": body["Name"], "Mountpoint": f"/mnt/{body['Name']}" if held else ""}}, 200

        def create(body):
            with self._lock:
                if body["Name"] in self.volumes:
                    return {"Err": f"volume {body['Name']} exists already"}, 500
                self.volumes[body["Name"]] = body["Opts"]
                return {"Err": ""}, 200

        def mount(body):
            with self._lock:
                if body["Name"] not in self.volumes:
                    return {"Err": "no such volume"}, 500
                self.mounted.setdefault(body["Name"], set()).add(body["ID"])
                return {"Mountpoint": f"/mnt/{body['Name']}"}, 200

        def unmount(body):
            with self._lock:
                holders = self.mounted.get(body["Name"], set())
                holders.discard(body["ID"])
                if not holders:
                    self.mounted.pop(body["Name"], None)
                return {"Err": ""}, 200

        def remove(body):
            with self._lock:
                return ({"Err": ""}, 200) if self.volumes.pop(body["Name"], None) is not None else ({"Err": "?"}, 500)

        for call, function in (("Get", get), ("Create", create), ("Mount", mount), ("Unmount", unmount),
                               ("Remove", remove)):
            self.answer(f"VolumeDriver.{call}", function)
        return self

    # what came of it

    @property
    def calls(self):
        with self._lock:
            return [(request.name, request.body) for request in self.requests]

    @property
    def call_names(self):
        return [name.removeprefix("VolumeDriver.").removeprefix("Plugin.") for name, _ in self.calls]

    def wait_for(self, call, times=1, timeout=30):
        """Until the plugin has been asked `call` that often."""
        def asked():
            return sum(request.name == call for request in self.requests) >= times
        with self._changed:
            assert self._changed.wait_for(asked, timeout), f"{call} did not come; there was {self.call_names}"

    def close(self):
        self._closing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        if self.unix:
            self.unix.unlink(missing_ok=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # the server

    def _accept(self):
        while not self._closing.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with self._lock:
            self._open.add(connection)
        stream = connection
        try:
            if self._tls:
                stream = self._tls.wrap_socket(connection, server_side=True)
            reader = stream.makefile("rb")
            while (request := self._read(reader)) is not None:
                with self._changed:
                    self.requests.append(request)
                    self._changed.notify_all()
                if not self._reply(stream, request):
                    return
        except (OSError, ValueError):
            pass
        finally:
            with self._lock:
                self._open.discard(connection)
            with contextlib.suppress(OSError):
                stream.close()

    @staticmethod
    def _read(reader):
        line = reader.readline()
        if not line:
            return None
        method, target, _ = line.decode("latin-1").split(" ")
        headers = {}
        while (line := reader.readline().strip()):
            name, value = line.decode("latin-1").split(":", 1)
            headers[name.strip().lower()] = value.strip()
        return Request(method, target, headers, reader.read(int(headers.get("content-length", 0))))

    def _reply(self, stream, request):
        answer, status = self._script.get(request.name, (b"404 page not found\n", 404))
        if callable(answer):
            answer = answer(request.body)
            answer, status = answer if isinstance(answer, tuple) else (answer, status)
        if answer is BREAK:
            return False
        if answer is HANG:
            self._closing.wait()
            return False
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        stream.sendall(f"HTTP/1.1 {status} x\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        return True


class World:
    """Where a dvdcli of a test's own lives: a mount namespace whose /run/docker/plugins, /etc/docker/plugins,
    /usr/lib/docker/plugins and /var/lib/docker are directories of the test. Nothing of the host's is seen or touched."""

    def __init__(self, home, program):
        self.home, self.program = pathlib.Path(home), pathlib.Path(program)
        self.plugins = self.home / "run" / "docker" / "plugins"
        self.specs = self.home / "etc" / "docker" / "plugins"
        self.lib_specs = self.home / "usr" / "docker" / "plugins"
        self.docker_root = self.home / "var" / "lib" / "docker"
        for directory in (self.plugins, self.specs, self.lib_specs, self.docker_root):
            directory.mkdir(parents=True)
        (self.home / "etc" / "hosts").write_text("127.0.0.1 localhost plugin.example\n")
        # One copy whose place no test can lose to a mount.
        self.copy = self.home / "dvdcli"
        shutil.copy2(self.program, self.copy)

    def enter(self):
        """Runs in the child between fork and exec."""
        libc = ctypes.CDLL(None, use_errno=True)

        def check(result):
            if result != 0:
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

        check(libc.unshare(CLONE_NEWNS))
        check(libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None))
        for ours, theirs in ((self.home / "run", "/run"), (self.home / "etc", "/etc"),
                             (self.home / "var" / "lib", "/var/lib")):
            check(libc.mount(str(ours).encode(), theirs.encode(), None, MS_BIND, None))
        if os.path.isdir("/usr/lib/docker"):
            check(libc.mount(str(self.home / "usr" / "docker").encode(), b"/usr/lib/docker", None, MS_BIND, None))

    def start(self, *words, **options):
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "cwd": "/",
                   "env": {}, **options}
        return subprocess.Popen([str(self.copy), *words], preexec_fn=self.enter, **options)

    def run(self, *words, timeout=60, **options):
        """As the Mesos isolator runs it: argv, no shell, stdin /dev/null, pipes, here with an empty environment."""
        child = self.start(*words, **options)
        try:
            out, err = child.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()
            raise
        return Ended(child.returncode, (out or b"").decode("utf-8", "surrogateescape"),
                     (err or b"").decode("utf-8", "surrogateescape"))


class Ended:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    @property
    def messages(self):
        """The msg of each line on stderr, unquoted."""
        import re
        found = []
        for line in self.err.splitlines():
            match = re.fullmatch(r'time="[^"]+Z" level=(\w+) msg=("(?:[^"\\]|\\.)*"|[A-Za-z0-9.-]+)(?: .*)? ', line)
            assert match, f"not a line in the log's shape: {line!r}"
            text = match.group(2)
            if text.startswith('"'):
                text = text[1:-1].replace('\\"', '"').replace("\\n", "\n").replace("\\\\", "\\")
            found.append((match.group(1), text))
        return found

    def __repr__(self):
        return f"exit {self.code}\nstdout: {self.out!r}\nstderr:\n{self.err}"


def server_tls(certificate, key, client_ca=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    if client_ca:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(client_ca)
    return context
