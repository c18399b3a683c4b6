"""docs/walkthrough.md is true: every block of commands is executed, and prints what the page says.

The page speaks of this machine's own directories and of a docker of this machine's own. Both are there, in a mount
namespace that nobody else sees: empty directories over the real ones, and a dockerd of the test's own.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import pytest
import walkthrough

OWN_DIRECTORIES = ["/etc/rexray", "/var/lib/rexray", "/var/log/rexray", "/run/rexray", "/run/docker/plugins",
                   "/etc/docker/plugins"]


def test_the_page_says_what_is_executed():
    languages = [language for language, _ in walkthrough.blocks()]
    assert languages.count("console machine") == 1
    assert languages.count("console") >= 8 and languages.count("sh") >= 2


def test_output_is_compared():
    assert walkthrough.agrees("a  b\n", "a b\n") and not walkthrough.agrees("a c\n", "a b\n")
    assert walkthrough.agrees("x 1\nmore\nlast\n", "x …\n…\nlast\n") and not walkthrough.agrees("x\ny\n", "x\n")


def test_installing(machine, deb):
    """The block that installs, in a layer above this machine."""
    block, = [text for language, text in walkthrough.blocks() if language == "console machine"]
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
        for language, text in walkthrough.blocks():
            if language != "console machine":
                walkthrough.run(language, text, shell)
    finally:
        for container in engine.docker("ps", "-aq", check=False).stdout.split():
            engine.docker("rm", "-f", container, check=False)
        shell("rexray stop || true")
        engine.close()


if __name__ == "__main__":
    in_a_namespace_of_our_own(pathlib.Path(sys.argv[1]))
