"""What must hold whenever nothing is under way, whatever happened before:

  mounts below the volumes root = staged rows of the journal = devices in use = what the daemon says
  nothing leaked: loop devices, mounts, mount points, images, intents

Read from the kernel, from the journal's own file and from the daemon, and compared. Only what belongs to the
daemon's own directory counts: others use the machine.
"""

import os
import pathlib
import shutil
import sqlite3
import tempfile

from support.daemon import AdminError, eventually


class Mount:
    def __init__(self, line):
        left, right = line.split(" - ")
        fields = left.split()
        self.id, self.number, self.target = fields[0], fields[2], unescape(fields[4])
        self.fs_type, self.source, self.super_options = (right.split() + [""])[:3]


def unescape(text):
    return text.encode().decode("unicode_escape")


def mounts_below(root):
    with open("/proc/self/mountinfo") as table:
        mounts = [Mount(line) for line in table]
    return [mount for mount in mounts if mount.target.startswith(f"{root}/")]


def journal_rows(daemon, table):
    """The daemon has its journal locked: a copy is read. A copy that was torn is an error, and tried again by `eventually`."""
    files = sorted((daemon.home / "run/rexray").glob("journal-*.db"))
    assert len(files) <= 1, f"more than one journal: {files}"
    if not files:
        return []
    with tempfile.TemporaryDirectory(prefix="rexray-journal-") as copies:
        for suffix in ("", "-wal"):
            source = pathlib.Path(f"{files[0]}{suffix}")
            if source.exists():
                shutil.copy(source, pathlib.Path(copies) / f"journal.db{suffix}")
        connection = sqlite3.connect(pathlib.Path(copies) / "journal.db")
        connection.row_factory = sqlite3.Row
        try:
            return [dict(row) for row in connection.execute(f"SELECT * FROM {table}")]
        finally:
            connection.close()


def volumes_root(daemon):
    return daemon.home / "var/lib/rexray/volumes"


def images_of(daemon):
    return daemon.home / "var/lib/rexray/local/images"


def mount_points(daemon):
    """Directories that a mount is for, of the default service and of others."""
    root = volumes_root(daemon)
    found = [entry for entry in root.glob("*") if entry.name != ".services"]
    return {str(entry) for entry in [*found, *root.glob(".services/*/*")]}


def consumers_of(daemon, name):
    """{mount id: count}, in the daemon's words."""
    return {held["id"]: held["count"] for held in daemon.plugin.get(name)["Status"]["consumers"]}


def differences(daemon):
    """What does not hold, one line each; for the local driver, while the daemon runs and nobody asks it for anything."""
    found = []

    def same(left_name, left, right_name, right):
        left, right = set(left), set(right)
        if left != right:
            found.append(f"{left_name} {sorted(left - right)} without {right_name}; "
                         f"{right_name} {sorted(right - left)} without {left_name}")

    root = volumes_root(daemon)
    mounts = mounts_below(root)
    rows = journal_rows(daemon, "stages")
    staged = [row for row in rows if row["device_number"]]
    same("mounts", [mount.target for mount in mounts], "staged rows", [row["stage_path"] for row in staged])
    if len(mounts) != len({mount.target for mount in mounts}):
        found.append("something is mounted twice at one place")
    for intent in journal_rows(daemon, "intents"):
        found.append(f"an intent is open: {intent['operation']}.{intent['step']} of {intent['name']}")

    loops = daemon.loops()
    same("loop devices", [pathlib.Path(file).name for _, file in loops], "rows",
         [f"{row['id']}.img" for row in rows if row["id"].startswith("lv-")])
    devices = dict(loops)
    if len(devices) != len(loops):
        found.append(f"an image has two loop devices: {loops}")
    by_target = {mount.target: mount for mount in mounts}
    for row in staged:
        mount = by_target.get(row["stage_path"])
        if mount and row["id"].startswith("lv-") and pathlib.Path(devices.get(mount.source, "none")).name != f"{row['id']}.img":
            found.append(f"{mount.target} has {mount.source}, which is not the device of {row['id']}")
    same("mount points", mount_points(daemon), "mounts", [mount.target for mount in mounts])

    views = daemon.admin("GET", "volumes")["volumes"]
    if len(views) != len({(view["service"], view["name"]) for view in views}):
        found.append(f"a name twice in the list: {[view['name'] for view in views]}")
    kept = [view["id"] for view in views] + [it["id"] for it in daemon.admin("GET", "snapshots")["snapshots"]]
    same("images", os.listdir(images_of(daemon)) if images_of(daemon).exists() else [], "volumes and snapshots",
         [f"{each}.img" for each in kept if each.startswith(("lv-", "ls-"))])
    same("volumes in use", [view["id"] for view in views if view["mountPoint"]], "staged rows",
         [row["id"] for row in staged])
    same("consumers", [(view["id"], held["id"], held["count"]) for view in views for held in view["consumers"]],
         "rows of consumers", [(row["id"], row["consumer"], row["count"]) for row in journal_rows(daemon, "consumers")])
    for view in views:
        if view["statusDetail"]:
            found.append(f"volume {view['name']}: {view['statusDetail']}")
    return found


def settle(daemon, timeout=20):
    """Waits until all invariants hold: what a daemon takes up after a crash it does in the background."""
    last = ["nothing was looked at"]

    def holds():
        try:
            last[:] = differences(daemon)
        except (AdminError, sqlite3.DatabaseError) as error:
            last[:] = [str(error)]
        return not last

    try:
        eventually(holds, "the invariants hold", timeout)
    except AssertionError:
        raise AssertionError("after %s s:\n  %s\n%s" % (timeout, "\n  ".join(last), daemon.log[-8000:])) from None
