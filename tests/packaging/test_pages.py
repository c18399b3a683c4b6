"""What is written from the command line's grammar: bash completes by it, and man shows it."""

import os
import pathlib
import shutil
import subprocess

import pytest


@pytest.fixture
def pages():
    found = pathlib.Path(os.environ["REXRAY_BIN"]).parent / "pages"
    if not found.exists():
        pytest.skip(f"SKIPPED: {found} is not built (cmake --build … --target pages)")
    return found


def complete(pages, *words):
    script = (f"source {pages}/{words[0]}.bash\nCOMP_WORDS=({' '.join(repr(word) for word in words)})\n"
              f"COMP_CWORD={len(words) - 1}\n_{words[0]}\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"")
    done = subprocess.run(["bash", "--norc", "-c", script], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          env={"PATH": "/usr/bin:/bin"}, timeout=20)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_commands_and_flags_are_completed(pages):
    assert complete(pages, "rexray", "vol") == ["volume"]
    assert complete(pages, "rexray", "volume", "cr") == ["create"]
    assert "--size" in complete(pages, "rexray", "volume", "create", "--")
    assert sorted(complete(pages, "rexray", "volume", "create", "--for")) == ["--force", "--format"]
    assert complete(pages, "rexray", "-f", "json", "volume", "new", "--si") == ["--size"], "an alias is the command"
    assert complete(pages, "rexray", "adapter", "in") == ["instances"]
    assert complete(pages, "rexray", "version", "") == []


def test_dvdcli_is_completed():
    ours = pathlib.Path(__file__).resolve().parent.parent.parent / "packaging/completions"
    assert complete(ours, "dvdcli", "mo") == ["mount"]
    assert complete(ours, "dvdcli", "mount", "--volumen") == ["--volumename="]
    assert complete(ours, "dvdcli", "mount", "--volumename=x", "") == []


def test_the_manual_has_no_mistakes(pages):
    if not shutil.which("groff"):
        pytest.skip("SKIPPED: groff is not installed")
    ours = pathlib.Path(__file__).resolve().parent.parent.parent / "packaging/man"
    for page in [*pages.glob("*.[1-8]"), *ours.glob("*.[1-8]")]:
        done = subprocess.run(["groff", "-man", "-ww", "-Wbreak", "-Tutf8", "-z", str(page)], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, ""), page
