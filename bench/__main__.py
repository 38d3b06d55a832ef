"""`python -m bench`: one table of medians, ratios and bars, peers in the same run."""

import argparse
import sys
from collections.abc import Callable
from statistics import median

from bench import costs, environment, oracle, saves, warm
from bench.programs import Program, programs

NAMES = {"own": "its own reloader", "boot": "its own boot, no stop"}
ROW = "{:<44} {:>9} {:>14} {:>8}  {}"


class Table:
    """Prints a row as soon as it is known."""

    def __init__(self) -> None:
        self.missed = 0
        self.not_measured: list[str] = []
        print(ROW.format("", "median", "compared", "ratio", "bar"))

    def row(
        self,
        name: str,
        value: str,
        *,
        compared: str = "",
        ratio: float | None = None,
        bar: str = "",
        is_met: bool | None = None,
    ) -> None:
        """One figure; a bar that is missed is counted."""
        shown = "" if ratio is None else f"{ratio:.2f}"
        if is_met is not None:
            bar += ": met" if is_met else ": MISSED"
            self.missed += not is_met
        print(ROW.format(name, value, compared, shown, bar).rstrip(), flush=True)


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


def _bar(program: str, tool: str) -> tuple[str, Callable[[float, float], bool]] | None:
    """What is promised of autorun's time against another one."""
    match program, tool:
        case _, "boot":
            return "own boot + 60 ms", lambda ours, theirs: ours <= theirs + 0.060
        case "Django", "own":
            return "at most half", lambda ours, theirs: ours <= 0.5 * theirs
        case "FastAPI", "own":
            return "at most 0.85", lambda ours, theirs: ours <= 0.85 * theirs
        case _, "nodemon":
            return "nodemon + 20 ms", lambda ours, theirs: ours <= theirs + 0.020
    return None


def show_saves(table: Table, program: Program, *, rounds: int, edits: int) -> None:
    found = saves.measure(program, rounds=rounds, edits=edits)
    table.not_measured += [f"{program.name}, {why}" for why in found.failed.values()]
    if "autorun" in found.failed:
        return
    ours = median(found.seconds["autorun"])
    table.row(f"{program.name}: save to new answer, autorun", _ms(ours))
    table.row("  its own stop by Ctrl-C is part of that", _ms(median(found.seconds["stop"])))
    for tool, seconds in found.seconds.items():
        if tool in ("autorun", "stop") or tool in found.failed:
            continue
        theirs = median(seconds)
        bar = _bar(program.name, tool)
        table.row(
            f"  against {NAMES.get(tool, tool)}",
            _ms(ours),
            compared=_ms(theirs),
            ratio=ours / theirs,
            bar=bar[0] if bar else "",
            is_met=bar[1](ours, theirs) if bar else None,
        )


def show_warm(table: Table, program: Program, *, rounds: int, edits: int) -> None:
    """Warm restarts against cold ones and the program's own reloader."""
    found = {
        tool: median(taken)
        for tool, taken in warm.measure(program, rounds=rounds, edits=edits).items()
    }
    ours = found.pop("warm")
    table.row(f"{program.name}: save to new answer, warm", _ms(ours))
    for tool, theirs in found.items():
        name = NAMES.get(tool, "a cold restart")
        table.row(f"  against {name}", _ms(ours), compared=_ms(theirs), ratio=ours / theirs)


def show_starts(table: Table, times: int) -> None:
    found = {name: median(taken) for name, taken in costs.first_starts(times).items()}
    plain = found.pop("python")
    for name, most_s in (("autorun", 0.060), ("with options", 0.095)):
        added = found[name] - plain
        table.row(
            f"first start, added by {'autorun' if name == 'autorun' else 'autorun ' + name}",
            _ms(added),
            compared=_ms(plain),
            bar=f"{_ms(most_s)} at most",
            is_met=added <= most_s,
        )


def show_idle(table: Table, seconds: float) -> None:
    for neighbours in (200, 5_000, 50_000):
        percent = costs.idle(neighbours, seconds)
        table.row(
            f"idle beside {neighbours:,} files, all processes",
            f"{percent:.2f} %",
            bar="0.2 % at most",
            is_met=round(percent, 1) <= 0.2,
        )


def main() -> int:
    """Measure; the exit code is the number of bars that were missed."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, medians less sure")
    parser.add_argument(
        "only",
        nargs="*",
        help="what to measure: Django, FastAPI, script, warm, start, memory, idle; all by default. "
        "Alone: oracle, which compares warm restarts with fresh starts",
    )
    asked = parser.parse_args()
    if sys.platform != "linux":
        print("memory and idle time are read from /proc: Linux only", file=sys.stderr)
        return 2
    if "oracle" in asked.only:
        return oracle.show(range(40 if asked.quick else 400))
    environment.prepare()
    rounds, edits = (1, 3) if asked.quick else (4, 4)
    table = Table()
    for program in programs():
        if not asked.only or program.name in asked.only:
            show_saves(table, program, rounds=rounds, edits=edits)
        if not asked.only or "warm" in asked.only:
            show_warm(table, program, rounds=rounds, edits=edits)
    if not asked.only or "start" in asked.only:
        show_starts(table, 7 if asked.quick else 31)
    if not asked.only or "memory" in asked.only:
        used = costs.memory(programs()[0])
        table.row(
            "memory of the outer (PSS), Django",
            f"{used:.1f} MB",
            bar="20 MB at most",
            is_met=used <= 20,
        )
    if not asked.only or "idle" in asked.only:
        show_idle(table, 3 if asked.quick else 12)
    if not environment.nodemon().exists():
        table.not_measured.append("nodemon: there is no npm, or it could not install it")
    for what in table.not_measured:
        print(f"not measured: {what}")
    print(environment.versions())
    return table.missed


if __name__ == "__main__":
    sys.exit(main())
