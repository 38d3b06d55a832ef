"""Bytes as texts: nothing lost, nothing doubled, whole lines, whatever the cuts."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoreload.core.texts import Texts


@pytest.mark.parametrize(
    ("pieces", "texts", "rest"),
    [
        ([b"one\n"], ["one\n"], ""),
        ([b"one\ntwo"], ["one\n"], "two"),
        ([b"one\ntwo", b"\n"], ["one\n", "two\n"], ""),
        ([b"on", b"e\n"], ["", "one\n"], ""),
        ([b"1\n2\n3\n"], ["1\n2\n3\n"], ""),
        (["é\n".encode()[:1], "é\n".encode()[1:]], ["", "é\n"], ""),
        ([b"\xff\n"], ["�\n"], ""),
        ([b"a\r\nb\rc\n"], ["a\r\nb\rc\n"], ""),
        ([b""], [""], ""),
    ],
)
def test_lines_come_whole(pieces: list[bytes], texts: list[str], rest: str) -> None:
    made = Texts()
    assert [made.take(piece) for piece in pieces] == texts
    assert made.rest == rest


def test_a_line_without_an_end_can_be_taken() -> None:
    made = Texts()
    made.take(b"name? ")
    assert (made.give(), made.give()) == ("name? ", "")
    assert made.take(b"x\n") == "x\n"


def test_half_a_letter_is_replaced_at_the_end_only() -> None:
    made = Texts()
    assert made.take("ab\n€".encode()[:-1]) == "ab\n"
    assert made.give() == ""
    assert made.finish() == "�"


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=6), st.booleans())
def test_all_of_it_comes_in_order(data: bytes, cuts: list[int], gives: bool) -> None:
    made = Texts()
    edges = [0, *sorted(cut for cut in cuts if cut <= len(data)), len(data)]
    heard = ""
    for start, end in pairwise(edges):
        heard += made.take(data[start:end])
        if gives:
            heard += made.give()
    assert heard + made.finish() == data.decode(errors="replace")
