"""The fault points that there are, out of the sources; a new one is found without anybody's help."""

import pathlib
import re

SOURCES = pathlib.Path(__file__).resolve().parent.parent.parent / "src"

# Of programs and rooms that no operation of the daemon passes; each has its own crash test beside its code. Type and
# performance are changed in place by clouds only.
ELSEWHERE = ("mesos.", "setup.", "engine.modify.")

# The engine's own crash tests, on a backend in memory, pass these: only a network volume is taken away, taken or waited
# for (fence, preempt, await_free, find_holder), and what Docker forgot is released after ten minutes. No scenario here yet.
ON_FAKES = ("engine.fence.", "engine.release.",
            *(f"engine.mount.{when}_{step}" for when in ("before", "after")
              for step in ("await_free", "find_holder", "preempt")))


def listed():
    points = set()
    for source in SOURCES.rglob("*.cc"):
        if source.name.endswith("_test.cc"):
            continue
        text = source.read_text()
        points.update(re.findall(r'FaultPoint\("([^"]+)"\)', text))
        for either in re.findall(r'FaultPoint\(\w+ \? "([^"]+)" : "([^"]+)"\)', text):
            points.update(either)
    table = (SOURCES / "engine/step_table.cc").read_text()
    steps = re.findall(r'^\s*\{"(\w+)", "(\w+)", "', table, re.MULTILINE)
    for operation, step in steps:
        points.update({f"engine.{operation}.before_{step}", f"engine.{operation}.after_{step}"})
    assert len(steps) > 30 and len(points) > 2 * len(steps), "the sources are not what this test takes them for"
    return {point for point in points if not point.startswith(ELSEWHERE + ON_FAKES)}
