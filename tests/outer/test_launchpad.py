"""Runs that are started at once, or prepared and then let go: real interpreters."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from autoreload.core.options import Options
from autoreload.core.plans import Plan
from autoreload.outer.child import Child
from autoreload.outer.launchpad import Launchpad
from autoreload.outer.sockets import Sockets
from tests.driver import ROOT, clean_environment
from tests.waiting import until


@pytest.fixture
def launchpad(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Launchpad]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app.py").write_text("import json")
    environment = clean_environment({"PYTHONPATH": str(ROOT), "RELOAD_ENV": "true"})
    plan = Plan("script", "app.py", title="app.py", python=sys.executable)
    spawning = Sockets(Options()).spawning
    found = Launchpad(plan, Options(), environment, mask=[], root=str(tmp_path), spawning=spawning)
    yield found
    found.discard()


def words(child: Child) -> set[str]:
    """What a run says until its program has been called; then it is ended."""
    heard: set[str] = set()

    def called() -> bool:
        heard.update(message.word for message in child.messages())
        return "called" in heard

    try:
        until(called, timeout_s=10, describe=lambda: heard)
    finally:
        os.kill(child.pid, signal.SIGKILL)
        os.waitpid(child.pid, 0)
        child.close()
    return heard


def test_a_run_says_what_may_be_imported_ahead(launchpad: Launchpad) -> None:
    assert words(launchpad.start(wait=False)) >= {"hello", "ahead", "called"}


@pytest.mark.parametrize("wait", [False, True])
def test_a_run_that_went_ahead_is_let_go(launchpad: Launchpad, wait: bool) -> None:
    launchpad.ahead = ["json"]
    launchpad.prepare()
    (pid,) = launchpad.pids()
    child = launchpad.start(wait=wait)
    assert child.pid == pid
    if wait:
        launchpad.begin(child)
    assert "called" in words(child)


def test_one_that_was_booted_before_anything_was_known_is_started_in_full(
    launchpad: Launchpad,
) -> None:
    """It got the word to go on, which it did not wait for, and took itself for a command line."""
    launchpad.prepare()
    launchpad.ahead = ["json"]
    assert "called" in words(launchpad.start(wait=False))


def test_one_that_has_died_is_replaced(launchpad: Launchpad) -> None:
    launchpad.ahead = ["json"]
    launchpad.prepare()
    (pid,) = launchpad.pids()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    child = launchpad.start(wait=False)
    assert child.pid != pid
    assert "called" in words(child)
