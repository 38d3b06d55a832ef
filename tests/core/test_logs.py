"""Which part of a log is shown, and the marks in it."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoreload.core import wording_records as words
from autoreload.core.logs import Tail

LOG = b"""\
--- autorun app.py, 2026-01-01 10:00:00 ---
--- run 1 ---
old one
--- run 2 ---
old two
--- autorun app.py, 2026-01-01 11:00:00 ---
--- run 1 ---
one
more of one
--- run 2 ---
two
half"""


@pytest.mark.parametrize(
    ("most", "run", "shown"),
    [
        (2, None, b"--- run 2 ---\ntwo\nhalf"),
        (0, None, b"half"),
        (1, None, b"two\nhalf"),
        (99, None, LOG),
        (99, 1, b"--- run 1 ---\none\nmore of one\n"),
        (1, 1, b"more of one\n"),
        (99, 2, b"--- run 2 ---\ntwo\nhalf"),
        (99, 3, b""),
    ],
)
def test_a_part_is_shown(most: int, run: int | None, shown: bytes) -> None:
    tail = Tail(most, run)
    tail.feed(LOG)
    assert tail.take() == shown
    assert tail.has_begun == (run != 3)


def test_what_follows_is_shown_as_well() -> None:
    tail = Tail(1, 2)
    tail.feed(LOG)
    assert tail.take() == b"two\nhalf"
    tail.feed(b" a line\n1\n2\n3\n--- run 3 ---\nthree\n")
    assert tail.take() == b" a line\n1\n2\n3\n"


@given(st.lists(st.integers(0, len(LOG)), max_size=5), st.sampled_from([None, 1, 2]))
def test_how_it_is_cut_up_is_the_same(cuts: list[int], run: int | None) -> None:
    whole, parts = Tail(99, run), Tail(99, run)
    whole.feed(LOG)
    edges = [0, *sorted(cuts), len(LOG)]
    for start, end in pairwise(edges):
        parts.feed(LOG[start:end])
    assert parts.take() == whole.take()


@given(st.integers(1, 10**9))
def test_a_mark_can_be_read(run: int) -> None:
    assert words.run_of(words.mark(run).rstrip("\n")) == run


@pytest.mark.parametrize(
    "line",
    ["", "--- run", "--- run x ---", "--- run 1", " --- run 1 ---", "--- run ² ---", "run 1"],
)
def test_other_lines_are_no_marks(line: str) -> None:
    assert words.run_of(line) is None


def test_the_first_line_is_no_mark() -> None:
    assert words.run_of(words.begins("run 1", "now").rstrip("\n")) is None
