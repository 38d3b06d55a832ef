"""Where a run leaves a checkpoint behind, and until where two texts are the same."""

from hypothesis import given
from hypothesis import strategies as st

from autoreload.core.checkpoints import (
    LATELY,
    MOST,
    first_difference,
    is_due,
    is_same_until,
    lately,
)

LINES = st.lists(st.sampled_from(["a", "b", "", "\r", " "]), max_size=6)


def test_without_history_they_are_spaced_by_time() -> None:
    assert is_due(since_s=0.021, depth=0, is_hot=False, has_passed=False)
    assert not is_due(since_s=0.019, depth=0, is_hot=False, has_passed=False)


def test_a_file_edited_lately_has_one_before_it() -> None:
    assert is_due(since_s=0.003, depth=3, is_hot=True, has_passed=True)
    assert not is_due(since_s=0.001, depth=3, is_hot=True, has_passed=False)


def test_none_is_left_behind_the_newest_edit() -> None:
    assert not is_due(since_s=5.0, depth=1, is_hot=False, has_passed=True)


def test_a_chain_has_an_end() -> None:
    assert is_due(since_s=5.0, depth=MOST - 1, is_hot=True, has_passed=False)
    assert not is_due(since_s=5.0, depth=MOST, is_hot=True, has_passed=False)


def test_the_newest_edit_comes_last() -> None:
    assert lately(["a", "b", "c"], ["b"]) == ["a", "c", "b"]
    assert lately([], ["a", "b"]) == ["a", "b"]


@given(st.lists(st.sampled_from("abcdefghij")), st.lists(st.sampled_from("abcdefghij")))
def test_few_are_kept_in_mind_and_each_once(before: list[str], edited: list[str]) -> None:
    known: list[str] = []
    for path in [*before, *edited]:
        known = lately(known, [path])
    assert len(known) == len(set(known)) <= LATELY
    assert not edited or known[-1] == edited[-1]


@given(LINES, LINES)
def test_texts_are_the_same_up_to_their_first_difference(one: list[str], other: list[str]) -> None:
    old, new = "\n".join(one).encode(), "\n".join(other).encode()
    line = first_difference(old, new)
    assert (line == 0) == (old == new)
    if line:
        assert is_same_until(old, new, line - 1)
        assert not is_same_until(old, new, line)


def test_another_end_of_line_is_another_text() -> None:
    assert not is_same_until(b"a\nb", b"a\r\nb", 1)
