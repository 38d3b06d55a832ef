"""Directories prove that they tell of their changes; one that does not is looked at."""

import ctypes
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autoreload.core.wording import Line
from autoreload.outer.sources import Sources
from tests.waiting import until


class Trial:
    """Sources of hints for some directories below one, and all that they say."""

    def __init__(self, root: Path, *, poll_s: float | None = None) -> None:
        self.root = root
        self.said: list[str] = []
        self.found: set[str] = set()
        self.sources = Sources(
            lambda path: path.endswith(".py"),
            self.files,
            self.hear,
            root=str(root),
            poll_s=poll_s,
        )

    def hear(self, line: Line) -> None:
        self.said.append(line.text)

    def files(self) -> Iterator[str]:
        yield from map(str, self.root.glob("*/*.py"))

    def follow(self, *names: str) -> None:
        self.sources.follow({str(self.root / name) for name in names})
        self.sources.open()

    def turn(self) -> None:
        """What the outer's loop does when it wakes up."""
        self.found |= self.sources.hints()

    def until(self, fact: Callable[[], object]) -> None:
        def turned() -> object:
            self.turn()
            return fact()

        until(turned, describe=lambda: (self.found, self.said, self.sources.directories))

    def wait_hint(self, path: Path) -> None:
        self.until(lambda: str(path) in self.found)
        self.found.clear()


@pytest.fixture
def trial(tmp_path: Path) -> Iterator[Trial]:
    made = Trial(tmp_path)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.py").write_text("1")
    yield made
    made.sources.close()


def test_events_are_hints_and_nothing_is_said(trial: Trial, tmp_path: Path) -> None:
    trial.follow("one", "two")
    assert trial.sources.has_events
    for name in ("one", "two"):
        (tmp_path / name / "a.py").write_text("22")
        trial.wait_hint(tmp_path / name / "a.py")
        trial.sources.noticed([str(tmp_path / name / "a.py")])
    trial.until(lambda: not trial.sources._suspects)
    assert trial.said == []


def test_events_that_nobody_wants_stir_nothing(trial: Trial, tmp_path: Path) -> None:
    trial.follow("one", "two")
    trial.turn()
    (tmp_path / "one" / "a.log").write_text("1")
    assert not trial.sources.stirs()
    path = tmp_path / "one" / "a.py"
    path.write_text("22")
    until(trial.sources.stirs)
    assert trial.sources.stirs()  # until somebody has asked what it is
    assert trial.sources.hints() == {str(path)}
    assert not trial.sources.stirs()


def test_before_it_is_open_there_is_nothing(trial: Trial, tmp_path: Path) -> None:
    trial.sources.follow({str(tmp_path / "one")})
    assert trial.sources.fileno() is None
    assert trial.sources.hints() == set()
    assert trial.sources.next_due() > 0
    assert not trial.sources.has_events


def test_a_directory_that_is_not_there_yet_is_taken_when_it_comes(
    trial: Trial, tmp_path: Path
) -> None:
    trial.follow("one", "three")
    assert str(tmp_path / "three") not in trial.sources.directories
    trial.sources.is_fresh = False
    (tmp_path / "three").mkdir()
    trial.until(lambda: str(tmp_path / "three") in trial.sources.directories)
    assert trial.sources.is_fresh
    (tmp_path / "three" / "a.py").write_text("1")
    trial.wait_hint(tmp_path / "three" / "a.py")


def test_another_directory_of_the_name_is_followed(trial: Trial, tmp_path: Path) -> None:
    trial.follow("one", "two")
    before = trial.sources.directories[str(tmp_path / "one")]
    shutil.copytree(tmp_path / "one", tmp_path / "fresh")
    (tmp_path / "one").rename(tmp_path / "old")
    (tmp_path / "fresh").rename(tmp_path / "one")
    trial.sources.is_fresh = False
    trial.until(lambda: trial.sources.directories.get(str(tmp_path / "one")) not in (None, before))
    assert trial.sources.is_fresh
    trial.found.clear()
    (tmp_path / "one" / "a.py").write_text("22")
    trial.wait_hint(tmp_path / "one" / "a.py")
    assert trial.said == []


@pytest.mark.skipif(sys.platform != "linux", reason="inotify's own list")
def test_a_watch_that_the_kernel_has_dropped_is_taken_again(trial: Trial, tmp_path: Path) -> None:
    """As after an unmount and mount of the same device, which leaves device and inode the same."""
    trial.follow("one", "two")
    trial.until(lambda: trial.sources._is_listed)
    drop_watch(tmp_path / "one")
    trial.sources.is_fresh = False
    trial.until(lambda: trial.sources.is_fresh)
    (tmp_path / "one" / "a.py").write_text("22")
    trial.wait_hint(tmp_path / "one" / "a.py")
    assert trial.said == []


def drop_watch(directory: Path) -> None:
    """Take the kernel's watch off a directory, behind everybody's back."""
    wanted = f" ino:{directory.stat().st_ino:x} "
    for one in os.listdir("/proc/self/fdinfo"):
        try:
            lines = Path(f"/proc/self/fdinfo/{one}").read_text().splitlines()
        except OSError:
            continue
        for line in lines:
            if line.startswith("inotify ") and wanted in line:
                number = int(line.partition("wd:")[2].split()[0], 16)
                assert ctypes.CDLL(None).inotify_rm_watch(int(one), number) == 0
                return
    raise AssertionError(f"no watch on {directory}")


def distrust(trial: Trial, path: Path) -> Path:
    """Change a file where no event tells of it until that is said; its other name."""
    elsewhere = trial.root / "elsewhere"
    os.link(path, elsewhere)
    sizes = iter(range(2, 1000))

    def said() -> bool:
        elsewhere.write_text("1" * next(sizes))
        trial.sources.noticed([str(path)])
        return bool(trial.said)

    trial.until(said)
    return elsewhere


def test_a_change_without_an_event_has_its_directory_looked_at(
    trial: Trial, tmp_path: Path
) -> None:
    trial.follow("one", "two")
    path = tmp_path / "one" / "a.py"
    elsewhere = distrust(trial, path)
    (said,) = trial.said
    assert said.startswith("one/a.py changed without a file event: from now on one is compared")
    trial.turn()
    trial.found.clear()
    elsewhere.write_text("quite another")
    trial.wait_hint(path)
    # It is not doubted twice, and the other directory is believed.
    elsewhere.write_text("yet another")
    trial.sources.noticed([str(path)])
    assert not trial.sources._suspects
    (tmp_path / "two" / "a.py").write_text("22")
    trial.wait_hint(tmp_path / "two" / "a.py")
    assert len(trial.said) == 1


def test_a_file_that_comes_to_a_doubted_directory_is_a_hint(trial: Trial, tmp_path: Path) -> None:
    trial.follow("one", "two")
    distrust(trial, tmp_path / "one" / "a.py")
    backend, trial.sources._backend = trial.sources._backend, None  # only looking is left
    try:
        (tmp_path / "one" / "new.py").write_text("1")
        trial.wait_hint(tmp_path / "one" / "new.py")
    finally:
        trial.sources._backend = backend


def test_a_wanted_poll_says_nothing_and_has_no_events(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    trial = Trial(tmp_path, poll_s=0.05)
    trial.follow("one")
    assert not trial.sources.has_events
    assert trial.sources.fileno() is None
    assert trial.sources.name == "polling"
    trial.turn()
    assert trial.said == []
    trial.sources.close()
