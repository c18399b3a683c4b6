"""A cloud that does not answer while the daemon starts: its service is "starting", what is mounted here is known all the same, and the
other services neither wait nor notice. The simulated EC2 is stopped (SIGSTOP): it takes connections and never answers."""

import pathlib
import signal
import time

import pytest

from support.daemon import Plugin, counted_id, eventually
from support.ec2 import Ec2

ONE, TWO = counted_id("one"), counted_id("two")


@pytest.fixture
def ec2(real_mounts, tmp_path):
    region = Ec2(tmp_path)
    yield region
    region.process.send_signal(signal.SIGCONT)
    region.close()


@pytest.fixture
def node(ec2):
    """The default service is ebs, "disk" is local."""
    node = ec2.node("a")
    node.disk_socket = node.home / "disk.sock"
    file = node.home / "etc/rexray/config.yml"
    file.write_text(file.read_text().replace(f"      host: unix://{node.docker_socket}\n", f"""\
      host: unix://{node.docker_socket}
    disk:
      type: docker
      host: unix://{node.disk_socket}
      rexray:
        storageDrivers: [local]
"""))
    yield node
    ec2.process.send_signal(signal.SIGCONT)
    node.close()


def service(node, driver):
    return next(one for one in node.admin("GET", "status")["services"] if one["driver"] == driver)


def test_what_is_here_works_and_the_rest_is_taken_up_when_the_cloud_answers(ec2, node):
    node.start()
    ebs = service(node, "ebs")["name"]
    node.plugin.create("cloudy", size="1")
    path = node.plugin.mount("cloudy", ONE)
    pathlib.Path(path, "row").write_text("42")
    node.kill()
    ec2.process.send_signal(signal.SIGSTOP)
    node.start(timeout=60)

    # The other service.
    local = Plugin(node.disk_socket)
    local.create("here", size="64MiB")
    other = local.mount("here", ONE)
    pathlib.Path(other, "row").write_text("43")
    assert [volume["Name"] for volume in local.list()] == ["here"]
    assert service(node, "local")["state"] == "ready"

    # The one that waits: what is mounted here is known, the rest says what it waits for.
    assert service(node, "ebs")["state"] == "starting"
    assert "has not answered" in service(node, "ebs")["error"]
    shown = node.cli("service", "ls").stdout
    assert "starting" in shown and "has not answered" in shown, shown
    assert node.plugin.path("cloudy") == path
    assert node.plugin.mount("cloudy", TWO) == path
    node.plugin.unmount("cloudy", TWO)
    assert pathlib.Path(path, "row").read_text() == "42"
    unheard_of = node.cli("--timeout", "2s", "volume", "inspect", "unheard-of", check=False)
    assert unheard_of.returncode == 1 and f'service "{ebs}" is starting' in unheard_of.stderr, unheard_of.stderr
    listed = node.admin("GET", "volumes")
    assert [volume["name"] for volume in listed["volumes"]] == ["here"]
    assert [error["service"] for error in listed["errors"]] == [ebs]
    assert not node.events("fenced") + node.events("consumer-lost") + node.events("service-gone")

    # It stops although nobody answers, and what was mounted stays.
    begun = time.monotonic()
    node.stop(60)
    assert time.monotonic() - begun < 15, "no thread keeps it"
    assert path.removesuffix("/data") in node.mounts()
    node.start(timeout=60)
    ec2.process.send_signal(signal.SIGCONT)
    eventually(lambda: service(node, "ebs")["state"] == "ready", "the cloud answers", timeout=120)
    assert pathlib.Path(path, "row").read_text() == "42"
    node.plugin.unmount("cloudy", ONE)
    eventually(lambda: not ec2.volumes()["cloudy"]["attachments"], "it is detached", timeout=60)
    local.unmount("here", ONE)
    assert node.mounts() == []


def test_a_mount_that_no_row_explains_is_taken_up_when_the_cloud_answers(ec2, node):
    node.start()
    node.plugin.create("cloudy", size="1")
    path = node.plugin.mount("cloudy", ONE)
    pathlib.Path(path, "row").write_text("42")
    node.kill()
    for file in (node.home / "run/rexray").glob("journal-*"):
        file.unlink()
    ec2.process.send_signal(signal.SIGSTOP)
    node.start(timeout=60)
    assert not node.events("unexplained-mount")
    ec2.process.send_signal(signal.SIGCONT)
    eventually(lambda: [event["name"] for event in node.events("adopted")] == ["cloudy"], "it is adopted", timeout=120)
    assert pathlib.Path(path, "row").read_text() == "42"
    node.plugin.unmount("cloudy", ONE)
    eventually(lambda: not ec2.volumes()["cloudy"]["attachments"], "nobody else has it: it ends", timeout=60)
