"""A warm restart runs what a cold one would run: generated projects, edits, and a fresh python."""

from pathlib import Path

import pytest

from tests.warm import oracle

LINKS = (7, 71)
"""A link that was read took the place of a file, and then a file that of the link."""


@pytest.mark.parametrize("seed", LINKS)
def test_sequences_that_went_wrong_once(seed: int, tmp_path: Path) -> None:
    outcome = oracle.run(tmp_path, seed, 12)
    assert not outcome.wrong, outcome.wrong[0]


@pytest.mark.parametrize("seed", range(20))
def test_warm_is_what_a_fresh_start_would_be(seed: int, tmp_path: Path) -> None:
    outcome = oracle.run(tmp_path, seed, 4)
    assert not outcome.wrong, outcome.wrong[0]
