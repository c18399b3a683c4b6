import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from support.daemon import Daemon  # noqa: E402


def missing_for_real_mounts():
    if os.geteuid() != 0:
        return "not root: nothing can be mounted"
    if not os.path.exists("/dev/loop-control"):
        return "no loop devices on this machine (/dev/loop-control)"
    return None


@pytest.fixture
def real_mounts():
    why = missing_for_real_mounts()
    if why:
        pytest.skip(f"SKIPPED: {why}")


@pytest.fixture
def daemon(real_mounts, tmp_path):
    made = Daemon(tmp_path)
    made.start()
    yield made
    made.close()


@pytest.fixture
def idle_daemon(real_mounts, tmp_path):
    """One that the test starts by itself."""
    made = Daemon(tmp_path)
    yield made
    made.close()
