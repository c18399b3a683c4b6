"""The command blocks of docs/walkthrough.md, and running them."""

import pathlib
import re
import subprocess

PAGE = pathlib.Path(__file__).resolve().parent.parent.parent / "docs/walkthrough.md"


def blocks(*places):
    """[(language, place, text)] of every fenced block that is one of commands; of `places` only, where any are named.
    The place is the second word behind the backticks, "" where there is none."""
    found = re.findall(r"^```(\S+)(?: (\S+))?\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    return [block for block in found if block[0] in ("console", "sh") and (not places or block[1] in places)]


def steps(text):
    """[(command, what it prints)] of a console block."""
    parts = re.split(r"^\$ (.*)\n", text, flags=re.MULTILINE)
    assert parts[0] == "", f"a console block begins with a command: {text}"
    return list(zip(parts[1::2], parts[2::2]))


def agrees(printed, expected):
    """… stands for anything on its line, alone on a line for any lines. How columns are aligned does not matter."""
    pattern = ""
    for line in expected.splitlines():
        if line == "…":
            pattern += r"(?:.*\n)*"
            continue
        words = [re.escape(part) for part in re.split("(…| +)", line)]
        pattern += "".join(".*" if part == "…" else " +" if part.startswith("\\ ") else part for part in words) + " *\n"
    return re.fullmatch(pattern, printed) is not None


def run(language, text, shell):
    """Runs one block; `shell(script)` gives (exit code, all that was printed). The first difference is an error."""
    if language == "sh":
        code, printed = shell(text)
        assert code == 0, f"{text}\n{printed}"
        return
    for command, expected in steps(text):
        code, printed = shell(command)
        wanted = 0
        if last := re.search(r"^\(exit code (\d+)\)\n", expected, re.MULTILINE):
            wanted = int(last.group(1))
            expected = expected[:last.start()]
        assert code == wanted, f"$ {command}\nexit code {code}\n{printed}"
        assert agrees(printed, expected), f"$ {command}\n{printed}\nand the page says\n{expected}"


def bash(environment, directory):
    def shell(script):
        done = subprocess.run(["bash", "--norc", "-e", "-o", "pipefail", "-c", script], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=180, env=environment,
                              cwd=directory)
        return done.returncode, done.stdout
    return shell
