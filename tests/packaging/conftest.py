import os
import pathlib
import shutil
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "orchestrators"))

from dockerd import why_not  # noqa: E402
from orchestrators.conftest import driver, engine  # noqa: E402, F401
from support.daemon import why_no_mount_namespace  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="session")
def packages(tmp_path_factory):
    """Directory with a .deb and a tarball of the programs under test."""
    for tool, package in (("cpack", "cmake"), ("dpkg-shlibdeps", "dpkg-dev"), ("patchelf", "patchelf")):
        if not shutil.which(tool):
            pytest.skip(f"SKIPPED: {tool} is not installed (Debian: {package})")
    programs = pathlib.Path(os.environ["REXRAY_BIN"])
    out = tmp_path_factory.mktemp("packages")
    subprocess.run(["/usr/bin/python3", "-B", str(ROOT / "packaging/package.py"), "--bin", str(programs), "--out", str(out)],
                   check=True, stdin=subprocess.DEVNULL, capture_output=True)
    return out


@pytest.fixture(scope="session")
def deb(packages):
    found = list(packages.glob("*.deb"))
    assert len(found) == 1
    return found[0]


@pytest.fixture(scope="session")
def newer_deb(deb, tmp_path_factory):
    """The same programs, as the next version."""
    home = tmp_path_factory.mktemp("newer")
    tree = home / "tree"
    subprocess.run(["dpkg-deb", "-R", str(deb), str(tree)], check=True, stdin=subprocess.DEVNULL)
    control = tree / "DEBIAN/control"
    lines = [f"Version: 999.{line.split(': ')[1]}" if line.startswith("Version: ") else line
             for line in control.read_text().splitlines()]
    control.write_text("\n".join(lines) + "\n")
    newer = home / "newer.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "-Znone", "-b", str(tree), str(newer)], check=True, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL)
    return newer


class Machine:
    """This machine's files, with a layer of our own above: what is changed here is changed nowhere else."""

    def __init__(self, home):
        self.root = home / "root"
        self.layer = home / "layer"
        for directory in (self.root, self.layer):
            directory.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "none", str(self.layer)], check=True)
        for directory in ("upper", "work"):
            (self.layer / directory).mkdir()

    def why_not(self):
        done = subprocess.run(["mount", "-t", "overlay", "none", "-o",
                               f"lowerdir=/,upperdir={self.layer}/upper,workdir={self.layer}/work", str(self.root)],
                              capture_output=True, text=True)
        if done.returncode != 0:
            return f"this root cannot be below an overlay: {done.stderr.strip()}"
        subprocess.run(["mount", "-t", "proc", "proc", str(self.root / "proc")], check=True)
        subprocess.run(["mount", "-t", "tmpfs", "none", str(self.root / "run")], check=True)
        # Whatever of ours this machine has is not there.
        for path in ("etc/rexray", "var/lib/rexray"):
            shutil.rmtree(self.root / path, ignore_errors=True)
        return None

    def run(self, *words, check=True):
        done = subprocess.run(["/usr/sbin/chroot", str(self.root), *[str(word) for word in words]], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=120,
                              env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive"})
        if check:
            assert done.returncode == 0, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def install(self, deb):
        shutil.copyfile(deb, self.root / "package.deb")
        return self.run("dpkg", "-i", "/package.deb", check=False)

    def close(self):
        for target in (self.root / "run", self.root / "proc", self.root, self.layer):
            subprocess.run(["umount", "-l", str(target)], capture_output=True)


@pytest.fixture
def machine(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("SKIPPED: not root: nothing can be installed")
    if why := why_no_mount_namespace():
        pytest.skip(f"SKIPPED: {why}")
    made = Machine(tmp_path)
    try:
        if why := made.why_not():
            pytest.skip(f"SKIPPED: {why}")
        yield made
    finally:
        made.close()


@pytest.fixture
def engine_possible():
    """For a test that starts a dockerd in a place of its own."""
    if why := why_not():
        pytest.skip(f"SKIPPED: {why}")
