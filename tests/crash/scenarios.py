"""One operation each: what must be there before, the operation, and what must be true after it died and was repeated.

`act` may be stopped at any step by the daemon's death, and is repeated as an orchestrator does; the invariants of support/invariants.py are looked at around it.
"""

import os
import pathlib
import socket
import subprocess

from support.daemon import Plugin, PluginError, counted_id, eventually
from support.invariants import consumers_of, images_of

A = counted_id("a")
READER = counted_id("reader")
MiB = 2**20
DATA = "written and synced before the operation"


def write_durably(path, text):
    with open(path, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


class Scenario:
    """Of the local driver, whose volume is `name`."""

    fails = ""  # a fault beside the deadly one: what makes the step happen at all
    own = ""    # the part of the points' names that is its own; the others are another's too, and are walked with --long
    options = {"size": "64MiB"}

    def __init__(self, daemon, name):
        self.daemon, self.name = daemon, name

    @property
    def plugin(self):
        return self.daemon.plugin

    def prepare(self):
        self.plugin.create(self.name, **self.options)

    def act(self):
        raise NotImplementedError

    def after_restart(self):
        """What a caller may rely on before anything is repeated."""

    def repeat(self):
        """As an orchestrator does that got no answer."""
        self.act()

    def finish(self):
        """It is done: what must be there."""

    def clean(self):
        self.plugin.remove(self.name)

    # --- words ---

    def with_data(self):
        """Created, mounted by A, and DATA in it."""
        self.plugin.create(self.name, **self.options)
        write_durably(f"{self.plugin.mount(self.name, A)}/row", DATA)

    def read_back(self):
        path = self.plugin.mount(self.name, READER)
        assert pathlib.Path(path, "row").read_text() == DATA
        self.plugin.unmount(self.name, READER)

    def abandoned(self):
        """Mounted by a caller that hung up before the answer: staged, and nobody holds it."""
        self.plugin.create(self.name, **self.options)
        body = f'{{"Name": "{self.name}", "ID": "{A}"}}'.encode()
        with socket.socket(socket.AF_UNIX) as caller:
            caller.connect(str(self.daemon.docker_socket))
            caller.sendall(b"POST /VolumeDriver.Mount HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        eventually(lambda: self.state() == "staged", "it is mounted for nobody")

    def state(self):
        return self.plugin.get(self.name)["Status"]["state"]

    def admin(self, verb, **body):
        return self.daemon.admin("POST", f"volume/{verb}", body, name=self.name)

    def consumers(self):
        return consumers_of(self.daemon, self.name)

    def gone(self):
        return self.name not in [volume["Name"] for volume in self.plugin.list()]


class Create(Scenario):
    def prepare(self):
        pass

    def act(self):
        self.plugin.create(self.name, **self.options)

    def finish(self):
        assert self.plugin.get(self.name)["Status"]["size"] == 64 * MiB


class FirstMount(Scenario):
    """Attach, make the file system, mount."""

    def act(self):
        self.path = self.plugin.mount(self.name, A)

    def after_restart(self):
        assert self.consumers() == {}, "nobody was told of a path"

    def finish(self):
        assert self.consumers() == {A: 1}
        write_durably(f"{self.path}/row", DATA)
        self.plugin.unmount(self.name, A)
        self.read_back()


class MountOfDataThatGrew(FirstMount):
    """Attach, check and grow the file system, mount."""

    def prepare(self):
        self.with_data()
        self.plugin.unmount(self.name, A)
        self.admin("grow", size=128 * MiB)

    def finish(self):
        assert pathlib.Path(self.path, "row").read_text() == DATA
        assert os.statvfs(self.path).f_blocks * os.statvfs(self.path).f_frsize > 100 * MiB
        self.plugin.unmount(self.name, A)
        self.read_back()


class MountOfWhatMayNotBeFormatted(Scenario):
    """No file system and no blank mark: refused, and the attach undone."""

    def prepare(self):
        self.with_data()
        self.plugin.unmount(self.name, A)
        self.image = images_of(self.daemon) / f"{self.plugin.get(self.name)['Status']['id']}.img"
        self.raw = os.urandom(65536)
        with open(self.image, "r+b") as image:
            image.write(self.raw)
            os.fsync(image.fileno())

    def act(self):
        try:
            self.plugin.mount(self.name, A)
        except PluginError as error:
            self.why = str(error)

    def finish(self):
        assert self.name in self.why, self.why
        assert self.consumers() == {} and self.state() == "detached"
        with open(self.image, "rb") as image:
            assert image.read(len(self.raw)) == self.raw, "what may not be formatted is untouched"


class MountThatFailsAfterMounting(FirstMount):
    fails = "engine.mount.before_on_staged=fail"
    own = "undo"

    def act(self):
        try:
            super().act()
        except PluginError:
            pass


class Unmount(Scenario):
    def prepare(self):
        self.with_data()

    def act(self):
        self.plugin.unmount(self.name, A)

    def after_restart(self):
        # Before the file system is unmounted the caller still holds it; after, nobody does.
        assert self.consumers() == ({A: 1} if self.plugin.path(self.name) else {})

    def finish(self):
        assert self.plugin.path(self.name) == ""
        self.read_back()


class Attach(Scenario):
    def act(self):
        self.admin("attach")

    def finish(self):
        assert self.daemon.loops()
        self.admin("detach")


class Detach(Scenario):
    def prepare(self):
        super().prepare()
        self.admin("attach")

    def act(self):
        self.admin("detach")


class DetachOfWhatNobodyHolds(Scenario):
    def prepare(self):
        self.abandoned()

    def act(self):
        self.admin("detach")


class GrowMounted(Scenario):
    """xfs: the kernel wants no capability for its growth that a sandbox withholds."""

    options = {"size": "300MiB", "fsType": "xfs"}
    grown = 512 * MiB

    def prepare(self):
        self.with_data()

    def act(self):
        self.admin("grow", size=self.grown)

    def after_restart(self):
        assert self.consumers() == {A: 1}, "whoever has it keeps it"

    def finish(self):
        path = self.plugin.path(self.name)
        assert os.statvfs(path).f_blocks * os.statvfs(path).f_frsize > 400 * MiB
        assert pathlib.Path(path, "row").read_text() == DATA
        self.plugin.unmount(self.name, A)
        self.read_back()


class GrowUnmounted(Scenario):
    def act(self):
        self.admin("grow", size=128 * MiB)

    def finish(self):
        assert self.plugin.get(self.name)["Status"]["size"] == 128 * MiB


class Remove(Scenario):
    def act(self):
        self.plugin.remove(self.name)

    def repeat(self):
        if not self.gone():
            self.act()

    def finish(self):
        assert self.gone()

    def clean(self):
        pass


class RemoveOfWhatNobodyHolds(Remove):
    def prepare(self):
        self.abandoned()


class Adopt(Scenario):
    """Mounted, and no journal: the start takes it up, or dies while it does."""

    at_start = True

    def prepare(self):
        self.with_data()
        self.daemon.kill()
        for file in (self.daemon.home / "run/rexray").glob("journal-*"):
            file.unlink()

    def after_restart(self):
        eventually(lambda: self.state() == "in use", "it is taken up")

    def repeat(self):
        pass

    def finish(self):
        path = self.plugin.path(self.name)
        assert pathlib.Path(path, "row").read_text() == DATA
        for held in self.daemon.admin("GET", "volumes")["volumes"]:  # the one of the bystander is adopted too
            for consumer in held["consumers"]:
                if consumer["id"] == "adopted" and held["name"] == self.name:
                    self.admin("release", consumer="adopted")
        self.read_back()


class GrowThatTheStartEnds(GrowMounted):
    at_start = True

    def prepare(self):
        self.with_data()
        self.daemon.arm("engine.grow.before_grow_fs=exit")
        self.daemon.dies(self.act)
        self.daemon.arm("")

    def repeat(self):
        pass


class SnapshotOfWhatIsMounted(Scenario):
    """Frozen meanwhile: whoever writes to it afterwards hangs if anything stays so."""

    own = "snapshot"

    def prepare(self):
        self.with_data()

    def act(self):
        self.daemon.admin("POST", "snapshots", {"name": f"{self.name}-s", "freeze": True}, name=self.name)

    def after_restart(self):
        assert self.consumers() == {A: 1}, "whoever has it keeps it"
        write_durably(f"{self.plugin.path(self.name)}/after", "not frozen")

    def finish(self):
        write_durably(f"{self.plugin.path(self.name)}/row", "spoiled")
        self.plugin.unmount(self.name, A)
        self.plugin.create(f"{self.name}-r", snapshotName=f"{self.name}-s")
        path = self.plugin.mount(f"{self.name}-r", READER)
        assert pathlib.Path(path, "row").read_text() == DATA
        self.plugin.unmount(f"{self.name}-r", READER)

    def clean(self):
        self.daemon.admin("DELETE", "snapshot", None, id=f"{self.name}-s")
        self.plugin.remove(f"{self.name}-r")
        super().clean()


class RemoveSnapshot(Scenario):
    own = "snapshot"

    def prepare(self):
        super().prepare()
        self.daemon.admin("POST", "snapshots", {"name": f"{self.name}-s"}, name=self.name)

    def act(self):
        self.daemon.admin("DELETE", "snapshot", None, id=f"{self.name}-s")

    def repeat(self):
        if self.there():
            self.act()

    def there(self):
        return [it for it in self.daemon.admin("GET", "snapshots")["snapshots"] if it["name"] == f"{self.name}-s"]

    def finish(self):
        assert not self.there()


class CopyOfWhatIsMounted(Scenario):
    def prepare(self):
        self.with_data()

    def act(self):
        self.plugin.create(f"{self.name}-c", volumeName=self.name, freeze="true")

    def after_restart(self):
        assert self.consumers() == {A: 1}, "whoever has it keeps it"
        write_durably(f"{self.plugin.path(self.name)}/after", "not frozen")

    def finish(self):
        path = self.plugin.mount(f"{self.name}-c", READER)
        assert pathlib.Path(path, "row").read_text() == DATA
        self.plugin.unmount(f"{self.name}-c", READER)
        self.plugin.unmount(self.name, A)

    def clean(self):
        self.plugin.remove(f"{self.name}-c")
        super().clean()


class MountOfACopy(Scenario):
    """Beside its source, with a UUID of its own."""

    own = "uuid"

    def prepare(self):
        self.with_data()
        self.plugin.create(f"{self.name}-c", volumeName=self.name, freeze="true")

    def act(self):
        self.path = self.plugin.mount(f"{self.name}-c", READER)

    def finish(self):
        assert pathlib.Path(self.path, "row").read_text() == DATA
        uuids = {os.stat(path).st_dev: uuid_of(path) for path in (self.path, self.plugin.path(self.name))}
        assert len(uuids) == len(set(uuids.values())) == 2
        self.plugin.unmount(f"{self.name}-c", READER)
        self.plugin.unmount(self.name, A)

    def clean(self):
        self.plugin.remove(f"{self.name}-c")
        super().clean()


def uuid_of(path):
    return subprocess.run(["findmnt", "-n", "-o", "UUID", "-T", path], check=True, capture_output=True,
                          text=True).stdout.strip()


class AdoptByHand(Scenario):
    own = "engine.adopt"

    def act(self):
        self.admin("adopt")


class OfDirectories(Scenario):
    """Of the vfs driver, the daemon's second service."""

    options = {}

    @property
    def plugin(self):
        return Plugin(self.daemon.second_socket)

    def volumes(self):
        return self.plugin.list()


class CreateDirectory(OfDirectories):
    def prepare(self):
        pass

    def act(self):
        self.plugin.create(self.name)


class MountDirectory(OfDirectories):
    def act(self):
        self.path = self.plugin.mount(self.name, A)

    def finish(self):
        write_durably(f"{self.path}/row", DATA)
        self.plugin.unmount(self.name, A)
        self.read_back()


class UnmountDirectory(OfDirectories):
    def prepare(self):
        self.with_data()

    def act(self):
        self.plugin.unmount(self.name, A)

    def finish(self):
        self.read_back()


class RemoveDirectory(OfDirectories):
    def act(self):
        self.plugin.remove(self.name)

    def repeat(self):
        if not self.gone():
            self.act()

    def clean(self):
        assert self.gone()


ALL = [Create, FirstMount, MountOfDataThatGrew, MountOfWhatMayNotBeFormatted, MountThatFailsAfterMounting,
       Unmount, Attach, Detach, DetachOfWhatNobodyHolds, GrowMounted, GrowUnmounted, Remove, RemoveOfWhatNobodyHolds,
       Adopt, GrowThatTheStartEnds, SnapshotOfWhatIsMounted, RemoveSnapshot, CopyOfWhatIsMounted, MountOfACopy, AdoptByHand,
       CreateDirectory, MountDirectory, UnmountDirectory, RemoveDirectory]
