"""Looks at a folder of installed packages, at times of the test's own."""

import os
from pathlib import Path

import pytest

from autoreload.core.packages import LONGEST_S, QUIET_S, Installation, Need
from autoreload.outer.sites import Site
from autoreload.system import files


def put(site: Path, name: str, version: str, *, record: str | None = None) -> Path:
    """What an installer leaves; without a record where it is not one of the usual ones."""
    metadata = site / f"{name}-{version}.dist-info"
    metadata.mkdir(parents=True)
    (site / name).mkdir(exist_ok=True)
    if record is not None:
        (metadata / "RECORD").write_text(record)
    (metadata / "INSTALLER").write_text("test")
    return metadata


def remove(metadata: Path) -> None:
    for path in metadata.iterdir():
        path.unlink()
    metadata.rmdir()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "site-packages"
    put(found, "used", "1.0", record="used/__init__.py,,\n")
    return found


def needs(*, since: int) -> list[Need]:
    return [Need("used", since, False), Need("missed", since, True)]


LATER = 4_000_000_000 * 10**9


def looked_at(folder: Path) -> Site:
    """The folder has been seen at rest, when all in it was old."""
    site = Site(str(folder))
    assert site.look(needs(since=LATER), 0) == []
    assert not site.moves
    return site


def test_an_install_is_told_of_once_and_when_it_has_ended(folder: Path) -> None:
    site, needed = looked_at(folder), needs(since=0)
    remove(folder / "used-1.0.dist-info")
    assert site.look(needed, 10) == []
    put(folder, "used", "2.0", record="used/__init__.py,,\n")
    assert site.look(needed, 11) == []
    assert site.moves
    assert site.look(needed, 11 + QUIET_S / 2) == []
    assert site.look(needed, 11 + QUIET_S) == [Installation("used", "1.0", "2.0")]
    assert not site.moves
    assert site.look(needed, 20) == []


def test_what_moves_again_is_waited_for_again(folder: Path) -> None:
    site, needed = looked_at(folder), needs(since=0)
    put(folder, "missed", "1.0", record="missed.py,,\n")
    assert site.look(needed, 10) == []
    put(folder, "more", "1.0", record="more.py,,\n")
    assert site.look(needed, 10 + QUIET_S) == []
    assert site.look(needed, 10 + 2 * QUIET_S) == [Installation("missed", "", "1.0")]


def test_what_pip_has_put_aside_is_waited_for_and_not_for_ever(folder: Path) -> None:
    site, needed = looked_at(folder), needs(since=0)
    (folder / "~sed-1.0.dist-info").mkdir()
    put(folder, "missed", "1.0", record="missed.py,,\n")
    assert site.look(needed, 10) == []
    assert site.look(needed, 10 + LONGEST_S) == []
    assert site.look(needed, 10.1 + LONGEST_S) == [Installation("missed", "", "1.0")]
    # What is left over for good is none of the next install.
    put(folder, "used", "3.0", record="used/__init__.py,,\n")
    assert site.look(needed, 100) == []
    assert site.look(needed, 100 + QUIET_S) == [Installation("used", "1.0", "3.0")]


def test_an_install_before_the_first_look_is_seen(folder: Path) -> None:
    site, needed = Site(str(folder)), needs(since=files.now_ns())
    remove(folder / "used-1.0.dist-info")
    put(folder, "used", "2.0", record="used/__init__.py,,\n")
    assert site.look(needed, 10) == []
    assert site.look(needed, 10 + QUIET_S) == [Installation("used", "", "2.0")]


def test_another_package_is_nothing_to_tell_of(folder: Path) -> None:
    site, needed = looked_at(folder), needs(since=0)
    put(folder, "other", "1.0", record="other/__init__.py,,\n")
    assert site.look(needed, 10) == []
    assert site.look(needed, 10 + QUIET_S) == []
    assert not site.moves


def test_at_rest_the_folder_is_not_read(folder: Path) -> None:
    """Shown by a change that does not touch the folder itself, and so is not seen."""
    site, needed = looked_at(folder), needs(since=0)
    assert site.look(needed, 10) == site.look(needed, 10 + QUIET_S) == []
    (folder / "used-1.0.dist-info" / "REQUESTED").write_text("")
    assert site.look(needed, 20) == []
    assert not site.moves


@pytest.mark.parametrize("top_level", [None, "used\n"])
def test_metadata_without_a_list_of_files(folder: Path, top_level: str | None) -> None:
    site, needed = looked_at(folder), needs(since=0)
    metadata = put(folder, "used" if top_level is None else "py_used", "2.0")
    if top_level is not None:
        (metadata / "top_level.txt").write_text(top_level)
    assert site.look(needed, 10) == []
    assert [one.after for one in site.look(needed, 10 + QUIET_S)] == ["2.0"]


def test_a_folder_that_is_gone_holds_nothing(folder: Path) -> None:
    site, needed = looked_at(folder), needs(since=0)
    os.rename(folder, folder.with_name("elsewhere"))
    assert site.look(needed, 10) == []
    assert site.look(needed, 11 + LONGEST_S) == []
    assert not site.moves
