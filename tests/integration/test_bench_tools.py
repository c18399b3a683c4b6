"""The load generator counts what it does, and the table judges by the limits."""

import json
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "tools"))
import run_bench  # noqa: E402


def load(daemon, *words):
    return subprocess.run([str(daemon.programs / "plugin_bench"), "load", "--socket", str(daemon.docker_socket), *words],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)


def test_every_call_is_counted_and_nothing_is_left(daemon):
    done = load(daemon, "--create-opts", "size=64MiB", "--clients", "4", "--volumes", "3", "--hold", "--warm-up", "5",
                "--mix", "get=2,path=1,list=1,mount=1", "--calls", "400")
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads(done.stdout)
    kinds = ("get", "path", "list", "mount", "unmount")
    assert result["calls"] == sum(result[kind]["calls"] for kind in kinds) >= 400
    assert result["mount"]["calls"] == result["unmount"]["calls"] > 0
    assert result["errors"] == 0 and result["calls_per_second"] > 0
    for kind in kinds:
        assert 0 < result[kind]["p50"] <= result[kind]["p99"] <= result[kind]["max"]
    assert daemon.plugin.list() == [] and daemon.mounts() == [] and daemon.loops() == []


def test_errors_are_counted_and_quoted(daemon):
    done = load(daemon, "--create-opts", "nosuchoption=1")
    assert done.returncode == 1 and "nosuchoption" in done.stderr
    daemon.plugin.create("load-0", size="64MiB")
    held = daemon.plugin.mount("load-0", "cli:test")
    with open(f"{held}/file", "w"):  # its Remove at the end must fail
        done = load(daemon, "--create-opts", "size=64MiB", "--volumes", "1", "--mix", "get=1", "--calls", "8")
    assert done.returncode == 1 and "load-0" in done.stderr, done.stdout + done.stderr


@pytest.mark.parametrize("words", [["--mix", "x=1"], ["--mix", "get=0"], ["--clients", "0"], ["--calls"], ["--calls", "1e3"],
                                   ["--nosuch", "1"], ["--seconds", "99999"]])
def test_wrong_usage_is_2_and_says_why(daemon, words):
    done = load(daemon, *words)
    assert done.returncode == 2 and words[0] in done.stderr, done.stderr
    assert daemon.plugin.list() == []


def test_the_table_judges_ratios_and_limits(capsys):
    rows = [{"what": "a", "unit": "µs", "ours": 20.0, "floor": 10.0, "limit": 2.0, "peer": 90.0},
            {"what": "b", "unit": "µs", "ours": 21.0, "floor": 10.0, "limit": 2.0},
            {"what": "c", "unit": "MiB", "ours": 15.1, "limit": 15},
            {"what": "d", "skipped": "not root"},
            {"what": "e", "unit": "k", "ours": 7.0}]
    run_bench.table(rows, "the other")
    assert [row.get("met") for row in rows] == [True, False, False, None, None]
    printed = capsys.readouterr().out
    assert "2.00x" in printed and "NOT MET" in printed and "SKIPPED: not root" in printed and "90.0" in printed
    assert "noisy" not in printed
    run_bench.table([{"what": "a", "unit": "µs", "ours": 2.0, "floor": 1.0, "limit": 2.0,
                      "detail": {"floor": [1.0, 1.0, 3.0, 9.0]}}], None)
    assert "noisy" in capsys.readouterr().out
