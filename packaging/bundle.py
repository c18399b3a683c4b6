"""The tarball for systems that are not Debian 12: programs with the loader and libraries that they were built with.

They are told by name where both are (PT_INTERP and DT_RPATH, which wins over LD_LIBRARY_PATH), so they live in one place:
/opt/rexray. Programs that they start (mkfs, fsck) are the host's, with the host's loader: nothing of this is inherited.
"""

import pathlib
import re
import shutil
import subprocess
import tarfile

import sbom
import tree

HERE = pathlib.Path(__file__).resolve().parent
HOME = "/opt/rexray"


def run(*words):
    return subprocess.run([str(word) for word in words], check=True, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True).stdout


def loader_of(program):
    found = re.search(r"Requesting program interpreter: (\S+)\]", run("readelf", "-l", "-W", program))
    return found and found.group(1)


def relocate(root, source, target):
    """A copy that knows its own loader and libraries; the libraries come along."""
    path = root / "bin" / target
    shutil.copyfile(source, path)
    path.chmod(0o755)
    run("strip", "--strip-unneeded", path)
    loader = loader_of(source)
    if loader is None:
        return  # static
    for library in sbom.shared_libraries(source) + tree.loaded_libraries():
        copy = root / "lib" / pathlib.Path(library).name
        if not copy.exists():
            shutil.copyfile(pathlib.Path(library).resolve(), copy)
            copy.chmod(0o755)
    run("patchelf", "--force-rpath", "--set-rpath", f"{HOME}/lib", "--set-interpreter",
        f"{HOME}/lib/{pathlib.Path(loader).name}", path)


def make(options, version):
    machine = run("uname", "-m").strip()
    name = f"rexray-{version}-linux-{machine}"
    root = options.out / name
    if root.exists():
        shutil.rmtree(root)
    for directory in ("bin", "lib", "share/doc"):
        (root / directory).mkdir(parents=True)
    for program in tree.PROGRAMS:
        relocate(root, options.bin / program, program)
    for target, text in tree.pages_of(options.pages).items():
        tree.put(root, target.removeprefix("usr/"), text)
    for program, text in tree.completions_of(options.pages).items():
        tree.put(root, f"share/bash-completion/completions/{program}", text)
    for document in [*tree.DOCUMENTS, "CHANGELOG.md", "LICENSE"]:
        if (tree.ROOT / document).exists():
            tree.put(root, f"share/doc/{pathlib.Path(document).name}", (tree.ROOT / document).read_bytes())
    tree.put(root, "share/doc/sbom.cdx.json", options.materials)
    unit = (tree.ROOT / "packaging/systemd/rexray.service").read_text()
    tree.put(root, "share/rexray.service", re.sub(r"/usr/s?bin/(?=rexray)", f"{HOME}/bin/", unit))
    tree.put(root, "install.sh", (HERE / "tarball/install.sh").read_bytes(), 0o755)
    archive = options.out / f"{name}.tar.gz"
    with tarfile.open(archive, "w:gz", compresslevel=9) as out:
        out.add(root, name, filter=as_root)
    shutil.rmtree(root)
    return archive


def as_root(member):
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    return member
