"""packaging/aws/cloudformation.yaml: what it must hold, and the stack in a simulated AWS (moto), where there is one."""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree

import pytest
import yaml

from support.daemon import eventually

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TEMPLATE = ROOT / "packaging/aws/cloudformation.yaml"
POLICY = json.loads((ROOT / "packaging/aws/policy.json").read_text())


@pytest.fixture(scope="module")
def template():
    return yaml.safe_load(TEMPLATE.read_text())


def references(value):
    """Every {Ref: X} and {Fn::GetAtt: [X, …]}, and what ${X} stands for in a Fn::Sub."""
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    if not isinstance(value, dict):
        return
    for key, item in value.items():
        if key == "Ref":
            yield item
        elif key == "Fn::GetAtt":
            yield item[0]
        elif key == "Fn::Sub":
            yield from (part.split("}")[0] for part in item.split("${")[1:])
        else:
            yield from references(item)


def test_everything_that_is_referred_to_exists(template):
    known = set(template["Parameters"]) | set(template["Resources"])
    used = set(references(template["Resources"])) | set(references(template["Outputs"]))
    assert {name for name in used if not name.startswith("AWS::")} <= known
    assert set(template["Parameters"]) <= used | set(references(template["Conditions"])), "a parameter that nothing uses"
    for name, resource in template["Resources"].items():
        after = resource.get("DependsOn", [])
        assert set([after] if isinstance(after, str) else after) <= set(template["Resources"]), name


def test_the_role_may_do_what_the_driver_does_and_nothing_else(template):
    policies = template["Resources"]["Role"]["Properties"]["Policies"]
    assert [policy["PolicyDocument"] for policy in policies] == [POLICY]
    assert "ManagedPolicyArns" not in template["Resources"]["Role"]["Properties"]
    assert template["Resources"]["Profile"]["Properties"]["Roles"] == [{"Ref": "Role"}]


def test_nodes_are_closed_and_get_the_role(template):
    node = template["Resources"]["NodeTemplate"]["Properties"]["LaunchTemplateData"]
    assert node["ImageId"] == {"Ref": "Ami"}
    assert node["IamInstanceProfile"] == {"Arn": {"Fn::GetAtt": ["Profile", "Arn"]}}
    assert node["MetadataOptions"]["HttpTokens"] == "required"
    group = template["Resources"]["NodeGroup"]["Properties"]
    assert group["DesiredCapacity"] == group["MinSize"] == group["MaxSize"] == {"Ref": "Nodes"}
    assert len(group["VPCZoneIdentifier"]) == 1, "a volume follows its container inside one zone"
    ingress = template["Resources"]["NodeSecurity"]["Properties"]["SecurityGroupIngress"]
    assert [(rule["FromPort"], rule["CidrIp"]) for rule in ingress] == [(22, {"Ref": "SshFrom"})]
    assert template["Parameters"]["SshFrom"]["Default"] == "127.0.0.1/32"


def user_data(template):
    return template["Resources"]["NodeTemplate"]["Properties"]["LaunchTemplateData"]["UserData"]["Fn::Base64"]["Fn::Sub"]


def test_the_nodes_script_is_a_script_and_configures_ebs(template, tmp_path):
    script = user_data(template)
    for name, value in {"AWS::Region": "eu-west-1", "PackageUrl": "https://example.invalid/rexray.deb",
                        "PackageSha256": "0" * 64}.items():
        script = script.replace("${" + name + "}", value)
    assert "${" not in script
    path = tmp_path / "user-data"
    path.write_text(script)
    subprocess.run(["/bin/sh", "-n", str(path)], check=True, stdin=subprocess.DEVNULL)
    config = script.split("<<'END'\n")[1].split("\nEND")[0]
    assert yaml.safe_load(config)["rexray"]["storageDrivers"] == ["ebs"]
    checked = tmp_path / "config.yml"
    checked.write_text(config)
    done = subprocess.run([str(pathlib.Path(os.environ["REXRAY_BIN"]) / "rexray"), "-c", str(checked), "config", "check"],
                          env={"REXRAY_HOME": str(tmp_path), "HOME": str(tmp_path)}, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


class Moto:
    """AWS's query APIs, as moto_server answers them."""

    def __init__(self, program, home):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.log = open(home / "moto.log", "w")
        self.process = subprocess.Popen([program, "-H", "127.0.0.1", "-p", str(self.port)], stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log, env={**os.environ, "MOTO_ACCOUNT_ID": "123456789012"})

    def answers(self):
        assert self.process.poll() is None, "moto_server ended"
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def call(self, service, version, action, **parameters):
        body = urllib.parse.urlencode({"Action": action, "Version": version, **parameters}).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/", data=body, headers={
            "Authorization": f"AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/{service}/aws4_request, "
                             "SignedHeaders=host, Signature=0"})
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                root = xml.etree.ElementTree.fromstring(answer.read())
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{action}: {error.code} {error.read().decode()}") from None
        for element in root.iter():
            element.tag = element.tag.split("}")[-1]
        return root

    def close(self):
        self.process.terminate()
        self.process.wait(20)
        self.log.close()


@pytest.fixture
def moto(tmp_path):
    program = shutil.which("moto_server")
    if program is None:
        pytest.skip("SKIPPED: moto_server is not on PATH")
    made = Moto(program, tmp_path)
    try:
        eventually(made.answers, "moto_server answers", timeout=60)
        yield made
    finally:
        made.close()


def test_the_stack_in_a_simulated_aws(moto):
    image = moto.call("ec2", "2016-11-15", "DescribeImages").findtext(".//imageId")
    moto.call("cloudformation", "2010-05-15", "CreateStack", StackName="rexray", TemplateBody=TEMPLATE.read_text(),
              **{"Capabilities.member.1": "CAPABILITY_IAM",
                 "Parameters.member.1.ParameterKey": "Ami", "Parameters.member.1.ParameterValue": image,
                 "Parameters.member.2.ParameterKey": "PackageUrl",
                 "Parameters.member.2.ParameterValue": "https://example.invalid/rexray.deb",
                 "Parameters.member.3.ParameterKey": "Nodes", "Parameters.member.3.ParameterValue": "3"})
    stack = moto.call("cloudformation", "2010-05-15", "DescribeStacks", StackName="rexray")
    assert stack.findtext(".//StackStatus") == "CREATE_COMPLETE"
    outputs = {output.findtext("OutputKey"): output.findtext("OutputValue") for output in stack.iter("member")
               if output.find("OutputKey") is not None}
    role = outputs["Role"]
    policy = moto.call("iam", "2010-05-08", "GetRolePolicy", RoleName=role, PolicyName="rexray")
    # moto answers the document of a stack's role as Python shows it; AWS as JSON.
    assert yaml.safe_load(urllib.parse.unquote(policy.findtext(".//PolicyDocument"))) == POLICY
    reservations = moto.call("ec2", "2016-11-15", "DescribeInstances")
    instances = [item for item in reservations.iter("item") if item.find("instanceId") is not None and
                 item.find("imageId") is not None]
    assert len(instances) == 3
    assert {item.findtext("imageId") for item in instances} == {image}
