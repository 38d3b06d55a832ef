"""Who is in the way, as plain values."""

import pytest

from autoreload.core.holders import Holder, Whose, is_outer, stands_in_the_way, topmost, whose
from autoreload.core.keeping import Address

ROOT = "/home/me/shop"
OURS = Holder(10, ["autorun", "app.py"], ROOT)
SECOND = Holder(20, ["python", "-m", "autoreload", "app.py"], ROOT)
OTHER = Holder(30, ["autorun", "x.py"], "/home/me/other")


@pytest.mark.parametrize(
    ("outer", "is_marked", "expected"),
    [
        (None, False, Whose.STRANGER),
        (None, True, Whose.LEFTOVER),
        (OURS, True, Whose.APP),
        (OURS, False, Whose.APP),
        (SECOND, True, Whose.PROJECT),
        (OTHER, True, Whose.AUTORUN),
    ],
)
def test_whose(outer: Holder | None, is_marked: bool, expected: Whose) -> None:
    holder = Holder(77, ["python", "app.py"], ROOT, is_marked=is_marked, outer=outer)
    assert whose(holder, 10, ROOT) is expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("autorun app.py", True),
        ("/venv/bin/python /venv/bin/autorun app.py", True),
        ("python -X utf8 -m autoreload app.py", True),
        ("python /venv/lib/autoreload/__main__.py app.py", False),  # what runs below one
        ("python app.py autoreload", False),
        ("python -m http.server", False),
        ("grep -r -n -i --color -- some thing other autorun", False),
        ("", False),
    ],
)
def test_what_an_autorun_looks_like(line: str, expected: bool) -> None:
    assert is_outer(line.split()) is expected


@pytest.mark.parametrize(
    ("command", "title"),
    [
        (["/usr/bin/python3", "-m", "http.server", "8000"], "python3 -m http.server 8000"),
        (["nginx: master process /usr/sbin/nginx"], "nginx"),
        (["a\nb", "x" * 100], "a b " + "x" * 55 + "…"),
        ([], "?"),
    ],
)
def test_title(command: list[str], title: str) -> None:
    assert Holder(1, command, "").title == title


def test_of_those_that_share_a_socket_the_first_counts() -> None:
    parents = {1: 0, 5: 1, 6: 5, 7: 6, 9: 1, 12: 99}
    assert topmost(parents, {5, 6, 7}) == [5]
    assert topmost(parents, {9, 7, 12}) == [7, 9, 12]
    assert topmost(parents, set()) == []


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.1", "0.0.0.0", True),
        ("0.0.0.0", "127.0.0.1", True),
        ("127.0.0.1", "127.0.0.2", False),
        ("::1", "::1", True),
        ("::1", "::", True),
        ("::", "::1", True),
        ("::1", "fe80::1", False),
        ("127.0.0.1", "::", False),  # not surely
        ("::", "0.0.0.0", False),
        ("127.0.0.1", "::ffff:127.0.0.1", True),
    ],
)
def test_what_surely_stands_in_the_way(mine: str, theirs: str, expected: bool) -> None:
    family = 10 if ":" in mine else 2
    assert stands_in_the_way(Address(family, mine, 80), theirs) is expected
