"""A simulated region of EC2 (tests/ec2sim) of a test's own, and rexray daemons that are its instances."""

import json
import os
import pathlib
import subprocess
import urllib.error
import urllib.request

from support.daemon import Daemon, eventually


class Ec2:
    def __init__(self, home, *arguments):
        self.home = pathlib.Path(home)
        self.data = self.home / "ec2-data"
        program = pathlib.Path(os.environ["REXRAY_BIN"]) / "ec2sim"
        self.log = open(self.home / "ec2sim.log", "w")
        self.process = subprocess.Popen([str(program), "--data", str(self.data), "--until-eof", *arguments],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True)
        line = self.process.stdout.readline()
        assert line, f"ec2sim did not start: {(self.home / 'ec2sim.log').read_text()}"
        self.endpoint = json.loads(line)["endpoint"]

    def control(self, method, path, **body):
        request = urllib.request.Request(f"{self.endpoint}/_sim/{path}", method=method,
                                         data=json.dumps(body).encode() if method == "POST" else None)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} /_sim/{path}: {error.code} {error.read().decode()}") from None

    def node(self, name, config="", **instance):
        """A daemon (not started) on an instance of its own."""
        home = self.home / name
        made = self.control("POST", "instances", device_root=str(home / "guest"), **instance)
        return Node(self, home, made["id"], self.endpoint + made["imds"], config)

    def state(self):
        return self.control("GET", "state")

    def volumes(self):
        """All but the root disks, by their Name tag."""
        return {volume["tags"]["Name"]: {"id": id_, **volume} for id_, volume in self.state()["volumes"].items()
                if "Name" in volume["tags"]}

    def counts(self):
        return {action: count["calls"] for action, count in self.control("GET", "counts").items()}

    def instance(self, instance, verb):
        self.control("POST", f"instances/{instance}/{verb}")

    def await_instance(self, instance, state):
        eventually(lambda: self.state()["instances"][instance]["state"] == state, f"{instance} is {state}")

    def loops(self):
        """Loop devices over files of the region, also of files that have no name any more."""
        found = []
        for backing in pathlib.Path("/sys/block").glob("loop*/loop/backing_file"):
            try:
                file = backing.read_text().strip()
            except OSError:
                continue
            if file.startswith(str(self.data) + "/"):
                found.append(f"/dev/{backing.parent.parent.name}")
        return found

    def close(self):
        if self.process.poll() is None:
            for instance in self.state()["instances"]:
                self.instance(instance, "terminate")
            self.process.stdin.close()
            self.process.wait(30)
        self.process.stdout.close()
        self.log.close()
        for device in self.loops():
            subprocess.run(["losetup", "-d", device], stdin=subprocess.DEVNULL, capture_output=True)


class Node(Daemon):
    """rexray on a simulated instance: its role's keys and its identity come from the metadata service."""

    def __init__(self, ec2, home, instance, imds, config):
        self.ec2 = ec2
        self.instance = instance
        home.mkdir(parents=True, exist_ok=True)
        nowhere = {"AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent"}
        super().__init__(home, environment={**nowhere, "AWS_EC2_METADATA_SERVICE_ENDPOINT": imds})
        for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE",
                         "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "http_proxy", "HTTP_PROXY"):
            self.environment.pop(variable, None)
        (self.home / "etc/rexray/config.yml").write_text(f"""\
rexray:
  logLevel: debug
  storageDrivers: [ebs]
  modules:
    default-docker:
      host: unix://{self.docker_socket}
  volume:
    unmount:
      linger: 0s
{config}ebs:
  endpoint: {ec2.endpoint}
  deviceRoot: {self.home}/guest
""")
