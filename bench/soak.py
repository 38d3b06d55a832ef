"""Lost edits: saves in every way and at any time, after which an old version runs for good."""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.table import Table
from tests.driver import apps
from tests.soaking import MODES, Soak

SEED = 28_071_821


def soak(edits: int) -> Iterator[tuple[str, list[str]]]:
    """Every mode of noticing in turn, and what was lost in it."""
    for mode in MODES:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            for app in apps(Path(folder)):
                lost = []
                for what in Soak(app, mode, SEED).run(edits):
                    print(what, file=sys.stderr, flush=True)
                    lost.append(what)
                app.stop()
        yield mode.name, lost


def show(table: Table, *, quick: bool) -> None:
    """One row for each way of noticing: how many of the edits were lost."""
    edits = 100 if quick else 1000
    for mode, lost in soak(edits):
        table.row(f"lost of {edits:,} edits, {mode}", f"{len(lost)}", bar="none", is_met=not lost)
