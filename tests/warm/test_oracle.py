"""A warm restart runs what a cold one would run: generated projects, edits, and a fresh python."""

from pathlib import Path

import pytest

from tests.warm import oracle


@pytest.mark.parametrize("seed", range(20))
def test_warm_is_what_a_fresh_start_would_be(seed: int, tmp_path: Path) -> None:
    outcome = oracle.run(tmp_path, seed, 4)
    assert not outcome.wrong, outcome.wrong[0]
