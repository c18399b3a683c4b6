#!/usr/bin/env python3
"""./dev test: builds what the suites need, runs them, and ends with one line that counts everything.

unit           the rooms' own tests, AddressSanitizer and UndefinedBehaviorSanitizer
tsan           base, the HTTP server and the engine again, ThreadSanitizer
integration    whole programs on the real kernel, as root (pytest, sanitized programs)
orchestrators  a real dockerd, started by the test (pytest, release programs)
packaging      the .deb, the tarball and the stack for AWS (pytest, release programs)
crash          the daemon killed at every step and at random (pytest, programs with fault points)
mesos          the isolator as a C program gets it and, where MESOS_ROOT is set (docs/mesos.md), its module

What cannot run on a machine is SKIPPED with the reason, and counted. --long: the long soaks too.
"""

import argparse
import concurrent.futures
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent
PYTEST = ["/usr/bin/python3", "-m", "pytest", "-p", "no:cacheprovider"]
TSAN_ROOMS = ["base_test", "base_http_test", "engine_test"]
SUITES = ["unit", "tsan", "integration", "orchestrators", "packaging", "crash", "mesos"]
SANITIZER_ENV = {
    "ASAN_OPTIONS": "detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
    "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1",
}


class Tally:
    def __init__(self):
        self.passed, self.failed, self.skipped = 0, [], []

    def add_junit(self, name, path, exit_code):
        failed_before = len(self.failed)
        try:
            tree = xml.etree.ElementTree.parse(path)
        except (OSError, xml.etree.ElementTree.ParseError):
            self.failed.append(f"{name}: no report (exit code {exit_code}: it crashed or was killed)")
            return
        for case in tree.iter("testcase"):
            full = f"{name}: {case.get('classname')}.{case.get('name')}"
            skip = case.find("skipped")
            if case.get("status") == "notrun":
                continue  # DISABLED_
            if case.find("failure") is not None or case.find("error") is not None:
                self.failed.append(full)
            elif skip is not None:
                self.skipped.append(f"{full}: {' '.join((skip.get('message') or '').split())}")
            else:
                self.passed += 1
        if exit_code != 0 and len(self.failed) == failed_before:
            self.failed.append(f"{name}: exit code {exit_code} after its tests (a sanitizer's report?)")

    def close(self):
        for line in self.skipped:
            print(f"SKIPPED {line}")
        for line in self.failed:
            print(f"FAILED {line}")
        print(f"{self.passed} passed, {len(self.failed)} failed, {len(self.skipped)} skipped", flush=True)
        return 1 if self.failed or not self.passed else 0


def say(text):
    print(f"== {text}", flush=True)


def configure(preset, directory, *definitions):
    subprocess.run(["cmake", "--preset", preset, "-B", str(directory), *definitions], cwd=ROOT, check=True,
                   stdout=subprocess.DEVNULL)


def build(preset, targets=None):
    say(f"building {preset}" + (f": {' '.join(targets)}" if targets else ""))
    directory = ROOT / "build" / preset
    if not (directory / "build.ninja").exists():
        configure(preset, directory)
    return make(directory, targets)


def build_mesos():
    """Without sanitizers, which the module cannot have, and for the Mesos that the environment names, if any."""
    say("building mesos")
    names = ("MESOS_ROOT", "MESOS_BUILD", "MESOS_CXX11_ABI", "MESOS_EXTRA_INCLUDES")
    directory = ROOT / "build" / "mesos"
    configure("release", directory, "-DREXRAY_TESTS=ON", "-UMESOS_*",
              *(f"-D{name}={os.environ[name]}" for name in names if name in os.environ))
    return make(directory, ["mesos_border_test", "mesos_module_test"])


def make(directory, targets):
    command = ["cmake", "--build", str(directory)]
    if targets:
        command += ["--target", *targets]
    subprocess.run(command, cwd=ROOT, check=True, env={**os.environ, "NINJA_STATUS": "[%f/%t %es] "},
                   stdout=None if sys.stdout.isatty() else subprocess.DEVNULL)
    return directory / "bin"


