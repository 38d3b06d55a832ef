"""When restarts in a row are a loop that the program makes itself."""

from hypothesis import given
from hypothesis import strategies as st

from autoreload.core.loops import LONGEST_S, MANY, MANY_SUSPECTED, Loop, Loops

FILE, OTHER = "/p/cache.py", "/p/other.py"


def after(steps: list[tuple[float, set[str], set[str]]]) -> list[list[Loop]]:
    """What each restart shows: seconds since the one before, and what is certain or suspected."""
    loops, now, found = Loops(), 100.0, []
    for since, certain, suspected in steps:
        now += since
        found.append(loops.restarted(certain, suspected, now))
    return found


def test_the_programs_own_writes_are_a_loop_at_the_fifth_restart() -> None:
    found = after([(0.5, {FILE}, set())] * MANY)
    assert found[:-1] == [[]] * (MANY - 1)
    assert found[-1] == [Loop(FILE, MANY, 0.5 * (MANY - 1))]


def test_who_is_only_suspected_gets_twice_as_many() -> None:
    found = after([(0.5, set(), {FILE})] * MANY_SUSPECTED)
    assert found[:-1] == [[]] * (MANY_SUSPECTED - 1)
    assert [loop.path for loop in found[-1]] == [FILE]


def test_a_person_who_saves_fast_makes_no_loop() -> None:
    """Five times in three seconds; what they save is neither certain nor suspected."""
    assert after([(0.6, set(), set())] * 50) == [[]] * 50


def test_a_person_who_meets_the_start_every_time_makes_no_loop_with_five_saves() -> None:
    assert after([(0.6, set(), {FILE})] * 5) == [[]] * 5


def test_a_restart_for_something_else_begins_the_count_anew() -> None:
    steps: list[tuple[float, set[str], set[str]]] = [(0.5, {FILE}, set())] * (MANY - 1)
    found = after([*steps, (0.5, set(), set()), *steps])
    assert found == [[]] * (2 * MANY - 1)


def test_a_save_of_another_file_at_the_same_time_hides_no_loop() -> None:
    steps: list[tuple[float, set[str], set[str]]] = [(0.5, {FILE}, set())] * (MANY - 2)
    found = after([*steps, (0.5, {FILE, OTHER}, set()), (0.5, {FILE}, set())])
    assert [loop.path for loop in found[-1]] == [FILE]


def test_two_files_of_one_loop_are_named_both() -> None:
    found = after([(0.1, {FILE, OTHER}, set())] * MANY)
    assert [loop.path for loop in found[-1]] == [FILE, OTHER]


def test_what_comes_once_in_a_while_is_no_loop() -> None:
    assert after([(LONGEST_S + 0.1, {FILE}, set())] * 50) == [[]] * 50


@given(
    st.lists(
        st.tuples(
            st.floats(0.01, 5),
            st.sets(st.sampled_from([FILE, OTHER])),
            st.sets(st.sampled_from([FILE, OTHER])),
        ),
        max_size=40,
    )
)
def test_a_loop_had_its_restarts_in_a_row_and_close_together(
    steps: list[tuple[float, set[str], set[str]]],
) -> None:
    for number, found in enumerate(after(steps)):
        for loop in found:
            last = steps[number - loop.restarts + 1 : number + 1]
            assert len(last) == loop.restarts >= MANY
            assert all(loop.path in certain | suspected for _, certain, suspected in last)
            assert all(since <= LONGEST_S for since, _, _ in last[1:])
            assert abs(loop.seconds - sum(since for since, _, _ in last[1:])) < 1e-6


def test_a_loop_can_be_read_in_a_failure() -> None:
    assert repr(Loop(FILE, 5, 3.0)) == "Loop('/p/cache.py', 5, 3)"
    assert len({Loop(FILE, 5, 3.0), Loop(FILE, 5, 3.0)}) == 1
