#!/usr/bin/env python3
"""Makes the packages from programs that are built: a .deb (by CPack) and a tarball for other systems.

    ./dev package                                                  builds the release and calls this
    packaging/package.py --bin build/release/bin --out build/package [deb] [tarball]
"""

import argparse
import pathlib
import re
import shutil
import subprocess
import sys

import bundle
import sbom
import tree

HERE = pathlib.Path(__file__).resolve().parent


def run(*words, **options):
    return subprocess.run([str(word) for word in words], check=True, stdin=subprocess.DEVNULL, text=True, **options)


def version_of(programs):
    """From the program itself: the one place where the version, the commit and its date are."""
    said = run(programs / "rexray", "version", capture_output=True).stdout
    facts = dict(re.findall(r"^(\w+): *(.*)$", said, re.MULTILINE))
    return facts["SemVer"], facts["Commit"], facts["Formed"]


def fresh(path):
    if path.exists():
        shutil.rmtree(path)
    path.mkdir(parents=True)
    return path


def strip(path):
    run("strip", "--strip-unneeded", "--remove-section=.comment", "--remove-section=.note", path)


def make_deb(options, facts):
    version, commit, formed = facts
    root = fresh(options.out / "deb")
    tree.lay_out(root, options.bin, options.pages)
    for target in tree.PROGRAMS.values():
        strip(root / target)
    doc = "usr/share/doc/rexray"
    tree.put(root, f"{doc}/copyright", (HERE / "debian/copyright").read_bytes())
    date = "Thu, 01 Jan 1970 00:00:00 +0000" if formed == "-" else formed
    tree.put(root, f"{doc}/changelog.Debian.gz", tree.squeeze(
        f"rexray ({version}-1) unstable; urgency=medium\n\n  * See changelog.gz; built from {commit}.\n\n"
        f" -- rexray maintainers <rexray@packages.invalid>  {date}\n"))
    tree.put(root, f"{doc}/sbom.cdx.json", options.materials)
    tree.put(root, "usr/share/lintian/overrides/rexray", (HERE / "debian/lintian-overrides").read_bytes())
    (root / "etc/rexray").mkdir(parents=True)
    (root / "etc/rexray").chmod(0o755)
    run("cpack", "-G", "DEB", "--config", HERE / "debian/cpack.cmake", "-D", f"CPACK_INSTALLED_DIRECTORIES={root};/",
        "-D", f"CPACK_PACKAGE_VERSION={version}", "-D", f"CPACK_PACKAGE_DIRECTORY={options.out}",
        stdout=subprocess.DEVNULL)
    shutil.rmtree(options.out / "_CPack_Packages", ignore_errors=True)
    return sorted(options.out.glob("*.deb"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kinds", nargs="*", help="deb, tarball (default: both)")
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--build", type=pathlib.Path, help="the build directory (default: the parent of --bin)")
    parser.add_argument("--pages", type=pathlib.Path, help="manual pages and completions (default: BUILD/pages)")
    parser.add_argument("--out", type=pathlib.Path, required=True)
    options = parser.parse_args()
    for name in ("bin", "out", "build", "pages"):
        if getattr(options, name) is not None:
            setattr(options, name, getattr(options, name).resolve())
    options.build = options.build or options.bin.parent
    options.pages = options.pages or options.build / "pages"
    wanted = options.kinds or ["deb", "tarball"]
    if unknown := set(wanted) - {"deb", "tarball"}:
        parser.error(f"no kind of package \"{unknown.pop()}\": deb, tarball")
    for name in tree.PROGRAMS:
        if not (options.bin / name).exists():
            print(f"{options.bin / name} is not there; build it first (./dev build release)", file=sys.stderr)
            return 1
    options.out.mkdir(parents=True, exist_ok=True)
    facts = version_of(options.bin)
    options.materials = sbom.document(options.bin, options.build, facts[0])
    made = []
    if "deb" in wanted:
        made += make_deb(options, facts)
    if "tarball" in wanted:
        made.append(bundle.make(options, facts[0]))
    for path in made:
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
