"""How often a run is asked whether it is ready."""

import time

import pytest

from autoreload.outer.keeper import Keeper
from autoreload.outer.readiness import LONGEST_S, PACE_S, Readiness


class Child:
    """A run of this age, which never listens."""

    def __init__(self, age_s: float) -> None:
        self.started = time.monotonic() - age_s


def interval(age_s: float) -> float | None:
    return Readiness(Child(age_s), Keeper(), serves=True).interval()  # type: ignore[arg-type]  # a fake


def test_a_young_run_is_looked_at_often() -> None:
    assert interval(0.1) == PACE_S


@pytest.mark.parametrize("age_s", [5, 20, 50])
def test_an_old_run_is_looked_at_less_often(age_s: float) -> None:
    """One that listens on no port took 2 % of a core for ten seconds, and 1 % for a minute."""
    assert interval(age_s) == pytest.approx(age_s / 100, rel=0.1)


def test_one_that_never_listens_is_given_up() -> None:
    assert interval(LONGEST_S + 1) is None
