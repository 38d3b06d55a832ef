"""Loaded against there: equal, other, gone, come; and how long a change is given to settle."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoreload.core.changes import (
    FIRST_WAIT_S,
    LONGEST_WAIT_S,
    Change,
    Loaded,
    Signature,
    compare,
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
    assert Loaded("a", OLD, 5).entry() == ("a", OLD, 5)
    assert Loaded(*("a", None)).entry() == ("a", None, None)


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
        ([SAVED], False, 0, 0.0, 0.0),
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
