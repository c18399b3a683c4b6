"""A real dockerd of a test's own: own socket, data root, exec root; no bridge, no iptables. An image from busybox-static."""

import os
import pathlib
import shutil
import signal
import subprocess

from support.daemon import eventually, why_no_mount_namespace

IMAGE = "rexray-test:latest"


def why_not():
    if os.geteuid() != 0:
        return "not root: dockerd cannot start"
    if why := why_no_mount_namespace():
        return why
    for program in ("dockerd", "containerd", "docker"):
        if not shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin:/sbin"):
            return f"{program} is not installed (Debian: docker.io)"
    if not os.path.exists("/bin/busybox") and not shutil.which("busybox"):
        return "busybox is not installed (Debian: busybox-static)"
    return None


class Dockerd:
    def __init__(self, home):
        self.home = pathlib.Path(home)
        self.home.mkdir(parents=True, exist_ok=True)
        # sun_path is 107 bytes: containerd's own sockets below exec-root are long already.
        self.socket = self.home / "docker.sock"
        self.log_path = self.home / "dockerd.log"
        self.process = None

    def start(self):
        with open(self.log_path, "a") as log:
            self.process = subprocess.Popen(
                ["dockerd", "--host", f"unix://{self.socket}", "--data-root", str(self.home / "data"),
                 "--exec-root", str(self.home / "exec"), "--pidfile", str(self.home / "docker.pid"),
                 "--iptables=false", "--ip6tables=false", "--bridge=none", "--storage-driver=vfs"],
                env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)

        def answers():
            assert self.process.poll() is None, f"dockerd stopped:\n{self.log()}"
            return self.docker("version", check=False).returncode == 0

        eventually(answers, "dockerd answers", timeout=60)
        return self

    def log(self):
        return self.log_path.read_text(errors="replace")[-6000:]

    def docker(self, *words, check=True, timeout=120):
        done = subprocess.run(["docker", "--host", f"unix://{self.socket}", *words], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=timeout)
        if check:
            assert done.returncode == 0, f"docker {' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def run(self, *words, check=True):
        """docker run with our image and no network."""
        return self.docker("run", "--network", "none", *words, check=check)

    def import_image(self):
        tree = self.home / "image"
        (tree / "bin").mkdir(parents=True)
        shutil.copy(shutil.which("busybox") or "/bin/busybox", tree / "bin" / "busybox")
        for name in ("sh", "cat", "echo", "sync", "sleep", "touch", "ls", "id", "df"):
            (tree / "bin" / name).symlink_to("busybox")
        archive = self.home / "image.tar"
        subprocess.run(["tar", "-C", str(tree), "-cf", str(archive), "."], check=True)
        self.docker("import", str(archive), IMAGE)

    def kill(self):
        """SIGKILL, as a crash. Its containerd dies with it (PR_SET_PDEATHSIG); the containers and their shims live on."""
        pid_file = self.home / "exec/containerd/containerd.pid"
        pid = int(pid_file.read_text())
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process = None

        def dead():
            try:
                return "State:\tZ" in pathlib.Path(f"/proc/{pid}/status").read_text()
            except FileNotFoundError:
                return True

        eventually(dead, "containerd is dead")
        pid_file.unlink()  # where nobody reaps it, the next dockerd would take the zombie for a running one

    def stop(self):
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(40)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def close(self):
        self.stop()
        with open("/proc/self/mountinfo") as table:
            ours = [line.split()[4] for line in table if line.split()[4].startswith(str(self.home) + "/")]
        for target in sorted(ours, key=len, reverse=True):
            subprocess.run(["umount", "-l", target], stdin=subprocess.DEVNULL, capture_output=True)
