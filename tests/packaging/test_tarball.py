"""The tarball on a system that has nothing: a chroot with busybox alone."""

import os
import pathlib
import shutil
import subprocess

import pytest

TOOLS = ["sh", "cat", "cp", "dirname", "grep", "ln", "ls", "mkdir", "mv", "rm", "sed"]


class Bare:
    """A root with busybox, and the tarball unpacked in /tmp."""

    def __init__(self, root, tarball):
        self.root = root
        for name in ("bin", "usr/bin", "etc", "tmp", "proc", "dev", "run", "opt"):
            (root / name).mkdir(parents=True)
        shutil.copyfile(shutil.which("busybox") or "/bin/busybox", root / "bin/busybox")
        (root / "bin/busybox").chmod(0o755)
        for tool in TOOLS:
            (root / "bin" / tool).symlink_to("busybox")
        subprocess.run(["tar", "-xzf", str(tarball), "-C", str(root / "tmp")], check=True)
        self.source = f"/tmp/{tarball.name.removesuffix('.tar.gz')}"
        self.mounted = []

    def mount(self, *words):
        target = self.root / words[-1]
        subprocess.run(["mount", *words[:-1], str(target)], check=True)
        self.mounted.append(target)

    def run(self, *words, check=True, **environment):
        done = subprocess.run(["/usr/sbin/chroot", str(self.root), *words], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=60, env={"PATH": "/usr/bin:/bin", **environment})
        if check:
            assert done.returncode == 0, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def install(self, *words, **options):
        return self.run(f"{self.source}/install.sh", *words, **options)

    def close(self):
        for target in reversed(self.mounted):
            subprocess.run(["umount", "-l", str(target)], capture_output=True)


@pytest.fixture
def bare(packages, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("SKIPPED: not root: no chroot")
    if not shutil.which("busybox"):
        pytest.skip("SKIPPED: busybox is not installed (Debian: busybox-static)")
    if subprocess.run([shutil.which("busybox"), "true"], env={"LD_LIBRARY_PATH": "/nowhere"}).returncode != 0:
        pytest.skip("SKIPPED: busybox is not static")
    tarball, = packages.glob("*.tar.gz")
    made = Bare(tmp_path / "root", tarball)
    yield made
    made.close()


def test_it_runs_where_there_is_no_library_at_all(bare):
    assert "linked from /usr/bin" in bare.install().stdout
    assert "SemVer" in bare.run("rexray", "version").stdout
    assert bare.run("rexrayd", "--version").stdout.startswith("rexrayd ")
    assert "SemVer" in bare.run("dvdcli", "version").stdout


def test_an_alien_library_path_is_ignored(bare):
    bare.install()
    alien = bare.root / "alien"
    alien.mkdir()
    for library in (bare.root / "opt/rexray/lib").iterdir():
        (alien / library.name).write_text("not a library")
    for program in ("rexray", "rexrayd", "dvdcli"):
        words = [program, "--version"] if program == "rexrayd" else [program, "version"]
        bare.run(*words, LD_LIBRARY_PATH="/alien")
    # And the check can fail: the program as it is built listens to it.
    built = pathlib.Path(os.environ["REXRAY_BIN"]) / "rexrayd"
    assert subprocess.run([str(built), "--version"], env={"LD_LIBRARY_PATH": str(alien)}, stdin=subprocess.DEVNULL,
                          capture_output=True).returncode != 0


def test_it_serves_volumes(bare):
    bare.install()
    bare.mount("-t", "proc", "proc", "proc")
    (bare.root / "etc/rexray").mkdir()
    (bare.root / "etc/rexray/config.yml").write_text("rexray:\n  storageDrivers: vfs\n")
    bare.mount("-t", "devtmpfs", "none", "dev")
    bare.run("rexray", "start")
    try:
        bare.run("rexray", "volume", "create", "pgdata")
        assert bare.run("dvdcli", "list", "--volumedriver=rexray").stdout.split() == ["pgdata"]
        path = bare.run("dvdcli", "mount", "--volumedriver=rexray", "--volumename=pgdata").stdout.strip()
        (bare.root / path.lstrip("/") / "row").write_text("42")
        bare.run("dvdcli", "unmount", "--volumedriver=rexray", "--volumename=pgdata")
        assert bare.run("dvdcli", "path", "--volumedriver=rexray", "--volumename=pgdata").stdout == ""
    finally:
        bare.run("rexray", "stop", check=False)


def test_a_read_only_usr_gets_its_links_in_opt(bare):
    bare.mount("-t", "tmpfs", "-o", "ro", "none", "usr")
    assert "linked from /opt/bin" in bare.install().stdout
    assert "SemVer" in bare.run("/opt/bin/rexray", "version").stdout


def test_a_newer_one_takes_its_place_and_it_can_be_taken_away(bare):
    bare.install()
    (bare.root / "etc/rexray").mkdir()
    (bare.root / "etc/rexray/config.yml").write_text("rexray: {}\n")
    (bare.root / "var/lib/rexray").mkdir(parents=True)
    bare.install()
    assert "SemVer" in bare.run("rexray", "version").stdout
    assert "is gone" in bare.install("--remove").stdout
    assert not (bare.root / "opt/rexray").exists()
    assert list((bare.root / "usr/bin").iterdir()) == []
    assert (bare.root / "etc/rexray/config.yml").exists() and (bare.root / "var/lib/rexray").exists()
    again = bare.install("--remove", check=False)
    assert again.returncode == 1 and "nothing is installed" in again.stderr


def test_somebody_elses_program_is_not_overwritten(bare):
    (bare.root / "usr/bin/rexray").write_text("#!/bin/sh\necho old\n")
    done = bare.install()
    assert "left as it is" in done.stderr
    assert (bare.root / "usr/bin/rexray").read_text() == "#!/bin/sh\necho old\n"
    assert "SemVer" in bare.run("/opt/rexray/bin/rexray", "version").stdout


def test_wrong_words_change_nothing(bare):
    assert bare.install("--explode", check=False).returncode == 2
    assert list((bare.root / "opt").iterdir()) == []
