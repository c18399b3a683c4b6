"""A rexray daemon of a test's own: private directories, sockets and log; started, killed and restarted at will."""

import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import time
import urllib.parse


def why_no_mount_namespace():
    """In a plain chroot "/" is no mount point: its propagation cannot be changed, and runc cannot pivot_root(2)."""
    if os.geteuid() != 0:
        return "not root: no mount namespace of our own"
    with open("/proc/self/mountinfo") as table:
        if not any(line.split()[4] == "/" for line in table):
            return '"/" is not a mount point (a chroot): no private mount namespace, no containers'
    return None


def in_own_namespace(covered, by):
    """Shell words for `unshare --mount --propagation unchanged sh -c`: `by` stands at `covered` there and only there."""
    return f"mount --make-private $(findmnt -n -o TARGET -T {covered}) && mount --bind {by} {covered}"


class PluginError(Exception):
    """The plugin's {"Err": …}, as dockerd and podman see it."""


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout=60):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


def http_request(path, method, target, body, headers=None, timeout=60):
    """One request on a connection of its own: (status, text)."""
    connection = UnixConnection(path, timeout)
    try:
        connection.request(method, target, body=body, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


class Plugin:
    """The Docker volume plugin protocol, as dockerd speaks it."""

    def __init__(self, socket_path):
        self.socket_path = socket_path

    def raw(self, endpoint, body, timeout=60):
        return http_request(self.socket_path, "POST", endpoint, body, timeout=timeout)

    def call(self, endpoint, timeout=60, **fields):
        status, text = self.raw(endpoint, json.dumps(fields), timeout)
        answer = json.loads(text)
        if status != 200:
            assert answer.get("Err"), f"{endpoint}: status {status} without an Err: {text}"
            raise PluginError(answer["Err"])
        assert not answer.get("Err"), f"{endpoint}: status 200 with an Err: {text}"
        return answer

    def create(self, name, **opts):
        return self.call("/VolumeDriver.Create", Name=name, Opts=opts or None)

    def remove(self, name):
        return self.call("/VolumeDriver.Remove", Name=name)

    def mount(self, name, mount_id, timeout=120):
        return self.call("/VolumeDriver.Mount", timeout=timeout, Name=name, ID=mount_id)["Mountpoint"]

    def unmount(self, name, mount_id):
        return self.call("/VolumeDriver.Unmount", Name=name, ID=mount_id)

    def path(self, name):
        return self.call("/VolumeDriver.Path", Name=name).get("Mountpoint", "")

    def get(self, name):
        return self.call("/VolumeDriver.Get", Name=name)["Volume"]

    def list(self):
        return self.call("/VolumeDriver.List")["Volumes"]


class AdminError(Exception):
    """The admin API's {"error": …}: "code: message"."""


class Daemon:
    def __init__(self, home, programs=None, config="", environment=None):
        self.home = pathlib.Path(home)
        self.programs = pathlib.Path(programs or os.environ["REXRAY_BIN"])
        self.docker_socket = self.home / "docker.sock"
        self.admin_socket = self.home / "run" / "rexray" / "rexray.sock"
        self.log_path = self.home / "daemon.log"
        self.process = None
        self.environment = {**os.environ, "REXRAY_HOME": str(self.home), **(environment or {})}
        etc = self.home / "etc" / "rexray"
        etc.mkdir(parents=True, exist_ok=True)
        (etc / "config.yml").write_text(config or self.default_config())

    def default_config(self, extra=""):
        return (f"rexray:\n  logLevel: debug\n  modules:\n    default-docker:\n"
                f"      host: unix://{self.docker_socket}\n{extra}")

    @property
    def plugin(self):
        return Plugin(self.docker_socket)

    @property
    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def start(self, timeout=30, extra_environment=None):
        self.spawn(extra_environment)
        self.wait_ready(timeout)
        return self

    def spawn(self, extra_environment=None, before=None):
        """Begins to start, and may die while it does. `before` runs in the child before the program does."""
        assert self.process is None
        with open(self.log_path, "a") as log:
            self.process = subprocess.Popen([str(self.programs / "rexray"), "start", "-f"],
                                            env={**self.environment, **(extra_environment or {})},
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=before)

    def wait_ready(self, timeout=30):
        """Polls the socket: the daemon is another program, its readiness is an event outside of us."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            assert self.process.poll() is None, f"the daemon stopped with {self.process.returncode}:\n{self.log}"
            try:
                if http_request(self.docker_socket, "POST", "/Plugin.Activate", "", timeout=5)[0] == 200:
                    return
            except OSError:
                pass
            select_pause()
        raise AssertionError(f"the daemon was not ready within {timeout} s:\n{self.log}")

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, timeout=30):
        code = self.process.wait(timeout)
        self.process = None
        return code

    def stop(self, timeout=30):
        if self.process is None:
            return 0
        self.signal(signal.SIGTERM)
        return self.wait(timeout)

    def kill(self):
        """SIGKILL: what a crash looks like."""
        self.signal(signal.SIGKILL)
        return self.wait()

    def share_volumes(self):
        """Mounts below the volumes' root arrive in every mount namespace from here on, as `docker run -v X:X:rshared`
        and a managed plugin's propagatedMount have it. close() takes it down."""
        root = self.home / "var" / "lib" / "rexray" / "volumes"
        root.mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", "--bind", root, root], check=True)
        subprocess.run(["mount", "--make-shared", root], check=True)
        return root

    def restart(self):
        self.stop()
        return self.start()

    def cli(self, *words, check=True, **options):
        done = subprocess.run([str(self.programs / "rexray"), *words], env=self.environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=120, **options)
        if check:
            assert done.returncode == 0, f"rexray {' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def admin(self, method, path, body=None, timeout=60, **query):
        """One call of the admin API, which the command line speaks."""
        target = f"/v1/{path}?{urllib.parse.urlencode(query)}"
        status, text = http_request(self.admin_socket, method, target, json.dumps(body) if body is not None else None,
                                    timeout=timeout)
        answer = json.loads(text)
        if status != 200:
            raise AdminError(f"{answer['error']['code']}: {answer['error']['message']}")
        return answer

    def events(self, kind=None):
        return [event for event in self.admin("GET", "events")["events"] if kind in (None, event["kind"])]

    def mounts(self):
        """Targets below our home in this mount namespace."""
        with open("/proc/self/mountinfo") as table:
            return [line.split()[4] for line in table if line.split()[4].startswith(str(self.home) + "/")]

    def loops(self):
        """Loop devices over files below our home: [(device, file)]."""
        found = []
        for backing in pathlib.Path("/sys/block").glob("loop*/loop/backing_file"):
            try:
                file = backing.read_text().strip()
            except OSError:
                continue
            if file.startswith(str(self.home) + "/"):
                found.append((f"/dev/{backing.parent.parent.name}", file))
        return found

    def close(self):
        """Ends the daemon and takes away whatever a failed test left: mounts first, then loop devices."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None
        # dockerd would wait 15 s for each stale socket in its directory, in every later run on this machine.
        self.docker_socket.unlink(missing_ok=True)
        for target in sorted(self.mounts(), key=len, reverse=True):
            subprocess.run(["umount", "-l", target], stdin=subprocess.DEVNULL, capture_output=True)
        for device, _ in self.loops():
            subprocess.run(["losetup", "-d", device], stdin=subprocess.DEVNULL, capture_output=True)


def select_pause():
    """The pause between two looks at another program's state."""
    import select
    select.select([], [], [], 0.01)


def eventually(condition, what, timeout=30):
    """Waits until condition() is true: for state that only another program changes."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        select_pause()
    raise AssertionError(f"not within {timeout} s: {what}")


def counted_id(seed):
    """A 64-hex mount id as dockerd makes them."""
    import hashlib
    return hashlib.sha256(str(seed).encode()).hexdigest()
