"""What the doctor says about EBS, before a daemon is started: each check of the driver, with what is wrong there."""

import json
import os

import pytest

from support.ec2 import Ec2

GROUP = "Drivers"


@pytest.fixture
def ec2(tmp_path):
    region = Ec2(tmp_path)
    yield region
    region.close()


def examine(node):
    done = node.cli("doctor", "--json", check=False)
    answer = json.loads(done.stdout)
    assert done.returncode == (0 if answer["ok"] else 1), done.stderr
    return {one["check"].removeprefix("rexray: "): one for one in answer["checks"] if one["group"] == GROUP}


def test_all_is_well_and_nothing_is_made(ec2):
    node = ec2.node("node", id="i-00000000000000aaa")
    before = ec2.state()
    said = examine(node)
    assert {check: one["verdict"] for check, one in said.items()} == dict.fromkeys(
        ["instance metadata", "credentials", "region and zone", "IAM permissions", "clock", "attach slots", "throttling"], "ok")
    assert "IMDSv2" in said["instance metadata"]["evidence"] and "us-east-1a" in said["region and zone"]["evidence"]
    assert "1 of 27 volumes are attached" in said["attach slots"]["evidence"]
    assert ec2.state() == before, "dry runs"
    assert not (node.home / "var").exists() and not (node.home / "run").exists()


def test_a_container_behind_the_hop_limit(ec2):
    """The token's answer does not come back; version 1 answers, where it is not switched off."""
    said = examine(ec2.node("node", imds="token-lost"))
    assert said["instance metadata"]["verdict"] == "warning"
    assert "hop limit of 2" in said["instance metadata"]["fix"]


def test_no_metadata_at_all(ec2):
    said = examine(ec2.node("node", imds="unreachable"))
    assert said["instance metadata"]["verdict"] == "broken"
    assert "--http-put-response-hop-limit 2" in said["instance metadata"]["fix"]
    assert said["credentials"]["verdict"] in ("broken", "unknown")
    assert "rexray setup aws-policy" in said["credentials"]["fix"]


def test_each_missing_action_is_named(ec2):
    node = ec2.node("node")
    actions = ["CreateVolume", "DetachVolume", "CreateTags", "DeleteSnapshot"]
    ec2.control("POST", "deny", policy="rexray-node", actions=actions)
    said = examine(node)["IAM permissions"]
    assert said["verdict"] == "broken" and "rexray setup aws-policy" in said["fix"]
    named = said["evidence"].removeprefix("missing: ").split(", ")
    assert sorted(named) == sorted(f"ec2:{action}" for action in actions)


def test_wrong_keys(ec2):
    node = ec2.node("node")
    node.environment.update(AWS_ACCESS_KEY_ID="AKIDNOBODY", AWS_SECRET_ACCESS_KEY="not-the-key")
    said = examine(node)
    assert "environment" in said["credentials"]["evidence"]
    assert any(one["verdict"] == "broken" for one in said.values())
    assert "not-the-key" not in json.dumps(said)


def test_a_clock_that_is_wrong(ec2):
    node = ec2.node("node")
    ec2.control("POST", "options", clock_ahead_ms=120_000)
    said = examine(node)["clock"]
    assert said["verdict"] == "broken" and "EC2 refuses signatures at 300 s" in said["evidence"]
    assert 118 <= int(said["evidence"].split()[0]) <= 122


def test_throttling_is_seen(ec2):
    node = ec2.node("node")
    ec2.control("POST", "faults", action="DescribeVolumes", do="throttle", times=2)
    said = examine(node)["throttling"]
    assert said["verdict"] == "warning" and "DescribeVolumes (2 of" in said["evidence"]


def test_a_daemon_that_runs_tells_the_same(ec2):
    node = ec2.node("node")
    asleep = examine(node)
    node.start()
    try:
        assert {check: one["verdict"] for check, one in examine(node).items()} == {
            check: one["verdict"] for check, one in asleep.items()}
        assert os.path.exists(node.home / "run/rexray/rexray.sock")
    finally:
        node.stop()
