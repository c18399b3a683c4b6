"""The daemon dies at every step of every operation, on the real kernel; the next one puts everything right.

Each operation runs once to its end while it writes down the fault points that it passes; then once for each of them,
and dies there. A volume that somebody else holds stands beside it all the time, and nothing may happen to it.
"""

import collections
import http.client
import os
import pathlib

import pytest

import fault_points
import scenarios
from support.daemon import Daemon, counted_id
from support.invariants import consumers_of, mounts_below, settle, volumes_root

LONG = bool(os.environ.get("REXRAY_LONG_TESTS"))
DIED = 137  # FaultAction::kExit
BYSTANDER = counted_id("bystander")


class MortalDaemon(Daemon):
    def __init__(self, home):
        super().__init__(home)
        self.second_socket = self.home / "dirs.sock"
        self.faults, self.trace = self.home / "faults", self.home / "trace"
        (self.home / "etc/rexray/config.yml").write_text(self.default_config(
            f"    dirs:\n      type: docker\n      host: unix://{self.second_socket}\n      rexray: {{storageDrivers: vfs}}\n"))
        self.environment.update(REXRAY_FAULTS_FILE=str(self.faults), REXRAY_FAULTS_TRACE=str(self.trace))

    def arm(self, faults):
        """From now on, in a daemon that runs or in the next one."""
        written = self.home / "faults.new"
        written.write_text(faults)
        written.rename(self.faults)
        self.trace.write_text("")

    def reached(self):
        return self.trace.read_text().split()

    def dies(self, act):
        try:
            act()
        except (OSError, http.client.HTTPException):
            pass
        code = self.process.wait(30)
        assert code == DIED, f"the daemon ended with {code}:\n{self.log[-8000:]}"
        self.process = None


class World:
    """A daemon, and a volume that somebody else holds throughout."""

    def __init__(self, home):
        self.daemon = MortalDaemon(home)
        self.daemon.arm("")
        self.daemon.start()
        self.daemon.plugin.create("bystander", size="64MiB")
        path = self.daemon.plugin.mount("bystander", BYSTANDER)
        scenarios.write_durably(f"{path}/row", "of somebody else")
        self.mount = self.bystanders_mount()
        self.broken = False
        self.count = 0

    def bystanders_mount(self):
        return [(mount.id, mount.number) for mount in mounts_below(volumes_root(self.daemon))
                if mount.target.endswith("/bystander")]

    def check_bystander(self):
        assert self.bystanders_mount() == self.mount, "somebody else's volume was unmounted"
        path = self.daemon.plugin.path("bystander")
        assert pathlib.Path(path, "row").read_text() == "of somebody else"
        assert set(consumers_of(self.daemon, "bystander")) <= {BYSTANDER, "adopted"}
        assert consumers_of(self.daemon, "bystander")

    def new(self, kind):
        self.count += 1
        return kind(self.daemon, f"{kind.__name__.lower()}-{self.count}")


@pytest.fixture(scope="module")
def worlds(tmp_path_factory):
    made = []

    def world():
        if not made or made[-1].broken:
            made.append(World(tmp_path_factory.mktemp("world")))
        return made[-1]

    yield world
    for each in made:
        each.daemon.close()


def pass_through(scenario):
    """To the end without dying: the points on its way, each with how often it was passed before."""
    daemon = scenario.daemon
    scenario.prepare()
    daemon.arm(scenario.fails)
    if getattr(scenario, "at_start", False):
        daemon.start()
    else:
        scenario.act()
    if scenario.fails or getattr(scenario, "at_start", False):
        settle(daemon)  # some of it goes on in the background
    passed, seen = [], collections.Counter()
    for point in daemon.reached():
        seen[point] += 1
        passed.append((point, seen[point]))
    daemon.arm("")
    if scenario.fails:
        scenario.repeat()
    check(scenario)
    return passed


def die_at(scenario, point, nth):
    daemon = scenario.daemon
    scenario.prepare()
    daemon.arm(",".join(filter(None, [scenario.fails, f"{point}=exit@{nth}"])))
    if getattr(scenario, "at_start", False):
        daemon.spawn()
        daemon.dies(lambda: None)
    else:
        daemon.dies(scenario.act)
    daemon.arm("")
    daemon.start()
    settle(daemon)
    scenario.after_restart()
    scenario.repeat()
    check(scenario)


def check(scenario):
    settle(scenario.daemon)
    scenario.finish()
    settle(scenario.daemon)
    scenario.clean()
    settle(scenario.daemon)


walked = set()


@pytest.mark.parametrize("kind", scenarios.ALL, ids=lambda kind: kind.__name__)
def test_dies_at_every_step_of(kind, real_mounts, worlds):
    world = worlds()
    world.broken = True  # until it has come through
    passed = pass_through(world.new(kind))
    assert passed, "no fault point is on the way: are they compiled in?"
    for point, nth in passed:
        if kind.own not in point and not LONG:
            continue
        try:
            die_at(world.new(kind), point, nth)
            world.check_bystander()
        except Exception as error:
            raise AssertionError(f"died at {point}, time {nth}: {error}") from error
        walked.add(point)
    world.broken = False


def test_no_step_was_forgotten(request):
    """What the sources list and no operation above passed."""
    chosen = {item.name for item in request.session.items if item.module is request.module}
    if len(chosen) < len(scenarios.ALL) + 1:
        pytest.skip("SKIPPED: only some of the operations were chosen")
    assert fault_points.listed() - walked == set()
