"""podman of a test's own: own root, run root and containers.conf; no network. An image from busybox-static."""

import os
import pathlib
import shutil
import subprocess

from support.daemon import why_no_mount_namespace

IMAGE = "localhost/rexray-test:latest"
LIMITS = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"]


def why_not():
    if os.geteuid() != 0:
        return "not root: podman here would need user namespaces of its own"
    if why := why_no_mount_namespace():
        return why
    if not shutil.which("podman"):
        return "podman is not installed (Debian: podman)"
    return None


class Podman:
    def __init__(self, home, plugins, timeout=None):
        """plugins: {driver name: socket path}. timeout: volume_plugin_timeout in seconds, None for podman's own 5."""
        self.home = pathlib.Path(home)
        self.home.mkdir(parents=True, exist_ok=True)
        conf = self.home / "containers.conf"
        lines = ["[engine]", 'events_logger = "file"']
        if timeout is not None:
            lines.append(f"volume_plugin_timeout = {timeout}")
        lines += ["[engine.volume_plugins]", *(f'{name} = "{path}"' for name, path in plugins.items())]
        conf.write_text("\n".join(lines) + "\n")
        self.environment = {**os.environ, "CONTAINERS_CONF": str(conf),
                            "CONTAINERS_STORAGE_CONF": str(self.storage_conf())}

    def storage_conf(self):
        path = self.home / "storage.conf"
        path.write_text(f'[storage]\ndriver = "vfs"\ngraphroot = "{self.home}/root"\nrunroot = "{self.home}/run"\n')
        return path

    def podman(self, *words, check=True, timeout=120):
        done = subprocess.run(
            ["podman", "--root", str(self.home / "root"), "--runroot", str(self.home / "run"),
             "--tmpdir", str(self.home / "tmp"), "--storage-driver", "vfs", "--cgroup-manager", "cgroupfs", *words],
            env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout)
        if check:
            assert done.returncode == 0, f"podman {' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def volumes(self):
        return sorted(self.podman("volume", "ls", "-q").stdout.split())

    def import_image(self):
        tree = self.home / "image"
        (tree / "bin").mkdir(parents=True)
        shutil.copy(shutil.which("busybox") or "/bin/busybox", tree / "bin" / "busybox")
        for name in ("sh", "cat", "echo", "sync", "sleep"):
            (tree / "bin" / name).symlink_to("busybox")
        archive = self.home / "image.tar"
        subprocess.run(["tar", "-C", str(tree), "-cf", str(archive), "."], check=True)
        self.podman("import", str(archive), IMAGE)

    def why_no_container(self):
        """Why this machine starts no container at all, without any volume of ours; "" when it does."""
        if not shutil.which("busybox"):
            return "busybox is not installed (Debian: busybox-static)"
        if not any(shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin") for name in ("crun", "runc")):
            return "no container runtime (Debian: crun or runc)"
        self.import_image()
        tried = self.run("--rm", IMAGE, "/bin/echo", "started", check=False)
        if tried.returncode == 0 and "started" in tried.stdout:
            return ""
        return f"podman starts no container on this machine: {tried.stderr.strip()[-300:]}"

    def run(self, *words, check=True):
        # podman asks for more of these than some machines may give.
        return self.podman("run", "--network", "none", *LIMITS, *words, check=check)

    def close(self):
        self.podman("rm", "-f", "-a", check=False)
        self.podman("volume", "rm", "-f", "-a", check=False)
        with open("/proc/self/mountinfo") as table:
            ours = [line.split()[4] for line in table if line.split()[4].startswith(str(self.home) + "/")]
        for target in sorted(ours, key=len, reverse=True):
            subprocess.run(["umount", "-l", target], stdin=subprocess.DEVNULL, capture_output=True)
