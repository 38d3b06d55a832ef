"""Namespaces of Linux: limits and mounts of a test's own, without touching those of the machine."""

import subprocess
import sys
from collections.abc import Sequence
from functools import cache

import pytest

from tests.driver import App

AUTORUN = (sys.executable, "-m", "autoreload")


@cache
def refusal(script: str) -> str:
    """What keeps a script from running in a user and mount namespace; empty for nothing."""
    if sys.platform != "linux":
        return "namespaces are Linux's"
    try:
        done = subprocess.run(
            ["unshare", "-Urm", "sh", "-ec", script], capture_output=True, text=True, timeout=20
        )
    except FileNotFoundError:
        return "unshare(1) is not here"
    return "" if done.returncode == 0 else done.stderr.strip() or "refused"


def needs(script: str) -> None:
    """Skip the test where a namespace does not allow what the script does."""
    if reason := refusal(script):
        pytest.skip(f"needs a namespace that may {script!r}: {reason}")


def inside(script: str) -> Sequence[str]:
    """The command line of autorun in namespaces of its own, after a script has prepared them.

    Every step is an exec, so the pid of autorun is that of the first of them.
    """
    return ("unshare", "-Urm", "sh", "-ec", f'{script}\nexec "$@"', "sh", *AUTORUN)


def run_inside(app: App, *words: str) -> None:
    """Run a command in the namespaces of a live autorun."""
    enter = ("nsenter", "-t", str(app.pid), "-U", "-m", "--preserve-credentials", "--")
    subprocess.run([*enter, *words], check=True, timeout=20)
