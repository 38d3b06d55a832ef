"""What is kept from one autorun to the next: whole, bounded, and never in the way."""

import os
from pathlib import Path

import pytest

from autoreload.system.cache import LARGEST, MOST, Cache


def cache(folder: Path, project: str = "/srv/shop") -> Cache:
    return Cache(project, {"XDG_CACHE_HOME": str(folder)})


def test_what_was_written_last_is_read(tmp_path: Path) -> None:
    cache(tmp_path).write(b"one")
    cache(tmp_path).write(b"two")
    assert cache(tmp_path).read() == b"two"
    assert cache(tmp_path, "/srv/other").read() == b""


def test_a_project_is_known_by_where_it_really_is(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "shop")
    cache(tmp_path, str(tmp_path / "shop")).write(b"one")
    assert cache(tmp_path, str(tmp_path / "link")).read() == b"one"


def test_it_is_the_users_own(tmp_path: Path) -> None:
    cache(tmp_path).write(b"one")
    assert (tmp_path / "autorun").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("home", ["", "relative", "./here"])
def test_a_relative_place_counts_as_none(home: str, tmp_path: Path) -> None:
    environment = {"XDG_CACHE_HOME": home, "HOME": str(tmp_path)}
    Cache("/srv/shop", environment).write(b"one")
    assert Cache("/srv/shop", {"HOME": str(tmp_path)}).read() == b"one"
    assert (tmp_path / ".cache" / "autorun").is_dir()


def test_without_a_home_nothing_is_kept() -> None:
    nowhere = Cache("/srv/shop", {})
    nowhere.write(b"one")
    assert nowhere.read() == b""


def test_where_nothing_can_be_written_nothing_is_said(tmp_path: Path) -> None:
    (tmp_path / "autorun").write_text("a file")
    cache(tmp_path).write(b"one")
    assert cache(tmp_path).read() == b""


def test_what_cannot_be_read_is_ignored(tmp_path: Path) -> None:
    cache(tmp_path).write(b"one")
    file = next((tmp_path / "autorun").iterdir())
    file.unlink()
    file.mkdir()
    assert cache(tmp_path).read() == b""
    cache(tmp_path).write(b"two")
    assert os.listdir(tmp_path / "autorun") == [file.name], "no draft is left"


def test_of_a_large_file_the_beginning_is_read(tmp_path: Path) -> None:
    cache(tmp_path).write(b"x" * (LARGEST + 1))
    assert len(cache(tmp_path).read()) == LARGEST


def test_the_oldest_projects_are_forgotten(tmp_path: Path) -> None:
    for number in range(MOST + 3):
        cache(tmp_path, f"/srv/{number}").write(b"one")
        for file in (tmp_path / "autorun").iterdir():
            os.utime(file, ns=(0, file.stat().st_mtime_ns - 10**9))
    assert len(list((tmp_path / "autorun").iterdir())) == MOST
    assert cache(tmp_path, "/srv/0").read() == b""
    assert cache(tmp_path, f"/srv/{MOST + 2}").read() == b"one"
