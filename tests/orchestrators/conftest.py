import os
import pathlib
import shutil
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from dockerd import Dockerd, why_not  # noqa: E402
from support.daemon import Daemon  # noqa: E402


@pytest.fixture(scope="session")
def engine():
    """One dockerd for all tests here; each test has its own rexray."""
    why = why_not()
    if why:
        pytest.skip(f"SKIPPED: {why}")
    home = pathlib.Path(tempfile.mkdtemp(prefix="rxd-"))
    made = Dockerd(home)
    try:
        made.start()
        made.import_image()
        yield made
    finally:
        made.close()
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def driver():
    """One plugin name for all tests: dockerd remembers every driver that it has ever seen, and asks each of them, for 15 s
    where nobody answers, at every `docker volume ls`."""
    return f"rexray-test-{os.getpid()}"


@pytest.fixture
def rexray(real_mounts, engine, driver, tmp_path):
    made = Daemon(tmp_path)
    made.docker_socket = pathlib.Path("/run/docker/plugins") / f"{driver}.sock"
    (made.home / "etc/rexray/config.yml").write_text(made.default_config())
    made.start()
    yield made
    try:
        # Containers first: they hold the volumes.
        for container in engine.docker("ps", "-aq").stdout.split():
            engine.docker("rm", "-f", container, check=False)
        for volume in engine.docker("volume", "ls", "-q", "--filter", f"driver={driver}").stdout.split():
            engine.docker("volume", "rm", volume, check=False)
    finally:
        made.close()
