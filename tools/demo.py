#!/usr/bin/env python3
"""./dev demo: the main job end to end, on the embedded driver, in a private directory that is removed afterwards.

A daemon of its own, a 1 GiB volume, one consumer that writes, the consumer gone, another that reads it back, the volume
grown while it is mounted, a snapshot and a volume made from it. The consumer is a docker container where an engine answers, else a process in a mount
namespace of its own.
"""

import argparse
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

MESSAGE = "kept by rexray"
IMAGE = "rexray-demo:latest"
BOLD, DIM, GREEN, PLAIN = ("\033[1m", "\033[2m", "\033[32m", "\033[0m") if sys.stdout.isatty() else ("", "", "", "")


class Failed(Exception):
    pass


def step(text):
    print(f"\n{BOLD}{text}{PLAIN}", flush=True)


def run(argv, environment=None, shown=None, quiet=False):
    """Runs argv, shows it and what it prints; the output is returned."""
    if not quiet:
        print(f"{DIM}  $ {shown or ' '.join(argv)}{PLAIN}", flush=True)
    done = subprocess.run(argv, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if not quiet:
        for line in (done.stdout + done.stderr).splitlines():
            print(f"    {line}", flush=True)
    if done.returncode != 0:
        raise Failed(f"{shown or ' '.join(argv)} ended with {done.returncode}: {(done.stderr or done.stdout).strip()}")
    return done.stdout.strip()


def may_resize_ext4():
    """CAP_SYS_RESOURCE (24 in capabilities(7)) in the effective set."""
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapEff:"):
            return bool(int(line.split()[1], 16) >> 24 & 1)
    return False


def docker_answers():
    if not shutil.which("docker"):
        return False
    return subprocess.run(["docker", "version", "--format", "{{.Server.Version}}"], stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=20).returncode == 0


class ProcessConsumer:
    """A process in a mount namespace of its own that sees the volume at /mnt, as a container would."""

    what = "a process in a mount namespace of its own (no docker engine answers here)"

    def run(self, path, script):
        # The words are the demo's own: nothing of the volume or the user goes into this text.
        argv = ["unshare", "--mount", "--propagation", "slave", "sh", "-c",
                'mount --bind "$0" /mnt && cd /mnt && ' + script, path]
        return run(argv, shown=f"unshare --mount sh -c 'mount --bind {path} /mnt && cd /mnt && {script}'")

    def close(self):
        pass


class PlainProcess:
    """In a plain chroot "/" is no mount point, and what a child mounts would be seen outside, too."""

    what = "a process (this is a chroot, which gives no mount namespace of its own)"

    def run(self, path, script):
        return run(["sh", "-c", 'cd "$0" && ' + script, path], shown=f"cd {path} && {script}")

    def close(self):
        pass


def root_is_a_mount_point():
    with open("/proc/self/mountinfo") as table:
        return any(line.split()[4] == "/" for line in table)


class DockerConsumer:
    what = "a docker container"

    def __init__(self, home):
        self.made_image = False
        busybox = shutil.which("busybox")
        if not busybox or subprocess.run(["ldd", busybox], capture_output=True).returncode == 0:
            raise Failed("no static busybox to make an image of")
        tree = home / "image"
        (tree / "bin").mkdir(parents=True)
        shutil.copy(busybox, tree / "bin" / "busybox")
        for name in ("sh", "cat", "echo", "sync", "df"):
            (tree / "bin" / name).symlink_to("busybox")
        archive = home / "image.tar"
        run(["tar", "-C", str(tree), "-cf", str(archive), "."], quiet=True)
        run(["docker", "import", str(archive), IMAGE], quiet=True)
        self.made_image = True

    def run(self, path, script):
        return run(["docker", "run", "--rm", "--network", "none", "-v", f"{path}:/data", "-w", "/data", IMAGE, "/bin/sh",
                    "-c", script])

    def close(self):
        if self.made_image:
            subprocess.run(["docker", "image", "rm", "-f", IMAGE], stdin=subprocess.DEVNULL, capture_output=True)


def choose_consumer(home):
    try:
        if docker_answers():
            return DockerConsumer(home)
    except (Failed, OSError, subprocess.TimeoutExpired):
        pass
    return ProcessConsumer() if root_is_a_mount_point() else PlainProcess()


def wait_for_daemon(daemon, socket_path, log):
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if daemon.poll() is not None:
            raise Failed(f"the daemon stopped at once: {log.read_text().strip()[-2000:]}")
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(socket_path))
                return
            except OSError:
                time.sleep(0.02)
    raise Failed(f"the daemon did not answer within 20 s: {log.read_text().strip()[-2000:]}")


