"""setup --restart, and the package, under a real systemd: PID 1 of a machine of the test's own (booted.py).

The agent is a stand-in: a unit as Mesosphere's packages have it, whose program reads its flags from the same files and
refuses what a real agent refuses, with the real one's words (Mesos src/slave/containerizer/mesos/containerizer.cpp).
"""

import os
import pathlib
import shutil

import pytest

from booted import Booted

UNIT = """[Unit]
Description=Mesos Agent

[Service]
ExecStart=/usr/bin/mesos-init-wrapper agent
Restart=always
RestartSec=1
"""
AGENT = """#!/bin/sh
isolation=$(cat /etc/mesos-agent/isolation 2>/dev/null)
echo "agent with isolation \\"$isolation\\""
case ",$isolation," in
  *,docker/volume,*)
    if [ -e /etc/agent-sees-no-dvdcli ]; then
      echo "Failed to create isolator 'docker/volume': The 'docker/volume' isolator cannot get dvdcli command" >&2
      exit 1
    fi ;;
esac
exec sleep infinity
"""


def everything(root, *below):
    found = {}
    for top in below:
        for path in sorted((root / top).rglob("*")):
            if path.is_symlink():
                found[str(path)] = os.readlink(path)
            elif path.is_file():
                found[str(path)] = (path.stat().st_mode, path.read_bytes())
    return found


@pytest.fixture
def booted(machine):
    made = Booted(machine)
    try:
        if why := made.why_not():
            pytest.skip(f"SKIPPED: {why}")
        yield made
    finally:
        made.close()


@pytest.fixture
def agent(booted):
    """A Mesos agent that runs, and our programs beside it."""
    programs = pathlib.Path(os.environ["REXRAY_BIN"])
    for name, place in (("rexray", "usr/bin"), ("dvdcli", "usr/bin"), ("rexrayd", "usr/sbin")):
        shutil.copy(programs / name, booted.root / place / name)
    (booted.root / "etc/rexray").mkdir(parents=True)
    (booted.root / "etc/rexray/config.yml").write_text("rexray:\n  storageDrivers: vfs\n")
    (booted.root / "etc/mesos-agent").mkdir()
    (booted.root / "etc/mesos-agent/work_dir").write_text("/var/lib/mesos\n")
    (booted.root / "lib/systemd/system/mesos-agent.service").write_text(UNIT)
    (booted.root / "usr/bin/mesos-init-wrapper").write_text(AGENT)
    (booted.root / "usr/bin/mesos-init-wrapper").chmod(0o755)
    booted.run("systemctl", "daemon-reload")
    booted.run("systemctl", "start", "mesos-agent")
    return booted


def test_what_setup_restarts_runs_and_an_undo_stops_it(agent):
    before = everything(agent.root, "etc", "lib/systemd/system", "var/lib/rexray")
    old = agent.property("mesos-agent", "MainPID")
    done = agent.run("rexray", "setup", "service", "mesos", "--restart")
    assert "Done." in done.stdout and "To take effect" not in done.stdout
    for unit in ("rexray", "mesos-agent"):
        assert agent.property(unit, "ActiveState") == "active"
    assert agent.property("rexray", "Type") == "notify" and agent.property("rexray", "UnitFileState") == "enabled"
    assert agent.property("mesos-agent", "MainPID") != old
    assert "docker/volume" in agent.run("journalctl", "--no-pager", "-u", "mesos-agent").stdout
    agent.run("rexray", "volume", "create", "pgdata")
    path = agent.run("dvdcli", "mount", "--volumedriver=rexray", "--volumename=pgdata").stdout.strip()
    assert agent.run("rexray", "setup", "service", "mesos", "--restart").stdout.startswith("Nothing to do")

    # A daemon that dies is started again, and who used the volume still does.
    pid = agent.property("rexray", "MainPID")
    agent.run("kill", "-9", pid)
    agent.run("systemctl", "restart", "rexray")  # waits for its READY=1
    assert agent.property("rexray", "MainPID") != pid
    assert "dvdcli:pgdata" in agent.run("rexray", "volume", "consumers", "pgdata").stdout
    assert path and agent.run("dvdcli", "path", "--volumedriver=rexray", "--volumename=pgdata").stdout.strip() == path
    agent.run("dvdcli", "unmount", "--volumedriver=rexray", "--volumename=pgdata")

    agent.run("rexray", "setup", "undo", "--restart")
    assert agent.property("rexray", "ActiveState") == "inactive" and agent.property("rexray", "LoadState") == "not-found"
    assert agent.property("mesos-agent", "ActiveState") == "active"
    after = everything(agent.root, "etc", "lib/systemd/system", "var/lib/rexray")
    # The daemon's own: volumes, and the spec file that it writes at each start.
    not_setups = tuple(str(agent.root / name) for name in ("var/lib/rexray/vfs", "etc/docker/plugins/rexray.spec"))
    assert {path: text for path, text in after.items() if not path.startswith(not_setups)} == before


def test_an_agent_that_does_not_come_up_takes_everything_back_and_says_why(agent):
    (agent.root / "etc/agent-sees-no-dvdcli").touch()
    before = everything(agent.root, "etc", "var/lib/rexray")
    done = agent.run("rexray", "setup", "mesos", "--restart", check=False)
    assert done.returncode == 1
    assert "mesos-agent.service did not come up" in done.stderr
    assert "cannot get dvdcli command" in done.stderr, "its journal's own words"
    assert "Everything was taken back, and what ran before runs again" in done.stderr
    assert everything(agent.root, "etc", "var/lib/rexray") == before
    assert agent.property("mesos-agent", "ActiveState") == "active"


def test_the_package_starts_upgrades_and_purges_its_service(booted, deb, newer_deb):
    def install(package):
        shutil.copyfile(package, booted.root / "package.deb")
        return booted.run("dpkg", "-i", "/package.deb", check=False)

    (booted.root / "etc/rexray").mkdir(parents=True)
    (booted.root / "etc/rexray/config.yml").write_text("rexray:\n  storageDrivers: vfs\n")
    done = install(deb)
    if "dependency problems" in done.stderr:
        pytest.skip("SKIPPED: this machine lacks what the package depends on")
    assert done.returncode == 0, done.stdout + done.stderr
    assert booted.property("rexray", "ActiveState") == "active"
    assert booted.property("rexray", "UnitFileState") == "enabled"
    pid = booted.property("rexray", "MainPID")
    booted.run("dvdcli", "mount", "--volumedriver=rexray", "--volumename=kept")
    assert install(newer_deb).returncode == 0
    assert booted.property("rexray", "ActiveState") == "active" and booted.property("rexray", "MainPID") != pid
    assert "dvdcli:kept" in booted.run("rexray", "volume", "consumers", "kept").stdout
    booted.run("systemctl", "stop", "rexray")
    assert install(newer_deb).returncode == 0
    assert booted.property("rexray", "ActiveState") == "inactive", "what was stopped stays stopped"
    booted.run("dpkg", "--purge", "rexray")
    assert booted.property("rexray", "LoadState") == "not-found" and booted.property("rexray", "ActiveState") == "inactive"
    assert (booted.root / "var/lib/rexray/vfs/volumes/kept/files").is_dir()
