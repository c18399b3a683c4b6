"""docs/walkthrough.md is true: every block of commands is executed, and prints what the page says.

The page speaks of this machine's own directories and of a docker of this machine's own. Both are there, in a mount
namespace that nobody else sees: empty directories over the real ones, and a dockerd of the test's own.
"""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

import pytest
import walkthrough

from booted import Booted
from support.ec2 import Ec2

OWN_DIRECTORIES = ["/etc/rexray", "/var/lib/rexray", "/var/log/rexray", "/run/rexray", "/run/docker/plugins",
                   "/etc/docker/plugins"]


def test_the_page_says_what_is_executed():
    found = [(language, place) for language, place, _ in walkthrough.blocks()]
    assert found.count(("console", "")) >= 8 and found.count(("sh", "")) >= 2
    assert {place for _, place in found} == {"", "machine", "dcos-agent", "dcos-master", "clusterd", "nodes", "node-a",
                                             "node-b", "region"}, "each has its test below"


def test_output_is_compared():
    assert walkthrough.agrees("a  b\n", "a b\n") and not walkthrough.agrees("a c\n", "a b\n")
    assert walkthrough.agrees("x 1\nmore\nlast\n", "x …\n…\nlast\n") and not walkthrough.agrees("x\ny\n", "x\n")


def test_installing(machine, deb):
    """The block that installs, in a layer above this machine."""
    (_, _, block), = walkthrough.blocks("machine")
    done = machine.install(deb)  # what may be missing here is known before the page's own words run
    if "dependency problems" in done.stderr:
        pytest.skip("SKIPPED: this machine lacks what the package depends on")
    machine.run("dpkg", "--remove", "rexray")
    shutil.copyfile(deb, machine.root / deb.name)

    def shell(script):
        done = machine.run("/bin/sh", "-c", f"cd / && {script}", check=False)
        return done.returncode, done.stdout + done.stderr

    walkthrough.run("console", block, shell)


