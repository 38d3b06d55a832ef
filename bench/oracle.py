"""Thousands of edits of generated projects: a warm restart runs what a fresh python would run."""

import os
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.warm import oracle

EDITS = 12
"""Edits of one generated project."""


def sequence(seed: int) -> oracle.Outcome:
    """One project, from its start to its last edit."""
    with tempfile.TemporaryDirectory(prefix="oracle-") as folder:
        return oracle.run(Path(folder), seed, EDITS, rests=0.7)


def show(seeds: range) -> int:
    """Print what came of each seed; the number of states that were wrong."""
    edits = restarts = cold = wrong = 0
    with ProcessPoolExecutor(max(1, (os.cpu_count() or 2) // 2)) as pool:
        for seed, outcome in zip(seeds, pool.map(sequence, seeds), strict=True):
            edits += outcome.edits
            restarts += outcome.restarts
            cold += len(outcome.cold)
            wrong += len(outcome.wrong)
            for difference in outcome.wrong:
                print(f"seed {seed}: {difference}", flush=True)
    warm = restarts - cold
    print(f"{edits} edits, {restarts} restarts, {warm} of them warm: {wrong} states wrong")
    return wrong
