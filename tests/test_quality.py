"""Formatting, lint and types are tests like any other, so that `pytest` is the one command."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def run(*arguments: str) -> None:
    """Run `python -m ARGUMENTS` at the root; all that it said is the failure's message."""
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    # Not by `assert`: its rewriting would wrap the output in a quoted string.
    if done.returncode:
        pytest.fail(
            f"{' '.join(arguments)}: exit code {done.returncode}\n{done.stdout}", pytrace=False
        )


@pytest.mark.timeout(300)
def test_format() -> None:
    run("ruff", "format", "--check", ".")


@pytest.mark.timeout(300)
def test_lint() -> None:
    run("ruff", "check", ".")


@pytest.mark.timeout(300)
def test_types() -> None:
    run("mypy")