def run_gtests(tally, suite, programs, long):
    with tempfile.TemporaryDirectory(prefix="rexray-test-") as reports:
        def run(program):
            report = pathlib.Path(reports) / (program.name + ".xml")
            environment = {**os.environ, **SANITIZER_ENV, "REXRAY_LONG_TESTS": "1" if long else ""}
            begun = time.monotonic()
            try:
                done = subprocess.run([str(program), f"--gtest_output=xml:{report}", "--gtest_brief=1"], cwd=ROOT,
                                      env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, text=True, errors="replace", timeout=1200)
                code, output = done.returncode, done.stdout
            except subprocess.TimeoutExpired as timeout:
                code, output = "none: not finished after 20 minutes", (timeout.stdout or b"").decode(errors="replace")
            return program, report, code, output, time.monotonic() - begun

        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for program, report, code, output, seconds in pool.map(run, programs):
                tally.add_junit(f"{suite} {program.name}", report, code)
                print(f"{suite} {program.name}: {'ok' if code == 0 else f'exit code {code}'} ({seconds:.1f} s)", flush=True)
                if code != 0:
                    print("\n".join(output.splitlines()[-200:]), flush=True)


def run_border(tally, program):
    """A program in C, without GoogleTest: its exit code and its words are the result."""
    done = subprocess.run([str(program)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", timeout=120)
    skipped = [line for line in done.stdout.splitlines() if line.startswith("SKIPPED")]
    if done.returncode != 0:
        tally.failed.append(f"mesos {program.name}: exit code {done.returncode}")
        print(done.stdout, flush=True)
    elif skipped:
        tally.skipped.append(f"mesos {program.name}: {skipped[0]}")
    else:
        tally.passed += 1


def run_pytest(tally, suite, programs, long):
    folder = ROOT / "tests" / suite
    if not any(folder.glob("test_*.py")):
        return
    environment = {**os.environ, **SANITIZER_ENV, "REXRAY_BIN": str(programs), "PYTHONDONTWRITEBYTECODE": "1",
                   "REXRAY_LONG_TESTS": "1" if long else ""}
    with tempfile.TemporaryDirectory(prefix="rexray-test-") as reports:
        report = pathlib.Path(reports) / "junit.xml"
        begun = time.monotonic()
        done = subprocess.run([*PYTEST, "-q", "--no-header", "--tb=short", f"--junitxml={report}", str(folder)], cwd=ROOT,
                              env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace")
        # pytest's own closing line would be one of several: the tally's is the only count.
        if done.returncode != 0:
            print(done.stdout, flush=True)
        tally.add_junit(suite, report, done.returncode)
        print(f"{suite}: {'ok' if done.returncode == 0 else 'failed'} ({time.monotonic() - begun:.1f} s)", flush=True)


def main():
    parser = argparse.ArgumentParser(prog="./dev test", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("suite", nargs="*", help=" ".join(SUITES))
    parser.add_argument("--long", action="store_true", help="the long soaks too, and TSan for every room")
    options = parser.parse_args()
    for suite in options.suite:
        if suite not in SUITES:
            parser.error(f"no suite \"{suite}\"; there are: {', '.join(SUITES)}")
    chosen = options.suite or SUITES
    tally = Tally()
    try:
        if {"unit", "integration", "crash"} & set(chosen):
            sanitized = build("asan")
        if {"orchestrators", "packaging"} & set(chosen):
            released = build("release", ["all", "pages", "ec2sim"])
        if "tsan" in chosen:
            raced = build("tsan", None if options.long else TSAN_ROOMS)
        if "mesos" in chosen:
            for_mesos = build_mesos()
    except subprocess.CalledProcessError as error:
        print(f"FAILED build: {' '.join(map(str, error.cmd))}")
        print("0 passed, 1 failed, 0 skipped")
        return 1
    if "unit" in chosen:
        run_gtests(tally, "unit", sorted(sanitized.glob("*_test")), options.long)
    if "tsan" in chosen:
        wanted = sorted(raced.glob("*_test")) if options.long else [raced / name for name in TSAN_ROOMS]
        run_gtests(tally, "tsan", wanted, options.long)
    if "integration" in chosen:
        run_pytest(tally, "integration", sanitized, options.long)
    if "orchestrators" in chosen:
        run_pytest(tally, "orchestrators", released, options.long)
    if "packaging" in chosen:
        run_pytest(tally, "packaging", released, options.long)
    if "crash" in chosen:
        run_pytest(tally, "crash", sanitized, options.long)
    if "mesos" in chosen:
        run_border(tally, for_mesos / "mesos_border_test")
        run_gtests(tally, "mesos", [for_mesos / "mesos_module_test"], options.long)
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
