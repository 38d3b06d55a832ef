"""Where the time of a warm restart goes: from the end of a save to the first byte of its answer.

The moments are those at which the outer sends or hears a message (see `observed`), so that nothing
in the product is measured by the product.
"""

import random
import time
from pathlib import Path
from statistics import median

from bench import environment, saves
from bench.programs import Program

PHASES = (
    ("event", ">look", "the save is known to the outer, which asks the watcher to look"),
    (
        "settle",
        "<restart",
        "compared, compiled, a second save awaited; it is announced",
    ),
    ("stop, fork", "<hello", "the old run ends, the next one stands where it is to go on"),
    ("begin", "<called", "its turn comes, all is looked at once more, and it goes on"),
    ("import, boot", "<take", "what comes after the checkpoint, up to the program's bind"),
)
LAST = ("first byte", "listening, and the first answer of the new code")


def measure(program: Program, options: str, *, edits: int) -> dict[str, list[float]]:
    """Seconds by phase, edit after edit, the first one left out."""
    found: dict[str, list[float]] = {name: [] for name, _, _ in PHASES}
    found[LAST[0]] = []
    plain = program.lines["autorun"].removeprefix("autorun ")
    observed = Path(__file__).with_name("observed.py")
    with saves.Server(program, "") as server:
        log = server.project.parent / "log"
        server.run_line(f"{environment.BIN}/python {observed} {log} {options} {plain}")
        server.start()
        for version in range(2, 3 + edits):
            time.sleep(random.uniform(*saves.APART_S))
            before = len(log.read_text().splitlines())
            server.save(version)
            saved = time.monotonic()
            server.await_version(version)
            answered = time.monotonic()
            marks = [line.split() for line in log.read_text().splitlines()[before:]]
            if version > 2:
                _take(found, [(float(at), word) for at, word in marks], saved, answered)
    return found


def _take(
    found: dict[str, list[float]], marks: list[tuple[float, str]], saved: float, answered: float
) -> None:
    since = saved
    for name, word, _ in PHASES:
        at = next((at for at, heard in marks if heard == word and at >= since), since)
        found[name].append(at - since)
        since = at
    found[LAST[0]].append(answered - since)


def show(program: Program, *, edits: int) -> None:
    """Print the medians, with and without one that stands by."""
    columns = {
        title: measure(program, options, edits=edits)
        for title, options in (("standby", "--warm --standby"), ("none", "--warm --no-standby"))
    }
    print(f"{program.name}: one warm restart in phases, ms")
    print(f"  {'':14}" + "".join(f"{title:>10}" for title in columns))
    for name, *_, meaning in (*PHASES, LAST):
        figures = "".join(f"{median(taken[name]) * 1000:10.1f}" for taken in columns.values())
        print(f"  {name:14}{figures}  {meaning}")
    totals = (sum(median(part) for part in taken.values()) for taken in columns.values())
    print(f"  {'':14}" + "".join(f"{total * 1000:10.1f}" for total in totals), flush=True)
