"""Save to new answer with warm restarts, beside cold ones and the program's own reloader."""

from bench import saves
from bench.programs import Program

BARS = {
    ("Django", "own"): 1 / 25,
    ("Django", "nodemon"): 1 / 10,
    ("FastAPI", "own"): 1 / 30,
}
"""What a warm restart may take at most, of what the same takes with this tool."""


def measure(program: Program, *, rounds: int, edits: int) -> dict[str, list[float]]:
    """Seconds by tool, with `warm` for the defaults; the first edits left out.

    The first edit of a file is what shows where a checkpoint is worth most.
    """
    plain = program.lines["autorun"].removeprefix("autorun ")
    lines = {
        "warm": f"autorun --warm {plain}",
        "without standby": f"autorun --warm --no-standby {plain}",
        "cold": f"autorun --no-warm {plain}",
    }
    others = (tool for tool in ("own", "nodemon") if tool in program.lines)
    lines.update((tool, program.lines[tool]) for tool in others)
    found: dict[str, list[float]] = {tool: [] for tool in lines}
    for number in range(rounds):
        order = list(lines.items())
        for tool, line in order[number % len(order) :] + order[: number % len(order)]:
            found[tool] += saves.of_line(program, line, edits + 1)[1:]
    return found
