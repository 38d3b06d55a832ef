"""The table of the outer's life: every cell is there, and no sequence of events leads astray."""

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

import pytest

from autoreload.core.lifecycle import ALIVE, TABLE, Action, Event, State, step

STOPS = (Event.STOP, Event.TYPED, Event.FORCE)
ENDS = (Event.ENDED, Event.FINAL)


class World(NamedTuple):
    """The state, and what a perfect observer would know besides."""

    state: State
    child: bool
    asked: bool
    """Somebody asked autorun to end."""
    clock: bool
    """The child knows that it is to end, and is killed when it does not."""
    left: bool


START = World(State.WAITING, child=False, asked=False, clock=False, left=False)


def follow(world: World, event: Event) -> World:
    """Do what the table says, and look whether it can be done."""
    if event in ENDS:
        world = world._replace(child=False, clock=False)
    asked = world.asked or event in STOPS
    state, actions = step(world.state, event)
    world = world._replace(state=state, asked=asked)
    for action in actions:
        assert not world.left, f"{action} after the end"
        match action:
            case Action.SPAWN:
                assert not world.child, "a second child"
                assert not world.asked, "a child after a stop"
                world = world._replace(child=True)
            case Action.ASK:
                assert world.child, "nobody to ask"
                assert Action.ARM in actions, "asked without a deadline"
            case Action.ARM:
                assert world.child, "a deadline for nobody"
                world = world._replace(clock=True)
            case Action.KILL:
                assert world.child, "nobody to kill"
                world = world._replace(clock=True)
            case Action.SWEEP | Action.REPORT | Action.LOOK:
                assert not world.child, f"{action} while the child lives"
            case Action.LEAVE:
                assert not world.child, "a child is forgotten"
                world = world._replace(left=True)
    return world


def check(world: World) -> None:
    assert (world.state in ALIVE) == world.child
    assert (world.state is State.GONE) == world.left
    if world.state in (State.RESTARTING, State.LEAVING):
        assert world.clock, "a child that may stay for ever"
    if world.asked:
        assert world.state in (State.LEAVING, State.GONE), "the stop is forgotten"


def possible(world: World) -> Iterator[Event]:
    """Only a child can end; anything else may be heard at any time, late or twice."""
    for event in Event:
        if world.child or event not in ENDS:
            yield event


def reached(most: int) -> dict[World, tuple[Event, ...]]:
    """Every world that some sequence of so many events leads to, with the shortest of them.

    Sequences that lead to the same world go on in the same way, so following one of them follows
    all.
    """
    known: dict[World, tuple[Event, ...]] = {START: ()}
    edge = [START]
    for _ in range(most):
        beyond = []
        for world, event in [(one, event) for one in edge for event in possible(one)]:
            path = (*known[world], event)
            try:
                found = follow(world, event)
                check(found)
            except AssertionError as error:
                pytest.fail(f"{' '.join(one.name for one in path)}: {error}")
            if found not in known:
                known[found] = path
                beyond.append(found)
        edge = beyond
    assert not edge, "six events do not reach everything"
    return known


def test_every_cell_is_filled() -> None:
    assert set(TABLE) == set(State)
    for state in State:
        assert set(TABLE[state]) == set(Event), state


def test_no_sequence_of_six_events_leads_astray() -> None:
    worlds = reached(6)
    assert {world.state for world in worlds} == set(State)


def test_every_world_can_end() -> None:
    """A stop, the end of the child if there is one, and autorun is gone."""
    for world, stop in product(reached(6), STOPS):
        after = follow(world, stop)
        if after.child:
            after = follow(after, Event.ENDED)
        assert after.state is State.GONE, f"{world} after {stop}"


def test_the_second_request_does_not_wait() -> None:
    for state, first in product(ALIVE, STOPS):
        leaving, _ = step(state, first)
        assert step(leaving, Event.FORCE) == (State.LEAVING, (Action.KILL,))


def test_a_deadline_that_is_over_kills_only_who_was_told() -> None:
    for state in State:
        kills = Action.KILL in step(state, Event.OVERDUE)[1]
        assert kills == (state in (State.RESTARTING, State.LEAVING))


def test_an_app_that_knows_already_is_not_asked() -> None:
    for state, event in product(ALIVE, (Event.ANNOUNCED, Event.TYPED)):
        assert Action.ASK not in step(state, event)[1]


def test_change_while_stopping_adds_nothing() -> None:
    assert step(State.RESTARTING, Event.CHANGED) == (State.RESTARTING, ())
    assert step(State.LEAVING, Event.CHANGED) == (State.LEAVING, ())


def test_after_a_failure_the_next_change_starts_again() -> None:
    assert step(State.RUNNING, Event.ENDED) == (
        State.WAITING,
        (Action.SWEEP, Action.REPORT, Action.LOOK),
    )
    assert step(State.WAITING, Event.CHANGED) == (State.BOOTING, (Action.SPAWN,))


def test_whatever_ends_a_restart_the_next_one_follows() -> None:
    for end in ENDS:
        assert step(State.RESTARTING, end) == (State.BOOTING, (Action.SWEEP, Action.SPAWN))


def test_a_final_end_is_told_and_is_the_end() -> None:
    for state in (State.BOOTING, State.RUNNING):
        assert step(state, Event.FINAL) == (
            State.GONE,
            (Action.SWEEP, Action.REPORT, Action.LEAVE),
        )


def test_nothing_happens_after_the_end() -> None:
    for event in Event:
        assert step(State.GONE, event) == (State.GONE, ())
