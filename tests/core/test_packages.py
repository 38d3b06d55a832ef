"""Which installed packages a program needs, and whether an installer is still at work."""

import pytest

from autoreload.core.packages import (
    Distribution,
    Folder,
    Installation,
    Need,
    before,
    installation,
    is_under_way,
    named,
    newer,
    provides,
    stem_of,
    versions,
)


def folder(
    *found: tuple[str, str, int], stems: str = "", replaced: str = "", half: str = ""
) -> Folder:
    """A folder with packages of that name, version and time."""
    return Folder(
        {
            f"{name}-{version}.dist-info": Distribution(name, version, at, name not in half.split())
            for name, version, at in found
        },
        frozenset(stems.split()),
        frozenset(replaced.split()),
    )


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("requests-2.31.0.dist-info", ("requests", "2.31.0")),
        ("typing_extensions-4.9.dist-info", ("typing_extensions", "4.9")),
        ("a-1.0+local.1.dist-info", ("a", "1.0+local.1")),
        ("PyYAML-6.0-py3.11.egg-info", ("PyYAML", "6.0")),
        ("six-1.16.0.egg-info", ("six", "1.16.0")),
        ("mine.egg-info", ("mine", "")),
        ("requests", None),
        ("six.py", None),
        ("dist-info", None),
        ("a.dist-info.txt", None),
    ],
)
def test_named(entry: str, expected: tuple[str, str] | None) -> None:
    assert named(entry) == expected


def test_stem_of() -> None:
    entries = ["six.py", "requests", "_cffi.cpython-311-x86_64-linux-gnu.so"]
    assert [stem_of(entry) for entry in entries] == ["six", "requests", "_cffi"]


RECORD = """\
six.py,sha256=xyz,34549
__pycache__/six.cpython-311.pyc,,
"six/a,b.py",sha256=xyz,1
google/cloud/storage/__init__.py,sha256=xyz,1
_fast.cpython-311-x86_64-linux-gnu.so,sha256=xyz,1
sixty-1.0.dist-info/METADATA,sha256=xyz,1
../../../bin/tool,sha256=xyz,1
"""


@pytest.mark.parametrize(
    ("stem", "expected"),
    [
        ("six", True),
        ("google", True),
        ("google/cloud/storage", True),
        ("google/cloud/store", False),
        ("_fast", True),
        ("sixty", False),
        ("storage", False),
        ("tool", False),
    ],
)
def test_provides(stem: str, expected: bool) -> None:
    assert provides(RECORD, stem) is expected


NEEDS = [Need("a", 100, False), Need("b", 50, True)]


def test_what_was_installed_after_the_first_need_is_new() -> None:
    there = folder(("a", "1", 49), ("b", "1", 50), ("c", "1", 120))
    assert newer(there, NEEDS, None) == ["b-1.dist-info", "c-1.dist-info"]
    assert newer(there, [], None) == []


def test_what_was_seen_before_is_not_new_whatever_the_clock_says() -> None:
    settled = folder(("a", "1", 200), ("b", "1", 200))
    now = folder(("a", "1", 200), ("b", "1", 201), ("b", "2", 40))
    assert newer(now, NEEDS, settled) == ["b-1.dist-info"]


def test_the_folder_before_the_first_look() -> None:
    there = folder(("a", "1", 1), ("b", "2", 200), stems="a b", replaced="~c")
    assert before(there, ["b-2.dist-info"]) == folder(("a", "1", 1), stems="a b", replaced="~c")


SETTLED = folder(("a", "1", 1), ("debian", "1", 1), stems="a b", replaced="~old", half="debian")


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (SETTLED, False),
        (SETTLED._replace(replaced=frozenset()), False),
        (SETTLED._replace(replaced=frozenset({"~old", "~-1.dist-info"})), True),
        (SETTLED._replace(stems=frozenset({"b"})), True),
        (SETTLED._replace(stems=frozenset({"a"})), True),
        (SETTLED._replace(stems=frozenset({"a", "b", "c"})), False),
        (folder(("a", "2", 9), stems="a b", half="a"), True),
        (folder(("a", "2", 9), stems="a b"), False),
        (folder(("c", "2", 9), stems="a b c", half="c"), True),
    ],
    ids=[
        "at rest", "left over gone", "put aside", "taken away", "missed and away", "more",
        "half", "whole", "half of another",
    ],
)  # fmt: skip
def test_an_installer_at_work_is_seen(now: Folder, expected: bool) -> None:
    assert is_under_way(SETTLED, now, NEEDS) is expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a", Installation("a", "1", "2")),
        ("My_Own.name", Installation("My_Own.name", "3", "2")),
        ("c", Installation("c", "", "2")),
    ],
)
def test_the_version_before_is_found_by_whatever_spelling(
    name: str, expected: Installation
) -> None:
    settled = folder(("a", "1", 1), ("my-own-name", "3", 1))
    assert installation(Distribution(name, "2", 9, True), versions(settled)) == expected
