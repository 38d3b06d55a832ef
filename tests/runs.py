"""One line run to its end, and what came out of it."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.driver import PATIENCE_S, clean_environment

PYTHON = sys.executable
AUTORUN = (PYTHON, "-m", "autoreload")


class Outcome(NamedTuple):
    """What came out of a run."""

    code: int
    out: str
    err: str


def run(
    words: Sequence[str],
    folder: Path,
    *,
    env: Mapping[str, str] | None = None,
    stdin: str = "",
) -> Outcome:
    """Run a line to its end; it must not take long."""
    process = subprocess.Popen(
        words,
        cwd=folder,
        env=clean_environment(env),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        out, err = process.communicate(stdin, timeout=PATIENCE_S)
    finally:
        process.kill()
        process.wait()
    return Outcome(process.returncode, out, err)


def autorun(
    folder: Path, *words: str, env: Mapping[str, str] | None = None, stdin: str = ""
) -> Outcome:
    """Run `autorun WORDS` to its end."""
    return run([*AUTORUN, *words], folder, env=env, stdin=stdin)


def seen_by_user(outcome: Outcome) -> Outcome:
    """Without our own lines, and without what differs from one run by hand to the next."""
    kept = [line for line in outcome.err.splitlines() if not line.startswith("[autorun] ")]
    # Addresses, and how often a frame was repeated: below us there is less room on the stack.
    text = re.sub(r"0x[0-9a-f]{6,}|(?<=repeated )\d+", "…", "\n".join(kept))
    return outcome._replace(err=text)


def interpreter(version: str) -> str:
    """An interpreter of this name that starts; the test is skipped where there is none."""
    for folder in (None, *sorted(Path.home().glob(".pyenv/versions/*/bin"))):
        path = shutil.which(version, path=None if folder is None else str(folder))
        if path and "shims" not in path and not _fails([path, "-c", ""]):
            return path
    pytest.skip(f"there is no {version} here")


def _fails(words: Sequence[str]) -> bool:
    return subprocess.run(words, capture_output=True).returncode != 0


def environment(folder: Path, *, python: str = PYTHON) -> Path:
    """Make a virtual environment with nothing in it; its folder."""
    subprocess.run([python, "-m", "venv", "--without-pip", str(folder)], check=True)
    return folder


def script(path: Path, text: str, *, interpreter: str = "") -> Path:
    """Write a program that can be executed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!{interpreter}\n{text}" if interpreter else text)
    os.chmod(path, 0o755)
    return path
