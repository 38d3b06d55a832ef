"""Lost edits: saves in every way and at any time, after which an old version runs for good."""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

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
