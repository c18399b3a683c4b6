#!/usr/bin/env python3
"""./dev lint: formatting, the floor table, source rules, and clang-tidy (warnings are errors).

clang-tidy looks at the files that differ from origin/main, or, where nothing differs, at those of the last commits;
--long looks at all. A file that passed is not looked at again until it, a header it includes, or the rules change.
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "debug"
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "rexray-lint"
LAST_COMMITS = 10

# docs/architecture.md, "The house": room -> rooms whose headers it may include (its own always). Tests may also include
# testing/ headers of the rooms below and drivers/fake.
FLOORS = {
    "base": [],
    "volume": ["base"],
    "config": ["base"],
    "dvdi": ["base"],
    "host": ["base", "volume"],
    "drivers": ["base", "volume", "config", "host"],
    "mesos": ["base", "dvdi"],
    "engine": ["base", "volume", "config", "host", "drivers"],
    "server": ["base", "volume", "config", "host", "drivers", "engine"],
    "setup": ["base", "config", "dvdi", "host", "drivers", "volume"],
    "cli": ["base", "volume", "config", "dvdi", "host", "drivers", "engine", "server", "setup"],
}
# One folder per backend: only the registry knows them all.
SEPARATE = ["drivers"]

SOURCE_RULES = [
    (re.compile(r"\b(?:std::)?(?:system|popen)\("), "a shell is never executed (base/subprocess.h)"),
    (re.compile(r"\bstd::(?:mutex|lock_guard|unique_lock|condition_variable)\b"), "locks are base/mutex.h"),
    (re.compile(r"\b(?:sleep_for|sleep_until|usleep|nanosleep)\s*\("), "time is injected (base/clock.h)"),
    (re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b"), "finish it, or write an issue"),
]
STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
# The files that a rule is about.
RULE_EXEMPT = {"src/base/mutex.h"}


def tracked(*patterns):
    out = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *patterns], cwd=ROOT,
                         check=True, capture_output=True, text=True).stdout
    return [f for f in out.split("\0") if f and (ROOT / f).exists()]


def room_of(path):
    """"src/drivers/local/x.h" -> ("drivers", "local")."""
    parts = pathlib.PurePosixPath(path).parts
    if not parts or parts[0] != "src" or len(parts) < 3:
        return None, None
    return parts[1], parts[2] if len(parts) > 3 else ""


def check_floors(files):
    problems = []
    include = re.compile(r'^\s*#\s*include\s+"([^"]+)"')
    for file in files:
        room, part = room_of(file)
        if room is None:
            continue
        if room not in FLOORS:
            problems.append(f"{file}: the room \"{room}\" is not in the floor table (tools/lint.py, docs/architecture.md)")
            continue
        in_test = "_test" in pathlib.PurePosixPath(file).name or "/testing/" in file
        for number, line in enumerate((ROOT / file).read_text().splitlines(), 1):
            match = include.match(line)
            if not match or not (ROOT / "src" / match.group(1)).exists():
                continue
            other, other_part = room_of("src/" + match.group(1))
            if other == room:
                if room in SEPARATE and part and other_part and other_part != part and not in_test:
                    problems.append(f"{file}:{number}: {room}/{part} must not know {room}/{other_part}")
                continue
            if other not in FLOORS[room]:
                problems.append(f"{file}:{number}: {room}/ must not include {match.group(1)}; it may use: "
                                f"{', '.join(FLOORS[room]) or 'libraries'}")
            elif "/testing/" in match.group(1) and not in_test:
                problems.append(f"{file}:{number}: {match.group(1)} is for tests")
    return problems


def check_sources(files):
    problems = []
    for file in files:
        if file in RULE_EXEMPT:
            continue
        text = (ROOT / file).read_text()
        if file.endswith(".h") and not file.endswith("_c_api.h") and "#pragma once" not in text:
            problems.append(f"{file}:1: a header begins with #pragma once")
        for number, line in enumerate(text.splitlines(), 1):
            code = STRING.sub('""', line)
            code = code if "TODO" in line else code.split("//")[0]
            for rule, why in SOURCE_RULES:
                if rule.search(code):
                    problems.append(f"{file}:{number}: {why}")
    return problems


def check_format(files):
    result = subprocess.run(["clang-format-14", "--dry-run", "-Werror", *files], cwd=ROOT, capture_output=True, text=True)
    if result.returncode == 0:
        return []
    lines = [line for line in result.stderr.splitlines() if "error:" in line]
    places = sorted({line.split(":")[0] for line in lines})
    return [f"{place}: not formatted; run ./dev format" for place in places] or [result.stderr.strip()]


def changed_files():
    def names(*args):
        out = subprocess.run(["git", *args], cwd=ROOT, capture_output=True, text=True)
        return set(out.stdout.split()) if out.returncode == 0 else set()

    changed = names("diff", "--name-only", "origin/main") | names("ls-files", "--others", "--exclude-standard")
    if not changed:
        base = subprocess.run(["git", "rev-parse", "-q", "--verify", f"HEAD~{LAST_COMMITS}"], cwd=ROOT,
                              capture_output=True, text=True)
        if base.returncode != 0:
            print("clang-tidy: the history here is too short to tell what changed; ./dev lint --long looks at all")
            return set()
        changed = names("diff", "--name-only", base.stdout.strip())
    return changed


def tidy_key(command, directory, version, config):
    words = [w for w in shlex.split(command) if not w.endswith("ccache")]
    source = words[words.index("-c") + 1]
    clean = [w for w in words[1:] if w not in ("-c", source)]
    if "-o" in clean:
        at = clean.index("-o")
        del clean[at:at + 2]
    text = subprocess.run(["clang++-14", "-E", "-P", *[w for w in clean if not w.startswith("-W")], source],
                          cwd=directory, capture_output=True)
    digest = hashlib.sha256()
    for part in (version, config, " ".join(clean).encode(), text.stdout):
        digest.update(part)
    return digest.hexdigest()


def run_tidy(entry, version, config):
    key = tidy_key(entry["command"], entry["directory"], version, config)
    mark = CACHE / key
    if mark.exists():
        return []
    result = subprocess.run(
        ["clang-tidy-14", "--quiet", "-p", str(BUILD), "--extra-arg=-Wthread-safety",
         "--extra-arg=-Wno-unknown-warning-option", entry["file"]],
        cwd=ROOT, capture_output=True, text=True)
    if result.returncode == 0:
        CACHE.mkdir(parents=True, exist_ok=True)
        mark.touch()
        return []
    lines = [line for line in result.stdout.splitlines() if " error: " in line or " warning: " in line]
    return [line.replace(str(ROOT) + "/", "") for line in lines] or [f"{entry['file']}: {result.stderr.strip()[-500:]}"]


def check_tidy(everything):
    database = json.loads((BUILD / "compile_commands.json").read_text())
    chosen = None if everything else changed_files()
    entries = []
    for entry in database:
        name = os.path.relpath(os.path.join(entry["directory"], entry["file"]), ROOT)
        if name.startswith("build/") or (chosen is not None and name not in chosen):
            continue
        entries.append(entry)
    version = subprocess.run(["clang-tidy-14", "--version"], capture_output=True).stdout
    config = (ROOT / ".clang-tidy").read_bytes()
    print(f"clang-tidy: {len(entries)} files", flush=True)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        problems = [p for found in pool.map(lambda e: run_tidy(e, version, config), entries) for p in found]
    return sorted(set(problems))


def main():
    parser = argparse.ArgumentParser(prog="./dev lint", description=__doc__.splitlines()[0])
    parser.add_argument("--long", action="store_true", help="clang-tidy on every file")
    parser.add_argument("--no-tidy", action="store_true", help="only the quick checks")
    options = parser.parse_args()

    sources = tracked("src/*.cc", "src/*.h", "tests/*.cc", "tests/*.h", "bench/*.cc", "bench/*.h", "fuzz/*.cc")
    failed = 0
    checks = [("format", lambda: check_format(sources)), ("floors", lambda: check_floors(sources)),
              ("source rules", lambda: check_sources(sources))]
    if not options.no_tidy:
        checks.append(("clang-tidy", lambda: check_tidy(options.long)))
    for name, check in checks:
        problems = check()
        for problem in problems:
            print(problem)
        print(f"lint {name}: {'ok' if not problems else f'{len(problems)} problems'}", flush=True)
        failed += len(problems)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
