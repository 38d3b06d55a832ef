"""Directories that do not tell are looked at: what differs is a hint, and nothing else costs."""

import os
from pathlib import Path

import pytest

from autoreload.watch.polling import COARSE_NS, Poller


def poller(root: Path, *names: str, opens: bool = False) -> Poller:
    """One that polls the root and watches these files of it."""
    made = Poller(lambda path: path.endswith(".py"))
    made.add(str(root), opens=opens)
    made.watch(str(root / name) for name in names)
    return made


def let_it_age(root: Path) -> None:
    """A directory that has not changed for long."""
    old = os.stat(root).st_mtime_ns - 2 * COARSE_NS
    os.utime(root, ns=(old, old))


@pytest.mark.parametrize("opens", [False, True])
def test_what_is_written_is_a_hint_once(tmp_path: Path, opens: bool) -> None:
    path = tmp_path / "a.py"
    path.write_text("1")
    made = poller(tmp_path, "a.py", opens=opens)
    assert made.look() == set()
    path.write_text("22")
    assert made.look() == {str(path)}
    assert made.look() == set()
    path.unlink()
    assert made.look() == {str(path)}
    path.write_text("22")
    assert made.look() == {str(path)}


def test_only_what_is_watched_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / "polled").mkdir()
    (tmp_path / "trusted").mkdir()
    made = Poller(lambda path: True)
    made.add(str(tmp_path / "polled"))
    paths = [tmp_path / folder / "a.py" for folder in ("polled", "trusted")]
    made.watch(map(str, paths))
    made.look()
    for path in paths:
        path.write_text("1")
    assert made.look() == {str(paths[0])}


def test_a_wanted_file_that_comes_is_a_hint(tmp_path: Path) -> None:
    made = poller(tmp_path)
    made.look()
    let_it_age(tmp_path)
    (tmp_path / "new.py").write_text("1")
    (tmp_path / "new.log").write_text("1")
    assert made.look() == {str(tmp_path / "new.py")}
    assert made.look() == set()


def test_two_files_within_one_tick_of_the_clock_are_both_seen(tmp_path: Path) -> None:
    """A coarse file system gives the directory the same time for both."""
    made = poller(tmp_path)
    made.look()
    moment = os.stat(tmp_path).st_mtime_ns
    found = set()
    for name in ("one.py", "two.py"):
        (tmp_path / name).write_text("1")
        os.utime(tmp_path, ns=(moment, moment))
        found |= made.look()
    assert found == {str(tmp_path / "one.py"), str(tmp_path / "two.py")}


def test_a_directory_at_rest_is_not_listed(tmp_path: Path) -> None:
    made = poller(tmp_path)
    let_it_age(tmp_path)
    made.look()
    listed = made._names[str(tmp_path)]
    made.look()
    assert made._names[str(tmp_path)] is listed


def test_a_file_stays_known_when_others_are_watched_as_well(tmp_path: Path) -> None:
    """A save just before another file is loaded is not taken for what was there all along."""
    path = tmp_path / "a.py"
    path.write_text("1")
    made = poller(tmp_path, "a.py")
    path.write_text("22")
    made.watch([str(path), str(tmp_path / "b.py")])
    assert made.look() == {str(path)}


def test_what_is_dropped_is_silent(tmp_path: Path) -> None:
    made = poller(tmp_path, "a.py")
    made.look()
    made.drop(str(tmp_path))
    made.drop("/never/polled")
    made.watch([str(tmp_path / "a.py")])
    (tmp_path / "a.py").write_text("1")
    assert made.look() == set()


def test_a_directory_that_goes_and_comes_again(tmp_path: Path) -> None:
    folder = tmp_path / "package"
    folder.mkdir()
    made = poller(folder)
    made.look()
    folder.rmdir()
    assert made.look() == set()
    folder.mkdir()
    (folder / "a.py").write_text("1")
    assert made.look() == {str(folder / "a.py")}


def test_a_fifo_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.py")
    made = poller(tmp_path, "a.py", opens=True)
    assert made.look() == set()


def test_the_cost_is_known(tmp_path: Path) -> None:
    made = poller(tmp_path, *(f"{number}.py" for number in range(100)))
    made.look()
    assert 0 < made.processor_s < 1
    assert 0 < made.wall_s < 10
