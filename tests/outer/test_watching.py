"""What is done about the hints of a turn: a real directory, real events."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from autoreload.core.changes import Loaded
from autoreload.core.options import Options
from autoreload.outer.child import Child
from autoreload.outer.watching import Watching
from autoreload.system import files
from tests.waiting import readable


@pytest.fixture
def watching(tmp_path: Path) -> Iterator[Watching]:
    """Of a run that has loaded one file, and whose inner compares it."""
    path = str(tmp_path / "a.py")
    Path(path).write_text("1")
    child = Child(os.getpid(), None)
    child.loaded[path] = Loaded(path, files.signature(path))
    found = Watching(Options(), str(tmp_path), lambda line: None)
    found.follow(child, inner=True)
    found.open()
    found.subscribe()
    found.look()
    yield found
    found.close()


@pytest.mark.parametrize("sweeps", [False, True], ids=["", "when a sweep is due as well"])
def test_the_inner_is_told_to_look_at_what_has_an_event(
    watching: Watching, tmp_path: Path, *, sweeps: bool
) -> None:
    deadline = time.monotonic() + 30
    while watching.look().hinted:  # nobody has looked since it was subscribed
        assert time.monotonic() < deadline
    (tmp_path / "a.py").write_text("2")
    fileno = watching.fileno()
    assert fileno is not None
    hinted = False
    while not hinted:
        assert readable(fileno, timeout_s=deadline - time.monotonic())
        if sweeps:
            watching.expect()
        hinted = watching.look().hinted
    assert hinted


def test_a_sweep_alone_is_no_reason_for_the_inner_to_look(watching: Watching) -> None:
    while watching.look().hinted:
        pass
    watching.expect()
    assert not watching.look().hinted


def test_what_the_inner_has_loaded_is_named_if_that_is_all(
    watching: Watching, tmp_path: Path
) -> None:
    while watching.look().hinted:
        pass
    (tmp_path / "a.py").write_text("2")
    deadline = time.monotonic() + 30
    while not (found := watching.look()).hinted:
        assert time.monotonic() < deadline
    assert found.loaded == [str(tmp_path / "a.py")]


def test_only_events_that_nobody_wants_are_idle(watching: Watching, tmp_path: Path) -> None:
    watching.look()
    fileno = watching.fileno()
    assert fileno is not None
    (tmp_path / "a.log").write_text("1")
    assert watching.is_idle({fileno: 1})
    assert not watching.is_idle({})
    assert not watching.is_idle({fileno: 1, 0: 1})
    (tmp_path / "a.py").write_text("2")
    deadline = time.monotonic() + 30
    while watching.is_idle({fileno: 1}):
        assert time.monotonic() < deadline
