"""What would be found first now: shadows, packages in place of modules, ends of namespaces."""

import os
from _frozen_importlib_external import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

from autoreload.watch.probes import MODULE, NOTHING, PACKAGE, Probes
from tests.children import output


def make(folder: Path, *names: str) -> list[str]:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return [str(folder / name) for name in names]


@pytest.mark.parametrize(
    ("answer", "created", "expected"),
    [
        (NOTHING, "a.py", True),
        (NOTHING, "a/__init__.py", True),
        (NOTHING, f"a{EXTENSION_SUFFIXES[0]}", True),
        (NOTHING, "a.txt", False),
        (NOTHING, "b.py", False),
        (NOTHING, "a/b.py", False),  # a folder is a namespace, and comes last on every path
        (MODULE, "a/__init__.py", True),
        (MODULE, "a.py", False),
        (MODULE, "a/b.py", False),
        (PACKAGE, "a/__init__.py", False),
        (PACKAGE, "a.py", False),
    ],
)
@pytest.mark.parametrize("by_hint", [True, False])
def test_only_a_better_answer_counts(
    tmp_path: Path, answer: int, created: str, expected: bool, by_hint: bool
) -> None:
    probes = Probes()
    probes.note(str(tmp_path), "a", answer)
    assert probes.better() == []
    (path,) = make(tmp_path, created)
    assert probes.better([path] if by_hint else None) == ([path] if expected else [])


def test_the_first_answer_of_a_folder_counts(tmp_path: Path) -> None:
    """A later question is asked by a program that has got further since."""
    probes = Probes()
    assert probes.note(str(tmp_path), "a", NOTHING)
    assert not probes.note(str(tmp_path), "a", PACKAGE)
    assert probes.note(str(tmp_path), "b", NOTHING)
    assert probes.note(str(tmp_path / "deep"), "a", NOTHING)
    (path,) = make(tmp_path, "a.py")
    assert probes.better() == [path]


def test_what_was_found_is_found_at_every_look(tmp_path: Path) -> None:
    """Whoever waits until a save has settled looks twice, and the second look found nothing."""
    probes = Probes()
    probes.note(str(tmp_path), "a", NOTHING)
    (path,) = make(tmp_path, "a.py")
    os.utime(tmp_path, (1, 1))  # as after a while
    assert probes.better() == probes.better() == probes.better([path]) == [path]


def test_a_folder_that_is_there_becomes_a_package(tmp_path: Path) -> None:
    """Its parent does not change by that, so an unchanged parent says nothing about it."""
    (tmp_path / "a").mkdir()
    os.utime(tmp_path, (1, 1))
    probes = Probes()
    probes.note(str(tmp_path), "a", MODULE)
    assert probes.better() == []
    assert probes.better() == []
    (path,) = make(tmp_path, "a/__init__.py")
    os.utime(tmp_path, (1, 1))
    assert probes.better() == [path]


def test_a_name_asked_later_is_looked_for_in_an_unchanged_folder(tmp_path: Path) -> None:
    (path,) = make(tmp_path, "b.py")
    os.utime(tmp_path, (1, 1))
    probes = Probes()
    probes.note(str(tmp_path), "a", NOTHING)
    assert probes.better() == []
    probes.note(str(tmp_path), "b", NOTHING)
    assert probes.better() == [path]


def test_which_folders_matter_and_which_events(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    probes = Probes()
    probes.note(str(tmp_path), "a", NOTHING)
    probes.note(str(tmp_path), "b", NOTHING)
    probes.better()
    assert probes.folders() == {str(tmp_path), str(tmp_path / "a")}
    wanted = ("a.py", "b.py", "a/__init__.py", f"a{EXTENSION_SUFFIXES[0]}")
    others = ("c.py", "c/__init__.py", "deep/a.py")
    assert {name: probes.is_wanted(str(tmp_path / name)) for name in (*wanted, *others)} == {
        **dict.fromkeys(wanted, True),
        **dict.fromkeys(others, False),
    }


def test_a_folder_that_goes_and_comes_again(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    probes = Probes()
    probes.note(str(folder), "a", NOTHING)
    assert probes.better() == []
    folder.rmdir()
    assert probes.better() == []
    (path,) = make(folder, "a.py")
    assert probes.better() == [path]


TRACED = """
    import os, sys
    from autoreload.watch.traces import Traces
    sys.path[:0] = ["first", "second", "third"]
    traces = Traces()
    traces.install()
    {statement}
    home = os.getcwd() + os.sep
    first = set(traces.searches.probes.better())
    for name in {names!r}:
        os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
        open(name, "w").close()
    for path in sorted(set(traces.searches.probes.better()) - first):
        print(path.removeprefix(home))
"""


@pytest.mark.parametrize(
    ("statement", "created", "expected"),
    [
        # A module in a folder that was asked first is a shadow; one behind it is none.
        ("import ware", ["first/ware.py"], ["first/ware.py"]),
        ("import ware", ["first/ware/__init__.py"], ["first/ware/__init__.py"]),
        ("import ware", ["third/ware.py", "ware.py"], []),
        # Beside the module itself: a package goes before it.
        ("import ware", ["second/ware/__init__.py"], ["second/ware/__init__.py"]),
        ("import ware", ["second/ware/other.py"], []),
        ("import pack", ["first/pack.py"], ["first/pack.py"]),
        ("import pack", ["second/pack.py"], []),
        ("import pack.part", ["second/pack/part/__init__.py"], ["second/pack/part/__init__.py"]),
        # A namespace ends where a package or a module of its name comes.
        ("import space", ["second/space/__init__.py"], ["second/space/__init__.py"]),
        ("import space", ["first/space.py"], ["first/space.py"]),
        ("import space.part", ["first/space/__init__.py"], ["first/space/__init__.py"]),
        # The standard library can be shadowed as well, what is built in cannot.
        ("import colorsys", ["first/colorsys.py"], ["first/colorsys.py"]),
        ("import sys", ["first/sys.py"], []),
        # Nobody has asked for these.
        ("import ware", ["first/nobody.py", "second/nobody.py"], []),
    ],
)
def test_what_an_import_asked_on_its_way(
    tmp_path: Path, statement: str, created: list[str], expected: list[str]
) -> None:
    make(tmp_path, "second/ware.py", "second/pack/__init__.py", "second/pack/part.py")
    make(tmp_path, "second/space/part.py")
    (tmp_path / "first").mkdir()
    code = TRACED.format(statement=statement, names=created)
    assert output(code, cwd=tmp_path).splitlines() == expected
