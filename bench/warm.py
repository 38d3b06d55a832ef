"""Save to new answer with warm restarts, beside cold ones and the program's own reloader."""

from bench import saves
from bench.programs import Program


def measure(program: Program, *, rounds: int, edits: int) -> dict[str, list[float]]:
    """Seconds by tool: `warm`, `cold` and, where there is one, `own`; the first edits left out.

    The first edit of a file is what shows where a checkpoint is worth most.
    """
    plain = program.lines["autorun"].removeprefix("autorun ")
    lines = {"warm": f"autorun --warm {plain}", "cold": f"autorun --no-warm {plain}"}
    if "own" in program.lines:
        lines["own"] = program.lines["own"]
    found: dict[str, list[float]] = {tool: [] for tool in lines}
    for number in range(rounds):
        order = list(lines.items())
        for tool, line in order[number % len(order) :] + order[: number % len(order)]:
            found[tool] += saves.of_line(program, line, edits + 1)[1:]
    return found
