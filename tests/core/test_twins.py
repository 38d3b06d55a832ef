"""In what a warm run differs from cold ones."""

from autoreload.core import twins

WARM = {("a", ""): 1, ("a", "X"): 2, ("b", "T"): 3}


def test_equal_states_do_not_differ() -> None:
    assert twins.differences(WARM, dict(WARM)) == []


def test_what_is_missing_or_other_differs() -> None:
    assert twins.differences(WARM, {("a", ""): 1, ("a", "X"): 9}) == [("a", "X"), ("b", "T")]


def test_what_differs_from_one_cold_start_to_the_next_is_no_fault() -> None:
    cold = {**WARM, ("a", "X"): 9, ("b", "T"): 4}
    assert twins.wrong(WARM, cold, {**cold, ("b", "T"): 5}) == [("a", "X")]


def test_entries_of_another_kind_are_left_out() -> None:
    assert twins.state([("a", "X", 1), ("a", 2), "a", ("a", "Y", "no")]) == {("a", "X"): 1}
