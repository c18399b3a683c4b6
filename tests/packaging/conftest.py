import os
import pathlib
import shutil
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "orchestrators"))

from orchestrators.conftest import driver, engine  # noqa: E402, F401

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
