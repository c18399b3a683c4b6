#!/usr/bin/env python3
"""Lays out the managed plugin: OUT/config.json and OUT/rootfs, ready for `docker plugin create NAME OUT`.

    packaging/docker-plugin/build.py --bin build/release/bin --out /tmp/plugin
    docker plugin create rexray/local:latest /tmp/plugin && docker plugin enable rexray/local:latest

The root file system is our programs, the tools that own the file systems' formats, and the libraries that these load.
"""

import argparse
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import tree  # noqa: E402

PROGRAMS = ["rexrayd", "rexray"]
TOOLS = ["mkfs.ext4", "e2fsck", "e2undo", "resize2fs", "mkfs.xfs", "xfs_growfs", "xfs_repair", "xfs_admin", "mkfs.btrfs",
         "btrfs", "btrfstune"]
DIRECTORIES = ["dev", "proc", "sys", "tmp", "run/docker/plugins", "etc", "var/lib/rexray", "var/log"]


def libraries(program):
    """What the dynamic loader would load, by its own word."""
    listed = subprocess.run(["ldd", str(program)], capture_output=True, text=True)
    if listed.returncode != 0:
        return []  # static
    return [pathlib.Path(path) for path in re.findall(r"(/\S+) \(0x", listed.stdout)]


def install(source, root, target):
    target = root / target.lstrip("/")
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(pathlib.Path(source).resolve(), target)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    options = parser.parse_args()
    root = options.out / "rootfs"
    if root.exists():
        print(f"{root} exists already: remove it, or choose another place", file=sys.stderr)
        return 1
    for name in DIRECTORIES:
        (root / name).mkdir(parents=True)
    wanted = [(options.bin / name, f"/usr/bin/{name}") for name in PROGRAMS]
    for tool in TOOLS:
        found = shutil.which(tool, path="/usr/sbin:/usr/bin:/sbin:/bin")
        if found:
            wanted.append((pathlib.Path(found), f"/usr/sbin/{tool}"))
        else:
            print(f"{tool} is not on this machine: the plugin will do without it", file=sys.stderr)
    for source, target in wanted:
        if not source.exists():
            print(f"{source} is not there; build it first (./dev build release)", file=sys.stderr)
            return 1
        install(source, root, target)
        for library in libraries(source):
            install(library, root, str(library))
    for library in tree.loaded_libraries():
        install(library, root, str(library))
    authorities = pathlib.Path("/etc/ssl/certs/ca-certificates.crt")
    if authorities.exists():
        install(authorities, root, str(authorities))
    else:
        print("ca-certificates is not on this machine: the plugin's cloud drivers will trust nobody", file=sys.stderr)
    for configuration in ("mke2fs.conf",):
        if pathlib.Path("/etc", configuration).exists():
            install(pathlib.Path("/etc", configuration), root, f"/etc/{configuration}")
    shutil.copy2(pathlib.Path(__file__).with_name("config.json"), options.out / "config.json")
    return 0


if __name__ == "__main__":
    sys.exit(main())
