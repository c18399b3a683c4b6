"""A daemon in a mount namespace of its own: what it mounts must reach the containers, or it does not mount."""

import subprocess

import pytest

from support.daemon import PluginError, counted_id, why_no_mount_namespace


def start_in_namespace(daemon, propagation):
    if why := why_no_mount_namespace():
        pytest.skip(f"SKIPPED: {why}")
    with open(daemon.log_path, "a") as log:
        daemon.process = subprocess.Popen(
            ["unshare", "--mount", "--propagation", propagation, str(daemon.programs / "rexray"), "start", "-f"],
            env=daemon.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    daemon.wait_ready()


@pytest.mark.parametrize("propagation", ["private", "slave"])
def test_a_mount_that_no_container_would_see_is_refused(idle_daemon, propagation):
    start_in_namespace(idle_daemon, propagation)
    idle_daemon.plugin.create("pgdata", size="1")
    with pytest.raises(PluginError) as refused:
        idle_daemon.plugin.mount("pgdata", counted_id(1))
    assert 'volume "pgdata"' in str(refused.value)
    assert "would not reach containers" in str(refused.value)
    assert "MountFlags=shared" in str(refused.value) and "rshared" in str(refused.value), "and what to do"
    assert idle_daemon.loops() == [], "nothing was attached"
    assert idle_daemon.plugin.path("pgdata") == ""
    assert "every mount is refused" in idle_daemon.cli("status").stdout
    # It is good for everything else.
    idle_daemon.plugin.remove("pgdata")
    assert idle_daemon.plugin.list() == []


def test_a_shared_directory_is_enough(idle_daemon):
    """What `docker run -v …:rshared` and a managed plugin's propagatedMount give."""
    idle_daemon.share_volumes()
    start_in_namespace(idle_daemon, "unchanged")
    idle_daemon.plugin.create("pgdata", size="1")
    path = idle_daemon.plugin.mount("pgdata", counted_id(1))
    with open(f"{path}/row", "w") as row:
        row.write("42")
    assert any(target.endswith("/volumes/pgdata") for target in idle_daemon.mounts()), "it is seen out here"
    idle_daemon.plugin.unmount("pgdata", counted_id(1))
    assert not any(target.endswith("/volumes/pgdata") for target in idle_daemon.mounts())
