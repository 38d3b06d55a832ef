"""Thousands of edits of generated projects: a warm restart runs what a fresh python would run."""

import os
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from bench import environment
from tests.driver import apps
from tests.warm import oracle, real

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
            print(f"seed {seed}: {outcome}", file=sys.stderr, flush=True)
            edits += outcome.edits
            restarts += outcome.restarts
            cold += len(outcome.cold)
            wrong += len(outcome.wrong)
            for difference in outcome.wrong:
                print(f"seed {seed}: {difference}", flush=True)
    warm = restarts - cold
    print(f"{edits} edits, {restarts} restarts, {warm} of them warm: {wrong} states wrong")
    return wrong


def show_real() -> int:
    """The same on programs as people write them, with what `bench/.venv` has; how many differ."""
    environment.prepare()
    wrong = 0
    for program in real.PROGRAMS:
        with tempfile.TemporaryDirectory(prefix="oracle-") as folder:
            for app in apps(Path(folder)):
                found = real.check(app, program, edits=100, binaries=environment.BIN)
                warm = app.count(r"\(warm\)")
                app.stop()
        wrong += len(found)
        print(
            f"{program.name}: {warm} warm restarts, {len(found)} states wrong", *found, flush=True
        )
    return wrong
