"""How often a run is asked whether it is ready."""

import os
import socket
import time

import pytest

from autoreload.outer.keeper import Keeper
from autoreload.outer.readiness import LONGEST_S, PACE_S, TAKEN_PACE_S, Readiness, listening


class Child:
    """A run of this age, which never listens."""

    def __init__(self, age_s: float) -> None:
        self.started = time.monotonic() - age_s
        self.live = os.getpid()
        self.up_at: float | None = None


def interval(age_s: float) -> float | None:
    """From one look to the next."""
    readiness = Readiness(Child(age_s), Keeper(), listening(), serves=True)  # type: ignore[arg-type]  # a fake
    assert not readiness.look()
    return readiness.interval()


def test_a_young_run_is_looked_at_often() -> None:
    assert interval(0.1) == pytest.approx(PACE_S, abs=0.005)


def test_one_that_was_given_a_socket_is_looked_at_soon() -> None:
    keeper = Keeper()
    readiness = Readiness(Child(0), keeper, listening(), serves=True)  # type: ignore[arg-type]  # a fake
    assert not readiness.look()
    keeper.taken_at = time.monotonic()
    soon = readiness.interval()
    assert soon is not None
    assert soon <= TAKEN_PACE_S


@pytest.mark.parametrize("age_s", [5, 20, 50])
def test_an_old_run_is_looked_at_less_often(age_s: float) -> None:
    """One that listens on no port took 2 % of a core for ten seconds, and 1 % for a minute."""
    assert interval(age_s) == pytest.approx(age_s / 100, rel=0.1)


def test_one_that_never_listens_is_given_up() -> None:
    assert interval(LONGEST_S + 1) is None


def test_one_that_listens_before_it_is_looked_at_is_ready() -> None:
    """A warm run may be up a few milliseconds after the word to begin."""
    before = listening()
    with socket.create_server(("127.0.0.1", 0)) as server:
        readiness = Readiness(Child(0), Keeper(), before, serves=True)  # type: ignore[arg-type]  # a fake
        assert readiness.look()
        assert readiness.urls == [f"http://127.0.0.1:{server.getsockname()[1]}"]


def test_a_listener_that_was_there_before_makes_nothing_ready() -> None:
    with socket.create_server(("127.0.0.1", 0)):
        before = listening()
        readiness = Readiness(Child(0), Keeper(), before, serves=True)  # type: ignore[arg-type]  # a fake
        assert not readiness.look()
        assert readiness.urls == []
