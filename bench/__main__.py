"""`python -m bench`: one table of medians, ratios and bars, peers in the same run."""

import argparse
import signal
import sys
from collections.abc import Callable
from statistics import median

from bench import (
    bursts,
    control,
    costs,
    environment,
    lone,
    oracle,
    phases,
    saves,
    soak,
    sockets,
    trees,
    warm,
)
from bench.programs import Program, programs
from bench.table import Table, ms

ROOMS = {
    "control": control,
    "trees": trees,
    "checkout": bursts,
    "lone": lone,
    "soak": soak,
    "warm": warm,
}
LONG = frozenset({"soak", "warm"})
"""What is measured only when it is named."""
WORDS = (
    "Django",
    "FastAPI",
    "script",
    "start",
    "memory",
    "idle",
    *ROOMS,
    "sockets",
    "oracle",
)
NAMES = {"own": "its own reloader", "boot": "its own boot, no stop"}


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
    program = program._replace(lines={**program.lines, "cold": program.under("--no-warm")})
    found = saves.measure(program, rounds=rounds, edits=edits)
    table.not_measured += [f"{program.name}, {why}" for why in found.failed.values()]
    if not {"autorun", "cold"}.isdisjoint(found.failed):
        return
    table.row(f"{program.name}: save to new answer, autorun", ms(median(found.seconds["autorun"])))
    ours = median(found.seconds["cold"])
    table.row("  a cold restart (--no-warm)", ms(ours))
    table.row("  its own stop by Ctrl-C is part of that", ms(median(found.seconds["stop"])))
    for tool, seconds in found.seconds.items():
        if tool in ("autorun", "cold", "stop") or tool in found.failed:
            continue
        theirs = median(seconds)
        bar = _bar(program.name, tool)
        table.row(
            f"  against {NAMES.get(tool, tool)}",
            ms(ours),
            compared=ms(theirs),
            ratio=ours / theirs,
            bar=bar[0] if bar else "",
            is_met=bar[1](ours, theirs) if bar else None,
        )


def show_starts(table: Table, times: int) -> None:
    found = {name: median(taken) for name, taken in costs.first_starts(times).items()}
    plain = found.pop("python")
    for name, most_s in (("autorun", 0.060), ("with options", 0.095)):
        added = found[name] - plain
        table.row(
            f"first start, added by {'autorun' if name == 'autorun' else 'autorun ' + name}",
            ms(added),
            compared=ms(plain),
            bar=f"{ms(most_s)} at most",
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


def _leave(number: int, _: object) -> None:
    """Whatever is under way ends what it has started, in the workers of a pool as well."""
    sys.exit(128 + number)


def main() -> int:
    """Measure; the exit code is the number of bars that were missed."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, medians less sure")
    parser.add_argument("only", nargs="*", help=f"what to measure: {', '.join(WORDS)}; or all")
    parser.add_argument("--phases", action="store_true", help="with warm: where its time goes")
    parser.add_argument("--long", action="store_true", help="with sockets: 10,000 restarts as well")
    asked = parser.parse_args()
    if unknown := set(asked.only) - set(WORDS):
        parser.error(f"nothing is measured by the name of {', '.join(sorted(unknown))}")
    if sys.platform != "linux":
        print("memory and idle time are read from /proc: Linux only", file=sys.stderr)
        return 2
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    if "oracle" in asked.only:
        return oracle.show_real() + oracle.show(range(40 if asked.quick else 400))
    environment.prepare()
    rounds, edits = (1, 3) if asked.quick else (4, 4)
    if asked.phases:
        for program in programs():
            phases.show(program, edits=edits * rounds)
        return 0
    table = Table()
    for program in programs():
        if not asked.only or program.name in asked.only:
            show_saves(table, program, rounds=rounds, edits=edits)
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
    for name, room in ROOMS.items():
        if name in asked.only or not (asked.only or name in LONG):
            room.show(table, quick=asked.quick)
    if "sockets" in asked.only:
        restarts = 5 if asked.quick else 50
        table.missed += sockets.show(restarts) + sockets.show_rest(restarts, long=asked.long)
    if not environment.nodemon().exists():
        table.not_measured.append("nodemon: there is no npm, or it could not install it")
    for what in table.not_measured:
        print(f"not measured: {what}")
    print(environment.versions())
    return table.missed


if __name__ == "__main__":
    sys.exit(main())
