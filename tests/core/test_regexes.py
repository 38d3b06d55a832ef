"""Regular expressions as words that outlive a run."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoreload.core.regexes import LONGEST, MOST, Regex, merged, parsed, word

FLAGS = st.integers(min_value=0, max_value=511)
PATTERNS = st.text() | st.text(st.characters(categories=["Cs", "Lu"])) | st.binary()


@given(PATTERNS, FLAGS)
def test_a_word_stands_for_what_it_was_made_of(pattern: str | bytes, flags: int) -> None:
    made = word(Regex(pattern, flags))
    assert made.split() == [made]
    assert parsed(made) == Regex(pattern, flags)


@given(PATTERNS, FLAGS, st.data())
def test_half_a_word_stands_for_no_more_than_the_begin_of_it(
    pattern: str | bytes, flags: int, data: st.DataObject
) -> None:
    whole = word(Regex(pattern, flags))
    half = parsed(whole[: data.draw(st.integers(0, len(whole)))])
    assert half is None or half.pattern == pattern[: len(half.pattern)]


def test_text_and_bytes_of_one_look_are_two() -> None:
    assert Regex("a", 0) != Regex(b"a", 0)
    assert word(Regex("a", 0)) != word(Regex(b"a", 0))


@pytest.mark.parametrize("text", ["", "s", "x1:61", "s1:6", "sx:61", "s1:ff", "flask"])
def test_any_other_word_stands_for_nothing(text: str) -> None:
    assert parsed(text) is None


def test_each_is_kept_once_and_a_long_one_not_at_all() -> None:
    first, second, long = Regex("a", 0), Regex("b", re.I), Regex("c" * (LONGEST + 1), 0)
    assert merged([word(first)], [second, long, first]) == [word(first), word(second)]


def test_there_are_not_more_than_so_many() -> None:
    assert len(merged([], (Regex(f"{number}", 0) for number in range(2 * MOST)))) == MOST
