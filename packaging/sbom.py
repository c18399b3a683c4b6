"""The software bill of materials: CycloneDX 1.4, from what the programs really are made of.

Shared libraries by each program's NEEDED entries, followed as the loader does; archives and headers by ninja's own record
of what each object and program was made from. Each file is then looked up in dpkg's database.
"""

import json
import pathlib
import re
import subprocess
import uuid

import tree

PROGRAMS = ["rexray", "rexrayd", "dvdcli"]


def output(*words):
    return subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL, capture_output=True, text=True).stdout


def shared_libraries(program):
    return re.findall(r"(/\S+) \(0x", output("ldd", program))


def built_from(build):
    """Headers that were compiled in, and archives that were linked in, from outside of the source."""
    headers = {line.strip() for line in output("ninja", "-C", build, "-t", "deps").splitlines()
               if line.startswith("    /usr/")}
    commands = output("ninja", "-C", build, "-t", "commands", *[f"bin/{name}" for name in PROGRAMS])
    archives = set(re.findall(r"(/usr/\S+?\.a)(?=\s|$)", commands))
    static = [line for line in commands.splitlines() if " -static " in line]
    for name in {word for line in static for word in re.findall(r" -l(\w+)", line)} | {"stdc++", "gcc", "c"}:
        found = output("g++", f"-print-file-name=lib{name}.a").strip()
        if found.startswith("/"):
            archives.add(str(pathlib.Path(found).resolve()))
    return headers | archives


def packages_of(files):
    """{package: how it is in the programs}"""
    found = {}
    listed = {}
    paths = sorted(files)
    for start in range(0, len(paths), 200):
        for line in output("dpkg-query", "-S", *paths[start:start + 200]).splitlines():
            owner, _, path = line.partition(": ")
            listed[path] = owner.split(",")[0].strip()
    for path, how in files.items():
        # A library may be known to dpkg by the path before /usr was merged.
        owner = listed.get(path) or output("dpkg-query", "-S", path.removeprefix("/usr")).partition(": ")[0].split(",")[0]
        if owner:
            found.setdefault(owner, set()).add(how)
    return found


def component(package, how):
    shown = output("dpkg-query", "-W", "-f", "${Package}\t${Version}\t${Architecture}\t${source:Package}", package)
    name, version, architecture, source = shown.split("\t")
    return {"type": "library", "bom-ref": f"pkg:deb/debian/{name}@{version}", "name": name, "version": version,
            "purl": f"pkg:deb/debian/{name}@{version}?arch={architecture}",
            "properties": [{"name": "rexray:linkage", "value": word} for word in sorted(how)] +
                          [{"name": "debian:source", "value": source}]}


def document(programs, build, version):
    files = {}
    for name in PROGRAMS:
        for library in shared_libraries(programs / name) + (tree.loaded_libraries() if name == "rexrayd" else []):
            files[str(pathlib.Path(library).resolve())] = "shared"
    for path in built_from(build):
        files[path] = "static" if path.endswith(".a") else files.get(path, "headers")
    components = [component(package, how) for package, how in sorted(packages_of(files).items())]
    rexray = {"type": "application", "bom-ref": "rexray", "name": "rexray", "version": version,
              "licenses": [{"license": {"id": "Apache-2.0"}}]}
    text = json.dumps({
        "bomFormat": "CycloneDX", "specVersion": "1.4", "version": 1, "metadata": {"component": rexray},
        "components": components,
        "dependencies": [{"ref": "rexray", "dependsOn": [one["bom-ref"] for one in components]}]}, indent=1)
    # The same parts have the same number.
    serial = uuid.uuid5(uuid.NAMESPACE_URL, text)
    return text.replace('"version": 1,', f'"version": 1,\n "serialNumber": "urn:uuid:{serial}",', 1) + "\n"
