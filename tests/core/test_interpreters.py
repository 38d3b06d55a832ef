"""The words behind `python`, as Python reads them."""

import subprocess
import sys
from pathlib import Path

import pytest

from autoreload.core.interpreters import is_interpreter, read, shebang

LINES = [
    ("app.py x -u", "", "script", "app.py x -u"),
    ("-X dev app.py", "-X dev", "script", "app.py"),
    ("-Xdev -OOu app.py -m", "-Xdev -OOu", "script", "app.py -m"),
    ("-W error -B -I -b app.py", "-W error -B -I -b", "script", "app.py"),
    ("-E -P -s -S -q app.py", "-E -P -s -S -q", "script", "app.py"),
    ("-uW default app.py", "-uW default", "script", "app.py"),
    ("-uWdefault app.py", "-uWdefault", "script", "app.py"),
    ("--check-hash-based-pycs always app.py", "--check-hash-based-pycs always", "script", "app.py"),
    ("-u -- app.py", "-u", "script", "app.py"),
    ("-m pkg -u", "", "module", "pkg -u"),
    ("-mpkg x", "", "module", "pkg x"),
    ("-um pkg x", "-u", "module", "pkg x"),
    ("-X dev -Ompkg", "-X dev -O", "module", "pkg"),
    ("-m", "", "module", ""),
    ("-c code x", "", "other", "-c code x"),
    ("-uc code", "", "other", "-uc code"),
    ("-i app.py", "", "other", "-i app.py"),
    ("--version", "", "other", "--version"),
    ("-u -", "-u", "stdin", "-"),
    ("", "", "nothing", ""),
    ("-X", "-X", "nothing", ""),
]  # fmt: skip


@pytest.mark.parametrize(("words", "flags", "runs", "rest"), LINES)
def test_flags_are_parted_from_what_is_run(words: str, flags: str, runs: str, rest: str) -> None:
    line = read(words.split())
    assert (" ".join(line.flags), line.runs, " ".join(line.rest)) == (flags, runs, rest)


@pytest.mark.parametrize("words", [line[0] for line in LINES if line[2] == "script"])
def test_python_reads_them_in_the_same_way(words: str, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("import sys; print(*sys.argv)")
    done = subprocess.run(
        [sys.executable, *words.split()],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.split() == list(read(words.split()).rest)


@pytest.mark.parametrize(
    "word",
    [
        "python",
        "python3",
        "python3.12",
        "python3.13t",
        "/usr/bin/python3",
        "./.venv/bin/python",
        "pypy",
        "pypy3.10",
        r"C:\Python312\python.exe",
        "pythonw.exe",
    ],
)
def test_an_interpreter_is_known_by_its_name(word: str) -> None:
    assert is_interpreter(word)


@pytest.mark.parametrize(
    "word", ["python.py", "pythonic", "python3-config", "ipython", "pypy.org", "node", ""]
)
def test_another_word_is_none(word: str) -> None:
    assert not is_interpreter(word)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"#!/usr/bin/python3", ("/usr/bin/python3",)),
        (b"#! /usr/bin/python3 -sP", ("/usr/bin/python3", "-sP")),
        (b"#!/usr/bin/env python3", ("python3",)),
        (b"#!/usr/bin/env -S A=b python3 -u", ("python3", "-u")),
        (b"#!/bin/sh", ()),
        (b"#!/usr/bin/env", ()),
        (b"#!", ()),
        (b"import os", ()),
        (b"\x7fELF\xff", ()),
    ],
)
def test_a_first_line_names_its_python(line: bytes, words: tuple[str, ...]) -> None:
    assert shebang(line) == words
