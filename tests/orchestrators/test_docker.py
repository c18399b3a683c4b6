"""What a person does with docker and our volumes, with a real dockerd."""

import json
import os
import pathlib

from dockerd import IMAGE
from support.daemon import eventually


def test_data_follows_the_volume_from_container_to_container(engine, rexray, driver):
    engine.docker("volume", "create", "-d", driver, "-o", "size=1", "pgdata")
    engine.run("--name", "first", "-v", "pgdata:/data", IMAGE, "/bin/sh", "-c", "echo 42 > /data/row && sync")
    engine.docker("rm", "first")
    eventually(lambda: rexray.mounts() == [] and rexray.loops() == [], "nothing is mounted between two containers")
    read = engine.run("--rm", "-v", "pgdata:/data", IMAGE, "/bin/cat", "/data/row").stdout
    assert read.strip() == "42"
    engine.docker("volume", "rm", "pgdata")
    assert rexray.plugin.list() == []
    assert rexray.loops() == []


def test_a_volume_made_by_docker_run(engine, rexray, driver):
    engine.run("--rm", "--volume-driver", driver, "-v", "implicit:/data", IMAGE, "/bin/sh", "-c", "echo x > /data/y")
    assert [v["Name"] for v in rexray.plugin.list()] == ["implicit"]
    assert rexray.plugin.get("implicit")["Status"]["size"] == 16 * 2**30, "REX-Ray's default size"


def test_two_containers_share_a_volume(engine, rexray, driver):
    engine.docker("volume", "create", "-d", driver, "-o", "size=1", "shared")
    engine.run("-d", "--name", "one", "-v", "shared:/data", IMAGE, "/bin/sleep", "1000")
    engine.run("-d", "--name", "two", "-v", "shared:/data", IMAGE, "/bin/sleep", "1000")
    engine.docker("exec", "one", "/bin/sh", "-c", "echo from-one > /data/file")
    assert engine.docker("exec", "two", "/bin/cat", "/data/file").stdout.strip() == "from-one"
    engine.docker("rm", "-f", "one")
    assert engine.docker("exec", "two", "/bin/cat", "/data/file").stdout.strip() == "from-one"
    assert rexray.plugin.path("shared") != ""
    engine.docker("rm", "-f", "two")
    eventually(lambda: rexray.mounts() == [] and rexray.loops() == [], "the last container takes the mount with it")


def test_docker_cp_on_a_running_container(engine, rexray, driver, tmp_path):
    engine.docker("volume", "create", "-d", driver, "-o", "size=1", "copied")
    engine.run("-d", "--name", "running", "-v", "copied:/data", IMAGE, "/bin/sleep", "1000")
    file = tmp_path / "file"
    file.write_text("copied in")
    engine.docker("cp", str(file), "running:/data/file")
    assert engine.docker("exec", "running", "/bin/cat", "/data/file").stdout == "copied in"
    assert rexray.plugin.path("copied") != "", "the copy's unmount did not take the container's mount away"
    engine.docker("cp", "running:/data/file", str(tmp_path / "back"))
    assert (tmp_path / "back").read_text() == "copied in"
    engine.docker("exec", "running", "/bin/sh", "-c", "echo more >> /data/file")
    engine.docker("rm", "-f", "running")
    eventually(lambda: rexray.mounts() == [], "unmounted after the container")


def test_ls_inspect_rm(engine, rexray, driver):
    engine.docker("volume", "create", "-d", driver, "-o", "size=2", "-o", "fsType=ext4", "listed")
    rows = engine.docker("volume", "ls", "--filter", f"driver={driver}", "--format", "{{.Name}}").stdout.split()
    assert rows == ["listed"]
    inspected = json.loads(engine.docker("volume", "inspect", "listed").stdout)[0]
    assert inspected["Driver"] == driver
    assert inspected["Scope"] == "local"
    assert inspected["Status"]["size"] == 2 * 2**30
    assert inspected["Status"]["fsType"] == "ext4"
    assert inspected["CreatedAt"]
    engine.docker("volume", "rm", "listed")
    assert engine.docker("volume", "inspect", "listed", check=False).returncode != 0


def test_removal_while_in_use_fails_clearly(engine, rexray, driver):
    engine.docker("volume", "create", "-d", driver, "-o", "size=1", "busy")
    engine.run("-d", "--name", "holder", "-v", "busy:/data", IMAGE, "/bin/sleep", "1000")
    refused = engine.docker("volume", "rm", "busy", check=False)
    assert refused.returncode != 0 and "in use" in refused.stderr
    # dockerd refuses by itself; ours must too when it is asked directly.
    by_cli = rexray.cli("volume", "rm", "busy", check=False)
    assert by_cli.returncode == 1 and "in use" in by_cli.stderr
    engine.docker("exec", "holder", "/bin/touch", "/data/alive")


def test_bad_options_reach_the_person_who_typed_them(engine, rexray, driver):
    refused = engine.docker("volume", "create", "-d", driver, "-o", "sise=1", "typo", check=False)
    assert refused.returncode != 0
    assert "sise" in refused.stderr and "size" in refused.stderr
    refused = engine.docker("volume", "create", "-d", driver, "-o", "size=abc", "typo", check=False)
    assert refused.returncode != 0
    assert "abc" in refused.stderr
    assert rexray.plugin.list() == []


def test_containers_outlive_a_restart_of_ours(engine, rexray, driver):
    engine.docker("volume", "create", "-d", driver, "-o", "size=1", "lived")
    engine.run("-d", "--name", "database", "-v", "lived:/data", IMAGE, "/bin/sleep", "1000")
    engine.docker("exec", "database", "/bin/sh", "-c", "echo before > /data/file && sync")
    rexray.kill()
    engine.docker("exec", "database", "/bin/sh", "-c", "echo during >> /data/file && sync")
    rexray.start()
    engine.docker("exec", "database", "/bin/sh", "-c", "echo after >> /data/file && sync")
    assert engine.docker("exec", "database", "/bin/cat", "/data/file").stdout.split() == ["before", "during", "after"]
    engine.docker("rm", "-f", "database")
    eventually(lambda: rexray.mounts() == [] and rexray.loops() == [], "the unmount after a restart ends it")


def test_copy_up_at_create_and_a_user_who_is_not_root(engine, rexray, driver):
    """docker create mounts once to copy what the image has there, and again at start."""
    engine.docker("volume", "create", "-d", driver, "-o", "size=1", "copyup")
    engine.run("--rm", "-v", "copyup:/bin", IMAGE, "/bin/ls", "/bin/busybox")
    path = pathlib.Path(rexray.plugin.mount("copyup", "check"))
    assert os.path.exists(path / "busybox"), "the image's files were copied into the new volume"
    rexray.plugin.unmount("copyup", "check")
