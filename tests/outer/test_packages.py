"""When the folders of installed packages are looked at, by a clock of the test's own."""

from pathlib import Path

import pytest

from autoreload.core.packages import QUIET_S, Installation
from autoreload.outer.packages import IDLE_S, MOVING_S, Needs, Packages


def install(folder: Path, name: str) -> None:
    (folder / f"{name}-1.0.dist-info").mkdir(parents=True)
    (folder / f"{name}-1.0.dist-info" / "INSTALLER").write_text("test")


def needing(folder: Path, *names: str, ignored: str = "") -> Packages:
    needs: Needs = {(str(folder), name): (0, True) for name in names}
    packages = Packages(lambda path: path == str(folder / ignored))
    packages.follow(needs, 100.0)
    return packages


def test_without_needs_nobody_wakes_up() -> None:
    packages = Packages(lambda path: False)
    assert (packages.timeouts(0), packages.look(1e9)) == ([], [])


def test_it_looks_now_and_then_and_often_while_something_is_installed(tmp_path: Path) -> None:
    packages = needing(tmp_path, "a")
    install(tmp_path, "a")
    assert packages.timeouts(100.0) == [IDLE_S]
    assert packages.look(100.0 + IDLE_S) == []
    assert packages.timeouts(100.0 + IDLE_S) == pytest.approx([MOVING_S])
    over = 100.0 + IDLE_S + QUIET_S
    assert packages.look(over) == [Installation("a", "", "1.0")]
    assert packages.timeouts(over) == [IDLE_S]


def test_it_looks_early_when_somebody_is_awake_anyway(tmp_path: Path) -> None:
    packages = needing(tmp_path, "a")
    assert packages.look(100.0 + IDLE_S / 2 - 0.1) == []
    assert packages.timeouts(100.0) == [IDLE_S]
    assert packages.look(100.0 + IDLE_S / 2) == []
    assert packages.timeouts(100.0) == pytest.approx([IDLE_S / 2 + IDLE_S])


def test_what_is_ignored_is_not_needed(tmp_path: Path) -> None:
    packages = needing(tmp_path, "a", "b", ignored="a")
    install(tmp_path, "a")
    install(tmp_path, "b")
    assert packages.look(110.0) == []
    assert packages.look(110.0 + QUIET_S) == [Installation("b", "", "1.0")]
