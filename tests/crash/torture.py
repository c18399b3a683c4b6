"""Clients that use volumes as container runtimes do, and a model of what each was told.

The model knows nothing of the daemon, only of answers. An answer counts; an error means that it did not happen; a call
whose answer never came may have happened or not, and the next daemon says which.
"""

import hashlib
import http.client
import os
import pathlib
import random
import socket
import threading

from support.daemon import AdminError, Plugin, PluginError, counted_id
from support.invariants import consumers_of, images_of, mounts_below, settle, volumes_root
from support.watch import UnmountWatch

MiB = 2**20
NO_ANSWER = (OSError, http.client.HTTPException)
IMPATIENT = 0.05


class Violation(AssertionError):
    pass


def require(condition, text):
    if not condition:
        raise Violation(text)


class Client:
    """A container runtime: one call after the other. Its mount ids are its own, so it alone knows how often each holds."""

    def __init__(self, daemon, name, shared, seed):
        self.daemon, self.name = daemon, name
        self.random = random.Random(f"{seed} {name}")
        self.own = f"own-{name}"
        self.volumes = [*shared, self.own]
        self.ids = [counted_id(f"{seed} {name} {number}") for number in range(2)]
        self.holds = {}    # (volume, id) -> the counts that it may have
        self.paths = {}    # volume -> where it is mounted, as we were told
        self.files = {}    # volume -> (bytes, digest) of our file there, as fsync has acknowledged
        self.exists = {False}  # what our own volume may be
        self.sizes = {0}
        self.watch = UnmountWatch()
        self.calls = 0
        # Then an error may have happened all the same, since nobody can take it back; and a good answer may not: an
        # ext4 that is shut down can answer an fsync that is under way well, and lose it.
        self.power_is_cut = False

    # --- what we know ---

    def count(self, volume, mount_id):
        """How often this id holds the volume; None when an answer is missing."""
        counts = self.holds.get((volume, mount_id), {0})
        return next(iter(counts)) if len(counts) == 1 else None

    def certain(self, volume):
        """Holds, as far as we were told, for sure."""
        return any(min(self.holds.get((volume, mount_id), {0})) > 0 for mount_id in self.ids)

    # --- calls ---

    def step(self):
        self.calls += 1
        volume = self.random.choice(self.volumes)
        mount_id = self.random.choice(self.ids)
        kinds = [self.mount] * 6 + [self.unmount] * 5 + [self.write] * 5 + [self.look] * 2 + [self.hang_up]
        self.random.choice(kinds)(volume, mount_id) if volume != self.own or self.exists == {True} else self.create()
        if volume == self.own and self.exists == {True} and self.random.random() < 0.3:
            self.random.choice([self.remove, self.grow])()
        lost = self.watch.unmounted()
        require(not lost, f"{self.name}: unmounted while it was held: {lost}")

    def create(self):
        if self.exists != {False}:
            return
        self.exists, self.sizes = {True, False}, {48 * MiB}
        self.daemon.plugin.create(self.own, size="48MiB")
        if not self.power_is_cut:
            self.exists = {True}

    def remove(self):
        held = self.certain(self.own)
        before, self.exists = self.exists, {True, False}
        try:
            self.daemon.plugin.remove(self.own)
        except PluginError:
            self.exists = {True, False} if self.power_is_cut else before
            return
        require(not held, f"{self.own} was removed while it was held")
        if not self.power_is_cut:
            self.exists = {False}
            self.forget_own()

    def forget_own(self):
        self.files.pop(self.own, None)
        self.paths.pop(self.own, None)
        for mount_id in self.ids:
            self.holds.pop((self.own, mount_id), None)

    def grow(self):
        if any(self.count(self.own, mount_id) != 0 for mount_id in self.ids):
            return  # ext4 online: not every root may
        size = max(self.sizes) + 4 * MiB
        if size > 96 * MiB:
            return
        self.sizes = {*self.sizes, size}
        try:
            self.daemon.admin("POST", "volume/grow", {"size": size}, name=self.own)
        except AdminError:
            return
        if not self.power_is_cut:
            self.sizes = {size}

    def mount(self, volume, mount_id):
        count = self.count(volume, mount_id)
        if count is None or count >= 2:
            return
        self.holds[volume, mount_id] = {count, count + 1}
        try:
            path = self.daemon.plugin.mount(volume, mount_id)
        except PluginError:
            self.holds[volume, mount_id] = {count}
            raise
        self.holds[volume, mount_id] = {count + 1}
        self.told(volume, path)

    def told(self, volume, path):
        if volume not in self.paths:
            self.paths[volume] = path
            self.watch.add(path)
        require(self.paths[volume] == path, f"{volume} is at {path}, and was said to be at {self.paths[volume]}")

    def unmount(self, volume, mount_id):
        count = self.count(volume, mount_id)
        if not count:
            return
        self.holds[volume, mount_id] = {count - 1, count}
        if not self.certain(volume):
            self.watch.remove(self.paths.pop(volume))
        try:
            self.daemon.plugin.unmount(volume, mount_id)
        except PluginError:
            self.holds[volume, mount_id] = {count}
            self.told(volume, self.daemon.plugin.path(volume))
            raise
        self.holds[volume, mount_id] = {count - 1}

    def hang_up(self, volume, mount_id):
        """A Mount whose caller goes away."""
        count = self.count(volume, mount_id)
        if count is None or count >= 2:
            return
        self.holds[volume, mount_id] = {count, count + 1}
        body = f'{{"Name": "{volume}", "ID": "{mount_id}"}}'.encode()
        with socket.socket(socket.AF_UNIX) as caller:
            caller.settimeout(self.random.uniform(0, IMPATIENT))
            caller.connect(str(self.daemon.docker_socket))
            caller.sendall(b"POST /VolumeDriver.Mount HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            try:
                caller.recv(1)
            except OSError:
                pass

    def write(self, volume, _):
        """Appends to a file of ours, and remembers what fsync has acknowledged."""
        if not self.certain(volume) or self.power_is_cut:
            return
        size, digest = self.files.get(volume, (0, hashlib.sha256()))
        data = self.random.randbytes(self.random.randint(1, 16384))
        after = digest.copy()
        after.update(data)
        with open(f"{self.paths[volume]}/{self.name}", "ab") as file:
            require(file.tell() == size, f"{self.name}'s file on {volume} has {file.tell()} bytes, not {size}")
            if size + len(data) > MiB:
                return  # the volumes are small
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if not self.power_is_cut:
            self.files[volume] = (size + len(data), after)

    def look(self, volume, _):
        path = self.daemon.plugin.path(volume)
        if self.certain(volume):
            require(path == self.paths[volume], f"{volume} is held at {self.paths[volume]}, and Path says \"{path}\"")
        require(volume in [each["Name"] for each in self.daemon.plugin.list()], f"{volume} is not listed")

    # --- after a crash ---

    def learn(self, listed, consumers):
        """What the next daemon says is one of what may be; from now on it is what is."""
        require((self.own in listed) in self.exists, f"{self.own}: listed {self.own in listed}, may be {self.exists}")
        self.exists = {self.own in listed}
        if self.exists == {False}:
            require(not self.certain(self.own), f"{self.own} is held, and gone")
            self.forget_own()
        else:
            size = self.daemon.plugin.get(self.own)["Status"]["size"]
            require(size in self.sizes, f"{self.own} has {size} bytes, may have {self.sizes}")
            self.sizes = {size}
        for volume in self.volumes:
            if volume not in listed:
                continue
            for mount_id in self.ids:
                counts = self.holds.get((volume, mount_id), {0})
                count = consumers[volume].get(mount_id, 0)
                require(count in counts, f"{volume}: {self.name} holds it {count} times, and may {sorted(counts)}")
                self.holds[volume, mount_id] = {count}
            if self.certain(volume):
                self.told(volume, self.daemon.plugin.path(volume))
            elif volume in self.paths:
                self.watch.remove(self.paths.pop(volume))

    def learn_after_boot(self, listed):
        """Nothing is mounted any more; what was acknowledged is there. What was under way may be."""
        require((self.own in listed) in self.exists, f"{self.own}: listed {self.own in listed}, may be {self.exists}")
        self.exists = {self.own in listed}
        self.holds.clear()
        self.paths.clear()
        self.watch.close()
        self.watch = UnmountWatch()
        if self.exists == {False}:
            self.forget_own()
        else:
            size = self.daemon.plugin.get(self.own)["Status"]["size"]
            require(size in self.sizes, f"{self.own} has {size} bytes, may have {self.sizes}")
            self.sizes = {size}

    def reread(self, volume, path):
        """What fsync has acknowledged is at the beginning; behind it there may be a piece that was never acknowledged."""
        size, digest = self.files.get(volume, (0, hashlib.sha256()))
        file = pathlib.Path(path, self.name)
        data = file.read_bytes() if file.exists() else b""
        require(len(data) >= size and hashlib.sha256(data[:size]).digest() == digest.digest(),
                f"{volume}: what {self.name} has written and synced is not there: {len(data)} bytes of {size}")
        if file.exists():
            self.files[volume] = (len(data), hashlib.sha256(data))

    def let_go(self):
        for (volume, mount_id) in list(self.holds):
            while self.count(volume, mount_id):
                self.unmount(volume, mount_id)


class Torture:
    def __init__(self, daemon, seed, clients=8, volumes=6):
        self.daemon, self.seed = daemon, seed
        self.random = random.Random(seed)
        self.shared = [f"shared-{number}" for number in range(volumes)]
        for name in self.shared:
            daemon.plugin.create(name, size="48MiB")
        self.clients = [Client(daemon, f"client-{number}", self.shared, seed) for number in range(clients)]
        self.errors = []
        self.refusals = 0

    def work(self, client, over):
        while not over.is_set():
            try:
                client.step()
            except (PluginError, AdminError) as refused:
                self.refusals += 1
                self.last_refusal = str(refused)
            except NO_ANSWER:
                return  # the daemon is gone; a daemon that lives and does not answer is found by learn()
            except Violation as violation:
                self.errors.append(violation)
                return
            except BaseException as error:
                self.errors.append(error)
                raise

    def round(self):
        """Everybody works; the daemon dies; the next one is asked what is."""
        over = threading.Event()
        threads = [threading.Thread(target=self.work, args=(client, over)) for client in self.clients]
        for thread in threads:
            thread.start()
        over.wait(self.random.uniform(0.01, 0.35))  # not a pause: the moment of death is what is tried
        self.daemon.kill()
        over.set()
        for thread in threads:
            thread.join()
        if self.random.random() < 0.2:  # and once more while it starts
            self.daemon.spawn()
            threading.Event().wait(self.random.uniform(0, 0.2))
            self.daemon.kill()
        self.daemon.start()
        if self.errors:
            raise self.errors[0]
        settle(self.daemon)
        self.learn()
        self.reopen(2)

    def learn(self):
        listed = {volume["Name"] for volume in self.daemon.plugin.list()}
        require(set(self.shared) <= listed, f"lost: {set(self.shared) - listed}")
        consumers = {name: consumers_of(self.daemon, name) for name in listed}
        for client in self.clients:
            client.learn(listed, consumers)
        known = {mount_id for client in self.clients for mount_id in client.ids}
        for name, held in consumers.items():
            require(set(held) <= known, f"{name}: nobody has asked for {set(held) - known}")

    def reopen(self, most):
        """Volumes that are detached: the device is opened anew, and what fsync has acknowledged is read from the disk."""
        listed = [volume["Name"] for volume in self.daemon.plugin.list()]
        idle = [name for name in listed if self.daemon.plugin.get(name)["Status"]["state"] == "detached"]
        self.random.shuffle(idle)
        for name in idle[:most]:
            drop_cache(images_of(self.daemon) / f"{self.daemon.plugin.get(name)['Status']['id']}.img")
            path = self.daemon.plugin.mount(name, counted_id("reader"))
            for client in self.clients:
                if name not in client.files:
                    continue
                size, digest = client.files[name]
                data = pathlib.Path(path, client.name).read_bytes()
                require(len(data) == size and hashlib.sha256(data).digest() == digest.digest(),
                        f"{name}: what {client.name} has written and synced is not there: {len(data)} bytes of {size}")
            self.daemon.plugin.unmount(name, counted_id("reader"))

    def end(self):
        """Everybody lets go; nothing may be left, and everything must be there."""
        for client in self.clients:
            client.let_go()
        for volume in [volume["Name"] for volume in self.daemon.plugin.list()]:
            self.daemon.plugin.mount(volume, counted_id("reader"))  # of those that a crash has left staged for nobody
            self.daemon.plugin.unmount(volume, counted_id("reader"))
        settle(self.daemon)
        require(mounts_below(volumes_root(self.daemon)) == [] and self.daemon.loops() == [], "something is left")
        self.reopen(1000)
        for volume in self.daemon.plugin.list():
            self.daemon.plugin.remove(volume["Name"])
        settle(self.daemon)
        require(os.listdir(images_of(self.daemon)) == [], "images are left")


def drop_cache(image):
    """Out of the page cache: what was not written is not there any more when it is read again."""
    with open(image, "rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
