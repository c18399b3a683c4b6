"""rexray doctor beside a real daemon: running, killed, stopped, and a plugin that never answers."""

import json
import os
import socket
import time

from support.daemon import Daemon, eventually


def examine(daemon):
    done = daemon.cli("doctor", "--json", check=False)
    answer = json.loads(done.stdout)
    assert done.returncode == (0 if answer["ok"] else 1), done.stderr
    return answer["checks"]


def verdicts(checks, group, check):
    return [(one["verdict"], one["evidence"]) for one in checks if one["group"] == group and one["check"] == check]


def everything(home):
    return sorted(os.path.join(base, name) for base, directories, files in os.walk(home) for name in directories + files)


def test_a_running_daemon_and_its_drivers_tell(daemon):
    daemon.plugin.create("v", size="64MiB")
    before = everything(daemon.home)
    checks = examine(daemon)
    assert everything(daemon.home) == before
    (verdict, evidence), = verdicts(checks, "Daemon", "the daemon")
    assert verdict == "ok" and str(daemon.process.pid) in evidence
    assert verdicts(checks, "Daemon", "service rexray")[0][0] == "ok"
    assert verdicts(checks, "Volume plugins", "plugin rexray")[0][0] == "ok"
    (verdict, evidence), = verdicts(checks, "Drivers", "rexray: data directory")
    assert verdict in ("ok", "warning") and "1 volumes" in evidence
    assert daemon.plugin.get("v")["Name"] == "v"


def test_a_killed_daemon_is_broken_and_a_stopped_one_is_not(daemon):
    daemon.kill()
    checks = examine(daemon)
    assert verdicts(checks, "Daemon", "the daemon")[0][0] == "broken"
    assert verdicts(checks, "Volume plugins", "plugin rexray")[0][0] == "broken"
    daemon.start()
    daemon.stop()
    checks = examine(daemon)
    (verdict, evidence), = verdicts(checks, "Daemon", "the daemon")
    assert verdict == "warning" and "does not run" in evidence


def test_drivers_are_diagnosed_without_a_daemon_and_nothing_changes(daemon):
    daemon.plugin.create("kept", size="64MiB")
    daemon.plugin.create("lost", size="64MiB")
    daemon.kill()  # the catalogue's last rows are in its -wal file
    (image,) = [path for path in (daemon.home / "var" / "lib" / "rexray" / "local" / "images").iterdir()
                if os.getxattr(path, "user.rexray.name") == b"lost"]
    image.unlink()
    before = everything(daemon.home)
    checks = examine(daemon)
    assert everything(daemon.home) == before
    (verdict, evidence), = verdicts(checks, "Drivers", "rexray: data directory")
    assert verdict in ("ok", "warning") and "2 volumes" in evidence
    (verdict, evidence), = verdicts(checks, "Drivers", "rexray: volumes")
    assert verdict == "warning" and '"lost"' in evidence and image.name in evidence
    daemon.start()
    assert daemon.plugin.get("kept")["Name"] == "kept"


def test_a_service_that_is_down_is_diagnosed_too(tmp_path):
    """The daemon runs and has no such driver: what is wrong with its directory is said all the same."""
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a directory should be")
    config = f"""rexray:
  modules:
    default-docker:
      host: unix://{tmp_path}/docker.sock
    second:
      type: docker
      host: unix://{tmp_path}/second.sock
      libstorage:
        service: broken
libstorage:
  service: rexray
  server:
    services:
      rexray:
        driver: vfs
      broken:
        driver: local
        local:
          directory: {blocked}
"""
    daemon = Daemon(tmp_path, config=config)
    daemon.start()
    checks = []

    def is_down():
        checks[:] = examine(daemon)
        return verdicts(checks, "Daemon", "service second")[0][0] == "broken"

    try:
        eventually(is_down, "the daemon has tried to open it")
    finally:
        daemon.stop()
    assert verdicts(checks, "Drivers", "rexray: vfs root")[0][0] in ("ok", "warning")
    assert verdicts(checks, "Drivers", "second: data directory") == [("broken", f"{blocked} is not a directory")]


def test_a_plugin_that_never_answers_ends_in_a_verdict(daemon):
    daemon.stop()
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(daemon.docker_socket))
        silent.listen(8)
        begin = time.monotonic()
        checks = examine(daemon)
        assert time.monotonic() - begin < 60
    verdict, evidence = verdicts(checks, "Volume plugins", "plugin rexray")[0]
    assert verdict == "broken", evidence