def story(bins, home):
    etc = home / "etc" / "rexray"
    etc.mkdir(parents=True)
    (etc / "config.yml").write_text(f"""\
rexray:
  logLevel: info
  modules:
    default-docker:
      host: unix://{home}/docker.sock
""")
    environment = {**os.environ, "REXRAY_HOME": str(home)}
    rexray = str(bins / "rexray")

    def cli(*words):
        return run([rexray, *words], environment, shown="rexray " + " ".join(words))

    step("1. A daemon of its own: private run directory, sockets and data")
    print(f"{DIM}  $ REXRAY_HOME={home} rexray start -f &{PLAIN}")
    log = home / "daemon.log"
    with open(log, "w") as output:
        daemon = subprocess.Popen([rexray, "start", "-f"], env=environment, stdin=subprocess.DEVNULL, stdout=output,
                                  stderr=output)
    consumer = None
    try:
        wait_for_daemon(daemon, home / "docker.sock", log)
        cli("status")

        step("2. A volume of 1 GiB: a sparse image file, a real block device, a real ext4")
        cli("volume", "create", "demo", "--size", "1")
        cli("volume", "ls")
        path = cli("volume", "mount", "demo")
        cli("volume", "ls")

        consumer = choose_consumer(home)
        step(f"3. A consumer writes: {consumer.what}")
        consumer.run(path, f"echo '{MESSAGE}' > story.txt && sync")

        step("4. The consumer is gone, the volume is unmounted, its device is gone from this machine")
        cli("volume", "unmount", "demo")
        cli("volume", "ls")
        if os.path.exists(os.path.join(path, "story.txt")):
            raise Failed(f"{path}/story.txt is still visible after the unmount")

        step("5. Mounted again, another consumer reads it back")
        path = cli("volume", "mount", "demo")
        read = consumer.run(path, "cat story.txt")
        if read != MESSAGE:
            raise Failed(f"read back {read!r}, expected {MESSAGE!r}")

        step("6. Grown to 2 GiB while it is mounted")
        grown = "demo"
        if not may_resize_ext4():
            print(f"{DIM}  This machine withholds CAP_SYS_RESOURCE from root, which the kernel wants for growing ext4 online: "
                  f"an xfs volume shows it instead.{PLAIN}")
            grown = "demo-xfs"
            cli("volume", "create", grown, "--size", "1", "--fs-type", "xfs")
            path = cli("volume", "mount", grown)
            consumer.run(path, f"echo '{MESSAGE}' > story.txt && sync")
        before = os.statvfs(path)
        cli("volume", "grow", grown, "--size", "2")
        after = os.statvfs(path)
        if after.f_blocks <= before.f_blocks:
            raise Failed("the file system did not grow")
        run(["df", "-h", "--output=size,used,target", path])
        if consumer.run(path, "cat story.txt") != MESSAGE:
            raise Failed("what was written is not there after the growth")
        cli("volume", "ls")

        step("7. A snapshot of the volume; what is spoiled later is still there in a volume made from it")
        for name in dict.fromkeys(("demo", grown)):
            cli("volume", "unmount", name)
        cli("snapshot", "create", "demo", "--name", "before")
        path = cli("volume", "mount", "demo")
        consumer.run(path, "echo spoiled > story.txt && sync")
        cli("volume", "create", "demo-restored", "--snapshotid", "before")
        restored = cli("volume", "mount", "demo-restored")
        if consumer.run(restored, "cat story.txt") != MESSAGE:
            raise Failed("the volume from the snapshot does not hold what the snapshot was taken of")
        cli("snapshot", "ls")
        cli("volume", "ls")

        step("8. Cleaned up")
        for name in ("demo", "demo-restored"):
            cli("volume", "unmount", name)
        for name in dict.fromkeys(("demo", "demo-restored", grown)):
            cli("volume", "rm", name)
        cli("snapshot", "rm", "before")
        cli("volume", "ls")
    except Failed:
        print(f"\nthe daemon's log:\n{log.read_text()[-4000:]}", file=sys.stderr)
        raise
    finally:
        if consumer:
            consumer.close()
        stop(daemon, home)


def stop(daemon, home):
    if daemon.poll() is None:
        daemon.send_signal(signal.SIGTERM)
        try:
            daemon.wait(15)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()
    # Only after a failure is anything of ours still mounted.
    with open("/proc/self/mountinfo") as table:
        ours = [line.split()[4] for line in table if line.split()[4].startswith(str(home) + "/")]
    for target in sorted(ours, key=len, reverse=True):
        subprocess.run(["umount", target], stdin=subprocess.DEVNULL, capture_output=True)


def main():
    parser = argparse.ArgumentParser(prog="./dev demo", description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="where the programs are")
    options = parser.parse_args()
    if os.geteuid() != 0:
        print("the demo mounts a real file system: run it as root (sudo ./dev demo)", file=sys.stderr)
        return 1
    begun = time.monotonic()
    home = pathlib.Path(tempfile.mkdtemp(prefix="rexray-demo-"))
    try:
        story(options.bin.resolve(), home)
    except Failed as failure:
        print(f"\nThe demo failed: {failure}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(home, ignore_errors=True)
    print(f"\n{GREEN}Written by one consumer, read by the next: it works here.{PLAIN} "
          f"({time.monotonic() - begun:.1f} s, nothing left behind)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
