"""Save to new answer with warm restarts, beside cold ones and the peers, and what they cost."""

import subprocess
from statistics import median

from bench import environment, saves, warmapps, warmcosts
from bench.programs import Program
from bench.table import Table, ms
from bench.warmapps import App

WITHOUT_STANDBY = 3
"""How much more a restart may take without a standby."""


def has_standby() -> bool:
    """Whether this autorun knows the option."""
    words = [str(environment.BIN / "autorun"), "--help"]
    return "--no-standby" in subprocess.run(words, capture_output=True, text=True).stdout


def lines(program: Program) -> dict[str, str]:
    """Tool and line; `warm` comes first."""
    found = {"warm": program.under("--warm")}
    if has_standby():
        found["no standby"] = program.under("--warm --no-standby")
    found["cold"] = program.under("--no-warm")
    return {**found, **{tool: one for tool, one in program.lines.items() if tool != "autorun"}}


def measure(
    program: Program, *, rounds: int, edits: int
) -> tuple[dict[str, list[float]], dict[str, str]]:
    """Seconds by tool, the first edits left out, and why a tool has none.

    The first edit of a file is what shows where a checkpoint is worth most.
    """
    found: dict[str, list[float]] = {tool: [] for tool in lines(program)}
    failed = {}
    for number in range(rounds):
        order = list(lines(program).items())
        for tool, line in order[number % len(order) :] + order[: number % len(order)]:
            if tool in failed:
                continue
            try:
                found[tool] += saves.of_line(program, line, edits + 1)[1:]
            except saves.GivenUp as failure:
                failed[tool] = str(failure)
    return found, failed


def show_app(table: Table, app: App, *, rounds: int, edits: int) -> None:
    """One program: its warm restarts against each peer."""
    found, failed = measure(app.program, rounds=rounds, edits=edits)
    table.not_measured += [f"{app.program.name}, {why}" for why in failed.values()]
    if not found["warm"]:
        return
    medians = {tool: median(taken) for tool, taken in found.items() if taken}
    shares = {one.peer: one.part for one in app.promises}
    for kind in ("warm", "no standby"):
        if kind not in medians:
            continue
        ours = medians[kind]
        # Without a standby to have, `warm` is what it is without one.
        is_bare = kind == "no standby" or "no standby" not in medians
        table.row(f"{app.program.name}: {kind}", ms(ours))
        for tool, theirs in medians.items():
            if tool in ("warm", "no standby"):
                continue
            part = shares.get(tool, 0) * (WITHOUT_STANDBY if is_bare else 1)
            table.row(
                f"  against {'its own reloader' if tool == 'own' else tool}",
                ms(ours),
                compared=ms(theirs),
                ratio=ours / theirs,
                bar=f"1/{1 / part:.1f}" if part else "",
                is_met=ours <= part * theirs if part else None,
            )


def show(table: Table, *, quick: bool, only: str = "") -> None:
    """Every row of the table."""
    apps = [one for one in warmapps.apps() if only.lower() in one.program.name.lower()]
    for app in apps:
        show_app(table, app, rounds=1 if quick else 4, edits=4 if quick else 5)
    if not only:
        warmcosts.show(table, quick=quick)