def test_everything_else(engine_possible, real_mounts):
    home = pathlib.Path(tempfile.mkdtemp(prefix="rxw-"))
    library = home / "lib"
    library.mkdir()
    # The one place that both namespaces share: a daemon whose mounts stay in its own would refuse to mount.
    subprocess.run(["mount", "--bind", library, library], check=True)
    subprocess.run(["mount", "--make-shared", library], check=True)
    try:
        done = subprocess.run(["unshare", "--mount", "--propagation", "unchanged", sys.executable, "-B", __file__, str(home)],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=500,
                              env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
        assert done.returncode == 0, done.stdout + done.stderr
    finally:
        subprocess.run(["umount", "--lazy", "--recursive", library], check=False)
        shutil.rmtree(home, ignore_errors=True)


# What runs under the names of Mesos's agent and of Marathon. The words are the real agent's.
AGENT = """#!/bin/sh
list=${MESOS_MODULES#file://}
for library in $(grep -s -o '"file": *"[^"]*libmesos_dvdi[^"]*"' "$list" | cut -d '"' -f 4); do
  if [ "$(head -c 4 "$library" | tail -c 3)" != ELF ]; then
    echo "Error loading modules: Error opening library: '$library': Could not load library '$library': invalid ELF header" >&2
    exit 1
  fi
done
echo "Finished recovery"
exec sleep infinity
"""
RUNS = "#!/bin/sh\nexec sleep infinity\n"
STAND_INS = {
    "dcos-agent": {"opt/mesosphere/packages/mesos--0335ca0d/bin/mesos-slave": AGENT, "bin/ping": "#!/bin/sh\n"},
    "dcos-master": {"opt/mesosphere/packages/java--3b2e/usr/java/bin/java": RUNS, "bin/ping": "#!/bin/sh\n"},
    # The machine's /dev has no loop devices.
    "clusterd": {"usr/bin/mesos-init-wrapper": RUNS, "etc/rexray/config.yml": "rexray:\n  storageDrivers: [vfs]\n"},
}
FIXTURES = {"dcos-agent": ["dcos-1.7-agent", "dcos-1.7-agent-by-hand"], "dcos-master": ["dcos-1.7-master"],
            "clusterd": ["clusterd"]}
UNITS = {"dcos-agent": "dcos-mesos-slave.service", "dcos-master": "dcos-marathon.service", "clusterd": "mesos-agent.service"}


def put(path, content, mode=0o755):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    path.chmod(mode)


def compile_library(source, target, *words):
    subprocess.run(["g++", "-std=c++17", "-shared", "-fPIC", "-nostdlib", "-fno-stack-protector", '-DMESOS_VERSION="0.28.1"',
                    "-o", str(target), str(source), *words], check=True, stdin=subprocess.DEVNULL, capture_output=True)


def furnish_dcos_agent(root, packages, scratch):
    """The tarball, a module of the right shape, and what that asks of the agent's own library."""
    if not shutil.which("g++"):
        pytest.skip("SKIPPED: g++ is not installed: no module for the agent")
    sources = walkthrough.PAGE.parent.parent / "src/setup/testing/modules"
    compile_library(sources / "libmesos.cc", scratch / "libmesos.so", "-Wl,-soname,libmesos-0.28.1.so")
    compile_library(sources / "mesos_module.cc", scratch / "module.so", str(scratch / "libmesos.so"))
    put(root / "libmesos_dvdi_isolator-0.28.1.so", (scratch / "module.so").read_bytes())
    put(root / "opt/mesosphere/lib/libmesos-0.28.1.so", (scratch / "libmesos.so").read_bytes())
    tarball, = packages.glob("*.tar.gz")
    shutil.copyfile(tarball, root / tarball.name)
    for name in ("rexray", "dvdcli"):
        (root / "opt/bin" / name).unlink()
    (root / "var/lib/dpkg/status").unlink()  # CoreOS has no packages


@pytest.mark.parametrize("place", ["dcos-agent", "dcos-master", "clusterd"])
def test_on_other_machines(place, machine, packages, tmp_path):
    """Trees of DC/OS's and ClusterD's own files above this machine's, under a real systemd."""
    booted = Booted(machine)
    for fixture in FIXTURES[place]:
        source = walkthrough.PAGE.parent.parent / "src/setup/testdata" / fixture
        subprocess.run(["cp", "-a", "--no-preserve=ownership", f"{source}/.", str(machine.root)], check=True)
    for name, text in STAND_INS[place].items():
        put(machine.root / name, text)
    if place == "dcos-agent":
        furnish_dcos_agent(machine.root, packages, tmp_path)
    else:
        for name, directory in (("rexray", "usr/bin"), ("dvdcli", "usr/bin"), ("rexrayd", "usr/sbin")):
            put(machine.root / directory / name, (pathlib.Path(os.environ["REXRAY_BIN"]) / name).read_bytes())
    wanted = machine.root / "etc/systemd/system/dcos.target.wants" / UNITS[place]
    if wanted.is_symlink():  # CoreOS's systemd took a unit from there; today's wants it among the others
        (machine.root / "etc/systemd/system" / UNITS[place]).symlink_to(os.readlink(wanted))
    try:
        if why := booted.why_not():
            pytest.skip(f"SKIPPED: {why}")
        booted.run("systemctl", "start", "--no-block", UNITS[place])

        def shell(script):
            done = booted.run("/usr/bin/env", "PATH=/opt/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "bash", "-c",
                              f"cd /; exec 2>&1; {script}", check=False)
            return done.returncode, done.stdout

        for language, _, text in walkthrough.blocks(place):
            walkthrough.run(language, text, shell)
    finally:
        booted.close()


def test_on_simulated_instances(real_mounts, tmp_path):
    region = Ec2(tmp_path)
    nodes = {}
    try:
        for name, instance in (("node-a", "i-00000000000000aaa"), ("node-b", "i-00000000000000bbb")):
            node = nodes[name] = region.node(name, id=instance)
            # What a simulated instance has and a real one has not, where the page's own file does not reach.
            (node.home / ".rexray").mkdir()
            (node.home / ".rexray/config.yml").write_text(
                f"rexray:\n  modules:\n    default-docker:\n      host: unix://{node.docker_socket}\n"
                f"ebs:\n  endpoint: {region.endpoint}\n  deviceRoot: {node.home}/guest\n")
            node.environment.update(HOME=str(node.home), LC_ALL="C.UTF-8", EC2=region.endpoint,
                                    PATH=f"{os.environ['REXRAY_BIN']}:/usr/sbin:/usr/bin:/sbin:/bin")
        shells = {name: walkthrough.bash(node.environment, node.home) for name, node in nodes.items()}
        for language, place, text in walkthrough.blocks("nodes", "node-a", "node-b", "region"):
            for name in nodes if place == "nodes" else [place if place in nodes else "node-b"]:
                walkthrough.run(language, text, shells[name])
    finally:
        for node in nodes.values():
            pid_file = node.home / "run/rexray/rexray.pid"
            if pid_file.exists():
                os.kill(int(pid_file.read_text().split()[0]), signal.SIGKILL)
            node.close()
        region.close()


def keep_to_ourselves(but):
    """What is mounted here from now on is seen by nobody else, except below `but`."""
    with open("/proc/self/mountinfo") as table:
        targets = [line.split()[4] for line in table]
    for target in targets:
        if target != str(but):
            subprocess.run(["mount", "--make-private", target], check=False, capture_output=True)


def in_a_namespace_of_our_own(home):
    from dockerd import IMAGE, Dockerd
    keep_to_ourselves(home / "lib")
    subprocess.run(["mount", "--make-rshared", "/"], check=True)  # our own peers: containers see what is mounted later
    for directory in OWN_DIRECTORIES:
        os.makedirs(directory, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=0755", "none", directory], check=True)
    images = pathlib.Path("/var/lib/rexray")
    subprocess.run(["umount", str(images)], check=True)
    subprocess.run(["mount", "--bind", str(home / "lib"), str(images)], check=True)  # images want a real file system
    engine = Dockerd(home / "docker")
    environment = {"PATH": f"{os.environ['REXRAY_BIN']}:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(home),
                   "DOCKER_HOST": f"unix://{engine.socket}", "LC_ALL": "C.UTF-8"}
    (home / "here").mkdir()
    shell = walkthrough.bash(environment, home / "here")
    try:
        engine.start()
        engine.import_image()
        engine.docker("tag", IMAGE, "busybox:latest")
        for language, _, text in walkthrough.blocks(""):
            walkthrough.run(language, text, shell)
    finally:
        for container in engine.docker("ps", "-aq", check=False).stdout.split():
            engine.docker("rm", "-f", container, check=False)
        shell("rexray stop || true")
        engine.close()


if __name__ == "__main__":
    in_a_namespace_of_our_own(pathlib.Path(sys.argv[1]))
