"""What a package puts where: one list for the .deb and the tarball."""

import gzip
import pathlib
import re
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
DOCUMENTS = ["README.md", *sorted(str(page.relative_to(ROOT)) for page in (ROOT / "docs").glob("*.md"))]

# rexrayd loads these by name when a cloud driver is configured: no program lists them.
LOADED = ["libcurl.so.4"]

PROGRAMS = {"rexray": "usr/bin/rexray", "rexrayd": "usr/sbin/rexrayd", "dvdcli": "usr/bin/dvdcli"}


def put(tree, target, text, mode=0o644):
    path = tree / target
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(mode)


def squeeze(text):
    """gzip -9n: the same text gives the same bytes."""
    return gzip.compress(text if isinstance(text, bytes) else text.encode(), 9, mtime=0)


def pages_of(pages):
    """What `rexray_pages` wrote from the command line's grammar and the table of keys, and our own pages."""
    found = sorted(pages.glob("*.[1-8]")) + sorted((ROOT / "packaging/man").glob("*.[1-8]"))
    return {f"usr/share/man/man{page.suffix[1:]}/{page.name}": page.read_bytes() for page in found}


def completions_of(pages):
    found = [*pages.glob("*.bash"), *(ROOT / "packaging/completions").glob("*.bash")]
    return {completion.stem: completion.read_bytes() for completion in sorted(found)}


def loaded_libraries():
    """LOADED where this machine has them, and what these load in turn."""
    known = subprocess.run(["/sbin/ldconfig", "-p"], check=True, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    places = dict(re.findall(r"^\t(\S+) \(.*x86-64.*\) => (\S+)$", known.stdout, re.MULTILINE))
    found = []
    for name in LOADED:
        if name not in places:
            raise SystemExit(f"{name} is not on this machine: ./dev deps build installs it")
        listed = subprocess.run(["ldd", places[name]], check=True, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        found += [places[name], *re.findall(r"(/\S+) \(0x", listed.stdout)]
    return found


def lay_out(tree, programs, pages):
    """Everything but what only one kind of package has."""
    for name, target in PROGRAMS.items():
        path = tree / target
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(programs / name, path)
        path.chmod(0o755)
    for target, text in pages_of(pages).items():
        put(tree, f"{target}.gz", squeeze(text))
    for name, text in completions_of(pages).items():
        put(tree, f"usr/share/bash-completion/completions/{name}", text)
    for document in DOCUMENTS:
        if (ROOT / document).exists():
            put(tree, f"usr/share/doc/rexray/{pathlib.Path(document).name}", (ROOT / document).read_bytes())
    put(tree, "usr/share/doc/rexray/changelog.gz", squeeze((ROOT / "CHANGELOG.md").read_bytes()))
    put(tree, "lib/systemd/system/rexray.service", (ROOT / "packaging/systemd/rexray.service").read_bytes())
    for path in [tree, *tree.rglob("*")]:
        if path.is_dir():
            path.chmod(0o755)
