"""The .deb: what is in it, and what installing, upgrading and purging it does, in a copy of this machine."""

import json
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def output(*words):
    return subprocess.run([str(word) for word in words], check=True, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True).stdout


@pytest.fixture(scope="module")
def unpacked(deb, tmp_path_factory):
    tree = tmp_path_factory.mktemp("deb") / "tree"
    subprocess.run(["dpkg-deb", "-R", str(deb), str(tree)], check=True, stdin=subprocess.DEVNULL)
    return tree


def test_everything_is_where_it_belongs(unpacked):
    modes = {"usr/bin/rexray": 0o755, "usr/sbin/rexrayd": 0o755, "usr/bin/dvdcli": 0o755,
             "lib/systemd/system/rexray.service": 0o644, "usr/share/man/man1/rexray.1.gz": 0o644,
             "usr/share/man/man1/dvdcli.1.gz": 0o644, "usr/share/man/man8/rexrayd.8.gz": 0o644,
             "usr/share/man/man5/rexray.yml.5.gz": 0o644, "usr/share/bash-completion/completions/rexray": 0o644,
             "usr/share/bash-completion/completions/dvdcli": 0o644,
             "usr/share/doc/rexray/copyright": 0o644, "usr/share/doc/rexray/changelog.gz": 0o644}
    for name, mode in modes.items():
        assert (unpacked / name).stat().st_mode & 0o7777 == mode, name
    assert not (unpacked / "DEBIAN/conffiles").exists(), "the configuration is the operator's own"
    assert list((unpacked / "etc").rglob("*")) == [unpacked / "etc/rexray"]


def test_the_unit_is_the_one_that_setup_writes(unpacked):
    unit = (unpacked / "lib/systemd/system/rexray.service").read_text()
    assert unit == (ROOT / "packaging/systemd/rexray.service").read_text()


def test_the_materials_are_those_of_the_programs(unpacked):
    bill = json.loads((unpacked / "usr/share/doc/rexray/sbom.cdx.json").read_text())
    assert bill["bomFormat"] == "CycloneDX"
    assert bill["metadata"]["component"]["version"] in output(unpacked / "usr/bin/rexray", "version")
    parts = {part["name"]: part for part in bill["components"]}
    for name, part in parts.items():
        assert part["version"] == output("dpkg-query", "-W", "-f", "${Version}", name)
    linkage = {name: {item["value"] for item in part["properties"]} for name, part in parts.items()}
    assert "shared" in linkage["libc6"] and "shared" in linkage["libsqlite3-0"]
    assert "static" in linkage["libssl-dev"], "dvdcli has OpenSSL in it"
    assert "headers" in linkage["nlohmann-json3-dev"]
    assert "libcurl4" in parts, "loaded by name"


def test_dependencies_come_from_the_programs(deb):
    depends = output("dpkg-deb", "-f", deb, "Depends")
    for package in ("libc6 (>=", "libmount1", "libblkid1", "libsqlite3-0", "e2fsprogs", "libcurl4"):
        assert package in depends


def test_lintian_is_content(deb):
    if not shutil.which("lintian"):
        pytest.skip("SKIPPED: lintian is not installed")
    done = subprocess.run(["lintian", "--profile", "debian", "--fail-on", "error,warning", "--allow-root", str(deb)],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    overrides = [line for line in (ROOT / "packaging/debian/lintian-overrides").read_text().splitlines()
                 if not line.startswith("#")]
    assert len(overrides) == 3, "each one more needs its reason"


def test_install_upgrade_purge_leave_volumes_and_configuration(machine, deb, newer_deb):
    done = machine.install(deb)
    if "dependency problems" in done.stderr:
        pytest.skip(f"SKIPPED: this machine lacks what the package depends on: {done.stderr.strip().splitlines()[0]}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "SemVer" in machine.run("rexray", "version").stdout
    assert machine.run("dpkg", "-V", "rexray").stdout == "", "all files are as packed"
    assert (machine.root / "etc/systemd/system/multi-user.target.wants/rexray.service").is_symlink()

    kept = {"etc/rexray/config.yml": "rexray:\n  logLevel: info\n", "var/lib/rexray/local/images/lv-1.img": "data",
            "var/lib/rexray/volumes/pgdata/data/file": "rows"}
    for name, text in kept.items():
        (machine.root / name).parent.mkdir(parents=True, exist_ok=True)
        (machine.root / name).write_text(text)

    def unchanged():
        return {name: (machine.root / name).read_text() for name in kept} == kept

    upgraded = machine.install(newer_deb)
    assert upgraded.returncode == 0, upgraded.stdout + upgraded.stderr
    assert "999." in machine.run("dpkg-query", "-W", "rexray").stdout
    assert unchanged()

    machine.run("dpkg", "--remove", "rexray")
    assert not (machine.root / "usr/bin/rexray").exists()
    assert unchanged()
    purged = machine.run("dpkg", "--purge", "rexray")
    assert unchanged()
    assert "/etc/rexray is left as it is" in purged.stdout and "/var/lib/rexray is left as it is" in purged.stdout
    assert not (machine.root / "etc/systemd/system/multi-user.target.wants/rexray.service").is_symlink()


def test_a_daemon_without_a_service_manager_is_restarted_by_an_upgrade(machine, deb, newer_deb):
    done = machine.install(deb)
    if "dependency problems" in done.stderr:
        pytest.skip("SKIPPED: this machine lacks what the package depends on")
    (machine.root / "etc/rexray/config.yml").write_text("rexray:\n  storageDrivers: vfs\n")
    machine.run("rexray", "start")
    try:
        before = machine.run("cat", "/run/rexray/rexray.pid").stdout.split()[0]
        machine.run("rexray", "volume", "create", "kept")
        assert machine.install(newer_deb).returncode == 0
        after = machine.run("cat", "/run/rexray/rexray.pid").stdout.split()[0]
        assert before != after, "the new program runs"
        assert "kept" in machine.run("rexray", "volume", "ls").stdout
    finally:
        machine.run("rexray", "stop", check=False)


def test_a_daemon_that_was_stopped_stays_stopped(machine, deb, newer_deb):
    """Without a service manager; with one, deb-systemd-invoke sees to it (test_systemd.py)."""
    done = machine.install(deb)
    if "dependency problems" in done.stderr:
        pytest.skip("SKIPPED: this machine lacks what the package depends on")
    (machine.root / "etc/rexray/config.yml").write_text("rexray:\n  storageDrivers: vfs\n")
    machine.run("rexray", "start")
    machine.run("rexray", "stop")
    assert machine.install(newer_deb).returncode == 0
    assert "is stopped" in machine.run("rexray", "status", check=False).stdout
    assert not (machine.root / "run/rexray/rexray.pid").exists()
