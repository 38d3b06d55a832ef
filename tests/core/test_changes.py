"""Loaded against there: equal, other, gone, come; and how long a change is given to settle."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoreload.core.changes import (
    FIRST_WAIT_S,
    LONE_WAIT_S,
    LONGEST_STIR_S,
    LONGEST_WAIT_S,
    STIR_MEMORY_S,
    STIR_WAIT_S,
    TOGETHER_S,
    Change,
    Loaded,
    Signature,
    Stir,
    compare,
    pace,
    patience,
)

OLD: Signature = (1_000, 10, 7)
OTHER: Signature = (2_000, 10, 7)


class Disk:
    """Files as signature and digest, which counts what was read."""

    def __init__(self, files: dict[str, tuple[Signature, int | None]]) -> None:
        self.files = files
        self.digested: list[str] = []

    def look(self, path: str) -> Signature | None:
        return self.files[path][0] if path in self.files else None

    def digest(self, path: str) -> int | None:
        self.digested.append(path)
        return self.files[path][1] if path in self.files else None


def changes_of(record: Loaded, disk: Disk) -> list[Change]:
    return compare([record], disk.look, disk.digest).changes


def test_an_equal_signature_is_no_change_and_reads_nothing() -> None:
    disk = Disk({"a": (OLD, 99)})
    found = compare([Loaded("a", OLD, 1)], disk.look, disk.digest)
    assert (found.changes, found.same) == ([], [])
    assert disk.digested == []


@pytest.mark.parametrize(
    ("was", "now", "kind"),
    [
        (OLD, None, "deleted"),
        (None, OLD, "created"),
        (OLD, OTHER, "modified"),
        (OTHER, OLD, "modified"),  # restored: older, and still another one
        (OLD, (1_000, 11, 7), "modified"),
        (OLD, (1_000, 10, 8), "modified"),  # renamed over, with time and size kept
        (OLD, (1_001, 10, 7), "modified"),
    ],
)
def test_another_signature_is_a_change(
    was: Signature | None, now: Signature | None, kind: str
) -> None:
    disk = Disk({"a": (now, 2)} if now else {})
    assert changes_of(Loaded("a", was, 1), disk) == [Change("a", kind, now)]


def test_what_was_and_is_not_there_is_no_change() -> None:
    assert changes_of(Loaded("a", None), Disk({})) == []


def test_the_same_bytes_are_no_change_and_are_read_once() -> None:
    disk = Disk({"a": (OTHER, 1)})
    record = Loaded("a", OLD, 1)
    first = compare([record], disk.look, disk.digest)
    again = compare([record], disk.look, disk.digest)
    assert (first.changes, first.same) == ([], ["a"])
    assert (again.changes, again.same) == ([], [])
    assert record.signature == OTHER
    assert disk.digested == ["a"]


def test_without_a_digest_another_signature_is_a_change() -> None:
    disk = Disk({"a": (OTHER, 1)})
    assert changes_of(Loaded("a", OLD), disk) == [Change("a", "modified", OTHER)]
    assert disk.digested == []


def test_what_cannot_be_read_is_a_change() -> None:
    assert changes_of(Loaded("a", OLD, 1), Disk({"a": (OTHER, None)})) == [
        Change("a", "modified", OTHER)
    ]


def test_a_change_stays_one_until_it_is_loaded_again() -> None:
    disk = Disk({"a": (OTHER, 2)})
    record = Loaded("a", OLD, 1)
    assert changes_of(record, disk) == changes_of(record, disk) != []


def test_a_record_is_plain_data_for_a_message() -> None:
    assert Loaded("a", OLD, 5, reason="read").entry() == ("a", OLD, 5, "read")
    assert Loaded("a", None).entry() == ("a", None, None, "")


def test_changes_are_equal_by_value() -> None:
    change = Change("a", "modified", OLD)
    assert change == Change("a", "modified", OLD)
    assert len({change, Change("a", "modified", OLD)}) == 1
    assert change != Change("a", "modified", OTHER)
    assert change != Change("b", "modified", OLD)
    assert change != "a"
    assert "a" in repr(change)
    assert "a" in repr(Loaded("a", OLD))


signatures = st.none() | st.tuples(st.integers(1, 3), st.integers(0, 2), st.integers(1, 2))
tables = st.dictionaries(
    st.sampled_from("abcdef"), st.tuples(signatures, signatures, st.integers(0, 2)), max_size=6
)


@given(tables)
def test_each_file_is_found_at_most_once_and_in_order(
    files: dict[str, tuple[Signature | None, Signature | None, int]],
) -> None:
    disk = Disk({path: (now, digest) for path, (_, now, digest) in files.items() if now})
    records = [Loaded(path, was, 1) for path, (was, _, _) in files.items()]
    first = compare(records, disk.look, disk.digest)
    found = [change.path for change in first.changes] + first.same
    assert len(found) == len(set(found))
    assert set(found) == {path for path, (was, now, _) in files.items() if was != now}
    assert [change.path for change in first.changes] == [
        path for path in files if path in {change.path for change in first.changes}
    ]
    second = compare(records, disk.look, disk.digest)
    assert (second.changes, second.same) == (first.changes, [])


SAVED = Change("a.py", "modified", OTHER)
ALSO = Change("b.py", "modified", OTHER)
EMPTY = Change("a.py", "modified", (2_000, 0, 7))
GONE = Change("a.py", "deleted", None)


@pytest.mark.parametrize(
    ("changes", "broken", "looks", "delay_s", "expected"),
    [
        ([SAVED], False, 0, 0.0, LONE_WAIT_S),
        ([SAVED], False, 1, 0.0, 2 * FIRST_WAIT_S),
        ([SAVED, ALSO], False, 0, 0.0, FIRST_WAIT_S),
        ([SAVED, ALSO], False, 2, 0.0, 4 * FIRST_WAIT_S),
        ([SAVED, ALSO], False, 20, 0.0, LONGEST_WAIT_S),
        ([SAVED], True, 0, 0.0, FIRST_WAIT_S),
        ([SAVED], True, 20, 0.0, LONGEST_WAIT_S),
        ([EMPTY], False, 0, 0.0, LONGEST_WAIT_S),
        ([EMPTY, ALSO], True, 1, 0.0, LONGEST_WAIT_S),
        ([GONE], False, 0, 0.0, LONGEST_WAIT_S),
        ([GONE, ALSO], False, 0, 0.0, LONGEST_WAIT_S),
        ([SAVED], False, 0, 2.0, 2.0),
        ([SAVED], False, 0, 0.001, 0.001),
        ([SAVED], False, 1, 0.001, 2 * FIRST_WAIT_S),
    ],
)
def test_patience(
    changes: list[Change], broken: bool, looks: int, delay_s: float, expected: float
) -> None:
    assert patience(changes, broken, looks, delay_s=delay_s) == pytest.approx(expected)


def test_before_a_warm_restart_a_lone_save_waits_less() -> None:
    assert patience([SAVED], False, 0, lone_wait_s=0.003) == 0.003
    assert patience([SAVED, ALSO], False, 0, lone_wait_s=0.003) == FIRST_WAIT_S


@given(
    st.lists(st.sampled_from([SAVED, ALSO, EMPTY, GONE]), min_size=1, max_size=4, unique=True),
    st.booleans(),
    st.integers(0, 200),
    st.floats(0, 5),
)
def test_the_window_widens_and_has_an_end(
    changes: list[Change], broken: bool, looks: int, delay_s: float
) -> None:
    wait = patience(changes, broken, looks, delay_s=delay_s)
    assert 0 <= wait <= max(LONGEST_WAIT_S, delay_s)
    assert wait <= patience(changes, broken, looks + 1, delay_s=delay_s)


def test_a_lone_save_waits_for_less_than_a_hundredth_of_a_second() -> None:
    """It would be felt: two looks are taken of it, and this stands between them."""
    assert patience([SAVED], False, 0) == LONE_WAIT_S < 0.01


def test_nothing_rests_before_a_restart_and_after_one_for_a_lone_save() -> None:
    stir = Stir()
    assert stir.rest(0.0) == 0.0
    stir.decide(["a.py"], 10.0)
    assert stir.rest(10.0) == pytest.approx(TOGETHER_S), "there may be a second one"
    assert stir.rest(10.0 + TOGETHER_S) == 0.0
    stir.decide([], 11.0)
    assert stir.rest(11.0) == 0.0, "it is for no file"


def test_a_lone_save_is_waited_with_since_its_event() -> None:
    stir = Stir()
    stir.move(["a.py"], 10.0)
    stir.decide(["a.py"], 10.0 + TOGETHER_S / 2)
    assert stir.rest(10.0 + TOGETHER_S / 2) == pytest.approx(TOGETHER_S / 2)
    stir.move(["a.py"], 10.0 + TOGETHER_S / 2)
    assert stir.rest(10.0 + TOGETHER_S) == pytest.approx(TOGETHER_S / 2), "it goes on"
    assert stir.rest(10.0 + 2 * TOGETHER_S) == 0.0


def test_a_second_save_of_the_same_file_is_no_stir() -> None:
    stir = Stir()
    stir.decide(["a.py"], 10.0)
    stir.move(["a.py"], 10.1)
    stir.decide(["a.py"], 10.2)
    assert stir.rest(10.2 + TOGETHER_S) == 0.0


def test_other_files_that_move_are_waited_for_the_longer_the_more_they_are() -> None:
    stir = Stir()
    stir.decide(["a.py"], 10.0)
    stir.move(["b.py"], 10.1)
    assert stir.rest(10.1) == pytest.approx(2 * STIR_WAIT_S)
    stir.move(["b.py"], 10.2)
    assert stir.rest(10.2) == pytest.approx(2 * STIR_WAIT_S), "it is one file still"
    stir.move(["c.py"], 10.2)
    assert stir.rest(10.2) == pytest.approx(4 * STIR_WAIT_S)
    assert stir.rest(10.3) == pytest.approx(4 * STIR_WAIT_S - 0.1)
    stir.move([str(number) for number in range(5_000)], 10.3)
    assert stir.rest(10.3) == pytest.approx(LONGEST_WAIT_S)
    assert stir.rest(10.3 + LONGEST_WAIT_S) == 0.0


def test_two_restarts_in_a_row_for_different_files_are_part_of_more() -> None:
    stir = Stir()
    stir.decide(["a.py"], 10.0)
    stir.decide(["b.py"], 10.0 + STIR_MEMORY_S / 2)
    assert stir.rest(10.0 + STIR_MEMORY_S / 2) == pytest.approx(4 * STIR_WAIT_S)


def test_two_restarts_with_a_pause_between_are_two() -> None:
    stir = Stir()
    stir.decide(["a.py"], 10.0)
    stir.move(["c.py"], 10.1)
    stir.decide(["b.py"], 10.0 + STIR_MEMORY_S)
    assert stir.rest(10.0 + STIR_MEMORY_S + TOGETHER_S) == 0.0


def test_a_tree_that_never_rests_is_not_waited_for_for_ever() -> None:
    stir = Stir()
    stir.decide(["a.py"], 10.0)
    stir.move(["b.py"], 10.0 + LONGEST_STIR_S - 0.01)
    assert stir.rest(10.0 + LONGEST_STIR_S - 0.01) == pytest.approx(0.01)
    stir.move(["b.py"], 10.0 + LONGEST_STIR_S)
    assert stir.rest(10.0 + LONGEST_STIR_S) == 0.0


moves = st.lists(
    st.tuples(
        st.sampled_from(["decide", "move"]), st.sets(st.sampled_from("abcd")), st.floats(0, 2)
    ),
    max_size=12,
)


@given(moves)
def test_the_rest_is_bounded_and_ends_when_nothing_moves(
    story: list[tuple[str, set[str], float]],
) -> None:
    stir = Stir()
    now = 100.0
    for kind, paths, later_s in story:
        now += later_s
        (stir.decide if kind == "decide" else stir.move)(paths, now)
        assert 0.0 <= stir.rest(now) <= LONGEST_WAIT_S
    assert stir.rest(now + LONGEST_WAIT_S) == 0.0


@pytest.mark.parametrize(
    ("cost_s", "poll_s", "has_events", "expected"),
    [
        (0.0, 0.0, None, 0.1),
        (0.0, 0.0, True, 1.0),
        (0.0, 0.0, False, 0.5),
        (0.0, 0.2, True, 0.2),
        (0.0, 0.2, None, 0.2),
        (0.01, 0.0, True, 3.0),
        (0.1, 0.0, False, 2.0),
        (0.1, 0.2, False, 2.0),
    ],
)
def test_looks_without_a_hint_keep_their_pace(
    cost_s: float, poll_s: float, has_events: bool | None, expected: float
) -> None:
    assert pace(cost_s, poll_s=poll_s, has_events=has_events) == pytest.approx(expected)
