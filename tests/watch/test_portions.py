"""Folders that come and go where an import has found nothing, or a namespace package."""

import importlib.machinery
import os
import sys
from pathlib import Path

import pytest

from autoreload.watch.portions import Portions
from autoreload.watch.scope import Scope


@pytest.fixture
def portions() -> Portions:
    return Portions(Scope())


def search(portions: Portions, name: str, *path: Path) -> None:
    sys.path_importer_cache.clear()
    entries = [str(one) for one in path]
    portions.searched(name, entries, importlib.machinery.PathFinder.find_spec(name, entries))


def test_a_folder_that_appears_is_found(portions: Portions, tmp_path: Path) -> None:
    search(portions, "nothing", tmp_path)
    assert portions.changed() == ""
    (tmp_path / "nothing").mkdir()
    assert portions.changed() == str(tmp_path / "nothing")


def test_a_folder_that_goes_is_missed(portions: Portions, tmp_path: Path) -> None:
    (tmp_path / "space").mkdir()
    search(portions, "space", tmp_path)
    assert portions.changed() == ""
    (tmp_path / "space").rmdir()
    assert portions.changed() == str(tmp_path / "space")


def test_one_more_portion_counts(portions: Portions, tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    (first / "space").mkdir(parents=True)
    second.mkdir()
    search(portions, "space", first, second)
    (second / "space").mkdir()
    assert portions.changed() == str(second / "space")


def test_beside_a_module_a_folder_is_nothing(portions: Portions, tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text("")
    search(portions, "module", tmp_path)
    (tmp_path / "module").mkdir()
    assert portions.changed() == ""


def test_installed_folders_are_not_looked_at(portions: Portions, tmp_path: Path) -> None:
    installed = tmp_path / "site-packages"
    installed.mkdir()
    search(portions, "nothing", installed)
    (installed / "nothing").mkdir()
    assert portions.changed() == ""
    assert os.path.isdir(installed / "nothing")
