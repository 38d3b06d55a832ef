"""Looks at a folder of installed packages, at times of the test's own."""

import os
from pathlib import Path

import pytest

from autoreload.core.packages import LONGEST_S, QUIET_S, Installation
from autoreload.outer.packages import Packages
from autoreload.system import files

Needs = dict[tuple[str, str], tuple[int, bool]]


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
def site(tmp_path: Path) -> Path:
    found = tmp_path / "site-packages"
    put(found, "used", "1.0", record="used/__init__.py,,\n")
    return found


def needs(site: Path, *, since: int | None = None) -> Needs:
    at = files.now_ns() if since is None else since
    return {(str(site), "used"): (at, False), (str(site), "missed"): (at, True)}


LATER = 4_000_000_000 * 10**9


def looked_at(site: Path) -> Packages:
    """The folder has been seen at rest, when all in it was old."""
    packages = Packages()
    assert packages.look(needs(site, since=LATER), 0) == []
    assert not packages.move
    return packages


def test_an_install_is_told_of_once_and_when_it_has_ended(site: Path) -> None:
    packages, needed = looked_at(site), needs(site, since=0)
    remove(site / "used-1.0.dist-info")
    assert packages.look(needed, 10) == []
    put(site, "used", "2.0", record="used/__init__.py,,\n")
    assert packages.look(needed, 11) == []
    assert packages.move
    assert packages.look(needed, 11 + QUIET_S / 2) == []
    assert packages.look(needed, 11 + QUIET_S) == [Installation("used", "1.0", "2.0")]
    assert not packages.move
    assert packages.look(needed, 20) == []


def test_what_moves_again_is_waited_for_again(site: Path) -> None:
    packages, needed = looked_at(site), needs(site, since=0)
    put(site, "missed", "1.0", record="missed.py,,\n")
    assert packages.look(needed, 10) == []
    put(site, "more", "1.0", record="more.py,,\n")
    assert packages.look(needed, 10 + QUIET_S) == []
    assert packages.look(needed, 10 + 2 * QUIET_S) == [Installation("missed", "", "1.0")]


def test_what_pip_has_put_aside_is_waited_for_and_not_for_ever(site: Path) -> None:
    packages, needed = looked_at(site), needs(site, since=0)
    (site / "~sed-1.0.dist-info").mkdir()
    put(site, "missed", "1.0", record="missed.py,,\n")
    assert packages.look(needed, 10) == []
    assert packages.look(needed, 10 + LONGEST_S) == []
    assert packages.look(needed, 10.1 + LONGEST_S) == [Installation("missed", "", "1.0")]
    # What is left over for good is none of the next install.
    put(site, "used", "3.0", record="used/__init__.py,,\n")
    assert packages.look(needed, 100) == []
    assert packages.look(needed, 100 + QUIET_S) == [Installation("used", "1.0", "3.0")]


def test_an_install_before_the_first_look_is_seen(site: Path) -> None:
    packages, needed = Packages(), needs(site)
    remove(site / "used-1.0.dist-info")
    put(site, "used", "2.0", record="used/__init__.py,,\n")
    assert packages.look(needed, 10) == []
    assert packages.look(needed, 10 + QUIET_S) == [Installation("used", "", "2.0")]


def test_another_package_is_nothing_to_tell_of(site: Path) -> None:
    packages, needed = looked_at(site), needs(site, since=0)
    put(site, "other", "1.0", record="other/__init__.py,,\n")
    assert packages.look(needed, 10) == []
    assert packages.look(needed, 10 + QUIET_S) == []
    assert not packages.move


def test_at_rest_the_folder_is_not_read(site: Path) -> None:
    """Shown by a change that does not touch the folder itself, and so is not seen."""
    packages, needed = looked_at(site), needs(site, since=0)
    assert packages.look(needed, 10) == packages.look(needed, 10 + QUIET_S) == []
    (site / "used-1.0.dist-info" / "REQUESTED").write_text("")
    assert packages.look(needed, 20) == []
    assert not packages.move


@pytest.mark.parametrize("top_level", [None, "used\n"])
def test_metadata_without_a_list_of_files(site: Path, top_level: str | None) -> None:
    packages, needed = looked_at(site), needs(site, since=0)
    metadata = put(site, "used" if top_level is None else "py_used", "2.0")
    if top_level is not None:
        (metadata / "top_level.txt").write_text(top_level)
    assert packages.look(needed, 10) == []
    assert [one.after for one in packages.look(needed, 10 + QUIET_S)] == ["2.0"]


def test_a_folder_that_is_gone_holds_nothing(site: Path) -> None:
    packages, needed = looked_at(site), needs(site, since=0)
    os.rename(site, site.with_name("elsewhere"))
    assert packages.look(needed, 10) == []
    assert packages.look(needed, 11 + LONGEST_S) == []
    assert not packages.move
