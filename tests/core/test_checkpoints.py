"""Where a run leaves a checkpoint behind, and until where two texts are the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoreload.core.checkpoints import (
    GROWTH,
    LARGEST_STANDBY,
    LATELY,
    MOST,
    MOST_REPEATS,
    MOST_RESTARTS,
    MOST_SPACED,
    OLDEST_S,
    REPEATS_WITHIN_S,
    SPACING_S,
    SPARE,
    Repeats,
    aged,
    first_difference,
    is_due,
    is_same_until,
    lately,
    may_stand_by,
    packed,
    unpacked,
)

LINES = st.lists(st.sampled_from(["a", "b", "", "\r", " "]), max_size=6)


def due(
    since_s: float,
    *,
    spent_s: float = 0.0,
    depth: int = 1,
    is_hot: bool = False,
    has_passed: bool = False,
) -> bool:
    return is_due(
        since_s=since_s, spent_s=spent_s, depth=depth, is_hot=is_hot, has_passed=has_passed
    )


def test_without_history_they_are_spaced_by_time() -> None:
    assert due(SPACING_S * 1.01)
    assert not due(SPACING_S * 0.99)


def test_a_long_start_has_them_further_apart() -> None:
    assert due(GROWTH * 10.1, spent_s=10)
    assert not due(GROWTH * 9.9, spent_s=10)


@given(st.floats(0.1, 28))
def test_what_is_run_again_is_a_share_of_the_start(start_s: float) -> None:
    """Whatever is edited first, and however long the start: there is always a checkpoint near."""
    at, depth = 0.0, 1
    while depth < MOST_SPACED and at + max(SPACING_S, GROWTH * at) < start_s:
        at += max(SPACING_S, GROWTH * at)
        depth += 1
    assert start_s - at <= max(SPACING_S, GROWTH * at)


def test_a_file_edited_lately_has_one_before_it() -> None:
    assert due(0.003, depth=3, is_hot=True, has_passed=True)
    assert not due(0.001, depth=3, is_hot=True)


def test_none_is_left_behind_the_newest_edit() -> None:
    assert not due(5.0, has_passed=True)


def test_a_chain_has_an_end() -> None:
    assert due(5.0, depth=MOST_SPACED - 1)
    assert not due(5.0, depth=MOST_SPACED)


def test_files_edited_lately_have_room_at_the_end_of_a_chain() -> None:
    assert due(5.0, depth=MOST_SPACED, is_hot=True)
    assert due(5.0, depth=MOST - 1, is_hot=True)
    assert not due(5.0, depth=MOST, is_hot=True)


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


MB = 1 << 20


@pytest.mark.parametrize(
    ("resident", "available", "wanted", "expected"),
    [
        (40 * MB, 4000 * MB, None, True),
        (40 * MB, 40 * SPARE * MB, None, False),
        (LARGEST_STANDBY, 1 << 40, None, False),
        (LARGEST_STANDBY - 1, 1 << 40, None, True),
        (4000 * MB, 1, True, True),
        (1, 1 << 40, False, False),
    ],
)
def test_memory_decides_unless_the_user_does(
    resident: int, available: int, wanted: bool | None, expected: bool
) -> None:
    found = may_stand_by(resident=resident, available=available, wanted=wanted)
    assert found == expected


PATHS = st.lists(st.text(st.characters(exclude_characters="\0")), max_size=LATELY)


@given(PATHS)
def test_what_is_kept_is_what_was_edited(names: list[str]) -> None:
    paths = [f"/{name}".encode("utf-8", "replace").decode() for name in names]
    assert unpacked(packed(paths)) == paths


def test_a_name_that_is_no_text_is_kept() -> None:
    assert unpacked(packed(["/caf\udce9.py"])) == ["/caf\udce9.py"]


@given(st.binary(max_size=200))
def test_what_is_none_of_ours_is_ignored(content: bytes) -> None:
    assert unpacked(content) == []


@given(st.binary(max_size=200))
def test_of_what_is_half_written_no_path_is_relative(content: bytes) -> None:
    assert all(path.startswith("/") for path in unpacked(packed(["/a"]) + content))


def test_no_more_is_kept_than_is_kept_in_mind() -> None:
    assert len(unpacked(packed([f"/{number}" for number in range(50)]))) == LATELY


def test_restarts_for_the_same_bytes_lead_nowhere() -> None:
    repeats = Repeats()
    times = [number * REPEATS_WITHIN_S / MOST_REPEATS for number in range(MOST_REPEATS)]
    assert [repeats.note("same", now) for now in times] == [False] * (MOST_REPEATS - 1) + [True]


def test_restarts_for_other_bytes_are_edits() -> None:
    repeats = Repeats()
    assert not any(repeats.note(number % 2, 0.0) for number in range(20))


def test_restarts_that_take_their_time_are_edits() -> None:
    repeats = Repeats()
    assert not any(repeats.note("same", number * REPEATS_WITHIN_S) for number in range(20))


@pytest.mark.parametrize(
    ("age_s", "restarts", "size", "available", "reason"),
    [
        (0.0, 0, 0, 0, ""),
        (OLDEST_S, MOST_RESTARTS, 100 * MB, 100 * MB, ""),
        (OLDEST_S + 1, 0, 0, 0, "its checkpoints are 4 hours old"),
        (0.0, MOST_RESTARTS + 1, 0, 0, "its checkpoints have served 1001 restarts"),
        (0.0, 0, 300 * MB, 200 * MB, "its checkpoints take 300 MB, and 200 MB are left"),
    ],
)
def test_a_chain_does_not_age(
    age_s: float, restarts: int, size: int, available: int, reason: str
) -> None:
    found = aged(age_s=age_s, restarts=restarts, size=size, available=available)
    assert found == reason
