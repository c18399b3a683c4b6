"""A Machine (conftest.py) whose PID 1 is this machine's own systemd, in namespaces of its own: units, journal, cgroups,
and a network without a way out.

Of the system's units only the journal's start, and what a test adds: nothing here may touch the kernel that all share.
"""

import os
import pathlib
import shutil
import signal
import subprocess

from support.daemon import eventually

SYSTEMD = "/lib/systemd/systemd"
TARGET = "rexray-test.target"
# /dev and /run are the machine's own; the kernel's variables can only be read.
BOOT = r"""
set -e
cd "$1"
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 none sys/fs/cgroup
mount -t tmpfs -o mode=0755 none run
mount -t tmpfs -o mode=1777 none tmp
mount -t tmpfs -o mode=0755 none dev
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
for node in null:3 zero:5 full:7 random:8 urandom:9; do
  mknod -m 0666 "dev/${node%:*}" c 1 "${node#*:}"
done
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
exec chroot . /usr/bin/env -i container=rexray-test PATH=/usr/sbin:/usr/bin:/sbin:/bin \
  /lib/systemd/systemd --unit=rexray-test.target --show-status=0 --log-target=journal
"""


def cgroup_mount():
    """Where this machine has a cgroup v2 hierarchy."""
    with open("/proc/self/mountinfo") as table:
        for line in table:
            left, right = line.split(" - ")
            if right.split()[0] == "cgroup2":
                return pathlib.Path(left.split()[4])
    return None


class Booted:
    def __init__(self, machine):
        self.machine = machine
        self.root = machine.root
        self.process = None
        self.pid = None
        self.cgroup = None
        self.prepare()

    def why_not(self):
        """None when it runs."""
        for program in (SYSTEMD, "/usr/bin/systemctl", "/usr/bin/nsenter", "/usr/bin/unshare"):
            if not os.path.exists(program):
                return f"{program} is not installed"
        mount = cgroup_mount()
        if mount is None:
            return "this machine has no cgroup v2 hierarchy"
        try:
            self.cgroup = mount / f"rexray-test-{os.getpid()}"
            self.cgroup.mkdir()
        except OSError as error:
            self.cgroup = None
            return f"no cgroup of our own: {error}"
        return self.boot()

    def prepare(self):
        """This machine's own units go; what a test adds after this stays."""
        system = self.root / "lib/systemd/system"
        for wants in [*system.glob("*.wants"), *(self.root / "etc/systemd/system").glob("*.wants")]:
            shutil.rmtree(wants)
        for directory in ("lib/systemd/system-generators", "etc/systemd/system-generators"):
            shutil.rmtree(self.root / directory, ignore_errors=True)
        (self.root / "usr/sbin/policy-rc.d").unlink(missing_ok=True)  # an image's order to start no service
        (self.root / "etc/systemd/system" / TARGET).write_text(
            "[Unit]\nRequires=systemd-journald.service\nAfter=systemd-journald.service\n")
        (self.root / "etc/machine-id").write_text("0123456789abcdef0123456789abcdef\n")

    def boot(self):
        log = open(self.machine.layer / "console", "w")
        words = ["unshare", "--mount", "--pid", "--fork", "--cgroup", "--uts", "--ipc", "--net", "sh", "-c", BOOT, "sh", str(self.root)]
        joins = f"{self.cgroup}/cgroup.procs"
        self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                        preexec_fn=lambda: pathlib.Path(joins).write_text(str(os.getpid())))

        def is_up():
            assert self.process.poll() is None, (self.machine.layer / "console").read_text()
            children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
            if len(children) != 1:
                return False
            self.pid = int(children[0])
            return self.run("systemctl", "is-system-running", check=False).stdout.strip() == "running"

        try:
            eventually(is_up, "systemd runs", timeout=60)
        except AssertionError as error:
            return f"systemd does not come up as PID 1 of a namespace here: {error}"
        return None

    def run(self, *words, check=True, timeout=180):
        done = subprocess.run(["nsenter", f"--target={self.pid}", "--mount", "--pid", "--cgroup", "--uts", "--ipc", "--net", "--root",
                               "--wd", *[str(word) for word in words]], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=timeout,
                              env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive"})
        if check:
            assert done.returncode == 0, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def property(self, unit, name):
        return self.run("systemctl", "show", f"--property={name}", "--value", unit).stdout.strip()

    def close(self):
        if self.pid is not None:
            os.kill(self.pid, signal.SIGKILL)  # its namespace goes with it, with every process and mount in it
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        if self.cgroup is not None:
            eventually(self.is_empty, "every process of the machine has ended")
            for directory in sorted(self.cgroup.rglob("*"), reverse=True):
                if directory.is_dir():
                    directory.rmdir()
            self.cgroup.rmdir()

    def is_empty(self):
        return "populated 0" in (self.cgroup / "cgroup.events").read_text()
